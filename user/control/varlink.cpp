// SPDX-License-Identifier: Apache-2.0
#include "user/control/varlink.h"

namespace quell::control {

namespace {

Result<bool> flag(const Json& value, const std::string& name) {
    if (!value.is_boolean()) return Error{name + " is not a boolean", 0, {}};
    return value.get<bool>();
}

std::string with_nul(const Json& message) {
    std::string text = json_text(message);
    text.push_back('\0');
    return text;
}

}  // namespace

Result<Call> parse_call(std::string_view message) {
    auto parsed = parse_json(message);
    if (!parsed) return parsed.error();
    if (!parsed->is_object()) return Error{"not an object", 0, {}};
    Call call;
    for (auto& [name, value] : parsed->items()) {
        if (name == "method") {
            const std::string full = value.is_string() ? value.get<std::string>() : std::string{};
            const std::size_t dot = full.rfind('.');
            if (dot == std::string::npos || dot == 0 || dot + 1 == full.size()) return Error{"method is not a full name", 0, {}};
            call.interface = full.substr(0, dot);
            call.method = full.substr(dot + 1);
        } else if (name == "parameters") {
            if (!value.is_object() && !value.is_null()) return Error{"parameters is not an object", 0, {}};
            if (value.is_object()) call.parameters = std::move(value);
        } else if (name == "oneway" || name == "more" || name == "upgrade") {
            auto set = flag(value, name);
            if (!set) return set.error();
            (name == "oneway" ? call.oneway : name == "more" ? call.more : call.upgrade) = *set;
        } else {
            return Error{"unknown member in a call", 0, {}};
        }
    }
    if (call.method.empty()) return Error{"no method", 0, {}};
    return call;
}

Result<Reply> parse_reply(std::string_view message) {
    auto parsed = parse_json(message);
    if (!parsed) return parsed.error();
    if (!parsed->is_object()) return Error{"not an object", 0, {}};
    Reply reply;
    for (auto& [name, value] : parsed->items()) {
        if (name == "error" && value.is_string() && !value.get_ref<const std::string&>().empty())
            reply.error = value.get<std::string>();
        else if (name == "parameters" && value.is_object())
            reply.parameters = std::move(value);
        else if (name == "continues" && value.is_boolean())
            reply.continues = value.get<bool>();
        else if (!value.is_null())
            return Error{"malformed reply", 0, {}};
    }
    return reply;
}

std::string call_message(std::string_view method, const Json& parameters, bool more) {
    Json call = {{"method", method}, {"parameters", parameters}};
    if (more) call["more"] = true;
    return with_nul(call);
}

std::string reply_message(const Json& parameters) { return with_nul(Json{{"parameters", parameters}}); }

std::string more_message(const Json& parameters) { return with_nul(Json{{"parameters", parameters}, {"continues", true}}); }

std::string error_message(std::string_view name, const Json& parameters) {
    return with_nul(Json{{"error", name}, {"parameters", parameters}});
}

}  // namespace quell::control

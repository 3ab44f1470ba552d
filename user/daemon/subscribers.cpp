// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/subscribers.h"

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/time.h"
#include "user/control/varlink.h"

namespace quell::daemon {

using control::Json;

namespace {

void put(Json& json, const char* name, const std::optional<std::int64_t>& value) {
    if (value) json[name] = *value;
}

}  // namespace

void Subscribers::add(std::uint64_t incident, control::Responder responder) {
    std::erase_if(subscribers_, [](const Subscriber& one) { return !one.responder.is_listening(); });
    if (!responder.wants_more()) return responder.error(control::errors::kExpectedMore);
    if (responder.reply_more(Json::object())) subscribers_.push_back({incident, std::move(responder)});
}

void Subscribers::tell(const history::Row& row, const std::function<Json()>& brief) {
    std::string message;
    std::erase_if(subscribers_, [&](Subscriber& one) {
        if (one.incident && one.incident != row.incident) return false;
        if (message.empty()) {
            Json told = {{"row", row_json(row)}};
            if (auto incident = brief(); !incident.is_null()) told["incident"] = std::move(incident);
            message = control::more_message(told);
        }
        return !one.responder.send_more(message);
    });
}

Json row_json(const history::Row& row) {
    Json json = {{"row", row.number},
                 {"time", utc_text(row.wall_ns)},
                 {"action", history::action_word(row.action)},
                 {"subject", escape(row.subject)},
                 {"result", escape(row.result)}};
    if (row.incident) json["incident"] = id_text(row.incident);
    if (!row.response.empty()) json["response"] = escape(row.response);
    if (!row.reason.empty()) json["reason"] = escape(row.reason);
    if (!row.detail.empty()) json["detail"] = escape(row.detail);
    if (row.who) {
        json["who"] = {{"uid", row.who->uid}, {"user", escape(row.who->user)}, {"login_uid", row.who->login_uid},
                       {"pid", row.who->pid}, {"cgroup", escape(row.who->cgroup)}};
        if (!row.who->login_user.empty()) json["who"]["login_user"] = escape(row.who->login_user);
    }
    Json latency = Json::object();
    put(latency, "detected_to_approved_us", row.latency.detected_to_approved_us);
    put(latency, "approved_to_flipped_us", row.latency.approved_to_flipped_us);
    put(latency, "flipped_to_last_gone_us", row.latency.flipped_to_last_gone_us);
    if (!latency.empty()) json["latency"] = latency;
    return json;
}

}  // namespace quell::daemon

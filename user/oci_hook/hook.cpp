// SPDX-License-Identifier: Apache-2.0
#include "user/oci_hook/hook.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/incident/identity_sources.h"

namespace quell::oci {
namespace {

using control::Json;

constexpr std::size_t kShown = 200;  // of an id, or what the daemon says
constexpr std::size_t kPathMax = 4096;
constexpr std::uint64_t kPauseMs = 20;  // most calls are answered in less

void put(Json& json, const char* name, const std::optional<std::string>& value) {
    if (value && !value->empty() && value->size() <= kNameBytesMax) json[name] = *value;
}

std::string called(const State& state) { return "container " + escape_cut(state.id, kShown); }

Verdict unsure(const std::string& what, bool required) {
    return {!required, true, what + (required ? ": it does not start" : ": it starts, and is not contained if it is followed")};
}

}  // namespace

Result<State> parse_state(std::string_view text) {
    if (text.size() > kStateBytesMax) return Error{"the state on standard input is too long", EINVAL, {}};
    const auto json = control::parse_json(text);
    if (!json) return Error{"the state on standard input: " + json.error().message, EINVAL, {}};
    State state;
    state.id = control::string_member(*json, "id");
    if (state.id.empty() || state.id.size() > kNameBytesMax) return Error{"the state on standard input has no id of a container", EINVAL, {}};
    const auto pid = control::integer_member(*json, "pid");
    if (pid < 1 || pid > INT32_MAX) return Error{"the state on standard input has no process: this hook is for createRuntime", EINVAL, {}};
    state.pid = static_cast<std::uint32_t>(pid);
    auto bundle = control::string_member(*json, "bundle");
    if (bundle.starts_with('/') && bundle.size() <= kPathMax && bundle.find('\0') == std::string::npos) state.bundle = std::move(bundle);
    return state;
}

ContainerIdentity identity_of(const TrustedFiles& files, const State& state) {
    if (state.bundle.empty()) return {};
    for (const auto dialect : {identity::Dialect::Crio, identity::Dialect::Cri}) {
        ContainerIdentity identity;
        if (!identity::read_bundle(files, state.bundle + "/config.json", dialect, identity)) return {};
        if (identity.name && identity.pod) return identity;
    }
    return {};
}

std::string root_of(const TrustedFiles& files, const State& state) {
    ContainerIdentity identity;
    if (state.bundle.empty() || !identity::read_bundle(files, state.bundle + "/config.json", identity::Dialect::None, identity)) return {};
    const auto root = identity.rootfs.value_or("");
    return root.size() <= kPathMax && root.find('\0') == std::string::npos ? root : std::string();
}

Json told(const State& state, const ContainerIdentity& identity, const std::string& root) {
    Json json = {{"pid", state.pid}, {"id", state.id}};
    put(json, "name", identity.name);
    put(json, "pod", identity.pod);
    put(json, "namespace", identity.pod_namespace);
    put(json, "image", identity.image);
    if (!root.empty()) json["root"] = root;
    return json;
}

std::uint64_t left_ms(std::uint64_t deadline_ns) {
    const auto now = boottime_ns();
    return now < deadline_ns ? (deadline_ns - now) / 1'000'000 + 1 : 0;
}

control::CallResult ask(const std::string& socket, const Json& parameters, std::uint64_t deadline_ns) {
    for (;;) {
        // A full backlog is waited for by connect(2).
        auto answer = control::Client(socket).call("ContainerStarts", parameters, left_ms(deadline_ns));
        if (!control::is_crowded(answer) || left_ms(deadline_ns) <= kPauseMs) return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
    }
}

Verdict verdict_of(const control::CallResult& answer, const State& state, bool required) {
    const auto text = escape_cut(control::string_member(answer.parameters, "text"), kShown);
    switch (answer.outcome) {
        case control::CallOutcome::Reply: break;
        case control::CallOutcome::Remote: {
            const auto reason = escape_cut(control::string_member(answer.parameters, "reason"), kShown);
            return unsure(called(state) + ": quelld answers with " + escape_cut(answer.error, kShown) + (reason.empty() ? "" : ", " + reason), required);
        }
        default: return unsure(called(state) + ": quelld is not to be asked: " + escape_cut(answer.message, kShown), required);
    }
    const bool is_followed = control::true_member(answer.parameters, "followed");
    if (!is_followed) return {true, false, text.empty() ? "" : called(state) + ": " + text};
    if (control::true_member(answer.parameters, "contained")) return {true, false, called(state) + ": " + text};
    const auto what = called(state) + " is of a workload that is followed, and is not contained: " + text;
    return {!required, true, what + (required ? ": it does not start" : "")};
}

Verdict verdict_of(const Error& error, bool required) { return unsure(error.message, required); }

}  // namespace quell::oci

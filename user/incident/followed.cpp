// SPDX-License-Identifier: Apache-2.0
#include "user/incident/followed.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/incident/hex.h"
#include "user/incident/mounts.h"

namespace quell::incident {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kPathShown = 256;  // bytes

Error unknown(const char* what) { return Error{std::string("whose workload it is is not known: ") + what, ENOENT, {}}; }

// All that name pods are one kind: by its cgroup alone a container may be of any of them.
quell_runtime kind_of(quell_runtime runtime) {
    const bool has_pods = runtime == QUELL_RUNTIME_CRIO || runtime == QUELL_RUNTIME_CONTAINERD || runtime == QUELL_RUNTIME_KUBEPODS;
    return has_pods ? QUELL_RUNTIME_KUBEPODS : runtime;
}

bool takes_place_of(const Followed& one, const Followed& other) {
    return one.response == other.response && one.workload == other.workload && (one.response != QUELL_RESPONSE_DENY_EXEC || one.paths == other.paths);
}

std::string bytes_of(const Json& json, const char* name) {
    auto bytes = unhex(json.at(name).get<std::string>());
    if (!bytes) throw Json::other_error::create(501, "no hex digits", nullptr);
    return *std::move(bytes);
}

Json json_of(const Followed& one) {
    Json json = {{"incident", one.incident}, {"runtime", one.workload.runtime}, {"namespace", hex(one.workload.pod_namespace)}, {"pod", hex(one.workload.pod)},
                 {"name", hex(one.workload.name)}, {"image", hex(one.workload.image)}, {"response", word_at(kResponseWords, one.response)},
                 {"terms", hex(&one.terms, sizeof(one.terms))}, {"reason", hex(one.reason)}, {"severity", one.severity}, {"over_guards", one.over_guards},
                 {"until_ns", one.until_ns}, {"until_wall_ns", one.until_wall_ns}, {"times", one.times}, {"came_back", one.came_back}, {"snapshot", hex(one.snapshot)},
                 {"who", {{"uid", one.who.uid}, {"user", hex(one.who.user)}, {"login_uid", one.who.login_uid}, {"login_user", hex(one.who.login_user)},
                          {"pid", one.who.pid}, {"cgroup", hex(one.who.cgroup)}}}};
    if (one.longest_window_us) json["longest_window_us"] = *one.longest_window_us;
    if (!goes_by_path(one.response)) return json;
    json["paths"] = Json::array();
    for (const auto& path : one.paths) json["paths"].push_back(hex(path));
    json["is_alone"] = one.is_alone;
    json["places"] = hex(&one.places, sizeof(one.places));
    json["executable"] = hex(&one.executable, sizeof(one.executable));
    return json;
}

// One of its plain structures.
template <typename Value>
void read_plain(const Json& json, const char* name, Value& value) {
    const auto bytes = bytes_of(json, name);
    if (bytes.size() != sizeof(value)) throw Json::other_error::create(501, std::string(name) + " of another size", nullptr);
    std::memcpy(&value, bytes.data(), sizeof(value));
}

void read_paths(const Json& json, Followed& one) {
    const auto wrong = [](const char* what) { throw Json::other_error::create(501, what, nullptr); };
    if (!json.at("paths").is_array() || json.at("paths").size() > QUELL_PLACES_MAX) wrong("no list of paths");
    for (const auto& path : json.at("paths")) {
        auto bytes = unhex(path.get<std::string>());
        if (!bytes) wrong("no hex digits");
        one.paths.push_back(*std::move(bytes));
    }
    if (!unfit_paths(one.paths).empty()) wrong("no paths to go by");
    one.is_alone = json.at("is_alone").get<bool>();
    read_plain(json, "places", one.places);
    read_plain(json, "executable", one.executable);
    if (one.places.count > QUELL_PLACES_MAX) wrong("places beyond their bounds");
}

// Throws where it is none.
Followed from_json(const Json& json) {
    const auto wrong = [](const char* what) { throw Json::other_error::create(501, what, nullptr); };
    Followed one;
    one.incident = json.at("incident").get<std::uint64_t>();
    one.workload = {static_cast<quell_runtime>(std::min<quell_u32>(json.at("runtime").get<quell_u32>(), QUELL_RUNTIME_KUBEPODS)), bytes_of(json, "namespace"),
                    bytes_of(json, "pod"), bytes_of(json, "name"), bytes_of(json, "image")};
    const auto response = word_index(kResponseWords, json.at("response").get<std::string>());
    if (!response || !one.incident || one.workload.name.empty() || one.workload.image.empty()) wrong("not what is followed");
    one.response = static_cast<quell_response>(*response);
    read_plain(json, "terms", one.terms);
    if (one.terms.count > QUELL_ALLOWED_MAX) wrong("terms beyond their bounds");
    one.reason = bytes_of(json, "reason");
    one.severity = json.at("severity").get<std::uint32_t>();
    one.over_guards = json.at("over_guards").get<bool>();
    one.until_ns = json.at("until_ns").get<std::uint64_t>();
    one.until_wall_ns = json.at("until_wall_ns").get<std::int64_t>();
    one.times = json.at("times").get<std::uint64_t>();
    if (!json.at("came_back").is_array()) wrong("no list of what came back");
    for (const auto& id : json.at("came_back")) {
        one.came_back.push_back(id.get<std::uint64_t>());
        if (one.came_back.size() > kCameBackMax) wrong("too many came back");
    }
    if (json.contains("longest_window_us")) one.longest_window_us = json.at("longest_window_us").get<std::int64_t>();
    one.snapshot = bytes_of(json, "snapshot");
    if (goes_by_path(one.response)) read_paths(json, one);
    const auto& who = json.at("who");
    one.who = {who.at("uid").get<std::uint32_t>(), bytes_of(who, "user"), who.at("login_uid").get<std::uint32_t>(), bytes_of(who, "login_user"),
               who.at("pid").get<std::uint32_t>(), bytes_of(who, "cgroup")};
    return one;
}

}  // namespace

Result<Workload> workload_of(quell_runtime runtime, const ContainerIdentity& identity) {
    Workload workload{kind_of(runtime), {}, {}, identity.name.value_or(""), identity.image.value_or("")};
    if (runtime == QUELL_RUNTIME_NONE) return unknown("it is of no runtime that Quell knows");
    if (workload.name.empty()) return unknown("its runtime does not say what it is called");
    if (workload.image.empty()) return unknown("its runtime does not say its image");
    if (workload.runtime != QUELL_RUNTIME_KUBEPODS) return workload;
    // what containerd writes of an image whose tag went to a newer one: no name that comes back
    if (workload.image.starts_with("sha256:")) return unknown("its runtime says its image by number only");
    workload.pod_namespace = identity.pod_namespace.value_or("");
    workload.pod = identity.pod.value_or("");
    if (workload.pod.empty() || workload.pod_namespace.empty()) return unknown("its runtime does not say its pod");
    return workload;
}

std::string workload_text(const Workload& workload) {
    const std::string pod = workload.pod.empty() ? "" : escape(workload.pod_namespace) + "/" + escape(workload.pod) + "/";
    return pod + escape(workload.name) + " of " + escape(workload.image);
}

bool is_called_alike(const Workload& one, const Workload& other) {
    return one.runtime == other.runtime && one.pod_namespace == other.pod_namespace && one.pod == other.pod && one.name == other.name;
}

bool goes_by_path(quell_response response) { return response == QUELL_RESPONSE_DENY_WRITE || response == QUELL_RESPONSE_DENY_EXEC; }

Result<std::vector<std::string>> paths_of_object(const Incident& incident, quell_response response) {
    const auto none = [](const char* what) { return Error{std::string("what it is about is not found again in a container that comes back: ") + what, ENOENT, {}}; };
    const bool is_directory = response == QUELL_RESPONSE_DENY_WRITE;
    if (is_directory && !incident.entry.place.file.inode) return none("no directory was bound when it happened; name one with --below");
    if (!is_directory && (incident.entry.object_flags & QUELL_OBJECT_ACTOR)) {
        if (!incident.exe.starts_with('/')) return none("the path of what was executed is not known");
        return std::vector{incident.exe};
    }
    if (incident.path_is != path_is_word(PathIs::Visible) || !incident.path.starts_with('/')) return none("its path in the container is not known");
    const auto slash = incident.path.rfind('/');
    return std::vector{!is_directory ? incident.path : slash ? incident.path.substr(0, slash) : std::string("/")};
}

std::string unfit_paths(const std::vector<std::string>& paths) {
    if (paths.empty() || paths.size() > QUELL_PLACES_MAX) return "there is no path to go by, or more than " + std::to_string(QUELL_PLACES_MAX);
    std::size_t size = 0;
    for (const auto& path : paths) {
        if (!path.starts_with('/') || path.find('\0') != std::string::npos) return "a path is not absolute, or holds a NUL";
        size += path.size();
    }
    return size > kFollowedPathsMax ? "its paths are longer than " + std::to_string(kFollowedPathsMax) + " bytes" : std::string();
}

std::string paths_text(const std::vector<std::string>& paths) {
    std::string text;
    for (const auto& path : paths) text += (text.empty() ? "" : ", ") + escape_cut(path, kPathShown);
    return text;
}

void Followed::add_came_back(std::uint64_t id) {
    times++;
    came_back.push_back(id);
    if (came_back.size() > kCameBackMax) came_back.erase(came_back.begin());
}

quell_u32 FollowedTable::responses() const {
    quell_u32 mask = 0;
    for (const auto& one : all_) mask |= QUELL_BIT(one.response);
    return mask;
}

bool FollowedTable::has_room(const Followed& one) const {
    return all_.size() < kFollowedMax || std::ranges::any_of(all_, [&](const Followed& other) { return takes_place_of(one, other); });
}

std::optional<Followed> FollowedTable::add(Followed one) {
    const auto same = std::ranges::find_if(all_, [&](const Followed& other) { return takes_place_of(one, other); });
    std::optional<Followed> replaced;
    if (same != all_.end()) {
        replaced = std::move(*same);
        all_.erase(same);
    }
    all_.push_back(std::move(one));
    return replaced;
}

const Followed* FollowedTable::find(std::uint64_t incident) const {
    const auto own = std::ranges::find(all_, incident, &Followed::incident);
    if (own != all_.end()) return &*own;
    const auto made = std::ranges::find_if(all_, [&](const Followed& one) { return std::ranges::find(one.came_back, incident) != one.came_back.end(); });
    return made == all_.end() ? nullptr : &*made;
}

bool FollowedTable::rejoin(const Incident& one) {
    auto* followed = one.follows ? find(one.follows) : nullptr;
    if (!followed || followed->incident != one.follows || followed->response != one.entry.response || find(one.id)) return false;
    followed->add_came_back(one.id);
    return true;
}

Followed* FollowedTable::find(std::uint64_t incident) { return const_cast<Followed*>(std::as_const(*this).find(incident)); }

std::vector<const Followed*> FollowedTable::of(const Workload& workload) const {
    std::vector<const Followed*> found;
    for (const auto& one : all_)
        if (one.workload == workload) found.push_back(&one);
    return found;
}

std::vector<const Followed*> FollowedTable::alike(const Workload& workload) const {
    std::vector<const Followed*> found;
    for (const auto& one : all_)
        if (is_called_alike(one.workload, workload) && one.workload != workload) found.push_back(&one);
    return found;
}

std::optional<Followed> FollowedTable::remove(std::uint64_t incident) {
    const auto own = std::ranges::find(all_, incident, &Followed::incident);
    if (own == all_.end()) return std::nullopt;
    std::optional<Followed> removed = std::move(*own);
    all_.erase(own);
    return removed;
}

const Followed* FollowedTable::ended(std::uint64_t now_ns) const {
    const auto late = std::ranges::find_if(all_, [&](const Followed& one) { return now_ns >= one.until_ns; });
    return late == all_.end() ? nullptr : &*late;
}

std::string FollowedTable::text(std::string_view boot) const {
    Json list = Json::array();
    for (const auto& one : all_) list.push_back(json_of(one));
    const Json json = {{"version", kVersion}, {"boot", boot}, {"followed", std::move(list)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool FollowedTable::read(const std::string& text, std::string_view boot, std::uint64_t now_ns, std::int64_t wall_now_ns) {
    const auto json = Json::parse(text, nullptr, false);
    std::vector<Followed> read;
    try {
        if (json.is_discarded() || json.at("version").get<std::uint64_t>() != kVersion) return false;
        if (!json.at("followed").is_array()) return false;
        const bool is_this_boot = !boot.empty() && json.at("boot").get<std::string>() == boot;
        for (const auto& one : json.at("followed")) {
            read.push_back(from_json(one));
            if (read.size() > kFollowedMax) return false;
            const auto left_ns = std::clamp<std::int64_t>(read.back().until_wall_ns - std::min(read.back().until_wall_ns, wall_now_ns), 0, kFollowMaxNs);
            if (!is_this_boot) read.back().until_ns = now_ns + static_cast<std::uint64_t>(left_ns);
            read.back().until_ns = std::min(read.back().until_ns, now_ns + kFollowMaxNs);
        }
    } catch (const Json::exception&) {
        return false;
    }
    all_ = std::move(read);
    return true;
}

Json follow_json(const Followed& followed, std::uint64_t now_ns) {
    Json json = {{"incident", id_text(followed.incident)},
                 {"workload", workload_text(followed.workload)},
                 {"response", word_at(kResponseWords, followed.response)},
                 {"until", utc_text(wall_from_boottime(followed.until_ns))},
                 {"time_left_s", static_cast<std::int64_t>((followed.until_ns - std::min(now_ns, followed.until_ns)) / kNsPerSecond)},
                 {"times", static_cast<std::int64_t>(followed.times & INT64_MAX)},
                 {"came_back", Json::array()}};
    for (const auto id : followed.came_back) json["came_back"].push_back(id_text(id));
    if (followed.longest_window_us) json["longest_window_us"] = *followed.longest_window_us;
    if (!followed.paths.empty()) json["paths"] = Json::array();
    for (const auto& path : followed.paths) json["paths"].push_back(escape(path));
    return json;
}

Incident remembered(const Followed& followed) {
    if (auto known = parse_snapshot(followed.snapshot)) {
        if (!known->over()) known->state = QUELL_STATE_GONE;
        if (!known->decided_by) known->decided_by = followed.who;  // it was taken at the flip
        if (known->reason.empty()) known->reason = followed.reason;
        return *std::move(known);
    }
    Incident incident;  // of another version
    incident.id = followed.incident;
    incident.key.rule = QUELL_RULE_MANUAL;
    incident.key.container = 1;  // none that there is: a cgroup of this number is the root
    incident.details = false;
    incident.state = QUELL_STATE_GONE;
    incident.rule = RuleBook{}.find(QUELL_RULE_MANUAL, 0);
    incident.rule.severity = followed.severity;
    incident.entry.response = followed.response;
    incident.entry.approved_ns = 1;
    incident.earlier_boot_offset_ns = 0;
    incident.runtime = followed.workload.runtime;
    incident.identity.name = followed.workload.name;
    incident.identity.image = followed.workload.image;
    if (!followed.workload.pod.empty()) {
        incident.identity.pod = followed.workload.pod;
        incident.identity.pod_namespace = followed.workload.pod_namespace;
    }
    incident.decided_by = followed.who;
    incident.reason = followed.reason;
    return incident;
}

}  // namespace quell::incident

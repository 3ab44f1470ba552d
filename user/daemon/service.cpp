// SPDX-License-Identifier: Apache-2.0
// The methods of io.quell that are about the engine and the history. Those
// about policies are in policy_service.cpp, about incidents in incidents.cpp.
#include <map>
#include <set>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/id.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/control/varlink.h"
#include "user/daemon/daemon.h"
#include "user/daemon/journal_rows.h"
#include "user/history/history.h"
#include "user/incident/describe.h"

namespace quell::daemon {
namespace {

using control::Json;

// A row that waits for the disk has no number yet.
bool same_event(const history::Row& one, const history::Row& other) {
    return one.incident == other.incident && one.action == other.action && one.boot_ns == other.boot_ns && one.boot_id == other.boot_id;
}

}  // namespace

void Daemon::call(std::string_view method, const Json& params, const control::Peer& peer, control::Responder responder) {
    using Method = void (Daemon::*)(const Json&, const control::Peer&, control::Responder);
    static const std::map<std::string_view, Method> kMethods = {
        {"Status", &Daemon::status},           {"Version", &Daemon::version},
        {"ApplyPolicy", &Daemon::apply_policy}, {"ListPolicies", &Daemon::list_policies},
        {"Incidents", &Daemon::incidents},     {"Show", &Daemon::show},
        {"Approve", &Daemon::approve},         {"Reject", &Daemon::reject},
        {"Undo", &Daemon::undo},               {"Request", &Daemon::request},
        {"Preview", &Daemon::preview},         {"Digests", &Daemon::digests},
        {"Assign", &Daemon::assign},           {"Note", &Daemon::note},
        {"Extend", &Daemon::extend},           {"Evidence", &Daemon::list_evidence},
        {"RollbackPolicy", &Daemon::rollback_policy}, {"RunningPolicy", &Daemon::running_policy},
        {"History", &Daemon::list_history},    {"VerifyHistory", &Daemon::verify_history},
        {"Watch", &Daemon::watch},             {"ContainerStarts", &Daemon::container_starts},
        {"WhoAmI", &Daemon::who_am_i},
    };
    if (is_too_low(method, params, peer, responder)) return;
    if (auto found = kMethods.find(method); found != kMethods.end()) return (this->*found->second)(params, peer, std::move(responder));
    responder.fail("not implemented: " + std::string(method));
}

bool Daemon::is_too_low(std::string_view method, const Json& params, const control::Peer& peer, control::Responder& responder) {
    const approval::Caller caller{peer.uid, peer.gid, peer.groups};
    if (control::true_member(params, "break_glass") && approval::may_break_glass(caller, groups_)) return false;
    const auto role = approval::role_of(caller, groups_), needed = approval::least_role(method);
    if (role >= needed) return false;
    low_roles_->add(peer, std::string(method) + " takes " + std::string(role_word(needed)) + ", who asks is " + std::string(role_word(role)), boottime_ns());
    responder.error("io.quell.NotAllowed", {{"reason", "it takes the role " + std::string(role_word(needed)) + ", yours is " + std::string(role_word(role))}});
    return true;
}

void Daemon::status(const Json&, const control::Peer&, control::Responder responder) {
    if (boottime_ns() - vitals_.canary_ns >= kCanaryFreshNs) check_canary();  // what is told is so now
    responder.reply({{"status", status_json(*engine_, *policies_, vitals_)}});
}

void Daemon::version(const Json&, const control::Peer&, control::Responder responder) {
    responder.reply({{"version", QUELL_VERSION}, {"abi", QUELL_ABI_VERSION}, {"kernel", status_json(*engine_, *policies_, vitals_)["kernel"]}});
}

void Daemon::who_am_i(const Json&, const control::Peer& peer, control::Responder responder) {
    const approval::Caller caller{peer.uid, peer.gid, peer.groups};
    responder.reply({{"user", escape(user_name(peer.uid))}, {"uid", peer.uid}, {"role", approval::role_word(approval::role_of(caller, groups_))},
                     {"break_glass", approval::may_break_glass(caller, groups_)}});
}

void Daemon::list_history(const Json& params, const control::Peer&, control::Responder responder) {
    std::uint64_t incident = 0;
    if (const auto text = control::string_member(params, "incident"); !text.empty()) {
        const auto id = parse_id(text);
        if (!id) return responder.error("io.quell.NoSuchIncident", {{"id", escape(text)}});
        incident = *id;
    }
    const auto limit = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(1, control::integer_member(params, "limit", 100))), std::uint64_t{history::kListMax});
    if (const Json& after = control::member(params, "after"); after.is_number_integer()) {
        const auto row = static_cast<std::uint64_t>(std::max<std::int64_t>(0, after.get<std::int64_t>()));
        return read_later(std::move(responder), [this, limit, incident, row] { return read_history_after(row, limit, incident); });
    }
    read_later(std::move(responder), [this, limit, incident] { return read_history(limit, incident); });
}

// On the reader's thread.
Result<Json> Daemon::read_history(std::uint64_t limit, std::uint64_t incident) const {
    (void)history_->flush(1000);  // what just happened is to be seen; a broken disk is no reason to wait longer
    // Taken before the file is read: one that is written meanwhile is in both, and never in neither.
    const auto held = history_->waiting();
    auto file = history::History::open_read_only(config_.history_path);
    auto rows = file ? file->list(limit, incident) : Result<std::vector<history::Row>>(file.error());
    if (!rows && held.empty()) return rows.error();
    const auto written = rows ? std::move(rows).value() : std::vector<history::Row>{};
    auto list = Json::array();
    auto room = control::kListRoom;
    for (auto row = held.rbegin(); row != held.rend() && list.size() < limit; ++row)
        if ((!incident || row->incident == incident) && std::ranges::none_of(written, [&](const auto& one) { return same_event(one, *row); }))
            (void)control::append_within(list, row_json(*row), room);
    for (auto row = written.begin(); row != written.end() && list.size() < limit; ++row)
        if (!control::append_within(list, row_json(*row), room)) break;
    return Json{{"rows", list}};
}

// On the reader's thread too: what is told of the incidents is what the file has.
Result<Json> Daemon::read_history_after(std::uint64_t after, std::uint64_t limit, std::uint64_t incident) const {
    (void)history_->flush(1000);
    const auto held = history_->waiting();
    auto file = history::History::open_read_only(config_.history_path);
    auto rows = file ? file->list_after(after, limit, incident) : Result<std::vector<history::Row>>(file.error());
    if (!rows && held.empty()) return rows.error();
    auto list = rows ? std::move(rows).value() : std::vector<history::Row>{};
    const std::size_t written = list.size();
    for (const auto& row : held)
        if (list.size() < limit && (!incident || row.incident == incident) &&
            std::none_of(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(written), [&](const auto& one) { return same_event(one, row); }))
            list.push_back(row);
    Json answer = {{"rows", Json::array()}, {"incidents", Json::array()}};
    auto room = control::kListRoom;
    std::set<std::uint64_t> told;
    for (const auto& row : list) {
        if (!control::append_within(answer["rows"], row_json(row), room)) break;
        if (!row.incident || !file || !told.insert(row.incident).second) continue;
        const auto snapshot = file->snapshot(row.incident);
        const auto known = snapshot && *snapshot ? incident::parse_snapshot((*snapshot)->json) : std::nullopt;
        if (known) (void)control::append_within(answer["incidents"], incident::brief_json(*known), room);
    }
    return answer;
}

void Daemon::watch(const Json& params, const control::Peer&, control::Responder responder) {
    if (control::string_member(params, "incident").empty()) return subscribers_.add(0, std::move(responder));
    if (const auto* incident = incident_of(params, "incident", responder)) subscribers_.add(incident->id, std::move(responder));
}

void Daemon::tell(const history::Row& row) {
    const auto* incident = row.incident ? store_.find(row.incident) : nullptr;
    const auto state = incident ? word_at(kStateWords, shown_state(incident->state, vitals_)) : std::string_view{};
    tell_journal(journal_rows_, row, incident, state);
    subscribers_.tell(row, [&] {
        if (!incident) return Json();
        Json brief = incident::brief_json(*incident);
        brief["state"] = state;
        return brief;
    });
}

void Daemon::verify_history(const Json& params, const control::Peer&, control::Responder responder) {
    std::optional<history::Head> expected;
    if (const auto text = control::string_member(params, "head"); !text.empty()) {
        expected = history::parse_head(text);
        if (!expected) return responder.fail("not a head, which is ROW:HASH: " + escape(text));
    }
    read_later(std::move(responder), [this, expected] { return read_verified(expected); });
}

// On the reader's thread: a chain of a million rows takes its time, and decisions are made meanwhile.
Result<Json> Daemon::read_verified(const std::optional<history::Head>& expected) const {
    (void)history_->flush(1000);
    auto file = history::History::open_read_only(config_.history_path);
    if (!file) return file.error();
    auto verified = file->verify(expected);
    if (!verified) return verified.error();
    Json json = {{"ok", verified->ok}, {"rows", verified->rows}, {"head", history::head_text(verified->head)}, {"detail", escape(verified->detail)}};
    if (verified->broken_at) json["broken_at"] = *verified->broken_at;
    return json;
}

void Daemon::read_later(control::Responder responder, std::function<Result<Json>()> read) {
    auto shared = std::make_shared<control::Responder>(std::move(responder));
    auto submitted = reader_->submit(std::move(read), [shared](const Result<Json>& answer) {
        if (answer) shared->reply(*answer);
        else shared->fail(escape(answer.error().message));
    });
    if (!submitted) shared->fail("too many ask for the history at once: try again");
}

}  // namespace quell::daemon

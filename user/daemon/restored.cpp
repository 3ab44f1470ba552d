// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/restored.h"

#include <cerrno>
#include <cstring>
#include <set>

#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/incident/describe.h"
#include "user/incident/digest.h"
#include "user/response/arming.h"

namespace quell::daemon {
namespace {

using incident::Incident;

constexpr std::uint64_t kLookAgainNs = 10'000'000'000;
constexpr const char* kNotMounted = "in force, but its file is not there: its file system is not mounted; the file is refused as soon as that is";
constexpr const char* kNoFile = "in force, but its file is not there: no file of its number and generation is on its file system";
constexpr const char* kThereAgain = "in force, and its file is there again";

// What was approved, by whom and when stands in the row: the one that said so may be long gone.
std::string original(const Incident& incident) {
    const auto& earlier = incident.earlier_boot_offset_ns;
    const auto approved = earlier ? static_cast<std::int64_t>(incident.entry.approved_ns + static_cast<std::uint64_t>(*earlier)) : wall_from_boottime(incident.entry.approved_ns);
    return incident::Json{{"approved", utc_text(approved)}, {"digest", incident::digest(incident, QUELL_RESPONSE_QUARANTINE_FILE, 0)}}.dump();
}

std::string refusal(int error) {
    switch (error) {
        case EINVAL: return "nothing lasting tells its file from others: its file system has no UUID";
        case EEXIST: return "another incident has the file quarantined";
        case ENOSPC: return "there is no room for it in the kernel";
        default: return std::strerror(error);
    }
}

}  // namespace

void Restored::put_in_force() {
    std::set<std::uint64_t> held;
    for (const auto& [key, entry] : parts_.engine.pending()) {
        held.insert(QUELL_WORD_INCIDENT(entry.word));
        if (!(entry.object_flags & QUELL_OBJECT_RESTORED)) continue;
        const auto* known = parts_.store.find(QUELL_WORD_INCIDENT(entry.word));  // by an earlier daemon: it may have told of its file
        unseen_[QUELL_WORD_INCIDENT(entry.word)] = known && (known->note == kNotMounted || known->note == kNoFile);
    }
    std::vector<Incident*> lacking;
    for (auto* incident : parts_.store.holding_files())
        if (!held.contains(incident->id)) lacking.push_back(incident);
    if (lacking.empty()) return;
    if (auto attached = response::attach_hooks(parts_.engine, QUELL_RESPONSE_QUARANTINE_FILE); !attached)
        log::error("quarantines of before the restart: " + attached.error().message);
    for (auto* incident : lacking) put_in_force(*incident);
}

void Restored::put_in_force(Incident& incident) {
    const bool was_restart = incident.earlier_boot_offset_ns.has_value();
    const auto detail = original(incident);
    quell_request request{};
    request.restore = 1;
    request.key.rule = incident.key.rule;
    request.entry = incident.entry;
    request.entry.word = QUELL_WORD(incident.id, QUELL_STATE_APPROVED);
    // its number may be another container's by now, but in the same boot
    if (!was_restart && parts_.engine.container(incident.key.container)) request.key.container = incident.key.container;
    else if (incident.key.container) request.entry.object_flags |= QUELL_OBJECT_ORPHAN;
    const auto made = parts_.engine.request(request);
    if (!made) return lose(incident, made.error().message);
    if (made->error) return lose(incident, refusal(-made->error));
    const auto entry = parts_.engine.find(made->key);
    if (!entry) return lose(incident, "the kernel side does not hold it");
    bool is_new = false;
    parts_.store.adopt(made->key, *entry, is_new);
    unseen_[incident.id] = false;
    incident.note = std::string("in force again after ") + (was_restart ? "the host's restart" : "the kernel side was loaded anew");
    row(incident, history::Action::RESTORED, incident.note, detail);
}

void Restored::lose(Incident& incident, const std::string& why) {
    incident.state = QUELL_STATE_GONE;
    incident.note = "not in force any more: " + why;
    log::error("quarantine of incident " + id_text(incident.id) + ": " + incident.note);
    row(incident, history::Action::LOST, incident.note);
}

void Restored::tick() {
    std::erase_if(unseen_, [this](const auto& one) {
        const auto* incident = parts_.store.find(one.first);
        return !incident || !incident->holds_file();
    });
    const auto now = boottime_ns();
    if (unseen_.empty() || looking_ || (looked_ns_ && now - looked_ns_ < kLookAgainNs)) return;
    std::map<std::uint64_t, quell_identity> files;
    for (const auto& [id, told] : unseen_) files[id] = parts_.store.find(id)->entry.file.file;
    looking_ = true;
    looked_ns_ = now;
    auto submitted = parts_.reader.submit(
        [this, files = std::move(files)] {
            const auto mounted = FileSystems::mounted(parts_.engine);
            Found presences;
            for (const auto& [id, file] : files) presences[id] = mounted.find(file);
            return presences;
        },
        [this](const Found& presences) {
            looking_ = false;
            found(presences);
        });
    if (!submitted) looking_ = false;
}

void Restored::found(const Found& presences) {
    for (const auto& [id, presence] : presences) {
        auto* incident = parts_.store.find(id);
        const auto told = unseen_.find(id);
        if (!incident || told == unseen_.end() || !incident->holds_file()) continue;
        if (presence == Presence::kThere) {
            if (told->second) {
                incident->note = kThereAgain;
                row(*incident, history::Action::RESTORED, incident->note);
            }
            unseen_.erase(told);
        } else if (!told->second) {
            told->second = true;
            incident->note = presence == Presence::kNoFile ? kNoFile : kNotMounted;
            log::error("quarantine of incident " + id_text(id) + ": " + incident->note);
            row(*incident, history::Action::LOST, incident->note);
        }
    }
}

std::string Restored::warning() const {
    std::size_t lost = 0;
    for (const auto& [id, told] : unseen_) lost += told;
    return lost ? std::to_string(lost) + " quarantines of before a restart are in force, and their files are not there" : std::string();
}

void Restored::row(const Incident& incident, history::Action action, const std::string& result, const std::string& detail) {
    history::Entry entry;
    entry.row.action = action;
    entry.row.incident = incident.id;
    entry.row.generation = incident.entry.generation;
    entry.row.subject = incident::subject_text(incident);
    entry.row.response = word_at(kResponseWords, QUELL_RESPONSE_QUARANTINE_FILE);
    entry.row.result = result;
    entry.row.detail = detail;
    if (action == history::Action::RESTORED) {
        entry.row.who = incident.decided_by;
        entry.row.reason = incident.reason;
    }
    entry.snapshot = history::Snapshot{incident.id, std::string(word_at(kStateWords, incident.state)), incident.rule.rule, incident::snapshot_text(incident)};
    parts_.history.append(std::move(entry));
}

}  // namespace quell::daemon

// SPDX-License-Identifier: Apache-2.0
// Decisions: what a rule wants in force while nobody has decided. The kernel
// side does what it can at the event itself; here is the rest of it, what
// became of it as rows, and its end.
#include "user/approval/decisions.h"

#include <algorithm>
#include <utility>

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"

namespace quell::approval {

using incident::Hold;
using incident::Incident;

namespace {

constexpr std::uint64_t kLateNs = 1'000'000'000;

std::string word_of(quell_u32 which) { return std::string(word_at(kResponseWords, which)); }

std::int64_t after_us(const Incident& incident, std::uint64_t when_ns) {
    return when_ns > incident.entry.first_ns ? static_cast<std::int64_t>((when_ns - incident.entry.first_ns) / 1000) : 0;
}

Hold& hold_of(Incident& incident, quell_u32 which) {
    const auto found = std::ranges::find(incident.held, which, &Hold::response);
    if (found != incident.held.end()) return *found;
    incident.held.push_back({});
    incident.held.back().response = which;
    return incident.held.back();
}

}  // namespace

std::string Decisions::why_not_held(const Incident& incident, quell_u32 which) const {
    const auto& globals = parts_.engine.globals();
    if (incident.in_doubt()) return "who the container is is not known yet";
    if (!(globals.enabled_offers & QUELL_BIT(which))) return "switched off in /etc/quell/quell.yaml";
    if (!(globals.armed & QUELL_BIT(which))) return "its hooks are not attached";
    return {};
}

void Decisions::hold(Incident& incident) {
    if (!incident.waits() || !incident.entry.wanted || incident.earlier_boot_offset_ns || boottime_ns() > incident.entry.deadline_ns) return;
    const auto target = target_of(incident);
    std::vector<std::pair<quell_u32, response::Holding>> begun;
    std::string not_held;
    for (quell_u32 which = 0; which < QUELL_RESPONSE_COUNT; which++) {
        if (!(incident.entry.wanted & QUELL_BIT(which))) continue;
        auto& hold = hold_of(incident, which);
        if (hold.is_begun) continue;
        const bool is_noted = (incident.entry.held & QUELL_BIT(which)) != 0;
        if (hold.in_force && is_noted && hold.is_told) {  // by an earlier daemon: it may have died before it was done
            (void)response::response(static_cast<quell_response>(which)).hold(parts_.engine, target);
            continue;
        }
        const auto why = is_noted ? std::string{} : why_not_held(incident, which);
        if (!why.empty() && incident.state == QUELL_STATE_ARMING && !incident.in_doubt() && (parts_.engine.globals().enabled_offers & QUELL_BIT(which))) continue;  // when it is armed
        if (why.empty() && which == QUELL_RESPONSE_PAUSE_CONTAINER && !is_noted && incident.entry.first_ns < begun_ns_ && !hold.is_late) {
            hold.is_late = true;
            not_held += (not_held.empty() ? "" : "; ") + word_of(which) + ": not frozen, no daemon ran when it happened";
        }
        response::Holding holding{false, why, 0};
        if (why.empty()) holding = response::response(static_cast<quell_response>(which)).hold(parts_.engine, target);
        hold.in_force = holding.in_force;
        if (holding.in_force) {
            hold.detail.clear();
            hold.is_begun = true;
            begun.emplace_back(which, std::move(holding));
        } else if (hold.detail != holding.detail) {
            hold.detail = holding.detail;
            not_held += (not_held.empty() ? "" : "; ") + word_of(which) + ": " + std::string(incident::hold_word(hold)) + ", " + holding.detail;
        }
    }
    read(incident);
    if (begun.empty() && not_held.empty()) return;
    auto submitted = parts_.sweeper.submit(
        [this, target, begun] {
            auto results = begun;
            for (auto& [which, holding] : results) holding = response::response(static_cast<quell_response>(which)).held(parts_.engine, target, holding);
            return results;
        },
        [this, id = incident.id, not_held](const auto& results) {
            // behind its look-up, so that the row `detected` is the first, with all that is known
            const auto tell = [this, id, not_held, results] { tell_held(id, not_held, results); };
            if (!parts_.worker.submit([] { return 0; }, [tell](int) { tell(); })) tell();
        });
    if (!submitted) tell_held(incident.id, not_held, begun);
}

void Decisions::tell_held(std::uint64_t id, const std::string& not_held, const Holdings& results) {
    auto* incident = parts_.store.find(id);
    if (!incident) return;
    if (!not_held.empty()) {
        log::warn("incident " + id_text(id) + " is not held: " + not_held);
        row(*incident, history::Action::NOT_HELD, not_held);
    }
    std::string told, lost;
    for (const auto& [which, holding] : results) {
        auto& hold = hold_of(*incident, which);
        hold.is_begun = false;
        if (hold.is_lifted || hold.is_told) continue;
        hold.is_told = true;
        hold.in_force = holding.in_force;
        hold.after_us = after_us(*incident, holding.in_force_ns);
        hold.detail = holding.detail;
        auto& text = holding.in_force ? told : lost;
        text += (text.empty() ? "" : "; ") + word_of(which) + ": " + incident::hold_text(hold, *hold.after_us > static_cast<std::int64_t>(kLateNs / 1000));
    }
    if (!lost.empty()) log::warn("incident " + id_text(id) + " is not held: " + lost);
    if (!lost.empty()) row(*incident, history::Action::NOT_HELD, lost);
    if (!told.empty()) row(*incident, history::Action::HELD, told);
}

void Decisions::lift(Incident& incident, quell_u32 which_of) {
    if (incident.earlier_boot_offset_ns) return;  // its numbers are others' now
    std::string text;
    for (quell_u32 which = 0; which < QUELL_RESPONSE_COUNT; which++) {
        if (!(incident.entry.held & which_of & QUELL_BIT(which))) continue;
        auto& hold = hold_of(incident, which);
        if (std::exchange(hold.is_lifted, true)) continue;
        // what was approved is the same: it goes over to that
        const bool is_taken_over = incident.state == QUELL_STATE_ENFORCING && incident.entry.response == which;
        const auto done = response::response(static_cast<quell_response>(which)).let_go(parts_.engine, target_of(incident));
        if (!done) {
            log::error("incident " + id_text(incident.id) + ": " + word_of(which) + " is lifted, but " + done.error().message);
            hold.detail = done.error().message;
        }
        if (!is_taken_over || !done) text += (text.empty() ? "" : "; ") + word_of(which) + (done ? "" : ": " + done.error().message);
    }
    // of what is gone, or killed as a whole, nothing goes on
    const bool is_killed = incident.state == QUELL_STATE_DONE && incident.entry.response != QUELL_RESPONSE_KILL_PROCESS;
    if (!text.empty() && incident.state != QUELL_STATE_GONE && !is_killed) row(incident, history::Action::LIFTED, text);
}

void Decisions::forget_over(Incident& incident) {
    if (!incident.over() || (incident.state == QUELL_STATE_FAILED && incident.entry.approved_ns)) return;
    lift(incident);
    retired_.insert(incident.id);
    forget(incident.id);
}

}  // namespace quell::approval

// SPDX-License-Identifier: Apache-2.0
// Several incidents at once: marked in the list, shown as one list with one
// digest over those of all, confirmed once, approved one after the other. Each
// is an approval like any other, and has its result in the list.
#include <algorithm>

#include "user/base/vocabulary.h"
#include "user/cli/ask.h"
#include "user/cli/console/model.h"
#include "user/cli/select.h"
#include "user/control/varlink.h"

namespace quell::cli::console {

namespace {

using control::CallOutcome;
using control::member;

bool offers(const Row& row, std::string_view response) { return ("," + row.offers + ",").find("," + std::string(response) + ",") != std::string::npos; }

// A kill that is only flipped has not been seen to hold: no success.
bool holds(const control::CallResult& result) {
    const std::string state = control::string_member(member(result.parameters, "incident"), "state");
    return result.outcome == CallOutcome::Reply && (state == "enforcing" || state == "done") && member(result.parameters, "survivors").empty();
}

}  // namespace

void Model::mark(Action action) {
    auto& marks = state_.marks;
    ListView& list = state_.list;
    if (action == Action::Unmark) return marks.clear();
    if (action == Action::MarkAll) {
        const auto ids = list.waiting(kRowsAStep, kMarksMax);
        const bool all = std::ranges::all_of(ids, [&](const std::string& id) { return marks.contains(id); });
        for (const std::string& id : ids) {
            if (all) marks.erase(id);
            else if (marks.size() < kMarksMax) marks.insert(id);
        }
        return say(std::to_string(marks.size()) + " marked");
    }
    if (list.size() == 0) return;
    const Row& row = list.row(list.chosen());
    if (marks.erase(row.id) == 0) {
        if (!row.waits) return say("it does not wait for a decision: it is " + row.state, Tone::Warning);
        if (marks.size() >= kMarksMax) return say("at most " + std::to_string(kMarksMax) + " are marked", Tone::Warning);
        marks.insert(row.id);
    }
    list.move(1);
}

void Model::drop_marks() {
    const Snapshot& snapshot = state_.list.snapshot();
    std::erase_if(state_.marks, [&](const std::string& id) {
        const auto found = snapshot.positions.find(id);
        return found == snapshot.positions.end() || !snapshot.rows[found->second].waits;
    });
}

void Model::begin_bulk() {
    if (!may_begin()) return;
    drop_marks();
    if (state_.marks.empty()) return say("nothing is marked: m marks the chosen incident", Tone::Warning);
    const Snapshot& snapshot = state_.list.snapshot();
    BulkPage bulk;
    std::array<std::size_t, kResponseWords.size()> counts{};
    for (const std::string& id : state_.marks) {
        const Row& row = snapshot.rows[snapshot.positions.find(id)->second];
        BulkTarget target;
        target.id = row.id;
        target.name = row.name;
        target.severity = row.severity;
        target.subject = row.subject;
        bulk.targets.push_back(std::move(target));
        for (std::size_t i = 0; i < counts.size(); i++) counts[i] += offers(row, kResponseWords[i]);
    }
    for (std::size_t i = 0; i < counts.size(); i++)
        if (counts[i] != 0) bulk.responses.emplace_back(kResponseWords[i]);
    if (bulk.responses.empty()) return say("no response is offered for any of them", Tone::Warning);
    // First what fits most of them; of as many the order of the words.
    std::ranges::stable_sort(bulk.responses, std::greater{}, [&](const std::string& word) { return counts[*word_index(kResponseWords, word)]; });
    bulk.form.fields = {{"Reason, for the history:", ""}, {"", ""}};
    state_.bulk = std::move(bulk);
    go_to(Page::Bulk);
    load_digests();
}

void Model::load_digests() {
    BulkPage& bulk = state_.bulk;
    bulk.has_digests = false;
    bulk.digest.clear();
    bulk.problem.clear();
    bulk.form.fields.back() = {"To confirm type yes or " + bulk.word() + ":", ""};  // what was typed was for another response
    Json ids = Json::array();
    for (BulkTarget& one : bulk.targets) {
        ids.push_back(one.id);
        one.digest.clear();
        one.target.clear();
        one.text.clear();
        one.tone = Tone::Plain;
    }
    digests_serial_ = ask("Digests", {{"response", bulk.word()}, {"ids", std::move(ids)}});
}

void Model::on_digests(const Reply& reply) {
    BulkPage& bulk = state_.bulk;
    if (reply.result.outcome != CallOutcome::Reply) {
        bulk.problem = failure_text(reply.result);
        bulk.problem = bulk.problem.substr(0, bulk.problem.find('\n'));
        return say("no digests: " + bulk.problem, Tone::Bad);
    }
    std::map<std::string, const Json*, std::less<>> known;
    for (const Json& one : member(reply.result.parameters, "digests")) known[control::string_member(one, "id")] = &one;
    std::vector<Chosen> chosen;
    for (BulkTarget& one : bulk.targets) {
        const auto found = known.find(one.id);
        if (found != known.end()) one.digest = control::string_member(*found->second, "digest");
        if (one.digest.empty()) {
            one.text = found == known.end() ? "it is gone" : "not offered: " + text_of(*found->second, "reason");
            one.tone = Tone::Warning;
            continue;
        }
        one.target = text_of(*found->second, "target");
        chosen.push_back({one.id, one.digest});
    }
    bulk.offered = chosen.size();
    bulk.digest = digest_of_all(bulk.word(), std::move(chosen));
    bulk.has_digests = true;
}

void Model::act_on_bulk(Action action) {
    BulkPage& bulk = state_.bulk;
    if (bulk.is_running || bulk.is_over) return;
    if (action == Action::NextOffer || action == Action::PreviousOffer) {
        const std::size_t count = bulk.responses.size();
        bulk.response = (bulk.response + (action == Action::NextOffer ? 1 : count - 1)) % count;
        return load_digests();
    }
    if (action != Action::EnterField) return;
    const auto no = [this](const std::string& why) { say("nothing was decided: " + why, Tone::Warning); };
    if (!bulk.has_digests) {
        if (digests_serial_ == 0) load_digests();
        return no("their digests are still being asked for");
    }
    if (bulk.offered == 0) return no(bulk.word() + " is offered for none of them");
    const std::string& typed = bulk.form.fields.back().text;
    if (typed != "yes" && typed != bulk.word()) return no("type yes or " + bulk.word() + " to approve it for these " + std::to_string(bulk.offered));
    if (!may_begin()) return;
    bulk.reason = bulk.form.fields.front().text;
    bulk.is_running = state_.is_deciding = true;
    bulk.next = SIZE_MAX;
    send_next();
}

// The next that has a digest; none: it is over.
void Model::send_next() {
    BulkPage& bulk = state_.bulk;
    do bulk.next++;
    while (bulk.next < bulk.targets.size() && bulk.targets[bulk.next].digest.empty());
    if (bulk.next >= bulk.targets.size()) return end_bulk("");
    BulkTarget& target = bulk.targets[bulk.next];
    bulk.chosen = bulk.next;
    target.text = "sent";
    Json parameters = {{"id", target.id}, {"digest", target.digest}, {"response", bulk.word()}};
    if (!bulk.reason.empty()) parameters["reason"] = bulk.reason;
    bulk_serial_ = ask("Approve", std::move(parameters));
}

void Model::on_bulk(const Reply& reply) {
    BulkPage& bulk = state_.bulk;
    BulkTarget& target = bulk.targets[bulk.next];
    const Outcome outcome = outcome_of(reply.result);
    target.text = outcome.text;
    target.tone = outcome.tone;
    target.is_over = true;
    if (holds(reply.result)) bulk.held++;
    state_.marks.erase(target.id);
    next_poll_ms_ = 0;
    const CallOutcome how = reply.result.outcome;
    if (how != CallOutcome::Reply && how != CallOutcome::Remote) return end_bulk("not asked: nobody answered before");
    if (bulk.is_stopping) return end_bulk("not asked: it was stopped");
    send_next();
}

void Model::end_bulk(const std::string& rest) {
    BulkPage& bulk = state_.bulk;
    std::size_t asked = 0;
    for (BulkTarget& one : bulk.targets) {
        asked += one.is_over;
        if (one.is_over || one.digest.empty()) continue;
        one.text = rest;
        one.tone = Tone::Warning;
    }
    bulk.is_running = state_.is_deciding = false;
    bulk.is_over = true;
    say(bulk.word() + ": " + std::to_string(bulk.held) + " of " + std::to_string(bulk.targets.size()) + " hold, " + std::to_string(asked) + " were asked for; the list says how each went",
        bulk.held == bulk.targets.size() ? Tone::Good : Tone::Warning);
}

}  // namespace quell::cli::console

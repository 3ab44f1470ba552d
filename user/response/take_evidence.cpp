// SPDX-License-Identifier: Apache-2.0
// acquire-file and capture: a helper of the daemon reads and keeps, and asks
// here of each file that it finds whether it is the one that the kernel side
// has bound. Nothing is contained. done: the item is whole; failed: there is
// none, or one that is cut.
#include <algorithm>

#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/evidence/helper.h"
#include "user/response/process.h"
#include "user/response/response.h"

namespace quell::response {
namespace {

bool same(const quell_identity& one, const quell_identity& other) {
    return one.inode == other.inode && one.generation == other.generation && one.subvolume == other.subvolume && one.uuid[0] == other.uuid[0] && one.uuid[1] == other.uuid[1];
}

bool same(const quell_file_key& one, const quell_file_key& other) { return same(one.file, other.file) && same(one.scope, other.scope); }

// Itself, its copy in the upper layer that was made since, or what its overlay has below, opened there.
bool is_of(const quell_held_file& held, const quell_file_key& file) {
    return held.known && (same(held.file, file) || same(held.before, file) || (same(held.file.file, file.file) && !held.file.scope.inode));
}

Result<bool> is_object(bpf::Engine& engine, const quell_pending& entry, pid_t helper, int fd) {
    auto files = engine.held_files(helper);
    if (!files) return files.error();
    for (const auto& one : *files)
        if (one.fd == static_cast<quell_u32>(fd)) return is_of(one, entry.file);
    return false;
}

// Who is of the subject now: the container's, or the processes that the incident tells of, with the descendants of the
// nearest living one that is bound, as kill-process would meet them.
void add_processes(bpf::Engine& engine, const Target& target, evidence::Order& order) {
    std::vector<quell_task_ref> all;
    const auto count = std::min<quell_u32>(target.entry.chain_count, QUELL_CHAIN_MAX);
    const auto add = [&](const Result<std::vector<quell_task_ref>>& found) {
        if (found) all.insert(all.end(), found->begin(), found->end());
    };
    if (target.key.container) {
        add(engine.tasks(target.key.container, 0));
    } else {
        all.assign(target.entry.chain, target.entry.chain + count);
        const auto nearest = std::find_if(all.begin(), all.end(), [](const auto& task) { return task.actor && is_alive(task); });
        if (nearest != all.end()) {
            const auto bound = *nearest;
            add(engine.tasks(0, bound.actor, &bound));
        }
    }
    std::ranges::sort(all, {}, &quell_task_ref::pid);
    all.erase(std::unique(all.begin(), all.end(), [](const auto& one, const auto& other) { return one.pid == other.pid; }), all.end());
    order.processes_in_all = all.size();
    if (all.size() > evidence::kProcessesMax) all.resize(evidence::kProcessesMax);
    for (const auto& task : all) order.processes.push_back({static_cast<pid_t>(task.pid), task.start_ns});
}

Outcome outcome_of(bool is_whole, const std::string& text, const evidence::Json& item) {
    Outcome outcome;
    outcome.state = is_whole ? QUELL_STATE_DONE : QUELL_STATE_FAILED;
    outcome.detail = text;
    if (item.is_object()) outcome.evidence = evidence::Json{{"evidence", item}}.dump(-1, ' ', false, evidence::Json::error_handler_t::replace);
    return outcome;
}

// By a daemon that ended before it could say so.
std::optional<Outcome> taken_before(const evidence::Order& order) {
    const auto store = evidence::Store::open(order.limits);
    if (!store) return std::nullopt;
    const auto item = store->read(evidence::item_name(order.incident, word_at(kResponseWords, order.what)));
    if (!item) return std::nullopt;
    return outcome_of(item->cut.empty(), item->cut.empty() ? "taken by an earlier daemon" : "taken by an earlier daemon, and cut: " + item->cut,
                      {{"item", order.limits.dir + "/" + item->name}, {"sha256", item->sha256}, {"manifest_sha256", item->manifest_sha256}, {"size", item->size}});
}

class TakeEvidence final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target&) const override {
        return std::unique_ptr<Prepared>(std::make_unique<Prepared>());  // a descriptor that is held would keep a file system from being unmounted
    }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        if (!target.order) return {QUELL_STATE_FAILED, "what is to be taken was not said", {}, 0};
        evidence::Order order = *target.order;
        if (auto before = taken_before(order)) return *before;
        add_processes(engine, target, order);
        if (!order.deadline_ns) order.deadline_ns = boottime_ns() + order.limits.max_seconds * 1'000'000'000;  // not from when it was asked for: one may wait for another
        if (order.history_later) order.history = order.history_later();
        // what the kernel side knows of it by now: a quarantine may have followed it into the upper layer
        auto entry = target.entry;
        if (const auto now = engine.find(target.key); now && QUELL_WORD_INCIDENT(now->word) == QUELL_WORD_INCIDENT(entry.word)) entry = *now;
        const auto taken = evidence::take_by_helper(QUELL_EVIDENCE, order, [&](pid_t helper, int fd) { return is_object(engine, entry, helper, fd); }, target.ending);
        return outcome_of(taken.is_whole, taken.text, taken.item);
    }
};

}  // namespace

const Response& take_evidence() {
    static const TakeEvidence instance;
    return instance;
}

}  // namespace quell::response

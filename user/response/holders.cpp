// SPDX-License-Identifier: Apache-2.0
#include "user/response/holders.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace quell::response {
namespace {

using Process = std::pair<std::uint64_t, quell_u32>;  // start, number

Process process_of(const quell_task_ref& task) { return {task.start_ns, task.pid}; }

}  // namespace

Holders put_together(const std::vector<quell_holder>& told, const std::vector<quell_task_ref>& inside) {
    std::set<Process> members;
    for (const auto& task : inside) members.insert(process_of(task));
    std::map<Process, Holder> found;
    for (const auto& one : told) {
        auto& holder = found[process_of(one.task)];
        holder.task = one.task;
        holder.how |= one.how;
        holder.is_inside = members.contains(process_of(one.task));
    }
    Holders holders;
    for (const auto& [process, holder] : found) holders.list.push_back(holder);
    std::ranges::stable_sort(holders.list, {}, [](const Holder& one) { return one.how & QUELL_HOLDS_MAPPED ? 0 : 1; });
    return holders;
}

std::string holder_text(const Holder& holder, bool container) {
    std::string text;
    if (holder.how & QUELL_HOLDS_MAPPED) text = holder.how & QUELL_HOLDS_WRITABLE ? "maps it writable" : "maps it";
    if (holder.how & QUELL_HOLDS_OPEN) text += text.empty() ? "has it open" : ", has it open";
    return text + (container && !holder.is_inside ? "; outside the container" : "");
}

Result<Holders> holders_of(bpf::Engine& engine, const quell_file_key& file, std::uint64_t inode, std::uint64_t container) {
    bool is_whole = true;
    auto told = engine.holders(file, inode, kHoldersLimitNs, is_whole);
    if (!told) return told.error();
    std::vector<quell_task_ref> inside;
    if (container) {
        auto tasks = engine.tasks(container, 0);
        if (!tasks) return tasks.error();
        inside = std::move(tasks).value();
    }
    auto holders = put_together(*told, inside);
    holders.is_whole = is_whole;
    return holders;
}

}  // namespace quell::response

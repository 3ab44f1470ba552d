// SPDX-License-Identifier: Apache-2.0
// kern/abi.h as the C++ compiler lays it out, against what clang wrote into
// the BPF object: every structure, every member.
#include "kern/abi.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <regex>
#include <set>
#include <vector>

#include "tests/bpf/btf.h"

namespace quell {
namespace {

struct Member {
    const char* name;
    std::size_t offset;
};
struct Structure {
    const char* name;
    std::size_t size;
    std::vector<Member> members;
};

#define F(member) {#member, offsetof(Type, member)}
#define STRUCT(name, ...)                                           \
    [] {                                                            \
        using Type = ::name;                                        \
        return Structure{#name, sizeof(Type), {__VA_ARGS__}};       \
    }()

const std::vector<Structure>& structures() {
    static const std::vector<Structure> list = {
        STRUCT(quell_edge_key, F(node), F(kind), F(name)),
        STRUCT(quell_edge, F(child), F(cover), F(flags), F(next), F(set)),
        STRUCT(quell_piece_key, F(length), F(root), F(text)),
        STRUCT(quell_piece, F(set), F(id), F(reserved)),
        STRUCT(quell_set_key, F(set), F(chunk), F(half)),
        STRUCT(quell_set, F(count), F(more), F(rules)),
        STRUCT(quell_rule_key, F(index), F(half)),
        STRUCT(quell_rule, F(id), F(expires_ns), F(operations), F(subjects), F(offers), F(flags), F(severity), F(condition), F(conditions), F(needs), F(threshold), F(within_ns), F(once_ns), F(quick), F(wanted), F(reserved)),
        STRUCT(quell_quick, F(bits), F(at), F(reserved)),
        STRUCT(quell_rate_key, F(rule), F(container)),
        STRUCT(quell_rate, F(begun_ns), F(told_ns), F(count)),
        STRUCT(quell_named_key, F(container), F(half), F(reserved)),
        STRUCT(quell_named, F(known), F(holds)),
        STRUCT(quell_network_key, F(length), F(root), F(address)),
        STRUCT(quell_network, F(set), F(asked)),
        STRUCT(quell_detail, F(value), F(address), F(target_pid), F(reserved), F(target_comm)),
        STRUCT(quell_condition_key, F(index), F(half)),
        STRUCT(quell_condition, F(field), F(flags), F(first), F(last)),
        STRUCT(quell_member_key, F(set), F(condition), F(half)),
        STRUCT(quell_task_ref, F(start_ns), F(pid), F(uid), F(actor), F(comm)),
        STRUCT(quell_home_link, F(superblock), F(inode), F(generation), F(alias)),
        STRUCT(quell_container, F(born_ns), F(contained), F(paused), F(init_start_ns), F(init_pid), F(home_state), F(runtime), F(flags), F(pending), F(refused),
               F(mounts), F(overflows), F(last), F(id)),
        STRUCT(quell_task, F(home), F(flags), F(own), F(actors)),
        STRUCT(quell_identity, F(uuid), F(inode), F(subvolume), F(generation), F(reserved)),
        STRUCT(quell_file_key, F(file), F(scope)),
        STRUCT(quell_pending_key, F(rule), F(container), F(actor_start_ns), F(actor_pid), F(turn)),
        STRUCT(quell_file_entry, F(incident), F(denied), F(pending), F(upper_root), F(device), F(overlay_device)),
        STRUCT(quell_pending, F(word), F(deadline_ns), F(first_ns), F(last_ns), F(hits), F(approved_ns), F(request), F(beside), F(generation), F(part_of), F(offers),
               F(response), F(approver_uid), F(approver_loginuid), F(severity), F(operation), F(hook), F(object_flags), F(chain_count), F(target),
               F(chain), F(file), F(upper_root), F(place), F(inode), F(device), F(overlay_device), F(detail), F(doubts), F(doubt_flags), F(contains), F(wanted), F(held), F(name)),
        STRUCT(quell_transition, F(key), F(incident), F(request), F(beside), F(approver_container), F(deadline_ns), F(from), F(to), F(response), F(target), F(approver_uid),
               F(approver_loginuid), F(seen), F(time_ns), F(error), F(doubt), F(terms)),
        STRUCT(quell_allowance, F(address), F(mask), F(port), F(flags)),
        STRUCT(quell_terms, F(flags), F(count), F(allowed)),
        STRUCT(quell_places, F(count), F(reserved), F(at)),
        STRUCT(quell_write_denial, F(incident), F(denied), F(pending), F(filter), F(places)),
        STRUCT(quell_isolation, F(incident), F(denied), F(pending), F(terms), F(until_ns)),
        STRUCT(quell_overlay_layout, F(known), F(vfs_inode), F(upper), F(lower), F(entry), F(entry_lower)),
        STRUCT(quell_forget, F(container), F(error), F(reserved)),
        STRUCT(quell_task_query, F(container), F(actor), F(mark_start_ns), F(mark_pid), F(marked), F(home), F(pid), F(descriptor), F(executable)),
        STRUCT(quell_open_file, F(file), F(upper_root), F(inode), F(device), F(overlay_device), F(object_flags), F(mode), F(name)),
        STRUCT(quell_request, F(key), F(entry), F(error), F(restore)),
        STRUCT(quell_globals, F(contained_subjects), F(contained_files), F(generation), F(half), F(epoch), F(operations), F(armed), F(identities), F(texts), F(isolated), F(kept), F(reserved_kept), F(name_key),
               F(next_incident), F(next_actor), F(pending_total), F(pending_host), F(self_start_ns), F(self_container), F(self_pid),
               F(enabled_offers), F(host_root), F(host_mount_ns), F(own_address), F(overlay), F(query), F(adopting), F(scanned), F(removed_containers), F(canary_denied),
               F(counters), F(denied), F(matched), F(leaf_filter),
               F(plain), F(plain_quick), F(network_levels), F(network_filter), F(gate), F(write_denied), F(held_objects), F(followed), F(sought), F(sought_inode)),
        STRUCT(quell_holder, F(task), F(how), F(reserved)),
        STRUCT(quell_gate, F(kinds), F(slots)),
        STRUCT(quell_setup, F(name_key), F(first_incident), F(self_pid), F(learn_host)),
        STRUCT(quell_switch, F(generation), F(operations), F(half), F(texts)),
        STRUCT(quell_text_head, F(generation), F(places), F(start), F(hitting), F(row_shift), F(states), F(cells), F(rows), F(lists), F(hits), F(steps),
               F(reserved), F(classes)),
        STRUCT(quell_text_table, F(head), F(words)),
        STRUCT(quell_event, F(incident), F(time_ns), F(rule), F(generation), F(container), F(cgroup), F(key), F(hits), F(inode), F(device),
               F(exe_device), F(object_flags), F(mode), F(operation), F(hook), F(verdict), F(flags), F(pid), F(tid), F(uid), F(gid), F(loginuid),
               F(sessionid), F(offers), F(severity), F(chain_count), F(path_size), F(path2_size), F(exe_size), F(args_size), F(device2), F(chain),
               F(file), F(detail), F(path), F(path2), F(exe), F(args)),
        STRUCT(quell_hold_key, F(file), F(container), F(response), F(reserved)),
        STRUCT(quell_executable_key, F(file), F(container)),
        STRUCT(quell_executable, F(incident), F(denied), F(pending), F(upper_root)),
        STRUCT(quell_notice, F(key), F(word), F(time_ns)),
        STRUCT(quell_held_file, F(fd), F(known), F(file), F(before)),
        STRUCT(quell_peer, F(start_ns), F(cgroup), F(container), F(pid), F(uid), F(loginuid), F(sessionid), F(comm)),
    };
    return list;
}

TEST(Abi, EveryStructureOfTheHeaderIsComparedHere) {
    const std::regex begins(R"(^struct (\w+) \{$)");
    std::set<std::string> declared, compared;
    std::smatch match;
    for (const char* name : {"abi.h", "abi_policy.h", "abi_places.h", "abi_requests.h", "abi_records.h"}) {
        std::ifstream header(std::string(QUELL_KERN_DIRECTORY) + "/" + name);
        ASSERT_TRUE(header) << name;
        for (std::string line; std::getline(header, line);)
            if (std::regex_match(line, match, begins)) declared.insert(match[1]);
    }
    for (const auto& one : structures()) compared.insert(one.name);
    EXPECT_EQ(declared, compared);
}

TEST(Abi, BothCompilersLayTheStructuresOutAlike) {
    const Btf object(QUELL_BPF_OBJECT);
    ASSERT_TRUE(object.valid()) << QUELL_BPF_OBJECT;
    for (const auto& one : structures()) {
        const auto* type = object.structure(one.name);
        ASSERT_TRUE(type) << one.name << " is not in the object's BTF: it needs an anchor";
        EXPECT_EQ(type->size, one.size) << one.name;
        EXPECT_EQ(btf_vlen(type), one.members.size()) << one.name << ": this test's table lacks a member";
        EXPECT_EQ(one.size % 8, 0u) << one.name;
        for (const auto& member : one.members) {
            const auto offset = object.offset(type, member.name);
            ASSERT_TRUE(offset) << one.name << "." << member.name;
            EXPECT_EQ(*offset, member.offset) << one.name << "." << member.name;
        }
    }
}

}  // namespace
}  // namespace quell

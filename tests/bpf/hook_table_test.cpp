// SPDX-License-Identifier: Apache-2.0
// The .def files against each other and against the object: a misspelt hook
// would otherwise be a hook that is never attached.
#include "user/bpf/hook_table.h"

#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <set>
#include <sstream>

#include "user/base/vocabulary.h"

namespace quell::bpf {
namespace {

struct Needs {
    const char* word;
    const char* hooks;
    std::uint64_t mask;
    bool operation;
};

constexpr Needs kNeeds[] = {
#define RESPONSE(name, word, hooks, undo, ...) {word, hooks, kResponseHooks[QUELL_RESPONSE_##name], false},
#include "kern/responses.def"
#undef RESPONSE
#define OPERATION(name, word, object, hooks) {word, hooks, kOperationHooks[QUELL_OP_##name], true},
#include "kern/operations.def"
#undef OPERATION
};

TEST(HookTable, ResponsesAndOperationsNameHooksThatExist) {
    for (const auto& need : kNeeds) {
        std::istringstream words(need.hooks);
        std::uint64_t mask = 0;
        for (std::string word; words >> word;) {
            std::size_t found = kHooks.size();
            for (std::size_t i = 0; i < kHooks.size(); i++)
                if (kHooks[i].name == word) found = i;
            ASSERT_LT(found, kHooks.size()) << need.word << " names the unknown hook " << word;
            mask |= std::uint64_t{1} << found;
        }
        EXPECT_TRUE(need.mask || !*need.hooks) << need.word;
        EXPECT_TRUE(need.mask || !need.operation) << need.word;
        EXPECT_EQ(need.mask, mask) << need.word;
    }
}

TEST(HookTable, EveryHookOfARoleIsNeededBySomebody) {
    std::uint64_t needed = standing_hooks();
    for (const auto& need : kNeeds) needed |= need.mask;
    for (const auto mask : kTextHooks) needed |= mask;
    EXPECT_EQ(needed, (std::uint64_t{1} << kHooks.size()) - 1);
}

TEST(HookTable, MasksOfOperationsAreTheUnionOfTheirHooks) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kOperationHooks.size(); i++) {
        EXPECT_EQ(operation_hooks(1u << i), kOperationHooks[i]);
        all |= kOperationHooks[i];
    }
    EXPECT_EQ(operation_hooks(~0u), all);
    EXPECT_EQ(operation_hooks(0), 0u);
    EXPECT_EQ(hook_mask("file_open no_such_hook"), std::uint64_t{1} << QUELL_HOOK_file_open);
}

TEST(HookTable, NamesAreUniqueAndFitTheMasks) {
    std::set<std::string_view> names, programs;
    for (const auto& hook : kHooks) {
        EXPECT_TRUE(names.insert(hook.name).second) << hook.name;
        EXPECT_TRUE(programs.insert(hook.program).second) << hook.program;
    }
    EXPECT_LE(kHooks.size(), 64u);
}

using Object = std::unique_ptr<bpf_object, decltype(&bpf_object__close)>;

Object open_object() {
    libbpf_set_print(nullptr);
    Object object(bpf_object__open_file(QUELL_BPF_OBJECT, nullptr), &bpf_object__close);
    EXPECT_TRUE(object) << QUELL_BPF_OBJECT;
    return object;
}

TEST(HookTable, EveryProgramIsInTheObjectAtItsHook) {
    const auto object = open_object();
    ASSERT_TRUE(object);
    for (const auto& hook : kHooks) {
        const auto* program = bpf_object__find_program_by_name(object.get(), hook.program);
        ASSERT_TRUE(program) << hook.program;
        const std::string section = bpf_program__section_name(program);
        const std::string place = section.substr(section.find('/') + 1);
        // second programs, for rules on links and on the sources of mounts alone
        const bool is_second = (hook.name == "symlink_target" && place == "inode_symlink") || (hook.name == "mount_source" && place == "sb_kern_mount");
        const bool is_cutting = hook.name.starts_with("isolate_") && place == "socket_" + std::string(hook.name.substr(8));
        const bool is_denying = hook.name == "deny_create" && place == "inode_create";
        EXPECT_TRUE(is_denying || is_cutting || place == hook.name || place == "__" + std::string(hook.name) || is_second) << hook.program << " sits at " << section;
    }
}

// Where a kernel may lack a place, the function that is looked for is the one that the program attaches to.
TEST(HookTable, WhatAKernelMayLackIsLookedForByItsOwnName) {
    const auto object = open_object();
    ASSERT_TRUE(object);
    const std::set<std::string> lacking = {"file_ioctl_compat", "inode_set_acl", "inode_remove_acl", "inode_file_setattr"};
    std::set<std::string> found;
    for (const auto& more : kMorePrograms) {
        const auto* program = bpf_object__find_program_by_name(object.get(), more.program);
        ASSERT_TRUE(program) << more.program;
        const std::string section = bpf_program__section_name(program);
        ASSERT_TRUE(section.starts_with("lsm/")) << section;
        const auto place = section.substr(section.find('/') + 1);
        EXPECT_EQ(lacking.contains(place), more.function != nullptr) << place;
        if (more.function == nullptr) continue;
        EXPECT_EQ(more.function, "bpf_lsm_" + place);
        found.insert(place);
    }
    EXPECT_EQ(found, lacking);
}

// What a quarantine refuses on descriptors comes and goes with it.
TEST(HookTable, ProgramsBesideAHookAreThoseOfItsResponses) {
    const auto quarantine = kResponseHooks[QUELL_RESPONSE_QUARANTINE_FILE], denial = kResponseHooks[QUELL_RESPONSE_DENY_WRITE];
    const auto isolation = kResponseHooks[QUELL_RESPONSE_ISOLATE_NETWORK];
    for (const auto& more : kMorePrograms) {
        const auto bit = std::uint64_t{1} << more.hook;
        EXPECT_NE((quarantine | denial | isolation) & bit, 0u) << more.program;
        EXPECT_EQ((late_hooks() | standing_hooks()) & bit, 0u) << more.program << " is loaded with the hook, at the start";
        const std::string_view name = more.program;
        const bool is_of_sockets = name.starts_with("quell_socket_");
        EXPECT_EQ((isolation & bit) != 0, is_of_sockets) << more.program;
        EXPECT_EQ((quarantine & bit) == 0, is_of_sockets || name.starts_with("quell_deny_")) << more.program;
    }
}

// And the other way round: nothing sits in the kernel that the table, and so status, does not tell of.
TEST(HookTable, EveryHookOfTheObjectIsInTheTableOnce) {
    const auto object = open_object();
    ASSERT_TRUE(object);
    std::multiset<std::string> programs, places;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) {
        const std::string section = bpf_program__section_name(program);
        if (section == "syscall" || section.starts_with("iter/")) continue;  // run when quelld asks, at no hook
        EXPECT_TRUE(section.starts_with("lsm/") || section.starts_with("lsm.s/") || section.starts_with("tp_btf/") || section.starts_with("fentry/") || section.starts_with("fexit/")) << section;
        programs.insert(bpf_program__name(program));
        places.insert(section.substr(section.find('/') + 1));
    }
    EXPECT_EQ(programs.size(), kHooks.size() + kMorePrograms.size());
    for (const auto& hook : kHooks) EXPECT_EQ(programs.count(hook.program), 1u) << hook.program;
    for (const auto& more : kMorePrograms) EXPECT_EQ(programs.count(more.program), 1u) << more.program;
    const std::set<std::string> twice = {"inode_create", "inode_mkdir", "inode_mknod", "sb_kern_mount", "socket_connect", "socket_bind", "socket_listen", "socket_accept"};
    for (const auto& place : places) EXPECT_EQ(places.count(place), place == "inode_symlink" ? 3u : twice.contains(place) ? 2u : 1u) << place;
}

// The kernel leaves out a run of any other program while another task stands still within it: see the note before adding one.
TEST(HookTable, WhatIsNoLsmHookSitsUnderOneLock) {
    const std::set<std::string> known = {"tp_btf/cgroup_mkdir", "tp_btf/cgroup_rmdir",   "fentry/css_set_move_task",
                                         "fexit/__d_move",      "fentry/do_move_mount", "fentry/shrink_dcache_parent",
                                         "tp_btf/io_uring_create", "fentry/rw_verify_area"};
    const auto object = open_object();
    ASSERT_TRUE(object);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) {
        const std::string section = bpf_program__section_name(program);
        if (section == "syscall" || section.starts_with("iter/") || section.starts_with("lsm/") || section.starts_with("lsm.s/")) continue;
        EXPECT_TRUE(known.contains(section)) << section << ": docs/design/015-one-lock.md";
    }
}

// The path_* hooks are there only where CONFIG_SECURITY_PATH is, and are not asked for what an overlay does to its layers.
TEST(HookTable, NoProgramSitsAtAPathHook) {
    const auto object = open_object();
    ASSERT_TRUE(object);
    int lsm = 0;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) {
        const std::string section = bpf_program__section_name(program);
        EXPECT_EQ(section.find("/path_"), std::string::npos) << section;
        lsm += section.starts_with("lsm");
    }
    EXPECT_GT(lsm, 20);
    for (const auto& hook : kHooks) EXPECT_FALSE(hook.name.starts_with("path_")) << hook.name;
}

// A word that nobody asks for would decide as if it were not there.
TEST(HookTable, ResponsesHaveWordsThatAreAskedFor) {
    const auto has_only = [](std::string_view list, const std::set<std::string_view>& known) {
        for (std::size_t at = 0; at < list.size();) {
            const auto end = std::min(list.find(' ', at), list.size());
            if (!known.contains(list.substr(at, end - at))) return false;
            at = end + 1;
        }
        return true;
    };
    for (quell_u32 response = 0; response < QUELL_RESPONSE_COUNT; response++) {
        const auto word = kResponseWords[response];
        EXPECT_TRUE(has_only(kResponseSubjects[response], {"container", "host"}) && !kResponseSubjects[response].empty()) << word;
        EXPECT_TRUE(has_only(kResponseTargets[response], {"container", "process", "file", "directory", "executable", "subject"}) && !kResponseTargets[response].empty()) << word;
        EXPECT_TRUE(has_only(kResponseScopes[response], {"pod", "instances"})) << word;
        EXPECT_TRUE(has_only(kResponseGuards[response], {"none", "container", "number"}) && !kResponseGuards[response].empty()) << word;
        EXPECT_FALSE(kResponseRisks[response].empty()) << word;
        EXPECT_EQ(kResponseGuards[response] == "none", (QUELL_RESPONSES_EVIDENCE & QUELL_BIT(response)) != 0) << word << ": what only looks is not guarded, and nothing else";
    }
    EXPECT_TRUE(has_word(kResponseSubjects, QUELL_RESPONSE_KILL_PROCESS, "host"));
    EXPECT_FALSE(has_word(kResponseSubjects, QUELL_RESPONSE_KILL_CONTAINER, "host"));
    EXPECT_FALSE(has_word(kResponseSubjects, QUELL_RESPONSE_KILL_PROCESS, "hos"));
    EXPECT_FALSE(has_word(kResponseScopes, QUELL_RESPONSE_COUNT, "pod"));
}

}  // namespace
}  // namespace quell::bpf

// SPDX-License-Identifier: Apache-2.0
// What waits and what is contained is changed by Quell's programs only: a
// system call of root's is refused, and the entry is what it was.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

std::string pin(const std::string& map) { return " pinned /sys/fs/bpf/quell/maps/" + map + " "; }

std::string hex(const Json& bytes) {
    std::string text = "hex";
    for (const auto& byte : bytes) text += " " + byte.get<std::string>().substr(2);
    return text;
}

// Root's own bpftool, against the first entry of the map.
void expect_sealed(const std::string& map) {
    const auto first = Json::parse(run("bpftool -j map getnext" + pin(map)).text, nullptr, false);
    ASSERT_TRUE(first.is_object() && first.contains("next_key")) << map << " is empty: " << first;
    const auto key = hex(first["next_key"]);
    const auto lookup = "bpftool -j map lookup" + pin(map) + "key " + key;
    const auto before = Json::parse(must(lookup));
    for (const auto& command : {"update" + pin(map) + "key " + key + " value " + hex(before["value"]),
                                "update" + pin(map) + "key " + key + " value " + hex(before["value"]) + " exist", "delete" + pin(map) + "key " + key}) {
        const auto output = run("bpftool map " + command);
        EXPECT_NE(output.status, 0) << map << ": " << command;
        EXPECT_NE(output.text.find("Operation not permitted"), std::string::npos) << map << ": " << output.text;
    }
    EXPECT_EQ(Json::parse(must(lookup)), before) << map;
}

class Sealed : public testing::Test {
protected:
    void TearDown() override { reject_all(); }
};

TEST_F(Sealed, RootChangesNoEntry) {
    Container victim("sealed");
    victim.start();
    must("crun --cgroup-manager=cgroupfs exec sealed /bin/sh -c 'rm /var/log/dpkg.log; sleep 1000; :' </dev/null >/dev/null 2>&1 &");
    const auto process = pending_id("sealed", "delete");
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto file = pending_id("sealed", "truncate");
    {
        KernelSide kernel;  // nobody sweeps: what is flipped stays
        EXPECT_EQ(kernel.approve(process, QUELL_RESPONSE_KILL_PROCESS, bound(kernel.entry(process), "sh")), 0);
        EXPECT_EQ(kernel.approve(file, QUELL_RESPONSE_QUARANTINE_FILE), 0);
        for (const char* map : {"pending", "contained_actors", "contained_files", "isolations", "write_denials", "denied_executables", "held_objects"}) expect_sealed(map);
        expect_refused(victim, "read /var/log/b.log");  // it holds
    }
    EXPECT_TRUE(eventually([&] { return show(process)["state"] == "done" && show(file)["state"] == "enforcing"; }));
    EXPECT_EQ(actions_of(process), (std::vector<std::string>{"detected", "approved", "done"}));
    EXPECT_EQ(actions_of(file), (std::vector<std::string>{"detected", "approved", "enforcing"}));
    EXPECT_EQ(run("quell undo " + file + " --reason done").status, 0);
}

}  // namespace
}  // namespace quell::guest

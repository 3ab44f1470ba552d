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
    void TearDown() override {
        reject_all();
        apply_pack();
    }
};

TEST_F(Sealed, RootChangesNoEntry) {
    apply_pack("s/offer: .kill-container, kill-process, capture.*/offer: [kill-container]\\n        while-pending: [deny-write]/;"
               "s/offer: .kill-container, kill-process.*/offer: [kill-process, quarantine-file, isolate-network, deny-write, deny-exec]/");
    Container victim("sealed"), cut("cut"), kept("kept"), tool("tool"), held("held");
    for (Container* one : {&victim, &cut, &kept, &tool, &held}) one->start();
    must("crun --cgroup-manager=cgroupfs exec sealed /bin/sh -c 'rm /var/log/dpkg.log; sleep 1000; :' </dev/null >/dev/null 2>&1 &");
    const auto process = pending_id("sealed", "delete");
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto file = pending_id("sealed", "truncate");
    for (const Container* one : {&cut, &kept, &tool}) EXPECT_EQ(attack(*one, "truncate /var/log/b.log"), 0);
    const auto network = pending_id("cut", "truncate"), writes = pending_id("kept", "truncate"), executable = pending_id("tool", "truncate");
    EXPECT_EQ(attack(held, "read /etc/shadow"), 0);
    const auto waits = pending_id("held", "open-read");
    {
        KernelSide kernel;  // nobody sweeps: what is flipped stays
        EXPECT_EQ(kernel.approve(process, QUELL_RESPONSE_KILL_PROCESS, bound(kernel.entry(process), "sh")), 0);
        EXPECT_EQ(kernel.approve(file, QUELL_RESPONSE_QUARANTINE_FILE), 0);
        EXPECT_EQ(kernel.approve(network, QUELL_RESPONSE_ISOLATE_NETWORK), 0);
        EXPECT_EQ(kernel.approve(writes, QUELL_RESPONSE_DENY_WRITE), 0);
        EXPECT_EQ(kernel.approve(executable, QUELL_RESPONSE_DENY_EXEC), 0);
        EXPECT_NE(kernel.entry(waits).held & QUELL_BIT(QUELL_RESPONSE_DENY_WRITE), 0u);
        for (const char* map : {"pending", "contained_actors", "contained_files", "isolations", "write_denials", "denied_executables", "held_objects"})
            expect_sealed(map);
        expect_refused(victim, "read /var/log/b.log");  // it holds
    }
    EXPECT_TRUE(eventually([&] { return show(process)["state"] == "done" && show(file)["state"] == "enforcing"; }));
    EXPECT_EQ(actions_of(process), (std::vector<std::string>{"detected", "approved", "done"}));
    EXPECT_EQ(actions_of(file), (std::vector<std::string>{"detected", "approved", "enforcing"}));
    for (const auto& one : {file, network, writes, executable}) EXPECT_EQ(run("quell undo " + one + " --reason done").status, 0) << one;
}

}  // namespace
}  // namespace quell::guest

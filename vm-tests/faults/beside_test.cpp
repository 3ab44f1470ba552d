// SPDX-License-Identifier: Apache-2.0
// What is approved with a containment is done by the daemon, behind the flip.
// One that is killed before that, and before a row of it is on the disk,
// leaves it to the next one in the kernel's entry.
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "vm-tests/faults/held_threads.h"
#include "vm-tests/faults/rows.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

Json row_of(const std::string& id, const std::string& action) {
    const auto history = quell("history --incident " + id);
    for (const auto& row : history["rows"])
        if (row["action"] == action) return row;
    return {{"action", "none " + action}, {"detail", ""}};
}

const Row& row_named(const std::string& response) {
    for (const auto& row : kRows)
        if (row.response == response) return row;
    ADD_FAILURE() << "no row of " << response;
    return kRows[0];
}

class KilledBeside : public testing::Test {
protected:
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    // Its holder lives until it is killed, or refused what it comes back for.
    static void hold_file(Case& one) {
        one.container().begin("attack old-read-only /var/log/b.log /tmp/map");
        EXPECT_TRUE(eventually([&] { return run("test -e " + one.container().directory() + "/rootfs/tmp/map.ready").status == 0; }));
    }
    static void expect_holder_killed(Case& one) {
        EXPECT_TRUE(eventually([&] { return one.state() == "enforcing"; }, std::chrono::seconds(60))) << show(one.id()).dump(1);
        EXPECT_TRUE(one.in_force());
        must("touch " + one.container().directory() + "/rootfs/tmp/map.go");  // it ends in any case
        EXPECT_EQ(one.container().ended(), 128 + SIGKILL);
        EXPECT_TRUE(one.container().running()) << "its init holds nothing";
        EXPECT_NE(show(one.id()).value("note", "").find("1 process of the container that held it was killed"), std::string::npos) << show(one.id()).dump(1);
        EXPECT_NE(row_of(one.id(), "approved")["detail"].get<std::string>().find("kill_holders"), std::string::npos) << row_of(one.id(), "approved");
        EXPECT_EQ(run("quell history verify").status, 0);
    }
    // Approves with all that follows standing still, as `threads` are (rows, too: then the kernel side alone knows), and kills the daemon.
    static void approve_and_kill(const std::string& threads, const std::vector<std::pair<Case*, std::string>>& approvals) {
        must("sleep 2");  // the requests are on the disk
        std::vector<std::future<Output>> asked;
        {
            const HeldThreads held(threads);
            for (const auto& [one, options] : approvals)
                asked.push_back(std::async(std::launch::async, [command = one->approval() + " " + options] { return run(command); }));
            for (const auto& [one, options] : approvals)
                EXPECT_TRUE(eventually([&, one = one] { return one->state() != "pending"; })) << show(one->id()).dump(1);
            must("sleep 2");
            kill_daemon(SIGKILL);
        }
        for (auto& one : asked) EXPECT_NE(one.get().status, 0) << "nobody said that it was done";
        start_daemon();
    }
};

TEST_F(KilledBeside, HoldersAreKilledByTheNextDaemon) {
    Case quarantined(row_named("quarantine-file"));
    hold_file(quarantined);
    quarantined.request();
    approve_and_kill("quelld-sweep", {{&quarantined, "--kill-holders"}});
    expect_holder_killed(quarantined);
    EXPECT_EQ(actions_of(quarantined.id()), (Actions{"requested", "approved", "flipped", "enforcing"}));
    quarantined.expect_undone();
}

TEST_F(KilledBeside, HoldersOfWhomOnlyTheKernelKnowsAreKilledToo) {
    Case quarantined(row_named("quarantine-file"));
    hold_file(quarantined);
    quarantined.request();
    approve_and_kill("quelld-sweep|quell-history", {{&quarantined, "--kill-holders"}});
    expect_holder_killed(quarantined);
    EXPECT_EQ(actions_of(quarantined.id()), (Actions{"requested", "approved", "enforcing"}));
    quarantined.expect_undone();
}

// And nobody is where that was not approved.
TEST_F(KilledBeside, NobodyIsKilledByTheNextDaemonWithoutTheWord) {
    Case quarantined(row_named("quarantine-file"));
    hold_file(quarantined);
    quarantined.request();
    approve_and_kill("quelld-sweep|quell-history", {{&quarantined, ""}});
    EXPECT_TRUE(eventually([&] { return quarantined.state() == "enforcing"; }, std::chrono::seconds(60))) << show(quarantined.id()).dump(1);
    must("touch " + quarantined.container().directory() + "/rootfs/tmp/map.go");
    EXPECT_LT(quarantined.container().ended(), 128);
    EXPECT_EQ(row_of(quarantined.id(), "approved").dump().find("kill_holders"), std::string::npos);
    quarantined.expect_undone();
}

TEST_F(KilledBeside, EvidenceOfWhichOnlyTheKernelKnowsIsTaken) {
    Case killed(row_named("kill-container")), quarantined(row_named("quarantine-file"));
    killed.container().begin("sleep 1000");
    killed.request();
    quarantined.request();
    approve_and_kill("quelld-evidence|quell-history", {{&killed, "--with capture"}, {&quarantined, "--copy"}});
    EXPECT_TRUE(eventually([&] { return killed.state() == "done"; }, std::chrono::seconds(60))) << show(killed.id()).dump(1);
    EXPECT_FALSE(killed.container().running());
    EXPECT_EQ(actions_of(killed.id()), (Actions{"requested", "approved", "evidence", "done"}));
    EXPECT_EQ(run("quell evidence verify " + killed.id()).status, 0);
    EXPECT_TRUE(eventually([&] { return actions_of(quarantined.id()).back() == "evidence"; }, std::chrono::seconds(60)));
    EXPECT_EQ(actions_of(quarantined.id()), (Actions{"requested", "approved", "enforcing", "evidence"}));
    quarantined.expect_undone();
    EXPECT_EQ(run("quell history verify").status, 0);
}

}  // namespace
}  // namespace quell::guest

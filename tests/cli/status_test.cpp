// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/fake_daemon.h"
#include "user/base/time.h"
#include "user/control/status_page.h"

namespace quell::cli {
namespace {

Json sample_status() {
    return {{"state", "ready"},
            {"version", "0.1.0"},
            {"kernel", "6.12"},
            {"pid", 7},
            {"since", "2026-03-01T09:00:00.000000Z"},
            {"canary", "denied"},
            {"canary_checked", "2026-03-01T09:08:00.000000Z"},
            {"generation", 4},
            {"policies", 1},
            {"rules", 2},
            {"hooks", {{{"name", "inode_unlink"}, {"role", "operation"}, {"attached", true}, {"matched", 5}, {"denied", 3}}, {{"name", "file_permission"}, {"role", "contain"}, {"attached", false}, {"matched", 0}, {"denied", 0}}}},
            {"containers", 3},
            {"pending", 0},
            {"arming", 0},
            {"approved", 0},
            {"enforcing", 1},
            {"counters", {{{"name", "ring-dropped"}, {"value", 2}}, {{"name", "events"}, {"value", 0}}}},
            {"warnings", {"2 events were dropped"}}};
}

TEST_F(FakeDaemon, Status) {
    will_reply("Status", {{"status", sample_status()}});
    start();
    const Ran ran = quell({"status"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, R"(state       ready
warning     2 events were dropped
daemon      quelld 0.1.0, pid 7, since 2026-03-01 09:00:00 +0000
kernel      6.12
canary      denied, tried 2026-03-01 09:08:00 +0000
policy      generation 4, 1 policies, 2 rules
containers  3
pending     0 (nothing waits for a decision)
enforcing   1
hooks       1 of 2 attached (the others are not needed now)
  inode_unlink (operation), refused 3
counters
  ring-dropped 2
)");
}

TEST_F(FakeDaemon, WhatIsNotProvenToHoldIsNotCalledEnforcing) {
    Json status = sample_status();
    status["canary"] = "not-denied";
    status["state"] = "blind";
    status["enforcing"] = 0;
    status["approved"] = 2;
    will_reply("Status", {{"status", status}});
    start();
    const Ran ran = quell({"status"});
    EXPECT_NE(ran.out.find("\nenforcing   0, 2 approved and not proven\n"), std::string::npos) << ran.out;
}

TEST_F(FakeDaemon, DoctorAsksForTheCanary) {
    will_reply("Status", {{"status", sample_status()}});
    start();
    const Json canary = Json::parse(quell({"doctor", "--json"}).out)["checks"].back();
    EXPECT_EQ(canary["name"], "canary");
    EXPECT_TRUE(canary["found"].get<std::string>().starts_with("denied, tried ")) << canary;
}

class SilentDaemon : public FakeDaemon {
protected:
    void write_page(std::uint64_t pid, std::uint64_t start, control::CanaryResult canary = control::CanaryResult::Denied) {
        auto writer = control::StatusPageWriter::create(dir / "status", {});
        ASSERT_TRUE(writer);
        control::StatusSnapshot page;
        page.pid = pid;
        page.start = start;
        page.heartbeat_ns = boottime_ns() - 7ull * kNsPerSecond;
        page.state = control::DaemonState::Ready;
        page.canary = canary;
        page.canary_ns = page.heartbeat_ns;
        (canary == control::CanaryResult::Denied ? page.enforcing : page.approved) = 3;
        page.rules = 2;
        page.hooks = 1ull << QUELL_HOOK_inode_unlink;
        page.incidents[0] = QUELL_WORD(1, QUELL_STATE_PENDING);
        writer->write(page);
    }
};

TEST_F(SilentDaemon, HungDaemonIsToldFromThePage) {
    write_page(static_cast<std::uint64_t>(getpid()), control::process_start(static_cast<std::uint64_t>(getpid())));
    start();  // and answers nothing
    const std::uint64_t before = boottime_ns();
    const Ran ran = quell({"status"});
    EXPECT_LT(boottime_ns() - before, 4ull * kNsPerSecond);
    EXPECT_EQ(ran.code, 3);
    EXPECT_NE(ran.err.find("daemon does not answer, it is hung (pid "), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("s ago; the kernel enforced "), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("s ago, which needs no daemon"), std::string::npos) << ran.err;
    EXPECT_NE(ran.out.find("enforcing   3 when it last wrote\n"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("hooks       inode_unlink\n"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("incident    00012 pending\n"), std::string::npos) << ran.out;
}

TEST_F(SilentDaemon, DeadDaemonIsToldFromThePage) {
    write_page(static_cast<std::uint64_t>(getpid()), 1);  // the number belongs to another process now
    const Ran ran = quell({"status"});
    EXPECT_EQ(ran.code, 3);
    EXPECT_NE(ran.err.find("quelld is not running: heartbeat "), std::string::npos) << ran.err;
    const Json json = Json::parse(quell({"status", "--json"}).out);
    EXPECT_EQ(json["error"], "io.quell.cli.NotReachable");
    EXPECT_EQ(json["parameters"]["page"]["incidents"][0]["id"], "00012");
}

TEST_F(SilentDaemon, NothingIsCalledEnforcingThatWasNotProven) {
    for (const auto& [canary, words] : {std::pair{control::CanaryResult::NotDenied, "; blind: the kernel did not enforce "},
                                        std::pair{control::CanaryResult::Unknown, "; whether the kernel enforces is not known"}}) {
        write_page(static_cast<std::uint64_t>(getpid()), 1, canary);
        const Ran ran = quell({"status"});
        EXPECT_EQ(ran.code, 3);
        EXPECT_NE(ran.err.find(words), std::string::npos) << ran.err;
        EXPECT_EQ(ran.err.find("enforced"), std::string::npos) << ran.err;
        EXPECT_NE(ran.out.find("enforcing   0, 3 approved and not proven when it last wrote\n"), std::string::npos) << ran.out;
    }
    EXPECT_EQ(Json::parse(quell({"status", "--json"}).out)["parameters"]["page"]["approved"], 3);
}

}  // namespace
}  // namespace quell::cli

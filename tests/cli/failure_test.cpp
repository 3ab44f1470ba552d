// SPDX-License-Identifier: Apache-2.0
// The exit code of every way to fail, and what a program gets to read.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "tests/cli/fake_daemon.h"
#include "user/cli/ask.h"
#include "user/control/varlink.h"

namespace quell::cli {
namespace {

namespace errors = control::errors;

TEST_F(FakeDaemon, EveryErrorHasItsExitCode) {
    struct Case {
        std::string_view error;
        Json parameters;
        int code;
        const char* message;
    };
    const Json finding = {{"code", "Q1"}, {"severity", "error"}, {"file", "/p.yaml"}, {"line", 3}, {"column", 4}, {"message", "no"}, {"hint", "do"}};
    const std::vector<Case> cases = {
        {errors::kNotAllowed, {{"reason", "uid 7"}}, 4, "quell: not allowed: uid 7\n"},
        {errors::kTooLate, {{"state", "expired"}, {"reason", "an hour ago"}}, 5, "quell: too late: it is expired: an hour ago\n"},
        {errors::kChanged, {{"reason", "another file"}}, 5, "quell: it changed since you looked: another file\n"},
        {errors::kNoSuchIncident, {{"id", "00012"}}, 1, "quell: no such incident: 00012\n"},
        {errors::kBlind, {{"reason", "canary"}}, 1, "quell: Quell is blind, nothing was enforced: canary\n"},
        {errors::kNotOffered, {{"response", "kill-process"}, {"reason", "gone"}}, 1, "quell: kill-process is not offered: gone\n"},
        {errors::kFailed, {{"reason", "disk"}}, 1, "quell: disk\n"},
        {errors::kPolicyInvalid, {{"findings", {finding}}}, 1, "/p.yaml:3:4: error: no [Q1]\n  hint: do\n"},
        {errors::kMethodNotFound, {{"method", "io.quell.Show"}}, 1, "of another version?\n"},
        {"com.example.Odd", Json::object(), 1, "quell: com.example.Odd\n"},
    };
    for (const Case& one : cases) {
        will_fail("Show", one.error, one.parameters);
        start();
        const Ran plain = quell({"show", "00012"});
        EXPECT_EQ(plain.code, one.code) << one.error;
        EXPECT_EQ(plain.out, "");
        EXPECT_NE(plain.err.find(one.message), std::string::npos) << plain.err;
        const Ran json = quell({"show", "00012", "--json"});
        EXPECT_EQ(json.code, one.code);
        EXPECT_EQ(Json::parse(json.out), Json({{"error", one.error}, {"parameters", one.parameters}}));
        stop();
    }
}

TEST_F(FakeDaemon, WhoIsNoOperatorIsToldSo) {
    peer_uid = 1000;
    start();
    const Ran ran = quell({"status"});
    EXPECT_EQ(ran.code, 4);
    EXPECT_NE(ran.err.find("neither root nor in a group of"), std::string::npos) << ran.err;
    EXPECT_TRUE(calls().empty());
}

TEST_F(FakeDaemon, ASocketThatIsClosedToUsIsNotAllowedEither) {
    start();
    chmod(socket.c_str(), 0);
    int code = -1;
    std::thread stranger([&] {
        // The bare system call changes this thread alone: root may connect to anything.
        if (geteuid() == 0) { ASSERT_EQ(syscall(SYS_setresuid, 65534, 65534, 65534), 0); }
        Invocation invocation;
        invocation.json = false;
        code = report_failure(invocation, control::Client(socket).call("Version", Json::object()));
    });
    stranger.join();
    EXPECT_EQ(code, 4);
    EXPECT_TRUE(calls().empty());
}

TEST_F(FakeDaemon, NobodyThere) {
    for (const auto& verb : std::vector<std::vector<std::string>>{
             {"status"}, {"incidents"}, {"show", "1"}, {"approve", "1@d", "kill-container"}, {"reject", "1"}, {"undo", "1"}, {"history"},
             {"history", "verify"}, {"policy", "apply"}, {"policy", "list"}, {"version"}}) {
        const Ran ran = quell(verb);
        EXPECT_EQ(ran.code, 3) << verb[0];
        EXPECT_NE(ran.err.find("is quelld running?"), std::string::npos);
        auto with_json = verb;
        with_json.push_back("--json");
        const Ran json = quell(with_json);
        EXPECT_EQ(json.code, 3);
        EXPECT_EQ(Json::parse(json.out)["error"], "io.quell.cli.NotReachable") << verb[0];
    }
}

// A full disk: more than fits one buffer is written before the end, where nothing is left to fail.
TEST(Output, ThatIsNotWrittenWholeIsAFailure) {
    for (const char* verb : {"policy explain --json", "policy operations", "--version"}) {
        const std::string command = std::string(QUELL_PROGRAM) + " " + verb + " >/dev/full 2>/dev/null";
        const int status = std::system(command.c_str());
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << verb;
    }
}

TEST(Usage, IsTwo) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {}, {"bogus"}, {"show"}, {"show", "1", "2"}, {"approve", "1"}, {"status", "--bogus"}, {"policy"}, {"policy", "bogus"}, {"policy", "check"},
             {"history", "bogus"}, {"--socket"}, {"incidents", "status"}}) {
        const Ran ran = run_quell(arguments);
        EXPECT_EQ(ran.code, 2) << (arguments.empty() ? "nothing" : arguments[0]);
        EXPECT_EQ(ran.out, "");
        EXPECT_NE(ran.err, "");
    }
}

}  // namespace
}  // namespace quell::cli

// SPDX-License-Identifier: Apache-2.0
// quell-oci-hook as a runtime starts it, against a control server with canned
// answers; and what is shipped for hooks.d.
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "tests/cli/fake_daemon.h"
#include "user/base/files.h"
#include "user/control/client.h"
#include "user/control/varlink.h"
#include "user/oci_hook/hook.h"

namespace quell::oci {
namespace {

using control::Json;

constexpr const char* kStarted = R"({"ociVersion":"1.0","id":"web","pid":4711,"bundle":"/nowhere","status":"created"})";

struct Hooked {
    int code = -1;
    std::string text;  // standard output and error
};

// `input`: a shell command that writes the state.
Hooked hook(const std::string& arguments, const std::string& input) {
    Hooked hooked;
    FILE* pipe = ::popen(("{ " + input + "; } | " QUELL_OCI_HOOK " " + arguments + " 2>&1").c_str(), "re");
    if (!pipe) return hooked;
    char buffer[4096];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) hooked.text.append(buffer, n);
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) hooked.code = WEXITSTATUS(status);
    return hooked;
}

std::string says(const std::string& text) { return "printf %s '" + text + "'"; }

class OciProgram : public cli::FakeDaemon {
protected:
    std::string to_socket() const { return "--socket " + socket; }
};

TEST_F(OciProgram, TellsOfTheContainerAndWaitsForTheAnswer) {
    will_reply("ContainerStarts", {{"followed", true}, {"contained", true}, {"incidents", {"00012"}}, {"text", "contained before its first instruction"}});
    start();
    const auto hooked = hook(to_socket(), says(kStarted));
    EXPECT_EQ(hooked.code, 0) << hooked.text;
    EXPECT_NE(hooked.text.find("container web: contained before its first instruction"), std::string::npos) << hooked.text;
    EXPECT_EQ(calls(), std::vector<std::string>{R"(ContainerStarts {"id":"web","pid":4711})"});
}

TEST_F(OciProgram, WhatIsNotFollowedStartsInSilence) {
    will_reply("ContainerStarts", {{"followed", false}, {"contained", false}, {"incidents", Json::array()}});
    start();
    const auto hooked = hook("--require " + to_socket(), says(kStarted));
    EXPECT_EQ(hooked.code, 0);
    EXPECT_EQ(hooked.text, "");
}

TEST_F(OciProgram, AFailedContainmentHoldsUpWhereItIsRequired) {
    will_reply("ContainerStarts", {{"followed", true}, {"contained", false}, {"incidents", Json::array()}, {"text", "blind"}});
    start();
    EXPECT_EQ(hook(to_socket(), says(kStarted)).code, 0);
    EXPECT_EQ(hook("--require " + to_socket(), says(kStarted)).code, 1);
}

TEST_F(OciProgram, WithoutADaemonItStartsUnlessItIsRequired) {
    const auto hooked = hook(to_socket(), says(kStarted));
    EXPECT_EQ(hooked.code, 0);
    EXPECT_NE(hooked.text.find("it starts"), std::string::npos) << hooked.text;
    EXPECT_EQ(hook("--require " + to_socket(), says(kStarted)).code, 1);
}

TEST_F(OciProgram, AHungDaemonIsNotWaitedForLong) {
    start();  // never answers
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(hook(to_socket(), says(kStarted)).code, 0);
    EXPECT_EQ(hook("--require " + to_socket(), says(kStarted)).code, 1);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
}

constexpr const char* kFollowed = R"({"followed":true,"contained":true,"incidents":["00012"],"text":"contained"})";

TEST_F(OciProgram, WhereThereIsNoRoomItAsksAgain) {
    std::atomic<int> asked = 0;
    will_fail("ContainerStarts", control::errors::kFailed, {{"reason", control::errors::kTooManyConnections}});
    on_call = [&](const std::string&, const Json&) {
        if (++asked == 3) will_reply("ContainerStarts", Json::parse(kFollowed));
    };
    start();
    const auto hooked = hook("--require " + to_socket(), says(kStarted));
    EXPECT_EQ(hooked.code, 0) << hooked.text;
    EXPECT_NE(hooked.text.find("container web: contained"), std::string::npos) << hooked.text;
    EXPECT_EQ(calls(), std::vector<std::string>(3, R"(ContainerStarts {"id":"web","pid":4711})"));
}

// As many as the daemon serves at once of root: the real limit.
TEST_F(OciProgram, ItWaitsForAPlaceAmongThoseOfRoot) {
    will_reply("ContainerStarts", Json::parse(kFollowed));
    will_reply("Version", {{"version", "1"}, {"abi", 1}, {"kernel", "6.12"}});
    start();
    std::vector<control::Client> crowd;
    while (crowd.empty() || !control::is_crowded(crowd.back().call("Version", Json::object()))) {
        ASSERT_LT(crowd.size(), 100u);
        crowd.emplace_back(socket);
    }
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        crowd.clear();
    });
    const auto hooked = hook("--require " + to_socket(), says(kStarted));
    later.join();
    EXPECT_EQ(hooked.code, 0) << hooked.text;
    EXPECT_NE(hooked.text.find("container web: contained"), std::string::npos) << hooked.text;
}

TEST_F(OciProgram, WhereThereIsNoRoomAtAllItsDeadlineEndsIt) {
    will_fail("ContainerStarts", control::errors::kFailed, {{"reason", control::errors::kTooManyConnections}});
    start();
    const auto before = std::chrono::steady_clock::now();
    const auto hooked = hook("--require " + to_socket(), says(kStarted));
    const auto took = std::chrono::steady_clock::now() - before;
    EXPECT_EQ(hooked.code, 1);
    EXPECT_NE(hooked.text.find("too many connections"), std::string::npos) << hooked.text;
    EXPECT_GT(took, std::chrono::milliseconds(kDeadlineMs - 200)) << "given up early";
    EXPECT_LT(took, std::chrono::seconds(20));
    EXPECT_GT(calls().size(), 5u);
    EXPECT_LE(calls().size(), kDeadlineMs / 20 + 1) << "without a pause";
}

TEST_F(OciProgram, AnyOtherFailureIsAnAnswer) {
    will_fail("ContainerStarts", control::errors::kFailed, {{"reason", "its process is in another cgroup"}});
    start();
    EXPECT_EQ(hook("--require " + to_socket(), says(kStarted)).code, 1);
    EXPECT_EQ(calls().size(), 1u);
}

TEST_F(OciProgram, BadInputIsBounded) {
    start();
    for (const auto& input : {std::string("true"), says("{"), says(R"({"id":"web"})"), std::string("head -c 3000000 /dev/zero"), std::string("sleep 4")}) {
        EXPECT_EQ(hook(to_socket(), input).code, 0) << input;
        EXPECT_EQ(hook("--require " + to_socket(), input).code, 1) << input;
    }
    EXPECT_TRUE(calls().empty());
}

TEST_F(OciProgram, AWrongCommandLineIsSaid) {
    EXPECT_EQ(hook("--nonsense", says(kStarted)).code, 2);
    EXPECT_EQ(hook("more", says(kStarted)).code, 2);
    EXPECT_EQ(hook("--help", "true").code, 0);
    EXPECT_NE(hook("--version", "true").text.find("quell-oci-hook "), std::string::npos);
}

TEST(OciHooksDirectory, HasWhatPodmanAndCrioTake) {
    const auto text = read_file(QUELL_SOURCE_DIR "/deploy/oci-hooks.d/quell.json", 1 << 16);
    ASSERT_TRUE(text);
    const auto json = Json::parse(*text, nullptr, false);
    ASSERT_TRUE(json.is_object());
    EXPECT_EQ(json["version"], "1.0.0");
    EXPECT_EQ(json["hook"]["path"], "/usr/libexec/quell/quell-oci-hook");
    EXPECT_EQ(json["stages"], Json::array({"createRuntime"}));
    EXPECT_EQ(json["when"]["always"], true);
}

TEST(OciHookPage, NamesEveryOption) {
    const auto page = read_file(QUELL_SOURCE_DIR "/docs/man/quell-oci-hook.8", 1 << 20);
    ASSERT_TRUE(page);
    for (const char* option : {"\\-\\-require", "\\-\\-socket", "\\-\\-version", "\\-\\-help"}) EXPECT_NE(page->find(option), std::string::npos) << option;
}

}  // namespace
}  // namespace quell::oci

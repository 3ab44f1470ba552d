// SPDX-License-Identifier: Apache-2.0
// What one enforced containment of each kind costs those whom it is not about, beside what Quell costs them anyway: on the host and
// in another container. Of a kill, what is there once it is done.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>

#include "vm-tests/cost/figures.h"

namespace quell::guest {
namespace {

// A rename makes what an unlink takes away; neither it nor the creation has a limit.
constexpr const char* kOperations = "open-read write create rename unlink connect send-recv";
constexpr const char* kJudged[] = {"open-read", "write", "unlink", "connect", "send-recv"};
// A hook that nothing else keeps attached takes some 190 by the way into a program and back, whatever the program does.
constexpr std::int64_t kMostOfAnother = 150, kMostOfAHook = 330, kMostOfASend = 500, kMostOfALife = 3150;

using Figures = std::map<std::string, std::int64_t>;

// The least of three processes.
Figures measure(const std::function<Output()>& loop) {
    Figures least;
    (void)loop();
    for (int i = 0; i < 3; i++) {
        const auto output = loop();
        EXPECT_EQ(output.status, 0) << output.text;
        std::istringstream words(output.text);
        std::string name;
        for (std::int64_t count = 0; words >> name >> count;) least[name] = least.contains(name) ? std::min(least[name], count) : count;
    }
    for (const auto* name : kJudged) EXPECT_TRUE(least.contains(name)) << name;
    return least;
}

std::int64_t programs_ns() { return std::atoll(must("bpftool -j prog show | jq '[.[] | select(.name // \"\" | test(\"^quell\")) | .run_time_ns // 0] | add'").c_str()); }

struct Paid {
    Figures host, neighbour;
    std::int64_t life = 0;  // fork, exec and end, all programs
};

// The daemon sleeps meanwhile: what it does at its own time is not the operation's cost.
Paid paid(const Container& other) {
    must("pkill -STOP -x quelld");
    Paid now;
    now.host = measure([] { return run(std::string("/w/cost_loop /cost-tmpfs/x ") + kOperations); });
    now.neighbour = measure([&] { return other.exec(std::string("/bin/loop /tmp/x ") + kOperations + "; exit $?"); });
    must("sysctl -q kernel.bpf_stats_enabled=1");
    for (int i = 0; i < 3; i++) {
        const auto before = programs_ns();
        must("/w/cost_events live 200");
        const auto life = (programs_ns() - before) / 200;
        now.life = i ? std::min(now.life, life) : life;  // a container that goes meanwhile is no part of it
    }
    must("sysctl -q kernel.bpf_stats_enabled=0; pkill -CONT -x quelld");
    return now;
}

// The limits for the whole are those without a containment and this; what is there without one is on other lines of the table.
std::int64_t limit(const std::string& hooks, const std::string& operation) {
    if (operation == "write" && hooks.find("file_permission") != std::string::npos) return kMostOfAHook;
    if (operation == "connect" && hooks.find("isolate_connect") != std::string::npos) return kMostOfAHook;
    if (operation == "send-recv" && hooks.find("socket_sendmsg") != std::string::npos) return kMostOfASend;
    return kMostOfAnother;
}

std::vector<ResponseRow> refusing() {
    std::vector<ResponseRow> rows;
    std::ranges::copy_if(response_rows(), std::back_inserter(rows), &ResponseRow::refuses);
    return rows;
}

// What the response before needed is detached by the daemon behind its end. Each response has one of these, or none at all.
bool is_another_attached() {
    const auto status = quell("status");
    for (const auto& hook : status["status"]["hooks"])
        for (const char* name : {"task_alloc", "mmap_file", "socket_sendmsg"})
            if (hook["attached"] == true && hook["name"] == name) return true;
    return false;
}

void keep_hooks(const std::string& from_s, const std::string& to_s) {
    must("sed -i 's/keep_armed_s: " + from_s + "$/keep_armed_s: " + to_s + "/' /etc/quell/quell.yaml && grep -q 'keep_armed_s: " + to_s + "$' /etc/quell/quell.yaml");
    kill_daemon(SIGTERM);
    start_daemon();
}

// As with any policy that is in use, opens and removals are looked at already.
constexpr const char* kLooksAtOthers = "{id: other, name: Other, severity: low, on: [open-read, delete, rename], where: {subject: any}, match: {path: [/var/log/c.log]}, respond: {offer: [kill-container]}}";

class Innocent : public testing::TestWithParam<ResponseRow> {
protected:
    static void SetUpTestSuite() { keep_hooks("300", "2"); }
    static void TearDownTestSuite() { keep_hooks("2", "300"); }
};

TEST_P(Innocent, PaysAtMostWhatIsAllowed) {
    const auto& [word, hooks] = GetParam();
    must("mountpoint -q /cost-tmpfs || { mkdir -p /cost-tmpfs && mount -t tmpfs tmpfs /cost-tmpfs; }; ip link set lo up");
    apply_offering(word, "", kLooksAtOthers);
    Container victim("victim"), other("other");
    must("cp /w/cost_loop " + other.directory() + "/lower/bin/loop");
    victim.start();
    other.start();
    EXPECT_TRUE(eventually([] { return !is_another_attached(); }, std::chrono::seconds(120)));
    const auto before = paid(other);
    const auto id = incident_by_one_who_stays(victim, "victim");
    RawClient client;
    const auto reply = call(client, "Approve", approval(id, word), 300'000);
    const std::string state = reply.contains("incident") ? reply["incident"].value("state", "") : "";
    EXPECT_TRUE(state == "enforcing" || state == "done") << reply;
    const auto after = paid(other);
    for (const std::string operation : kJudged) {
        const auto most = limit(hooks, operation);
        figure(word + "-" + operation, after.host.at(operation) - before.host.at(operation), "added to the host's " + operation + " by " + word, most);
        // on an overlay most hooks are called twice
        figure(word + "-" + operation + "-container", after.neighbour.at(operation) - before.neighbour.at(operation), "added to another container's", 2 * most);
    }
    EXPECT_GT(before.life, 0);
    figure(word + "-fork-exec-exit", after.life, "fork, exec and end of a host's process, all programs, with " + word, kMostOfALife);
    if (state == "enforcing") must("quell undo " + id + " --reason measured");
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Responses, Innocent, testing::ValuesIn(refusing()), [](const auto& test) { return test_name(test.param); });

}  // namespace
}  // namespace quell::guest

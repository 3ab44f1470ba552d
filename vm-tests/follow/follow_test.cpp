// SPDX-License-Identifier: Apache-2.0
// A workload whose network is cut comes back, from a bundle by crun and runc.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>

#include "vm-tests/follow/following.h"
#include "vm-tests/network/cut.h"

namespace quell::guest {
namespace {

// A container whose init asks for the network from its first instruction on.
class Asking : public Container {
public:
    explicit Asking(const std::string& name, ContainerOptions options) : Container(name, with(std::move(options))) {
        must("cp /w/first " + directory() + "/lower/bin/first");
        start();
    }
    [[nodiscard]] int said(const std::string& what) const { return said_by(*this, what); }
    [[nodiscard]] bool has_said(const std::string& what) const { return has_said_it(*this, what); }

private:
    static ContainerOptions with(ContainerOptions options) {
        options.arguments = {"/bin/first", "/tmp"};
        return options;
    }
};

// Cut, and followed for that long: its incident.
std::string followed(const Container& container, const std::string& name, const std::string& term = "1h") {
    const auto id = an_incident_of(container, name);
    const auto approved = isolate(id, "--follow " + term);
    EXPECT_EQ(approved.status, 0) << approved.text;
    EXPECT_TRUE(show(id).contains("follow")) << show(id);
    return id;
}

class FollowHook : public testing::TestWithParam<const char*> {};

TEST_P(FollowHook, ItHasNoNetworkFromItsFirstInstruction) {
    apply_isolating_pack();
    Asking victim("back", options_of(hooked(), GetParam())), neighbour("other", options_of(hooked(), GetParam()));
    EXPECT_EQ(victim.said("first"), 0);
    const auto id = followed(victim, "back");
    EXPECT_EQ(row_of(id, "followed")["response"], "isolate-network");
    EXPECT_NE(victim.said("refused"), -1);

    const auto before = denied("isolate_connect");
    victim.start();
    EXPECT_EQ(victim.said("first"), EPERM);
    EXPECT_EQ(victim.said("refused"), 0) << "not one went well";
    EXPECT_GT(denied("isolate_connect"), before);
    const auto again = came_back(id, 1);
    expect_in_time(id, again);
    EXPECT_EQ(show(id)["state"], "gone");
    EXPECT_NE(run("quell incidents").text.find("gone follows"), std::string::npos) << "it is told though it is over";
    EXPECT_FALSE(show(id)["follow"].contains("longest_window_us")) << show(id)["follow"];

    neighbour.start();
    EXPECT_EQ(neighbour.said("first"), 0) << "another workload";

    EXPECT_EQ(undo(id), 0);
    EXPECT_NE(victim.said("let"), -1) << "of the container that runs, too";
    EXPECT_EQ(show(again)["state"], "undone");
    EXPECT_FALSE(show(id).contains("follow"));
    EXPECT_NE(row_of(id, "follow-ended")["result"].get<std::string>().find("undone"), std::string::npos);
    victim.start();
    EXPECT_EQ(victim.said("first"), 0) << "it is followed no longer";
    EXPECT_NE(undo(id), 0) << "there is nothing left";
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Runtimes, FollowHook, testing::Values("crun", "runc"), [](const auto& test) { return std::string(test.param); });

TEST(Follow, WithoutTheHookTheWindowIsTold) {
    apply_isolating_pack();
    Asking victim("late", options_of(Json()));
    const auto id = followed(victim, "late");
    victim.start();
    EXPECT_NE(victim.said("refused"), -1) << run("tail -n 20 /var/log/quelld.console").text;
    const auto again = came_back(id, 1);
    EXPECT_TRUE(eventually([&] { return actions_of(again).size() == 5; }));
    const auto row = row_of(again, "came-back");
    const auto window_us = Json::parse(row["detail"].get<std::string>())["window_us"].get<std::int64_t>();
    EXPECT_EQ(row["result"].get<std::string>().find("after its first execution") != std::string::npos, window_us > 0) << row;
    EXPECT_LT(window_us, 5'000'000) << row;
    std::printf("without the hook its network was open for %lld us\n", static_cast<long long>(window_us));
    // it was not in time where its first try went well
    if (victim.said("first") == 0) {
        EXPECT_GT(window_us, 0) << row;
    }
    EXPECT_EQ(show(id)["follow"].value("longest_window_us", std::int64_t{0}), window_us);
    EXPECT_EQ(undo(again), 0) << "named by the one that came back";
    EXPECT_NE(victim.said("let"), -1);
    EXPECT_FALSE(show(id).contains("follow"));
    EXPECT_EQ(row_of(id, "follow-ended")["reason"], "done");
    reject_all();
}

TEST(Follow, GoesOnOverARestartOfTheDaemon) {
    apply_isolating_pack();
    Asking victim("lasting", options_of(hooked()));
    const auto id = followed(victim, "lasting");
    EXPECT_TRUE(eventually([] { return run("grep -q '\"followed\":\\[{' /var/lib/quell/followed.json").status == 0; })) << "it is on the disk";
    kill_daemon(SIGKILL);
    victim.start();
    EXPECT_EQ(victim.said("first"), 0) << "nobody answered its hook, and it started";
    start_daemon();
    EXPECT_NE(victim.said("refused"), -1) << "the next daemon meets it";
    const auto first = came_back(id, 1);
    EXPECT_TRUE(eventually([&] { return show(first)["state"] == "enforcing"; }));
    // the ring has kept when that was
    EXPECT_NE(row_of(first, "came-back")["result"].get<std::string>().find("after its first execution"), std::string::npos) << row_of(first, "came-back");
    victim.start();
    EXPECT_EQ(victim.said("first"), EPERM) << "and asked by its hook it is in time";
    kill_daemon(SIGTERM);
    start_daemon();
    EXPECT_EQ(show(id)["follow"]["times"], 2);
    EXPECT_EQ(show(came_back(id, 2))["state"], "enforcing") << "adopted, and not asked for anew";
    EXPECT_EQ(undo(id), 0);
    EXPECT_NE(victim.said("let"), -1);
    kill_daemon(SIGKILL);
    start_daemon();
    EXPECT_FALSE(show(id).contains("follow")) << "nor does the end get lost";
    reject_all();
}

TEST(Follow, AHookThatRequiresItHoldsUpTheStartWithoutADaemon) {
    apply_isolating_pack();
    Asking victim("required", options_of(hooked(true)));
    EXPECT_EQ(victim.said("first"), 0) << "with a daemon, and not followed";
    kill_daemon(SIGKILL);
    (void)run("crun --cgroup-manager=cgroupfs delete -f required; rm -f " + victim.directory() + "/rootfs/tmp/first");
    const auto started = run("cd " + victim.directory() + " && timeout 20 crun --cgroup-manager=cgroupfs run -d required </dev/null >out 2>&1");
    EXPECT_NE(started.status, 0) << run("cat " + victim.directory() + "/out").text;
    EXPECT_FALSE(victim.has_said("first"));
    start_daemon();
    reject_all();
}

TEST(Follow, AnotherImageIsAnotherWorkload) {
    apply_isolating_pack();
    auto victim = std::make_unique<Asking>("image", options_of(hooked()));
    const auto id = followed(*victim, "image");
    victim.reset();
    auto other = options_of(hooked());
    other.annotations = {{"io.kubernetes.cri-o.ImageName", "registry.example/image:2"}};
    Asking newer("image", other);
    EXPECT_EQ(newer.said("first"), 0);
    EXPECT_TRUE(eventually([&] { return quell("history --incident " + id).dump().find("has these names and another image") != std::string::npos; })) << quell("history --incident " + id);
    EXPECT_EQ(show(id)["follow"]["times"], 0);
    EXPECT_FALSE(newer.has_said("refused"));
    EXPECT_EQ(undo(id), 0) << "though nothing of it is in force";
    reject_all();
}

TEST(Follow, WhatIsNotKnownIsRefusedWithAReason) {
    apply_isolating_pack();
    auto nameless = options_of(hooked());
    nameless.annotations = {{"io.kubernetes.cri-o.ImageName", ""}};
    Asking victim("nameless", nameless);
    const auto id = an_incident_of(victim, "nameless");
    const auto refused = isolate(id, "--follow 1h");
    EXPECT_NE(refused.status, 0);
    EXPECT_NE(refused.text.find("does not say its image"), std::string::npos) << refused.text;
    const auto killed = run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --follow 1h --reason test");
    EXPECT_NE(killed.status, 0);
    EXPECT_NE(killed.text.find("kill-container follows no workload"), std::string::npos) << killed.text;
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_EQ(isolate(id).status, 0) << "the container alone";
    EXPECT_FALSE(show(id).contains("follow"));
    EXPECT_EQ(undo(id), 0);
    reject_all();
}

// The rules of apply_isolating_pack(), which say that what is approved follows.
void apply_following_pack(const std::string& more = "") {
    apply_pack("s/offer: .kill-container, kill-process.*/offer: [kill-container, isolate-network]\\n        follow: {workload: 1h}" + more + "/");
}

Json offer_of(const std::string& id, const std::string& response) {
    for (const Json all = show(id)["offers"]; const auto& one : all)
        if (one["response"] == response) return one;
    ADD_FAILURE() << id << " does not offer " << response;
    return Json::object();
}

TEST(Follow, ItsRuleSaysSo) {
    apply_following_pack();
    Asking victim("ruled", options_of(hooked()));
    const auto id = an_incident_of(victim, "ruled");
    EXPECT_EQ(offer_of(id, "isolate-network").value("follow_s", 0), 3600) << show(id);
    EXPECT_FALSE(offer_of(id, "kill-container").contains("follow_s")) << "it follows nothing";
    EXPECT_NE(run("quell show " + id).text.find("its workload, for 1h (--no-follow: not this time)"), std::string::npos);
    const auto previewed = run("quell preview " + id + " isolate-network");
    EXPECT_NE(previewed.text.find("its workload, for 1h"), std::string::npos) << previewed.text;
    const auto approved = isolate(id);
    ASSERT_EQ(approved.status, 0) << approved.text;
    EXPECT_NE(approved.text.find("follows"), std::string::npos) << approved.text;
    ASSERT_TRUE(show(id).contains("follow")) << show(id);
    EXPECT_LE(show(id)["follow"]["time_left_s"], 3600);
    EXPECT_EQ(Json::parse(row_of(id, "approved").value("detail", "{}"))["follow"], "1h") << row_of(id, "approved");
    EXPECT_NE(victim.said("refused"), -1);

    const auto before = denied("isolate_connect");
    victim.start();
    EXPECT_EQ(victim.said("first"), EPERM);
    EXPECT_GT(denied("isolate_connect"), before);
    expect_in_time(id, came_back(id, 1));
    EXPECT_EQ(undo(id), 0);
    EXPECT_NE(victim.said("let"), -1);
    reject_all();
}

TEST(Follow, NotThisTimeThoughItsRuleSaysSo) {
    apply_following_pack();
    Asking victim("not-this-time", options_of(hooked()));
    const auto id = an_incident_of(victim, "not-this-time");
    EXPECT_EQ(isolate(id, "--no-follow --follow 1h").status, 2) << "one of them";
    const auto approved = isolate(id, "--no-follow");
    EXPECT_EQ(approved.status, 0) << approved.text;
    EXPECT_NE(victim.said("refused"), -1);
    EXPECT_FALSE(show(id).contains("follow")) << show(id);
    victim.start();
    EXPECT_EQ(victim.said("first"), 0) << "it is another container";
    EXPECT_TRUE(eventually([&] { return actions_of(id) == std::vector<std::string>{"detected", "approved", "flipped", "enforcing", "gone"}; })) << quell("history --incident " + id);
    reject_all();
}

TEST(Follow, WhereARuleCannotItIsContainedAndThatIsTold) {
    apply_following_pack();
    auto nameless = options_of(hooked());
    nameless.annotations = {{"io.kubernetes.cri-o.ImageName", ""}};
    Asking victim("unknown", nameless);
    const auto id = an_incident_of(victim, "unknown");
    EXPECT_NE(offer_of(id, "isolate-network").value("not_followed", "").find("does not say its image"), std::string::npos) << show(id);
    EXPECT_NE(isolate(id, "--follow 1h").status, 0) << "what somebody asks for is refused";
    EXPECT_EQ(show(id)["state"], "pending");
    const auto before = denied("isolate_connect");
    const auto approved = isolate(id);
    EXPECT_EQ(approved.status, 0) << approved.text;
    EXPECT_NE(approved.text.find("does not follow its workload, though its rule says so: "), std::string::npos) << approved.text;
    EXPECT_NE(victim.said("refused"), -1);
    EXPECT_GT(denied("isolate_connect"), before);
    EXPECT_EQ(show(id)["state"], "enforcing");
    EXPECT_FALSE(show(id).contains("follow"));
    EXPECT_EQ(rows_with(id, "does not say its image"), 2) << "of the refusal, and where it holds: " << quell("history --incident " + id);
    EXPECT_NE(Json::parse(row_of(id, "approved").value("detail", "{}")).value("not_followed", ""), "") << row_of(id, "approved");
    EXPECT_EQ(undo(id), 0);
    reject_all();
}

TEST(Follow, WhatARuleApprovesByItselfFollowsToo) {
    apply_following_pack("\\n        automatic: {response: isolate-network, per-hour: 20}");
    Asking victim("by-itself", options_of(hooked()));
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto found = wait_for([](const Json& one) { return one["state"] == "enforcing" && one["container"].value("name", "") == "by-itself"; });
    ASSERT_TRUE(found) << run("quell incidents --all").text;
    const std::string id = (*found)["id"];
    EXPECT_NE(victim.said("refused"), -1);
    ASSERT_TRUE(show(id).contains("follow")) << show(id);
    EXPECT_EQ(row_of(id, "approved")["who"]["user"], "automatic") << row_of(id, "approved");
    EXPECT_EQ(row_of(id, "followed")["response"], "isolate-network");
    victim.start();
    EXPECT_EQ(victim.said("first"), EPERM);
    const auto again = came_back(id, 1);
    EXPECT_TRUE(eventually([&] { return show(again)["state"] == "enforcing"; })) << show(again);
    EXPECT_EQ(undo(id), 0);
    EXPECT_NE(victim.said("let"), -1);
    apply_pack();
    reject_all();
}

TEST(Follow, ItsTermEnds) {
    apply_isolating_pack();
    Asking victim("term", options_of(hooked()));
    const auto id = followed(victim, "term", "20s");
    victim.start();
    EXPECT_EQ(victim.said("first"), EPERM);
    const auto again = came_back(id, 1);
    EXPECT_TRUE(eventually([&] { return !show(id).contains("follow"); }, std::chrono::seconds(60)));
    EXPECT_NE(row_of(id, "follow-ended")["result"].get<std::string>().find("its term has ended"), std::string::npos);
    EXPECT_EQ(show(again)["state"], "enforcing") << "what is contained stays so";
    EXPECT_EQ(undo(again), 0);
    victim.start();
    EXPECT_EQ(victim.said("first"), 0);
    reject_all();
}

TEST(Follow, TheMethodIsRootsAlone) {
    const auto asked = run("printf '{\"id\":\"a\",\"pid\":1}' | setpriv --reuid user --regid user --init-groups -- /w/quell-oci-hook --require");
    EXPECT_EQ(asked.status, 1) << asked.text;
    EXPECT_NE(asked.text.find("NotAllowed"), std::string::npos) << asked.text;
}

}  // namespace
}  // namespace quell::guest

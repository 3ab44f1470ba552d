// SPDX-License-Identifier: Apache-2.0
// A whole pod under one digest: its containers and the sandbox, and nobody
// else; undone by one command; who comes later is told.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <future>

#include "vm-tests/containment/halted.h"
#include "vm-tests/faults/held_threads.h"
#include "vm-tests/faults/rows.h"

namespace quell::guest {
namespace {

using Rows = std::vector<std::string>;

ContainerOptions of_pod(const std::string& pod, const std::string& uid, bool sandbox = false) {
    ContainerOptions options;
    options.annotations = {{"io.kubernetes.pod.name", pod}, {"io.kubernetes.pod.uid", uid}};
    if (sandbox) options.annotations["io.kubernetes.cri-o.ContainerType"] = "sandbox";
    return options;
}

class PodScope : public Halted {
protected:
    void SetUp() override {
        for (Container* one : {&web_, &side_, &sandbox_, &namesake_, &neighbour_}) one->start();
    }
    void TearDown() override {
        for (const auto& one : incidents())
            if (one["state"] == "enforcing") (void)run("quell undo " + one["id"].get<std::string>() + " --reason 'end of a test'");
        Halted::TearDown();
    }
    static Json preview(const std::string& id, const std::string& response) {
        const auto reply = quell("preview " + id + " " + response + " --scope pod");
        EXPECT_TRUE(reply.contains("previews")) << reply;
        return reply.contains("previews") ? reply["previews"][0] : Json{{"parts", Json::array()}, {"offer", {{"digest", ""}}}};
    }
    static std::string digest(const std::string& id, const std::string& response) { return preview(id, response)["offer"].value("digest", ""); }
    static std::string approval(const std::string& id, const std::string& digest, const std::string& response) {
        return "quell approve " + id + "@" + digest + " " + response + " --scope pod --reason test";
    }
    // The incidents of the others that were approved with it.
    static std::vector<Json> parts(const std::string& id) {
        std::vector<Json> list;
        for (const auto& one : incidents(true))
            if (one.value("part_of", "") == id) list.push_back(one);
        return list;
    }
    static std::vector<std::string> joint_rows(const std::string& id) {
        std::vector<std::string> results;
        const auto history = quell("history --incident " + id);
        for (const auto& row : history["rows"])
            if (row["action"] == "joint") results.insert(results.begin(), row["result"].get<std::string>());
        return results;
    }
    void expect_frozen(bool is) const {
        for (const Container* one : {&web_, &side_, &sandbox_}) EXPECT_EQ(frozen(*one), is) << one->cgroup();
        for (const Container* one : {&namesake_, &neighbour_}) EXPECT_FALSE(frozen(*one)) << one->cgroup();
    }

    Container web_{"web", of_pod("web-5d3c", "u1")}, side_{"side", of_pod("web-5d3c", "u1")}, sandbox_{"pod", of_pod("web-5d3c", "u1", true)};
    // of an older pod of the same name, and of another one beside it
    Container namesake_{"namesake", of_pod("web-5d3c", "u0")}, neighbour_{"neighbour", of_pod("db-5d3c", "u2")};
};

TEST_F(PodScope, AllOfItIsKilledAndNobodyElse) {
    const auto id = incident_of(web_, "web");
    side_.begin("sleep 1000");
    const auto shown = preview(id, "kill-container");
    ASSERT_EQ(shown["parts"].size(), 2u) << shown;
    for (const auto& part : shown["parts"]) {
        EXPECT_EQ(part["container"]["pod"], "web-5d3c");
        EXPECT_NE(part["container"]["name"], "namesake");
        EXPECT_GT(part["offer"]["would_hit_count"], 0) << part;
    }
    EXPECT_NE(shown["offer"]["target"].get<std::string>().find("the pod shop/web-5d3c: web "), std::string::npos) << shown["offer"];
    const std::string of_all = shown["offer"]["digest"], of_one = digest_of(id, "kill-container");
    EXPECT_NE(of_all, of_one);
    EXPECT_EQ(run(approval(id, of_one, "kill-container")).status, 5) << "what was shown was one container";
    EXPECT_EQ(run("quell approve " + id + "@" + of_all + " kill-container --reason test").status, 5) << "and the other way round";
    EXPECT_EQ(run("quell approve " + id + "@" + of_all + " kill-container --scope pod --reason test --dry-run").status, 0);
    EXPECT_TRUE(web_.running() && side_.running() && sandbox_.running());
    EXPECT_TRUE(parts(id).empty()) << "nothing was bound";

    const auto output = run(approval(id, of_all, "kill-container"));
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(side_.ended(), 128 + SIGKILL);
    for (const Container* one : {&web_, &side_, &sandbox_}) EXPECT_FALSE(one->running());
    for (const Container* one : {&namesake_, &neighbour_}) EXPECT_EQ(attack(*one, "append /var/log/c.log"), 0);
    EXPECT_EQ(actions_of(id), (Rows{"detected", "refused", "refused", "dry-run", "approved", "flipped", "done", "joint"}));
    const auto others = parts(id);
    ASSERT_EQ(others.size(), 2u);
    for (const auto& one : others) {
        EXPECT_EQ(one["state"], "done");
        EXPECT_EQ(actions_of(one["id"]), (Rows{"requested", "approved", "flipped", "done"}));
        const auto row = quell("history --incident " + one["id"].get<std::string>())["rows"][2];
        EXPECT_NE(row["detail"].get<std::string>().find(id), std::string::npos) << row;
        EXPECT_EQ(row["who"]["uid"], 0);
    }
    ASSERT_FALSE(joint_rows(id).empty());
    for (const char* name : {"web ", "side ", "pod "}) EXPECT_NE(joint_rows(id)[0].find(name), std::string::npos) << joint_rows(id)[0];
}

TEST_F(PodScope, WhatChangedSinceItWasShownIsSaid) {
    const auto id = incident_of(web_, "web");
    const auto before = digest(id, "kill-container");
    const auto denied_before = denied_anywhere();
    Container late("late", of_pod("web-5d3c", "u1"));
    late.start();
    auto output = run(approval(id, before, "kill-container"));
    EXPECT_EQ(output.status, 5) << output.text;
    EXPECT_NE(output.text.find("late ("), std::string::npos) << output.text;
    EXPECT_NE(output.text.find(") is new"), std::string::npos) << output.text;
    const auto with_it = digest(id, "kill-container");
    late.destroy();
    side_.destroy();
    output = run(approval(id, with_it, "kill-container"));
    EXPECT_EQ(output.status, 5) << output.text;
    for (const char* gone : {"late (", "side (", ") is gone"}) EXPECT_NE(output.text.find(gone), std::string::npos) << output.text;
    EXPECT_TRUE(web_.running() && sandbox_.running());
    EXPECT_EQ(denied_anywhere(), denied_before);
    EXPECT_EQ(show(id)["state"], "pending");
    EXPECT_EQ(actions_of(id), (Rows{"detected", "refused", "refused"}));
}

// Who writes rows stands still, as a slow disk does: only the kernel side knows what was approved together.
TEST_F(PodScope, OneUndoTakesAllOfItBackAlsoWhereNoRowOfItWasWritten) {
    std::string id;
    {
        const HeldThreads held("quell-history");
        const auto paused = run("quell --json respond pause-container --container web --scope pod --yes --reason told 2>/dev/null");
        ASSERT_EQ(paused.status, 0) << paused.text;
        id = Json::parse(paused.text)["incident"]["id"];
        kill_daemon(SIGKILL);
    }
    start_daemon();
    expect_frozen(true);
    EXPECT_EQ(parts(id).size(), 2u);
    const auto undone = run("quell --json undo " + id + " --reason seen");
    EXPECT_EQ(undone.status, 0) << undone.text;
    expect_frozen(false);
    for (const auto& one : parts(id)) {
        EXPECT_EQ(one["state"], "undone");
        EXPECT_EQ(actions_of(one["id"]), (Rows{"requested", "approved", "enforcing", "undone"})) << "told by the kernel's entry";
    }
    ASSERT_EQ(joint_rows(id).size(), 1u);
    EXPECT_EQ(joint_rows(id)[0].find("taken back: "), 0u) << joint_rows(id)[0];
}

TEST_F(PodScope, OneUndoTakesAllOfItBackAlsoAfterTheDaemonsDeath) {
    const auto output = run("quell --json respond pause-container --pod shop/web-5d3c --yes --reason told 2>/dev/null");
    // two pods are called so: the one that is older is of another uid
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find("2 pods are called shop/web-5d3c"), std::string::npos) << output.text;
    namesake_.destroy();
    const auto paused = run("quell --json respond pause-container --pod shop/web-5d3c --yes --reason told 2>/dev/null");
    ASSERT_EQ(paused.status, 0) << paused.text;
    const auto told = Json::parse(paused.text);
    const std::string id = told["incident"]["id"];
    ASSERT_EQ(told["parts"].size(), 3u) << told;
    for (const auto& part : told["parts"]) EXPECT_EQ(part["ok"], true) << part;
    expect_frozen(true);

    must("sleep 2");  // the rows are on the disk
    kill_daemon(SIGKILL);
    start_daemon();
    expect_frozen(true);
    EXPECT_EQ(parts(id).size(), 2u);
    EXPECT_EQ(run("quell undo " + id + " --reason seen --dry-run").status, 0);
    expect_frozen(true);
    const auto undone = run("quell --json undo " + id + " --reason seen");
    EXPECT_EQ(undone.status, 0) << undone.text;
    const auto taken_back = Json::parse(undone.text);
    EXPECT_EQ(taken_back["parts"].size(), 3u) << taken_back;
    expect_frozen(false);
    for (const Container* one : {&web_, &side_, &sandbox_}) EXPECT_EQ(one->exec("true").status, 0);
    for (const auto& one : parts(id)) {
        EXPECT_EQ(one["state"], "undone");
        EXPECT_EQ(actions_of(one["id"]), (Rows{"requested", "approved", "flipped", "enforcing", "dry-run", "undone"}));
    }
    ASSERT_FALSE(joint_rows(id).empty());
    EXPECT_EQ(joint_rows(id).back().find("taken back: "), 0u) << joint_rows(id).back();
    EXPECT_EQ(run("quell undo " + id + " --reason again").status, 5);
}

// Who carries it out stands still: all are flipped, and an undo that passed them over would leave them to be in force afterwards.
TEST_F(PodScope, WhatIsStillBeingCarriedOutIsNotPassedOverByAnUndo) {
    const auto id = incident_of(web_, "web");
    const auto command = approval(id, digest(id, "pause-container"), "pause-container");
    const auto are = [&](const std::string& state) {
        const auto others = parts(id);
        return others.size() == 2 && show(id)["state"] == state && std::ranges::all_of(others, [&](const Json& one) { return one["state"] == state; });
    };
    std::future<Output> asked;
    {
        const HeldThreads held("quelld-sweep");
        asked = std::async(std::launch::async, [command] { return run(command); });
        EXPECT_TRUE(eventually([&] { return are("approved"); })) << Json(parts(id));
        for (const char* how : {" --dry-run", ""}) {
            const auto refused = run("quell undo " + id + " --reason early" + how);
            EXPECT_EQ(refused.status, 5) << refused.text;
            EXPECT_NE(refused.text.find("3 of them are still being carried out"), std::string::npos) << refused.text;
        }
        EXPECT_TRUE(are("approved"));
    }
    const auto output = asked.get();
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(are("enforcing"));
    expect_frozen(true);
    const auto actions = actions_of(id);
    EXPECT_EQ(std::ranges::count(actions, "refused"), 2) << Json(actions);
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    expect_frozen(false);
    EXPECT_TRUE(are("undone"));
}

TEST_F(PodScope, TheRestIsUndoneWhereTheFirstIsGone) {
    const auto paused = run("quell --json respond pause-container --container web --scope pod --yes --reason told 2>/dev/null");
    ASSERT_EQ(paused.status, 0) << paused.text;
    const std::string id = Json::parse(paused.text)["incident"]["id"];
    web_.destroy();
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; }));
    EXPECT_TRUE(frozen(side_) && frozen(sandbox_));
    const auto undone = run("quell undo " + id + " --reason seen");
    EXPECT_EQ(undone.status, 0) << undone.text;
    EXPECT_FALSE(frozen(side_) || frozen(sandbox_));
    ASSERT_FALSE(joint_rows(id).empty());
    EXPECT_NE(joint_rows(id).back().find("it is gone already"), std::string::npos) << joint_rows(id).back();
}

TEST_F(PodScope, WhoComesAfterTheFlipIsTold) {
    const auto id = incident_of(web_, "web");
    ASSERT_EQ(run(approval(id, digest(id, "pause-container"), "pause-container")).status, 0);
    expect_frozen(true);
    Container late("late", of_pod("web-5d3c", "u1")), stranger("stranger", of_pod("db-5d3c", "u2"));
    late.start();
    stranger.start();
    EXPECT_TRUE(eventually([&] { return joint_rows(id).size() == 2; })) << Json(joint_rows(id));
    ASSERT_EQ(joint_rows(id).size(), 2u);
    EXPECT_NE(joint_rows(id)[1].find("made after the flip, and not contained: late ("), std::string::npos) << joint_rows(id)[1];
    EXPECT_FALSE(frozen(late));
    (void)run("sleep 3");
    EXPECT_EQ(joint_rows(id).size(), 2u) << "each once, and nobody else's";
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    expect_frozen(false);
}

// One path is another directory in each container; where it is not there nothing is denied, which is told.
TEST_F(PodScope, AllOfItMayNotWriteBelowAPlace) {
    for (const Container* one : {&web_, &side_, &namesake_}) EXPECT_EQ(one->exec("mkdir /only").status, 0);
    const auto nowhere = run("quell respond deny-write --container web --scope pod --yes --reason told");
    EXPECT_NE(nowhere.status, 0);
    EXPECT_NE(nowhere.text.find("of a pod it takes --below"), std::string::npos) << nowhere.text;
    const auto missing = run("quell respond deny-write --container web --scope pod --below /nowhere --yes --reason told");
    EXPECT_NE(missing.status, 0);
    EXPECT_NE(missing.text.find("no path of it is in web ("), std::string::npos) << missing.text;
    for (const Container* one : {&web_, &side_}) EXPECT_EQ(attack(*one, "creat /only/before"), 0) << "nothing was approved";

    const auto output = run("quell --json respond deny-write --container web --scope pod --below /only --below /nowhere --yes --reason told 2>/dev/null");
    ASSERT_EQ(output.status, 0) << output.text;
    const auto told = Json::parse(output.text);
    const std::string id = told["incident"]["id"];
    ASSERT_EQ(told["parts"].size(), 2u) << told;
    for (const Container* one : {&web_, &side_}) {
        expect_refused(*one, "creat /only/new", "inode_create");
        EXPECT_EQ(attack(*one, "creat /tmp/new"), 0) << "beside it";
    }
    EXPECT_EQ(attack(sandbox_, "creat /tmp/new"), 0);
    EXPECT_EQ(attack(namesake_, "creat /only/new"), 0);
    const auto others = parts(id);
    ASSERT_EQ(others.size(), 1u);
    EXPECT_TRUE(eventually([&] { return actions_of(others[0]["id"]) == Rows{"requested", "approved", "flipped", "enforcing"}; })) << quell("history --incident " + others[0]["id"].get<std::string>());
    ASSERT_TRUE(eventually([&] { return !joint_rows(id).empty(); }));
    EXPECT_NE(joint_rows(id)[0].find("no path of it is in pod ("), std::string::npos) << joint_rows(id)[0];
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    for (const Container* one : {&web_, &side_}) EXPECT_EQ(attack(*one, "creat /only/again"), 0);
}

TEST_F(PodScope, AllOfItIsCapturedAndNobodyIsHit) {
    const auto before = denied_anywhere();
    const auto output = run("quell --json respond capture --container web --scope pod --yes --reason told 2>/dev/null");
    ASSERT_EQ(output.status, 0) << output.text;
    const auto told = Json::parse(output.text);
    const std::string id = told["incident"]["id"];
    ASSERT_EQ(told["parts"].size(), 3u) << told;
    const auto has_evidence = [](const Json& part) { return run("quell evidence show " + part["id"].get<std::string>()).status == 0; };
    for (const auto& part : told["parts"]) {
        EXPECT_EQ(part["state"], "done") << part;
        EXPECT_TRUE(has_evidence(part)) << part;
    }
    EXPECT_EQ(denied_anywhere(), before);
    for (const Container* one : {&web_, &side_, &sandbox_}) EXPECT_TRUE(one->running());
    ASSERT_TRUE(eventually([&] { return !joint_rows(id).empty(); }));
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    for (const auto& part : told["parts"]) EXPECT_TRUE(eventually([&] { return !has_evidence(part); })) << part;
}

// In a volume it is the same file in each; what is a container's own is denied to whoever reaches it.
TEST_F(PodScope, NoneOfItExecutesAFileOfItsVolume) {
    must("rm -rf /srv/pod-volume && mkdir -p /srv/pod-volume && cp /w/attack /srv/pod-volume/tool");
    const auto with_volume = [](const std::string& pod, const std::string& uid) {
        auto options = of_pod(pod, uid);
        options.mounts.push_back({{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/pod-volume"}, {"options", {"bind", "rw"}}});
        return options;
    };
    Container first("first", with_volume("vol-5d3c", "u5")), second("second", with_volume("vol-5d3c", "u5")), stranger("stranger", with_volume("other-5d3c", "u6"));
    for (Container* one : {&first, &second, &stranger}) {
        one->start();
        EXPECT_NE(attack(*one, "execute /vol/tool"), EPERM);
    }
    const auto output = run("quell --json respond deny-exec --container first --file /vol/tool --scope pod --yes --reason told 2>/dev/null");
    ASSERT_EQ(output.status, 0) << output.text;
    const auto told = Json::parse(output.text);
    const std::string id = told["incident"]["id"];
    ASSERT_EQ(told["parts"].size(), 2u) << told;
    for (const Container* one : {&first, &second}) expect_refused(*one, "execute /vol/tool", "bprm_check_security");
    EXPECT_NE(attack(stranger, "execute /vol/tool"), EPERM) << "another pod with the same volume";
    const auto others = parts(id);
    ASSERT_EQ(others.size(), 1u);
    EXPECT_TRUE(eventually([&] { return actions_of(others[0]["id"]) == Rows{"requested", "approved", "flipped", "enforcing"}; })) << quell("history --incident " + others[0]["id"].get<std::string>());
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    for (const Container* one : {&first, &second}) EXPECT_NE(attack(*one, "execute /vol/tool"), EPERM);

    const auto own = run("quell respond deny-exec --container first --file /var/log/b.log --scope pod --yes --reason x");
    EXPECT_EQ(own.status, 1) << own.text;
    EXPECT_NE(own.text.find("which deny-exec denies to whoever reaches it"), std::string::npos) << own.text;
    for (const auto& one : incidents()) EXPECT_NE(one["policy"], "manual") << "nothing is left to be approved: " << one;
}

TEST_F(PodScope, WhatHasNoPodIsToldSo) {
    const auto before = denied_anywhere();
    const auto id = incident_of(web_, "web");
    EXPECT_EQ(run("quell approve " + id + "@000000000000 kill-container --scope container --reason x").status, 2);
    EXPECT_EQ(run("quell respond kill-container --pod shop/nobody --yes --reason x").status, 1);
    EXPECT_EQ(run("quell respond kill-process --container web --scope pod --yes --reason x").status, 1);
    EXPECT_EQ(run("quell respond quarantine-file --container web --file /var/log/b.log --scope pod --yes --reason x").status, 1);
    for (const auto& one : incidents()) EXPECT_NE(one["policy"], "manual") << "nothing is left to be approved: " << one;
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_TRUE(web_.running());
}

}  // namespace
}  // namespace quell::guest

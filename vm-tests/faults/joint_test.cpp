// SPDX-License-Identifier: Apache-2.0
// An approval of several flips one after the other. The daemon is killed when
// the first is flipped and the others are bound: the rows say who is not
// contained, the others can still be approved, and one undo takes back what is.
// And a guard that counts: who passed it while others were prepared is asked again.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <future>

#include "user/base/id.h"
#include "vm-tests/faults/held_threads.h"
#include "vm-tests/faults/rows.h"
#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/hostile/raw_client.h"

namespace quell::guest {
namespace {

// How many are bound for an approval of that one, as the kernel side has it: no daemon is asked, which gives up after seconds.
std::size_t bound_for(const std::string& first) {
    const int map = bpf_obj_get("/sys/fs/bpf/quell/maps/pending");
    EXPECT_GE(map, 0);
    std::size_t count = 0;
    quell_pending_key key{};
    quell_pending entry{};
    for (int error = bpf_map_get_next_key(map, nullptr, &key); error == 0; error = bpf_map_get_next_key(map, &key, &key)) {
        if (bpf_map_lookup_elem(map, &key, &entry) == 0 && entry.part_of && id_text(entry.part_of) == first) count++;
        if (count > QUELL_PENDING_MAX) break;
    }
    if (map >= 0) close(map);
    return count;
}

class KilledJoint : public testing::Test {
protected:
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        for (const auto& one : incidents())
            if (one["state"] == "enforcing") (void)run("quell undo " + one["id"].get<std::string>() + " --reason 'end of a test'");
        reject_all();
    }
    static std::string requested(const Json& parameters) {
        RawClient client;
        client.call(Json{{"method", "io.quell.Request"}, {"parameters", parameters}}.dump());
        const auto reply = Json::parse(client.get(20'000).value_or(""), nullptr, false);
        if (!reply.is_object() || reply.contains("error")) {
            ADD_FAILURE() << reply;
            return "0";
        }
        const std::string id = reply["parameters"]["incident"]["id"];
        EXPECT_TRUE(eventually([&] { return show(id)["state"] == "pending"; })) << show(id).dump(1);
        return id;
    }
    // All are bound, the first is flipped, and nothing else was done.
    static void flip_the_first_alone(const std::string& id, const std::string& response, quell_response which, const std::string& option, std::size_t others) {
        const auto shown = quell("preview " + id + " " + response + " " + option)["previews"][0];
        ASSERT_EQ(shown["parts"].size(), others) << shown;
        must("sleep 2");  // its row is on the disk
        const pid_t daemon = daemon_pid();
        std::future<Output> asked;
        {
            const HeldThreads held("quelld-arm");  // the flips wait until the hooks of all are attached
            asked = std::async(std::launch::async, [command = "quell approve " + id + "@" + shown["offer"].value("digest", "") + " " + response + " " + option + " --reason joint"] { return run(command); });
            const bool bound = eventually([&] { return bound_for(id) == others; }, std::chrono::seconds(60));
            EXPECT_EQ(kill(daemon, SIGSTOP), 0);
            EXPECT_TRUE(bound) << bound_for(id);
            KernelSide kernel;
            EXPECT_EQ(kernel.approve(id, which), 0);
        }
        EXPECT_NE(asked.get().status, 0) << "nobody said that it was done";
        EXPECT_TRUE(eventually([&] { return show(id)["state"] == "enforcing"; }, std::chrono::seconds(60))) << show(id).dump(1);
    }
    static std::vector<Json> parts(const std::string& id) {
        std::vector<Json> list;
        for (const auto& one : incidents(true))
            if (one.value("part_of", "") == id) list.push_back(one);
        return list;
    }
    // Rows of the first that say of these containers that they are not contained; each names its incident.
    static void expect_told(const std::string& id, const std::vector<std::string>& names) {
        std::vector<std::string> texts;
        EXPECT_TRUE(eventually([&] {
            texts.clear();
            const auto history = quell("history --incident " + id);
            for (const auto& row : history["rows"])
                if (row["action"] == "joint") texts.push_back(row["result"]);
            return texts.size() == names.size();
        })) << Json(texts);
        for (const auto& name : names)
            EXPECT_TRUE(std::ranges::any_of(texts, [&](const std::string& text) { return text.find("the daemon ended before all were contained: " + name + " (") == 0; })) << name << ": " << Json(texts);
        for (const auto& part : parts(id)) {
            EXPECT_TRUE(std::ranges::any_of(texts, [&](const std::string& text) { return text.find("waits as incident " + part["id"].get<std::string>()) != std::string::npos; })) << part << Json(texts);
            EXPECT_TRUE(eventually([&] { return show(part["id"])["state"] == "pending"; })) << part;
        }
    }
    static std::string part_of(const std::string& id, const std::string& name) {
        for (const auto& one : parts(id))
            if (one.contains("container") && one["container"].value("name", "") == name) return one["id"];
        ADD_FAILURE() << name << " has none: " << Json(parts(id));
        return "0";
    }
    static bool frozen(const Container& one) { return run("grep -qx 'frozen 1' /sys/fs/cgroup" + one.cgroup() + "/cgroup.events").status == 0; }
    static ContainerOptions of_pod(bool sandbox = false, const std::string& name = "web-5d3c") {
        ContainerOptions options;
        options.annotations = {{"io.kubernetes.pod.name", name}, {"io.kubernetes.pod.uid", "u-" + name}};
        if (sandbox) options.annotations["io.kubernetes.cri-o.ContainerType"] = "sandbox";
        return options;
    }
};

TEST_F(KilledJoint, BetweenTheFlipsOfAPodSaysWhoIsNotContained) {
    Container web("web", of_pod()), side("side", of_pod()), sandbox("pod", of_pod(true));
    for (Container* one : {&web, &side, &sandbox}) one->start();
    const auto id = requested({{"response", "pause-container"}, {"container", "web"}, {"reason", "joint"}});
    flip_the_first_alone(id, "pause-container", QUELL_RESPONSE_PAUSE_CONTAINER, "--scope pod", 2);
    if (HasFatalFailure()) return;
    EXPECT_TRUE(eventually([&] { return frozen(web); }));
    EXPECT_FALSE(frozen(side) || frozen(sandbox)) << "nobody contains what was not approved";
    expect_told(id, {"side", "pod"});

    const auto left = part_of(id, "side");
    EXPECT_EQ(approve(left, "pause-container").status, 0);
    EXPECT_TRUE(frozen(side));
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    EXPECT_FALSE(frozen(web) || frozen(side)) << "one undo of all that is contained";
    EXPECT_EQ(show(id)["state"], "undone");
    EXPECT_EQ(show(left)["state"], "undone");
    const auto rest = part_of(id, "pod");
    EXPECT_EQ(show(rest)["state"], "pending") << "what waited is nobody's to take back";
    EXPECT_EQ(run("quell reject " + rest + " --reason seen").status, 0);
    EXPECT_EQ(actions_of(rest).back(), "rejected");
    EXPECT_EQ(run("quell history verify").status, 0);
}

TEST_F(KilledJoint, BetweenTheFlipsOfAllInstancesSaysWhichAreNotContained) {
    Container web("web"), same("same");
    for (Container* one : {&web, &same}) {
        one->start();
        EXPECT_EQ(one->exec("printf 'payload that is dropped everywhere' >/tmp/x").status, 0);
    }
    const auto id = requested({{"response", "quarantine-file"}, {"container", "web"}, {"path", "/tmp/x"}, {"reason", "joint"}});
    flip_the_first_alone(id, "quarantine-file", QUELL_RESPONSE_QUARANTINE_FILE, "--all-instances", 1);
    if (HasFatalFailure()) return;
    expect_refused(web, "read /tmp/x");
    EXPECT_EQ(attack(same, "read /tmp/x"), 0);
    expect_told(id, {"same"});

    const auto left = part_of(id, "same");
    EXPECT_EQ(approve(left, "quarantine-file").status, 0);
    expect_refused(same, "read /tmp/x");
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    EXPECT_EQ(attack(web, "read /tmp/x") | attack(same, "read /tmp/x"), 0);
    EXPECT_EQ(show(left)["state"], "undone");
    EXPECT_EQ(run("quell history verify").status, 0);
}

class GuardedJoint : public KilledJoint {
protected:
    void SetUp() override {
        for (Container* one : {&web_, &side_, &db_, &beside_}) one->start();
        guard(1);
    }
    void TearDown() override {
        KilledJoint::TearDown();
        must("sed -i '/^guards:/d' /etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    }
    static void guard(int containers) {
        must("sed -i '/^guards:/d' /etc/quell/quell.yaml && echo 'guards: {containers: " + std::to_string(containers) + ", per: 1h}' >>/etc/quell/quell.yaml");
        kill_daemon(SIGTERM);
        start_daemon();
    }
    static std::string approval(const std::string& id) {
        const auto shown = quell("preview " + id + " pause-container --scope pod")["previews"][0];
        EXPECT_EQ(shown["parts"].size(), 1u) << shown;
        return "quell approve " + id + "@" + shown["offer"].value("digest", "") + " pause-container --scope pod --reason joint";
    }
    // Containers that earlier tests acted on count: as the guard tells of a pod, which is more than one in any case.
    static int acted_on(const std::string& id) {
        const std::string told = run(approval(id) + " --dry-run").text, before = "there were ";
        const auto at = told.find(before);
        EXPECT_NE(at, std::string::npos) << told;
        return at == std::string::npos ? 0 : std::atoi(told.c_str() + at + before.size());
    }
    // Both begin while who attaches hooks stands still, and go on when `wait` is over: which of them is refused, 0 or 1.
    static std::size_t refused_of(const std::vector<std::string>& commands, const std::function<void()>& wait) {
        std::vector<std::future<Output>> asked;
        {
            const HeldThreads held("quelld-arm");
            for (const auto& command : commands) asked.push_back(std::async(std::launch::async, [command] { return run(command); }));
            wait();
        }
        const Output outputs[] = {asked[0].get(), asked[1].get()};
        const std::size_t refused = outputs[0].status == 0 ? 1 : 0;
        EXPECT_EQ(outputs[1 - refused].status, 0) << outputs[0].text << outputs[1].text;
        EXPECT_EQ(outputs[refused].status, 4) << outputs[0].text << outputs[1].text;
        EXPECT_NE(outputs[refused].text.find("guard containers: at most"), std::string::npos) << outputs[refused].text;
        return refused;
    }

    Container web_{"web", of_pod()}, side_{"side", of_pod()}, db_{"db", of_pod(false, "db-5d3c")}, beside_{"beside", of_pod(false, "db-5d3c")};
};

TEST_F(GuardedJoint, TwoPodsThatPassTogetherAreNotFrozenTogether) {
    const std::vector<std::string> ids{requested({{"response", "pause-container"}, {"container", "web"}, {"reason", "joint"}}),
                                       requested({{"response", "pause-container"}, {"container", "db"}, {"reason", "joint"}})};
    guard(acted_on(ids[0]) + 3);  // room for one pod of two, not for both
    const std::vector<std::string> commands{approval(ids[0]), approval(ids[1])};
    const auto refused = refused_of(commands, [&] {
        EXPECT_TRUE(eventually([&] { return bound_for(ids[0]) == 1 && bound_for(ids[1]) == 1; }, std::chrono::seconds(4))) << "both have passed the guard, and wait";
    });
    for (const Container* one : {&web_, &side_}) EXPECT_EQ(frozen(*one), refused == 1);
    for (const Container* one : {&db_, &beside_}) EXPECT_EQ(frozen(*one), refused == 0);
    EXPECT_EQ(show(ids[refused])["state"], "pending");
    EXPECT_EQ(actions_of(ids[refused]).back(), "refused");
    const auto left = parts(ids[refused]);
    EXPECT_EQ(left.size(), 1u);
    for (const auto& part : left) EXPECT_EQ(part["state"], "rejected") << part;
    EXPECT_EQ(run(commands[refused] + " --confirm " + (refused ? "db" : "web") + "-5d3c").status, 0) << "an admin goes over it";
}

TEST_F(GuardedJoint, NorAreTwoThatWaitForTheirHooksCutOffTogether) {
    const auto id = requested({{"response", "pause-container"}, {"container", "web"}, {"reason", "joint"}});
    const auto before = acted_on(id);
    EXPECT_EQ(run("quell reject " + id + " --reason seen").status, 0);
    guard(before + 1);
    const std::string respond = "quell respond isolate-network --yes --reason told --container ";
    (void)refused_of({respond + "web", respond + "db"}, [] { must("sleep 1"); });
    const auto all = incidents();
    EXPECT_EQ(std::ranges::count_if(all, [](const Json& one) { return one["state"] == "enforcing"; }), 1) << Json(all);
}

}  // namespace
}  // namespace quell::guest

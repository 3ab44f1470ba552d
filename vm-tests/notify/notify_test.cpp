// SPDX-License-Identifier: Apache-2.0
// One incident, as it is heard by quell watch, in the journal, and at the other end of the notifier.
#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

#include "tests/notifier/http_target.h"
#include "vm-tests/harness/quelld.h"
#include "vm-tests/notify/notifier.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;
const Actions kLife = {"detected", "approved", "flipped", "done"};

class Notify : public testing::Test {
protected:
    // The notifier is nobody but a member of the operators' group.
    static void SetUpTestSuite() {
        must("grep -q '^operators' /etc/quell/quell.yaml || printf 'operators:\\n  group: quell\\n' >>/etc/quell/quell.yaml");
        must("systemctl restart quelld");
        ASSERT_TRUE(eventually([] { return run("quell status").status == 0; }, std::chrono::seconds(60)));
    }
    void SetUp() override {
        configure_notifier(http_.url());
        must("systemctl restart quell-notifier");
        EXPECT_TRUE(eventually([] { return metrics().find("\nquell_notifier_connected 1\n") != std::string::npos; })) << run("journalctl -n 20 -u quell-notifier").text;
        must("rm -f /tmp/watch.*; setsid quell watch --json >/tmp/watch.json 2>/tmp/watch.notes </dev/null & echo $! >/tmp/watch.pid");
        listens();
    }
    void TearDown() override {
        (void)run("pkill -CONT -x quell; pkill -x quell; systemctl stop quell-notifier");
        reject_all();
    }
    // It is connected; its first reply comes long before a container has been made and attacked.
    static void listens() {
        EXPECT_TRUE(eventually([] { return run("ls -l /proc/$(cat /tmp/watch.pid)/fd | grep -q socket:").status == 0; })) << run("cat /tmp/watch.notes").text;
    }
    static std::string contained(const std::string& name) {
        Container victim(name);
        victim.start();
        EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
        const auto id = pending_id(name, "delete");
        const auto output = approve(id, "kill-container");
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_TRUE(eventually([&] { return !victim.running(); }));
        return id;
    }
    static std::vector<Json> lines(const std::string& command) {
        std::vector<Json> found;
        std::istringstream text(run(command).text);
        for (std::string line; std::getline(text, line);) {
            found.push_back(Json::parse(line, nullptr, false));
            EXPECT_FALSE(found.back().is_discarded()) << line;
        }
        return found;
    }
    static Actions watched(const std::string& id) {
        Actions actions;
        for (const auto& one : lines("cat /tmp/watch.json"))
            if (one["row"].value("incident", "") == id) actions.push_back(one["row"]["action"]);
        return actions;
    }
    Actions delivered(const std::string& id) {
        Actions actions;
        for (const auto& one : http_.received(0))
            if (const auto body = one.json(); body["row"].value("incident", "") == id) actions.push_back(body["row"]["action"]);
        return actions;
    }

    notifier::HttpTarget http_;
};

TEST_F(Notify, AnIncidentsLifeIsHeardByAll) {
    const auto id = contained("heard");
    EXPECT_TRUE(eventually([&] { return watched(id) == kLife; })) << run("cat /tmp/watch.json /tmp/watch.notes").text;
    for (const auto& one : lines("cat /tmp/watch.json")) {
        if (one["row"].value("incident", "") != id) continue;
        EXPECT_EQ(one["incident"]["rule"], "clear-log-activities") << one;
        EXPECT_EQ(one["incident"]["severity"], "high");
        EXPECT_EQ(one["incident"]["pod"], "heard-5d3c");
        EXPECT_EQ(one["row"]["row"], 0);
        if (one["row"]["action"] == "approved") {
            EXPECT_EQ(one["row"]["who"]["user"], "root");
            EXPECT_EQ(one["row"]["reason"], "test");
        }
    }
    EXPECT_TRUE(eventually([&] { return delivered(id) == kLife; })) << run("journalctl -n 20 -u quell-notifier").text << metrics();
    for (const auto& one : http_.received(0)) EXPECT_EQ(one.header("X-Quell-Signature").size(), 71u) << one.body;

    Actions actions;
    for (const auto& entry : lines("journalctl -o json QUELL_INCIDENT=" + id)) {
        if (entry.contains("QUELL_HISTORY_HEAD")) continue;
        actions.push_back(entry["QUELL_ACTION"]);
        EXPECT_EQ(entry["QUELL_RULE"], "clear-log-activities");
        EXPECT_EQ(entry["QUELL_SEVERITY"], "high");
        EXPECT_EQ(entry["QUELL_POD"], "heard-5d3c");
        EXPECT_EQ(entry["SYSLOG_IDENTIFIER"], "quelld");
    }
    EXPECT_EQ(actions, kLife);
    const auto approved = lines("journalctl -o json MESSAGE_ID=da22e94b8ecc409c8a55150da5d7242e QUELL_INCIDENT=" + id);
    ASSERT_EQ(approved.size(), 1u);
    EXPECT_EQ(approved[0]["QUELL_USER"], "root");
    EXPECT_EQ(approved[0]["QUELL_RESPONSE"], "kill-container");
    EXPECT_EQ(approved[0]["QUELL_REASON"], "test");
    EXPECT_EQ(actions_of(id), kLife);
}

TEST_F(Notify, NothingIsLostWhileEitherIsAway) {
    must("systemctl stop quell-notifier");
    const auto first = contained("away");
    kill_daemon(SIGKILL);  // systemd starts another
    EXPECT_TRUE(eventually([] { return run("quell status").status == 0; }, std::chrono::seconds(60)));
    must("systemctl start quell-notifier");
    EXPECT_TRUE(eventually([&] { return delivered(first) == kLife; })) << run("journalctl -n 20 -u quell-notifier").text << metrics();
    EXPECT_TRUE(eventually([] { return run("grep -q 'the daemon is back' /tmp/watch.notes").status == 0; })) << run("cat /tmp/watch.notes").text;
    const auto second = contained("back");
    EXPECT_TRUE(eventually([&] { return watched(second) == kLife; })) << run("cat /tmp/watch.json").text;
    EXPECT_TRUE(eventually([&] { return delivered(second) == kLife; }));
}

TEST_F(Notify, NoContainmentWaitsForThem) {
    must("pkill -STOP -x quell-notifier; kill -STOP $(cat /tmp/watch.pid); systemctl kill -s STOP systemd-journald");
    const auto id = contained("stopped");
    must("systemctl kill -s CONT systemd-journald");
    EXPECT_EQ(actions_of(id), kLife);
    must("pkill -CONT -x quell-notifier; kill -CONT $(cat /tmp/watch.pid)");
    EXPECT_TRUE(eventually([&] { return watched(id) == kLife; }));
    EXPECT_TRUE(eventually([&] { return delivered(id) == kLife; }));
}

TEST_F(Notify, TheNotifierIsNobody) {
    const std::string of_it = "/proc/$(pgrep -x quell-notifier)/status";
    EXPECT_EQ(run("grep -E 'CapEff|CapBnd|NoNewPrivs' " + of_it).text, "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n");
    EXPECT_NE(run("awk '/^Uid/ { print $2 }' " + of_it).text, "0\n");
    EXPECT_EQ(run("systemctl show -p User --value quell-notifier").text, "quell-notifier\n");
}

TEST_F(Notify, WatchEndsWithZeroWhenItIsStopped) {
    EXPECT_EQ(run("timeout --preserve-status -s TERM 2 quell watch").status, 0);
    EXPECT_EQ(run("timeout --preserve-status -s INT 2 quell watch --json").status, 0);
    EXPECT_EQ(run("setpriv --reuid user --regid user --clear-groups quell watch").status, 4);
}

}  // namespace
}  // namespace quell::guest

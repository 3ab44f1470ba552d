// SPDX-License-Identifier: Apache-2.0
// quell respond: what nobody detected is named, bound and contained.
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <sstream>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Rows = std::vector<std::string>;

// What `quell respond ARGUMENTS` made, whatever came of it.
Json respond(const std::string& arguments, int* status = nullptr) {
    const auto output = run("quell --json respond " + arguments + " --yes --reason told 2>/dev/null");  // where root is told something
    if (status) *status = output.status;
    const auto answer = Json::parse(output.text, nullptr, false);
    return answer.is_object() && answer.contains("incident") ? answer["incident"] : Json{{"error", output.text}};
}

std::string id_of(const Json& incident) { return incident.value("id", std::string{}); }

// A process of the host with a child: its number, the child's.
std::pair<int, int> start_parent(const std::string& mark) {
    must("setsid sh -c 'sleep 54" + mark + " & echo $$ >/tmp/parent-" + mark + "; wait' >/dev/null 2>&1 &");
    EXPECT_TRUE(eventually([&] { return run("pgrep -x -f 'sleep 54" + mark + "'").status == 0 && run("test -s /tmp/parent-" + mark).status == 0; }));
    return {std::stoi(must("cat /tmp/parent-" + mark)), std::stoi(must("pgrep -x -f 'sleep 54" + mark + "'"))};
}

TEST(Respond, AContainerByItsNameAndByItsId) {
    Container by_name("named"), by_id("numbered"), neighbour("other");
    for (Container* one : {&by_name, &by_id, &neighbour}) one->start();
    const auto before = matches();
    int status = -1;
    const auto first = respond("kill-container --container named", &status);
    EXPECT_EQ(status, 0) << first;
    EXPECT_FALSE(by_name.running());
    const auto second = respond("kill-container --container " + by_id.id().substr(0, 12), &status);
    EXPECT_EQ(status, 0) << second;
    EXPECT_FALSE(by_id.running());
    EXPECT_TRUE(neighbour.running());
    EXPECT_EQ(matches(), before) << "no rule matched";
    for (const Json& one : {first, second}) {
        EXPECT_EQ(one["policy"], "manual");
        EXPECT_EQ(one["state"], "done");
        EXPECT_EQ(one["reason"], "told");
        EXPECT_EQ(actions_of(id_of(one)), (Rows{"requested", "approved", "flipped", "done"}));
        const auto rows = quell("history --incident " + id_of(one))["rows"];
        EXPECT_EQ(rows.back()["who"]["uid"], 0) << rows;
        EXPECT_EQ(rows.back()["response"], "kill-container") << rows;
    }
}

TEST(Respond, AProcessOfTheHostAndItsChildren) {
    const auto [parent, child] = start_parent("31");
    const auto [other, its_child] = start_parent("32");
    int status = -1;
    const auto incident = respond("kill-process --pid " + std::to_string(parent), &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_EQ(incident["subject"], "host");
    EXPECT_EQ(incident["process"]["pid"], parent);
    EXPECT_TRUE(eventually([&, gone = child] { return kill(gone, 0) != 0 && errno == ESRCH; }));
    EXPECT_EQ(kill(its_child, 0), 0) << "another one's";
    EXPECT_EQ(actions_of(id_of(incident)), (Rows{"requested", "approved", "flipped", "done"}));
    must("kill -9 " + std::to_string(other) + " " + std::to_string(its_child));
}

TEST(Respond, AProcessOfAContainerIsTheContainersSubject) {
    Container victim("inside");
    victim.start();
    victim.begin("sleep 5433");
    const int pid = std::stoi(must("pgrep -x -f 'sleep 5433'"));
    int status = -1;
    const auto incident = respond("kill-process --pid " + std::to_string(pid), &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_EQ(incident["subject"], "container");
    EXPECT_EQ(incident["container"]["id"], victim.id());
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_TRUE(victim.running());
}

// What is about a container is so of one that is named by a process in it; the host is none.
TEST(Respond, WhatIsOfAContainerIsRefusedOnTheHost) {
    Container victim("whole");
    victim.start();
    victim.begin("sleep 5436");
    const auto [parent, child] = start_parent("37");
    const auto before = denied_anywhere();
    for (const char* response : {"isolate-network", "deny-write", "kill-container", "stop-container", "pause-container"}) {
        const auto refused = run("quell respond " + std::string(response) + " --pid " + std::to_string(parent) + " --yes --reason told");
        EXPECT_EQ(refused.status, 1) << refused.text;
        EXPECT_NE(refused.text.find(std::string(response) + " is of a container or a pod"), std::string::npos) << refused.text;
    }
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_EQ(kill(child, 0), 0);
    for (const auto& one : incidents()) EXPECT_NE(one["policy"], "manual") << "nothing is left to be approved: " << one;
    must("kill -9 " + std::to_string(parent) + " " + std::to_string(child));

    ASSERT_TRUE(eventually([] { return run("pgrep -x -f 'sleep 5436'").status == 0; }));
    int status = -1;
    const auto incident = respond("pause-container --pid " + std::to_string(std::stoi(must("pgrep -x -f 'sleep 5436'"))), &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_EQ(incident["container"]["name"], "whole");
    EXPECT_EQ(run("grep -qx 'frozen 1' /sys/fs/cgroup" + victim.cgroup() + "/cgroup.events").status, 0) << "all of it";
    const auto id = id_of(incident);
    ASSERT_TRUE(eventually([&] { return actions_of(id) == Rows{"requested", "approved", "flipped", "enforcing"}; })) << quell("history --incident " + id);
    EXPECT_NE(quell("history --incident " + id)["rows"].back()["result"].get<std::string>().find("the container that it is in is meant, as a whole"), std::string::npos);
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
}

TEST(Respond, AFileOfAContainerAndOneOfTheHost) {
    Container victim("files"), neighbour("other");
    victim.start();
    neighbour.start();
    int status = -1;
    const auto incident = respond("quarantine-file --container files --file /var/log/b.log", &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_EQ(incident["state"], "enforcing");
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(attack(neighbour, "read /var/log/b.log"), 0) << "the image's layer is shared";
    EXPECT_EQ(attack(victim, "read /var/log/c.log"), 0);
    EXPECT_EQ(run("quell undo " + id_of(incident) + " --reason told").status, 0);
    EXPECT_EQ(attack(victim, "read /var/log/b.log"), 0);
    EXPECT_EQ(actions_of(id_of(incident)), (Rows{"requested", "approved", "flipped", "enforcing", "undone"}));

    must("echo 1 >/srv/evidence");
    const auto before = denied("file_open");
    const auto on_host = respond("quarantine-file --file /srv/evidence", &status);
    EXPECT_EQ(status, 0) << on_host;
    EXPECT_EQ(run("cat /srv/evidence").status, 1);
    EXPECT_GT(denied("file_open"), before);
    EXPECT_EQ(run("quell undo " + id_of(on_host) + " --reason told").status, 0);
    EXPECT_EQ(must("cat /srv/evidence"), "1\n");
}

TEST(Respond, APauseOfWhatNobodyDetected) {
    Container victim("calm");
    victim.start();
    int status = -1;
    const auto incident = respond("pause-container --container " + victim.cgroup(), &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_EQ(incident["state"], "enforcing");
    EXPECT_EQ(must("cat /sys/fs/cgroup" + victim.cgroup() + "/cgroup.freeze"), "1\n");
    EXPECT_EQ(run("quell undo " + id_of(incident) + " --reason told").status, 0);
    EXPECT_EQ(victim.exec("true").status, 0);
    EXPECT_EQ(actions_of(id_of(incident)), (Rows{"requested", "approved", "flipped", "enforcing", "undone"}));
}

TEST(Respond, AgainAfterARejection) {
    Container victim("again");
    victim.start();
    EXPECT_EQ(victim.exec("rm /var/log/dpkg.log").status, 0);
    const auto id = pending_id("again", "delete");
    ASSERT_EQ(run("quell respond kill-container --from " + id + " --yes --reason early").status, 1) << "it is not over";
    ASSERT_EQ(run("quell reject " + id + " --reason no").status, 0);
    int status = -1;
    const auto incident = respond("kill-container --from " + id, &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_FALSE(victim.running());
    EXPECT_NE(id_of(incident), id);
    reject_all();
}

TEST(Respond, AgainAfterItExpired) {
    apply_pack("s/expires: 1h/expires: 10s/");
    Container victim("late"), neighbour("other");
    victim.start();
    neighbour.start();
    EXPECT_EQ(victim.exec("rm /var/log/dpkg.log").status, 0);
    const auto id = pending_id("late", "delete");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "expired"; }, std::chrono::seconds(40)));
    int status = -1;
    const auto incident = respond("kill-container --from " + id, &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_NE(id_of(incident), id);
    EXPECT_FALSE(victim.running());
    EXPECT_TRUE(neighbour.running());
    EXPECT_EQ(actions_of(id_of(incident)), (Rows{"requested", "approved", "flipped", "done"}));
    EXPECT_EQ(actions_of(id), (Rows{"detected", "expired"})) << "it stays what it is";
    reject_all();
    apply_pack();
}

TEST(Respond, WhatMustNotBeHitIsRefused) {
    const auto denied_before = denied_anywhere();
    const auto self = std::to_string(daemon_pid());
    for (const std::string& target : {std::string("--pid 1"), std::string("--pid 2"), "--pid " + self, std::string("--pid 4194303")})
        EXPECT_EQ(run("quell respond kill-process " + target + " --yes --reason no").status, 1) << target;
    for (const char* target : {"--file /var/lib/quell/history.db", "--file /usr/sbin/quelld"})
        EXPECT_EQ(run(std::string("quell respond quarantine-file --yes --reason no ") + target).status, 4) << target;
    for (const char* target : {"--file /dev/null", "--file /etc", "--file /no/such/file", "--file ../etc/passwd", "--file /proc/self/exe/../../x", "--container nobody", "--container 0000"})
        EXPECT_EQ(run(std::string("quell respond quarantine-file --yes --reason no ") + target).status, 1) << target;
    EXPECT_EQ(run("quell respond kill-container --container nobody --yes --reason no").status, 1);
    EXPECT_EQ(run("quell respond kill-container --pid " + std::to_string(start_parent("34").first) + " --yes --reason no").status, 1) << "there is no container";
    EXPECT_EQ(run("quell respond kill-container --container x --yes").status, 2) << "no reason";
    EXPECT_EQ(run("quell respond kill-container --container x --pid 5 --yes --reason no").status, 2);
    EXPECT_EQ(run("quell respond kill-container --container x --reason no </dev/null").status, 2) << "nobody was asked";
    EXPECT_EQ(denied_anywhere(), denied_before);
    for (const Json& one : incidents()) EXPECT_NE(one["policy"], "manual") << one;
    must("pkill -9 -x -f 'sleep 5434'");
}

TEST(Respond, ADryRunFlipsNothingAndLeavesNothingWaiting) {
    Container victim("dry");
    victim.start();
    victim.begin("sleep 5435");
    const auto before = denied_anywhere();
    const auto output = run("quell respond kill-container --container dry --reason tried --dry-run");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_NE(output.text.find("a dry run, nothing was approved"), std::string::npos) << output.text;
    const auto rows = quell("history --limit 1")["rows"];
    EXPECT_EQ(rows[0]["action"], "rejected") << rows;
    const auto id = rows[0].value("incident", "");
    EXPECT_EQ(actions_of(id), (Rows{"requested", "dry-run", "rejected"}));
    const auto lines = run("quell history --json-lines --incident " + id);
    EXPECT_EQ(lines.status, 0) << lines.text;
    std::istringstream text(lines.text);
    Rows told;
    for (std::string line; std::getline(text, line);) told.push_back(Json::parse(line, nullptr, false).value("action", ""));
    EXPECT_EQ(told, (Rows{"requested", "dry-run", "rejected"})) << "oldest first, a row a line";
    EXPECT_EQ(run("quell respond kill-container --container dry --reason tried --yes --follow 2h").status, 1) << "a kill follows nothing";
    EXPECT_EQ(run("quell respond kill-container --container dry --reason tried --yes --kill-holders").status, 1);
    for (const Json& one : incidents()) EXPECT_NE(one["policy"], "manual") << one;
    EXPECT_EQ(denied_anywhere(), before);
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(run("pgrep -x -f 'sleep 5435'").status, 0);
}

TEST(Respond, WhoHoldsTheFileInTheContainerDiesWithIt) {
    Container victim("holding");
    victim.start();
    victim.begin("sleep 5436 </var/log/b.log");
    ASSERT_TRUE(eventually([] { return run("pgrep -x -f 'sleep 5436'").status == 0; }));
    int status = -1;
    const auto incident = respond("quarantine-file --container holding --file /var/log/b.log --kill-holders", &status);
    EXPECT_EQ(status, 0) << incident;
    EXPECT_EQ(victim.ended(), 128 + SIGKILL);
    EXPECT_TRUE(victim.running());
    expect_refused(victim, "read /var/log/b.log");
    EXPECT_EQ(run("quell undo " + id_of(incident) + " --reason told").status, 0);
}

TEST(Respond, TwoAtOnceOfOneContainerAndOverARestart) {
    Container victim("twice");
    victim.start();
    int status = -1;
    const auto incident = respond("quarantine-file --container twice --file /var/log/b.log", &status);
    EXPECT_EQ(status, 0) << incident;
    const auto again = respond("quarantine-file --container twice --file /var/log/c.log", &status);
    EXPECT_EQ(status, 0) << again;
    kill_daemon(SIGKILL);
    expect_refused(victim, "read /var/log/b.log");
    start_daemon();
    EXPECT_EQ(show(id_of(incident))["state"], "enforcing");
    EXPECT_EQ(show(id_of(incident))["policy"], "manual");
    EXPECT_EQ(run("quell undo " + id_of(incident) + " --reason told").status, 0);
    EXPECT_EQ(attack(victim, "read /var/log/b.log"), 0);
    expect_refused(victim, "read /var/log/c.log");
    EXPECT_EQ(run("quell undo " + id_of(again) + " --reason told").status, 0);
    EXPECT_EQ(attack(victim, "read /var/log/c.log"), 0);
    reject_all();
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// --all-instances of quarantine-file and of deny-exec: the same content in
// other containers, by the same path and elsewhere; what only looks alike is
// left alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/hostile/raw_client.h"

namespace quell::guest {
namespace {

constexpr const char* kPayload = "'payload that is dropped everywhere'";
constexpr const char* kLookalike = "'payload that is dropped everywherf'";  // of the same size

class Instances : public testing::Test {
protected:
    void SetUp() override {
        for (Container* one : {&web_, &same_, &elsewhere_, &innocent_}) one->start();
        drop(web_, "/tmp/x");
        drop(same_, "/tmp/x");
        drop(elsewhere_, "/var/log/sub/.cache");
        drop(elsewhere_, "/dev/hidden");  // a tmpfs of its own
        EXPECT_EQ(innocent_.exec(std::string("printf %s ") + kLookalike + " >/tmp/x; printf %s " + kLookalike + " >/var/log/sub/.cache; mkfifo /tmp/fifo; ln -s /etc/shadow /tmp/link").status, 0);
    }
    void TearDown() override {
        for (const auto& one : incidents())
            if (one["state"] == "enforcing") (void)run("quell undo " + one["id"].get<std::string>() + " --reason 'end of a test'");
        reject_all();
    }
    static void drop(const Container& container, const std::string& path) { EXPECT_EQ(container.exec(std::string("printf %s ") + kPayload + " >" + path).status, 0) << path; }
    static Json preview(const std::string& id) { return quell("preview " + id + " quarantine-file --all-instances")["previews"][0]; }
    // An incident that waits, as one who is asked before he approves has it.
    static std::string requested() {
        RawClient client;
        client.call(R"({"method":"io.quell.Request","parameters":{"response":"quarantine-file","container":"web","path":"/tmp/x","reason":"told"}})");
        const auto text = client.get(20'000).value_or("");
        const auto reply = Json::parse(text, nullptr, false);
        if (!reply.is_object() || reply.contains("error")) {
            ADD_FAILURE() << text;
            return "0";
        }
        const std::string id = reply["parameters"]["incident"]["id"];
        EXPECT_TRUE(eventually([&] { return show(id)["state"] == "pending"; }));
        return id;
    }

    Container web_{"web"}, same_{"same"}, elsewhere_{"elsewhere"}, innocent_{"innocent"};
};

TEST_F(Instances, AreFoundByPathAndElsewhereAndReleasedTogether) {
    int status = -1;
    const auto output = run("quell --json respond quarantine-file --container web --file /tmp/x --all-instances --yes --reason told 2>/dev/null");
    status = output.status;
    ASSERT_EQ(status, 0) << output.text;
    const auto told = Json::parse(output.text);
    const std::string id = told["incident"]["id"];
    ASSERT_EQ(told["parts"].size(), 4u) << told;
    for (const auto& part : told["parts"]) EXPECT_EQ(part["state"], "enforcing") << part;
    expect_refused(web_, "read /tmp/x");
    expect_refused(same_, "read /tmp/x");
    expect_refused(elsewhere_, "read /var/log/sub/.cache");
    expect_refused(elsewhere_, "read /dev/hidden");
    const auto before = denied_anywhere();
    EXPECT_EQ(attack(innocent_, "read /tmp/x"), 0);
    EXPECT_EQ(attack(innocent_, "read /var/log/sub/.cache"), 0);
    EXPECT_EQ(denied_anywhere(), before);
    std::size_t others = 0;
    for (const auto& one : incidents())
        if (one.value("part_of", "") == id) {
            others++;
            EXPECT_EQ(actions_of(one["id"]), (std::vector<std::string>{"requested", "approved", "flipped", "enforcing"}));
        }
    EXPECT_EQ(others, 3u);
    const auto rows = quell("history --incident " + id)["rows"];
    EXPECT_EQ(rows[0]["action"], "joint");
    EXPECT_NE(rows[0]["result"].get<std::string>().find("all instances of sha256 " + must("printf %s " + std::string(kPayload) + " | sha256sum").substr(0, 64)), std::string::npos) << rows[0];
    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    EXPECT_EQ(attack(web_, "read /tmp/x") | attack(same_, "read /tmp/x") | attack(elsewhere_, "read /var/log/sub/.cache") | attack(elsewhere_, "read /dev/hidden"), 0);
}

// Of the volume that two have, each is denied it in its own container; who has the response already by another incident keeps that.
TEST_F(Instances, AProgramIsDeniedInEachContainerThatHasIt) {
    const std::string append = "printf x >>";  // not the content of what the containers themselves execute
    must("rm -rf /srv/shared && mkdir -p /srv/shared && cp /w/attack /srv/shared/tool && " + append + "/srv/shared/tool");
    ContainerOptions options;
    options.mounts.push_back({{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/shared"}, {"options", {"bind", "rw"}}});
    Container one("one", options), two("two", options);
    one.start();
    two.start();
    const auto put = [&](const Container& container, const std::string& path, const std::string& end) {
        EXPECT_EQ(container.exec("cp /bin/attack " + path + " && " + end + path).status, 0);
    };
    put(web_, "/tmp/tool", append);
    put(same_, "/tmp/tool", append);
    put(elsewhere_, "/var/log/sub/.tool", append);
    put(innocent_, "/tmp/tool", "printf y >>");
    const struct {
        const Container* container;
        const char* act;
    } kEach[] = {{&web_, "execute /tmp/tool"}, {&elsewhere_, "execute /var/log/sub/.tool"}, {&one, "execute /vol/tool"}, {&two, "execute /vol/tool"}}, kAlone = {&same_, "execute /tmp/tool"};
    for (const auto& [container, act] : kEach) EXPECT_NE(attack(*container, act), EPERM) << act;
    const auto alone = Json::parse(run("quell --json respond deny-exec --container same --file /tmp/tool --yes --reason first 2>/dev/null").text)["incident"];

    const auto output = run("quell --json respond deny-exec --container web --file /tmp/tool --all-instances --yes --reason told 2>/dev/null");
    ASSERT_EQ(output.status, 0) << output.text;
    const auto told = Json::parse(output.text);
    const std::string id = told["incident"]["id"];
    ASSERT_EQ(told["parts"].size(), std::size(kEach)) << told;
    for (const auto& part : told["parts"]) EXPECT_EQ(part["state"], "enforcing") << part;
    for (const auto& [container, act] : kEach) expect_refused(*container, act, "bprm_check_security");
    const auto before = denied_anywhere();
    EXPECT_NE(attack(innocent_, "execute /tmp/tool"), EPERM) << "another content of the same size";
    EXPECT_EQ(denied_anywhere(), before);
    const auto row = quell("history --incident " + id)["rows"][0];
    EXPECT_EQ(row["action"], "joint");
    EXPECT_NE(row["result"].get<std::string>().find("1 instance is denied already, and stays so"), std::string::npos) << row;

    EXPECT_EQ(run("quell undo " + id + " --reason seen").status, 0);
    for (const auto& [container, act] : kEach) EXPECT_NE(attack(*container, act), EPERM) << act;
    expect_refused(*kAlone.container, kAlone.act, "bprm_check_security");
    EXPECT_EQ(run("quell undo " + alone["id"].get<std::string>() + " --reason seen").status, 0);
    EXPECT_NE(attack(*kAlone.container, kAlone.act), EPERM);

    // a quarantine is everybody's: of the volume's file there is one
    const auto all = Json::parse(run("quell --json respond quarantine-file --container one --file /vol/tool --all-instances --yes --reason told 2>/dev/null").text);
    EXPECT_EQ(all["parts"].size(), 4u) << all;
    for (const Container* each : {&one, &two}) expect_refused(*each, "read /vol/tool");
    for (const Container* each : {&web_, &same_}) expect_refused(*each, "read /tmp/tool");
    EXPECT_EQ(run("quell undo " + all["incident"]["id"].get<std::string>() + " --reason seen").status, 0);
    EXPECT_EQ(attack(two, "read /vol/tool"), 0);
}

// One of those that have the file holds a runtime. Who holds the file would be killed in each.
TEST_F(Instances, HoldersAreKilledNowhereWhereOneOfTheContainersIsProtected) {
    const std::string made = "/kubepods.slice/crio-" + random_hex(64) + ".scope";
    ContainerOptions options;
    options.mounts.push_back({{"destination", "/cgroup"}, {"type", "bind"}, {"source", "/sys/fs/cgroup"}, {"options", {"rbind", "rw"}}});
    Container node("node", options);
    node.start();
    EXPECT_EQ(node.exec("mkdir /cgroup" + made).status, 0);
    drop(node, "/tmp/x");
    node.begin("attack old-read-only /tmp/x /tmp/map");
    EXPECT_TRUE(eventually([&] { return run("test -e " + node.directory() + "/rootfs/tmp/map.ready").status == 0; }));
    const auto id = requested();
    const std::string command = "quell approve " + id + "@" + preview(id)["offer"].value("digest", "") + " quarantine-file --all-instances --reason x";
    for (const char* how : {" --kill-holders --dry-run", " --kill-holders"}) {
        const auto output = run(command + how);
        EXPECT_EQ(output.status, 4) << output.text;
        EXPECT_NE(output.text.find("node ("), std::string::npos) << output.text;
        EXPECT_NE(output.text.find("protected"), std::string::npos) << output.text;
        EXPECT_EQ(actions_of(id).back(), "refused");
    }
    EXPECT_EQ(attack(web_, "read /tmp/x") | attack(node, "read /tmp/x"), 0) << "nothing is contained";
    const auto alone = run(command);
    EXPECT_EQ(alone.status, 0) << "the file alone, of which nobody dies: " << alone.text;
    expect_refused(node, "read /tmp/x");
    must("touch " + node.directory() + "/rootfs/tmp/map.go; rmdir /sys/fs/cgroup" + made);
    EXPECT_LT(node.ended(), 128) << "it was not killed";
}

TEST_F(Instances, OneThatCameInBetweenIsSaid) {
    const auto id = requested();
    const auto shown = preview(id);
    ASSERT_EQ(shown["parts"].size(), 3u) << shown;
    const std::string command = "quell approve " + id + "@" + shown["offer"].value("digest", "") + " quarantine-file --all-instances --reason x";
    drop(innocent_, "/tmp/late");
    auto output = run(command);
    EXPECT_EQ(output.status, 5) << output.text;
    EXPECT_NE(output.text.find("/tmp/late is new"), std::string::npos) << output.text;
    // and where the file itself is another one by now, nothing is looked for
    EXPECT_EQ(web_.exec("rm /tmp/x; printf y >/tmp/x").status, 0);
    output = run(command);
    EXPECT_NE(output.status, 0) << output.text;
    EXPECT_EQ(attack(same_, "read /tmp/x"), 0) << "nothing is contained";
    const auto actions = actions_of(id);
    EXPECT_EQ(std::count(actions.begin(), actions.end(), "refused"), 2) << Json(actions);
}

}  // namespace
}  // namespace quell::guest

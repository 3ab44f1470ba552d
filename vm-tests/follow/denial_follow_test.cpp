// SPDX-License-Identifier: Apache-2.0
// A workload whose writes, or an executable of whose are denied, comes back:
// from a bundle by crun and runc, with the OCI hook and without.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

#include "vm-tests/follow/following.h"
#include "vm-tests/harness/losses.h"

namespace quell::guest {
namespace {

constexpr const char* kTool = "/usr/sbin/tool";
const std::string kFollowRules = std::string(kPolicyDirectory) + "/following.yaml";

// A container whose init writes and executes from its first instruction on.
class Early : public Container {
public:
    Early(const std::string& name, ContainerOptions options, const std::string& place, const std::string& tool) : Container(name, with(std::move(options), place, tool)) {
        const auto lower = directory() + "/lower";
        must("cp /w/early " + lower + "/bin/early; cp /w/early " + lower + kTool + "; cp /w/acts " + lower + "/usr/sbin/actor; mkdir -p " + lower + "/data/sub");
        start();
    }
    [[nodiscard]] int said(const std::string& what) const { return said_by(*this, what); }

private:
    static ContainerOptions with(ContainerOptions options, const std::string& place, const std::string& tool) {
        options.arguments = {"/bin/early", "/tmp", place, tool};
        return options;
    }
};

class FollowDenied : public testing::Test {
protected:
    static void SetUpTestSuite() {
        must(std::string("rm -f ") + kPolicyDirectory + "/*");
        write(kFollowRules, R"(apiVersion: quell/v1
kind: Policy
metadata: {name: following}
spec:
  rules:
    - id: emptied
      severity: high
      on: [truncate]
      where: {subject: container}
      match: {path: [/var/log/**]}
      respond: {offer: [deny-write], expires: 1h}
    - id: executed
      severity: high
      on: [exec]
      where: {subject: container}
      match: {path: [/usr/sbin/tool, /tmp/tool]}
      respond: {offer: [deny-exec], expires: 1h}
    - id: connected
      severity: high
      on: [connect]
      where: {subject: container}
      respond: {offer: [deny-exec], expires: 1h}
)");
        must("quell policy apply");
    }
    static void TearDownTestSuite() {
        must("rm -f " + kFollowRules);
        apply_pack();
    }
    void SetUp() override { allow_counter("pending-subject"); }  // `early` executes what a rule names again and again
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }

    static Output approved(const std::string& id, const std::string& response, const std::string& options) {
        return run("quell approve " + id + "@" + digest_of(id, response) + " " + response + " " + options + " --reason test");
    }
    // Denied, and followed by these paths: its incident.
    static std::string writes_followed(const Container& container, const std::string& name, const std::string& options, const Json& paths) {
        EXPECT_EQ(attack(container, "truncate /var/log/b.log"), 0);
        return followed(pending_id(name, "truncate"), "deny-write", options, paths);
    }
    static std::string exec_followed(const std::string& name, const std::string& path) { return followed(pending_id(name, "exec"), "deny-exec", "--follow 1h", {path}); }

private:
    static std::string followed(const std::string& id, const std::string& response, const std::string& options, const Json& paths) {
        const auto output = approved(id, response, options);
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_EQ(show(id).value("follow", Json::object()).value("paths", Json()), paths) << show(id);
        return id;
    }
};

class FollowDeniedBy : public FollowDenied, public testing::WithParamInterface<const char*> {};

TEST_P(FollowDeniedBy, ItMayNotWriteFromItsFirstInstruction) {
    Early victim("writes", options_of(hooked(), GetParam()), "/data/sub", kTool), neighbour("beside", options_of(hooked(), GetParam()), "/data/sub", kTool);
    EXPECT_EQ(victim.said("write-first"), 0);
    const auto id = writes_followed(victim, "writes", "--below /data --follow 1h", {"/data"});
    EXPECT_NE(victim.said("write-refused"), -1);

    const auto before = denied("inode_create");
    victim.start();
    EXPECT_EQ(victim.said("write-first"), EPERM);
    EXPECT_EQ(victim.said("write-refused"), 0) << "not one went well";
    EXPECT_EQ(victim.said("exec-first"), 0);
    EXPECT_GT(denied("inode_create"), before);
    EXPECT_EQ(attack(victim, "creat /tmp/new"), 0) << "beside it";
    const auto again = came_back(id, 1);
    expect_in_time(id, again);
    EXPECT_EQ(Json::parse(row_of(again, "approved").value("detail", "{}")).value("below", ""), "/data");

    neighbour.start();
    EXPECT_EQ(neighbour.said("write-first"), 0) << "another workload";
    EXPECT_EQ(undo(id), 0);
    EXPECT_NE(victim.said("write-let"), -1);
    EXPECT_EQ(show(again)["state"], "undone");
    victim.start();
    EXPECT_EQ(victim.said("write-first"), 0) << "it is followed no longer";
}

TEST_P(FollowDeniedBy, ItIsNotExecutedFromTheFirstInstruction) {
    Early victim("executes", options_of(hooked(), GetParam()), "/data", kTool), neighbour("beside", options_of(hooked(), GetParam()), "/data", kTool);
    EXPECT_EQ(victim.said("exec-first"), 0);
    const auto id = exec_followed("executes", kTool);
    EXPECT_NE(victim.said("exec-refused"), -1);

    const auto before = denied("bprm_check_security");
    victim.start();
    EXPECT_EQ(victim.said("exec-first"), EPERM);
    EXPECT_EQ(victim.said("exec-refused"), 0) << "not one went well";
    EXPECT_EQ(victim.said("write-first"), 0);
    EXPECT_GT(denied("bprm_check_security"), before);
    const auto again = came_back(id, 1);
    expect_in_time(id, again);
    EXPECT_EQ(rows_with(again, "another file"), 0) << "it is the layer's own again";

    neighbour.start();
    EXPECT_EQ(neighbour.said("exec-first"), 0) << "another workload";
    EXPECT_EQ(undo(id), 0);
    EXPECT_NE(victim.said("exec-let"), -1);
    EXPECT_EQ(show(again)["state"], "undone");
}

INSTANTIATE_TEST_SUITE_P(Runtimes, FollowDeniedBy, testing::Values("crun", "runc"), [](const auto& test) { return std::string(test.param); });

TEST_F(FollowDenied, TheDirectoryOfTheEventIsFoundByItsPath) {
    Early victim("event", options_of(hooked()), "/var/log", kTool);
    const auto id = writes_followed(victim, "event", "--follow 1h", {"/var/log"});
    victim.start();
    EXPECT_EQ(victim.said("write-first"), EPERM);
    EXPECT_EQ(attack(victim, "creat /data/sub/new"), 0) << "what is beside it is not meant";
    expect_in_time(id, came_back(id, 1));
    EXPECT_EQ(undo(id), 0);
}

// What is mounted at its start is mounted below a root that its first process has not changed to yet.
TEST_F(FollowDenied, WhatIsMountedBelowCountsAtTheHook) {
    must("rm -rf /srv/volume && mkdir -p /srv/volume");
    auto options = options_of(hooked());
    options.mounts.push_back({{"destination", "/data/sub"}, {"type", "bind"}, {"source", "/srv/volume"}, {"options", {"bind", "rw"}}});
    Early victim("mounts", options, "/data/sub", kTool);
    const auto id = writes_followed(victim, "mounts", "--below /data --follow 1h", {"/data"});
    victim.start();
    EXPECT_EQ(victim.said("write-first"), EPERM);
    const auto again = came_back(id, 1);
    expect_in_time(id, again);
    EXPECT_EQ(Json::parse(row_of(again, "approved").value("detail", "{}")).value("below", ""), "/data with what is mounted at /data/sub");
    EXPECT_EQ(run("touch /srv/volume/host").status, 0) << "the host is not meant";
    EXPECT_EQ(undo(id), 0);
}

// Started again on the same upper layer: what was denied at first is another directory's name by now.
TEST_F(FollowDenied, WhatWasRenamedMeanwhileStaysDenied) {
    Early victim("renamed", options_of(hooked()), "/data", kTool);
    EXPECT_EQ(victim.exec("mkdir -p /tmp/app/data").status, 0);
    const auto id = writes_followed(victim, "renamed", "--below /tmp/app/data --follow 1h", {"/tmp/app/data"});
    EXPECT_EQ(attack(victim, "creat /tmp/app/data/new"), EPERM);
    EXPECT_EQ(victim.exec("mv /tmp/app /tmp/old && mkdir -p /tmp/app/data").status, 0);
    EXPECT_EQ(attack(victim, "creat /tmp/app/data/new"), 0) << "another directory at that path";
    victim.restart();
    expect_in_time(id, came_back(id, 1));
    EXPECT_EQ(attack(victim, "creat /tmp/old/data/new"), EPERM);
    EXPECT_EQ(attack(victim, "creat /tmp/app/data/more"), EPERM);
    EXPECT_EQ(undo(id), 0);
    EXPECT_EQ(attack(victim, "creat /tmp/old/data/new"), 0);
}

// Nor does who could write above it lead the denial elsewhere.
TEST_F(FollowDenied, ALinkInItsPlaceLeadsNowhere) {
    Early victim("linked", options_of(hooked()), "/data", kTool);
    EXPECT_EQ(victim.exec("mkdir -p /tmp/app/data").status, 0);
    const auto id = writes_followed(victim, "linked", "--below /tmp/app/data --follow 1h", {"/tmp/app/data"});
    EXPECT_EQ(victim.exec("mv /tmp/app /tmp/old && mkdir -p /tmp/else/data && ln -s else /tmp/app").status, 0);
    victim.restart();
    EXPECT_TRUE(eventually([&] { return rows_with(id, "came back, and is not contained: /tmp/app/data: a symbolic link leads elsewhere") == 1; })) << quell("history --incident " + id);
    EXPECT_EQ(attack(victim, "creat /tmp/else/data/new"), 0);
    EXPECT_EQ(undo(id), 0);
}

TEST_F(FollowDenied, APathThatIsNotThereIsToldOnceAndMetWhenItIs) {
    Early victim("dropped", options_of(hooked()), "/data", "/tmp/tool");
    EXPECT_EQ(victim.said("exec-first"), ENOENT);
    EXPECT_EQ(victim.exec("cp /bin/early /tmp/tool").status, 0);
    const auto id = exec_followed("dropped", "/tmp/tool");
    EXPECT_NE(victim.said("exec-refused"), -1);

    victim.start();  // on a new upper layer
    EXPECT_EQ(victim.said("exec-first"), ENOENT);
    const std::string told = "came back, and is not contained: /tmp/tool: No such file or directory";
    EXPECT_TRUE(eventually([&] { return rows_with(id, told) > 0; })) << quell("history --incident " + id);
    must("sleep 3");
    EXPECT_EQ(rows_with(id, told), 1);
    EXPECT_EQ(show(id)["follow"]["times"], 0);
    EXPECT_EQ(victim.exec("cp /bin/early /tmp/tool").status, 0);
    const auto again = came_back(id, 1);
    EXPECT_NE(victim.said("exec-refused"), -1);
    EXPECT_TRUE(eventually([&] { return rows_with(again, "another file lies at /tmp/tool") == 1; })) << quell("history --incident " + again);
    EXPECT_GT(show(id)["follow"].value("longest_window_us", std::int64_t{0}), 0);
    EXPECT_EQ(undo(id), 0);
}

TEST_F(FollowDenied, AHookThatRequiresItHoldsUpTheStartWhereAPathIsMissing) {
    Early victim("missing", options_of(hooked(true)), "/data", kTool);
    EXPECT_EQ(victim.exec("mkdir /tmp/place").status, 0);
    const auto id = writes_followed(victim, "missing", "--below /tmp/place --follow 1h", {"/tmp/place"});
    (void)run("crun --cgroup-manager=cgroupfs delete -f missing; rm -rf " + victim.directory() + "/rootfs/tmp/place " + victim.directory() + "/rootfs/tmp/write-first");
    const auto started = run("cd " + victim.directory() + " && timeout 20 crun --cgroup-manager=cgroupfs run -d missing </dev/null >out 2>&1");
    EXPECT_NE(started.status, 0) << run("cat " + victim.directory() + "/out").text;
    EXPECT_FALSE(has_said_it(victim, "write-first"));
    EXPECT_EQ(rows_with(id, "/tmp/place: No such file or directory"), 1) << quell("history --incident " + id);
    EXPECT_EQ(undo(id), 0);
}

TEST_F(FollowDenied, WithoutTheHookTheWindowIsTold) {
    Early victim("late", options_of(Json()), "/data", kTool);
    const auto writes = writes_followed(victim, "late", "--below /data --follow 1h", {"/data"});
    const auto executes = exec_followed("late", kTool);
    victim.start();
    EXPECT_NE(victim.said("write-refused"), -1) << run("tail -n 20 /var/log/quelld.console").text;
    EXPECT_NE(victim.said("exec-refused"), -1);
    for (const auto& id : {writes, executes}) {
        const auto again = came_back(id, 1);
        EXPECT_TRUE(eventually([&] { return rows_with(again, "after its first execution; no OCI hook told of it") == 1; })) << quell("history --incident " + again);
        EXPECT_GT(show(id)["follow"].value("longest_window_us", std::int64_t{0}), 0);
        EXPECT_EQ(undo(id), 0);
    }
    EXPECT_NE(victim.said("write-let"), -1);
    EXPECT_NE(victim.said("exec-let"), -1);
}

TEST_F(FollowDenied, GoesOnOverARestartOfTheDaemon) {
    Early victim("lasting", options_of(hooked()), "/data", kTool);
    const auto id = exec_followed("lasting", kTool);
    EXPECT_TRUE(eventually([] { return run("grep -q '\"paths\":\\[\"' /var/lib/quell/followed.json").status == 0; })) << "it is on the disk";
    kill_daemon(SIGKILL);
    start_daemon();
    victim.start();
    EXPECT_EQ(victim.said("exec-first"), EPERM);
    expect_in_time(id, came_back(id, 1));
    kill_daemon(SIGTERM);
    start_daemon();
    EXPECT_EQ(show(id)["follow"]["times"], 1) << "adopted, and not asked for anew";
    EXPECT_EQ(undo(id), 0);
    EXPECT_NE(victim.said("exec-let"), -1);
}

// A connection has no path: it is the executable of who made it.
TEST_F(FollowDenied, TheExecutableOfWhoActedIsFollowedWhereItsPathLeadsToIt) {
    Early victim("actor", options_of(hooked()), "/data", kTool), moved("moved", options_of(hooked()), "/data", kTool);
    EXPECT_EQ(moved.exec("/usr/sbin/actor connect 127.0.0.1 7000; mv /usr/sbin/actor /usr/sbin/away").status, 0);
    const auto other = pending_id("moved", "connect");
    const auto refused = approved(other, "deny-exec", "--follow 1h");
    EXPECT_NE(refused.status, 0);
    EXPECT_NE(refused.text.find("/usr/sbin/actor: No such file or directory"), std::string::npos) << refused.text;
    EXPECT_EQ(show(other)["state"], "pending");

    (void)victim.exec("/usr/sbin/actor connect 127.0.0.1 7000");
    const auto id = pending_id("actor", "connect");
    const auto output = approved(id, "deny-exec", "--follow 1h");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["follow"]["paths"], Json::array({"/usr/sbin/actor"}));
    victim.start();
    EXPECT_EQ(attack(victim, "execute /usr/sbin/actor"), EPERM);
    expect_in_time(id, came_back(id, 1));
    EXPECT_EQ(undo(id), 0);
}

}  // namespace
}  // namespace quell::guest

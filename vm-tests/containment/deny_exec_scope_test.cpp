// SPDX-License-Identifier: Apache-2.0
// deny-exec: which file it is, for whom, and beside what.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/containment/denying.h"

namespace quell::guest {
namespace {

class DeniedFor : public Denying {
protected:
    // Executed by /bin/denied in the container, or /w/denied on the host: its errno, 0 when it ran.
    static int executed(const Container& container, const std::string& file) { return container.exec("/bin/denied execute " + file).status; }
    static int executed_on_host(const std::string& file) { return run("/w/denied execute " + file).status; }
    static void expect_refused_at_exec(const Container& container, const std::string& file) {
        const auto before = denied("bprm_check_security");
        EXPECT_EQ(executed(container, file), EPERM) << file;
        EXPECT_GT(denied("bprm_check_security"), before) << file;
    }
};

ContainerOptions with_volume() {
    must("mkdir -p /srv/denied-volume && cp /w/denied /srv/denied-volume/denied");
    return {.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/denied-volume"}, {"options", {"bind", "rw"}}}}};
}

TEST_F(DeniedFor, OneContainerWhereItIsOnAVolume) {
    Container first("first", with_volume()), second("second", with_volume());
    for (auto* one : {&first, &second}) {
        lay_into(*one);
        one->start();
        EXPECT_EQ(one->exec("/vol/denied nothing").status, 0);
    }
    const auto of_first = pending_id("first", "exec"), of_second = pending_id("second", "exec");
    EXPECT_EQ(offer_of(of_first).value("target", ""), "/vol/denied, in first (" + first.id().substr(0, 12) + ") alone");
    deny(of_first);
    EXPECT_NE(row(of_first, "enforcing").value("result", "").find("in the container"), std::string::npos);
    expect_refused_at_exec(first, "/vol/denied");
    const auto innocent = denied_anywhere();
    EXPECT_EQ(executed(second, "/vol/denied"), 0);
    EXPECT_EQ(executed_on_host("/srv/denied-volume/denied"), 0);
    EXPECT_EQ(denied_anywhere(), innocent);
    deny(of_second);
    expect_refused_at_exec(second, "/vol/denied");
    allow(of_first);
    EXPECT_EQ(executed(first, "/vol/denied"), 0);
    expect_refused_at_exec(second, "/vol/denied");
    second.destroy();
    EXPECT_TRUE(eventually([&] { return show(of_second)["state"] == "gone"; })) << show(of_second)["state"];
    EXPECT_EQ(actions_of(of_second), (Actions{"detected", "approved", "flipped", "enforcing", "gone"}));
    // by name on the host it is everybody's
    const auto all = respond("deny-exec", "--file /srv/denied-volume/denied");
    EXPECT_EQ(all.value("state", ""), "enforcing") << all;
    expect_refused_at_exec(first, "/vol/denied");
    EXPECT_EQ(executed_on_host("/srv/denied-volume/denied"), EPERM);
    allow(all.value("id", "0"));
    EXPECT_EQ(executed_on_host("/srv/denied-volume/denied"), 0);
    EXPECT_EQ(executed(first, "/vol/denied"), 0);
}

TEST_F(DeniedFor, EveryContainerWhereTheLayersOwnFileIsNamed) {
    must("rm -rf /srv/denied-layer; mkdir -p /srv/denied-layer/usr/sbin && cp /w/denied /srv/denied-layer/usr/sbin/shared");
    Container first("first", {.layers = {"/srv/denied-layer"}}), second("second", {.layers = {"/srv/denied-layer"}});
    for (auto* one : {&first, &second}) {
        lay_into(*one);
        one->start();
        EXPECT_EQ(executed(*one, "/usr/sbin/shared"), 0);
    }
    const auto all = respond("deny-exec", "--file /srv/denied-layer/usr/sbin/shared");
    EXPECT_EQ(all.value("state", ""), "enforcing") << all;
    for (auto* one : {&first, &second}) {
        expect_refused_at_exec(*one, "/usr/sbin/shared");
        EXPECT_EQ(one->exec("/bin/denied chmod /usr/sbin/shared").status, EPERM) << "its copy would run";
        EXPECT_EQ(one->exec("/bin/denied map /usr/sbin/shared").status, EPERM);
    }
    allow(all.value("id", "0"));
    for (auto* one : {&first, &second}) EXPECT_EQ(executed(*one, "/usr/sbin/shared"), 0);
}

TEST_F(DeniedFor, WhoActedWhereThereIsNoObject) {
    Container victim("actor");
    lay_into(victim);
    must("cp /w/acts " + victim.directory() + "/lower/usr/sbin/acted");
    victim.start();
    (void)victim.exec("/usr/sbin/acted user-namespace");
    const auto id = pending_id("actor", "user-namespace");
    EXPECT_EQ(offer_of(id).value("target", ""), "/usr/sbin/acted, to anyone");
    deny(id);
    expect_refused_at_exec(victim, "/usr/sbin/acted");
    const auto innocent = denied_anywhere();
    EXPECT_EQ(executed(victim, "/bin/denied"), 0);
    EXPECT_EQ(denied_anywhere(), innocent);
    allow(id);
    EXPECT_EQ(victim.exec("/usr/sbin/acted nothing").status, 0);
}

TEST_F(DeniedFor, WhatAProcessExecutes) {
    must("mkdir -p /srv/denied; cp /w/denied /srv/denied/process; rm -f /srv/denied/stay.*; setsid /srv/denied/process stay /srv/denied/stay >/dev/null 2>&1 </dev/null &");
    EXPECT_TRUE(eventually([] { return run("test -e /srv/denied/stay.ready").status == 0; }));
    const auto pid = must("pgrep -x -f '/srv/denied/process stay /srv/denied/stay' | tr -d '\\n'");
    const auto made = respond("deny-exec", "--pid " + pid);
    EXPECT_EQ(made.value("state", ""), "enforcing") << made;
    EXPECT_EQ(executed_on_host("/srv/denied/process"), EPERM);
    EXPECT_EQ(run("kill -0 " + pid).status, 0) << "it goes on";
    allow(made.value("id", "0"));
    EXPECT_EQ(executed_on_host("/srv/denied/process"), 0);
    must("touch /srv/denied/stay.go");
    EXPECT_TRUE(eventually([&] { return run("kill -0 " + pid).status != 0; }));
    must("rm -rf /srv/denied");
}

TEST_F(DeniedFor, AFileThatIsQuarantinedToo) {
    Container victim("both");
    lay_into(victim);
    victim.start();
    EXPECT_EQ(victim.exec("/usr/sbin/denied nothing").status, 0);
    const auto id = pending_id("both", "exec");
    deny(id);
    // once more: told, and by a row
    const auto again = run("quell respond deny-exec --container both --file /usr/sbin/denied --yes --reason again");
    EXPECT_NE(again.status, 0);
    EXPECT_NE(again.text.find("denied already by incident " + id), std::string::npos) << again.text;
    const auto quarantine = respond("quarantine-file", "--container both --file /usr/sbin/denied");
    EXPECT_EQ(quarantine.value("state", ""), "enforcing") << quarantine;
    const auto before = denied("file_open");
    EXPECT_EQ(victim.exec("/bin/denied map-read /usr/sbin/denied").status, EPERM);
    EXPECT_GT(denied("file_open"), before);
    allow(quarantine.value("id", "0"));
    EXPECT_EQ(victim.exec("/bin/denied map-read /usr/sbin/denied").status, 0) << "it may be read again";
    expect_refused_at_exec(victim, "/usr/sbin/denied");
    allow(id);
    EXPECT_EQ(executed(victim, "/usr/sbin/denied"), 0);
}

TEST_F(DeniedFor, NobodyWhereItIsQuellsOrPid1s) {
    for (const char* file : {"/usr/sbin/quelld", "/usr/bin/quell"}) {
        const auto output = run(std::string("quell respond deny-exec --file ") + file + " --yes --reason no");
        EXPECT_NE(output.status, 0) << file;
        EXPECT_EQ(run(std::string("test -x ") + file).status, 0);
    }
    const auto init = must("readlink /proc/1/exe | tr -d '\\n'");
    const auto output = run("quell respond deny-exec --file " + init + " --yes --reason no");
    EXPECT_NE(output.status, 0) << init;
    EXPECT_NE(output.text.find("protected"), std::string::npos) << output.text;
}

}  // namespace
}  // namespace quell::guest

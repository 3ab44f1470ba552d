// SPDX-License-Identifier: Apache-2.0
// deny-exec: every way to execute a file or to map it executable, with the
// hook that refuses it and counts it: of an image, of a container's upper
// layer, of the host.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "vm-tests/containment/denying.h"
#include "vm-tests/harness/losses.h"

namespace quell::guest {
namespace {

struct Way {
    const char* how;  // of denied.c
    const char* hook;
    const char* in_image = nullptr;  // the hook that refuses it first where the file is an image's
};

constexpr Way kWays[] = {
    {"execute", "bprm_check_security"},
    {"descriptor", "bprm_check_security"},
    {"by-proc", "bprm_check_security"},
    {"link", "bprm_check_security", "inode_copy_up"},
    {"rename", "bprm_check_security", "inode_copy_up"},
    {"bind", "bprm_check_security"},
    {"script", "bprm_check_security"},
    {"overlay", "bprm_check_security"},
    {"map", "mmap_file"},
    {"map-shared", "mmap_file"},
    {"map-implied", "mmap_file"},
    {"overlay-map", "mmap_file"},
    {"overlay-copy-up", "inode_copy_up"},
};

// Opened or mapped before the denial, used afterwards.
constexpr Way kHeld[] = {{"old-mprotect", "file_mprotect"}, {"old-mmap", "mmap_file"}, {"old-descriptor", "bprm_check_security"}};

enum class Place { Image, Upper, Host };

class DenyExec : public Denying {
protected:
    void begin(Place place) {
        allow_counter("walk-outside");  // by an overlay that the attacker mounts
        place_ = place;
        if (place == Place::Host) {
            file_ = "/srv/denied/denied";
            scratch_ = "/srv/denied/";
            must("rm -rf /srv/denied; mkdir -p /srv/denied; cp /w/denied " + file_);
            return;
        }
        victim_ = std::make_unique<Container>("deny");
        lay_into(*victim_);
        victim_->start();
        root_ = victim_->directory() + "/rootfs";
        scratch_ = "/tmp/";
        file_ = place == Place::Image ? "/usr/sbin/denied" : "/tmp/denied";
        if (place == Place::Upper) {
            EXPECT_EQ(victim_->exec("cp /bin/denied /tmp/denied").status, 0);
        }
    }
    void TearDown() override {
        (void)run("for go in " + root_ + scratch_ + "*.ready; do touch ${go%.ready}.go; done");
        victim_.reset();
        must("rm -rf /srv/denied");
        Denying::TearDown();
    }
    [[nodiscard]] Output in(const std::string& command) const { return victim_ ? victim_->exec(command) : run(command); }
    [[nodiscard]] std::string by(const std::string& how, const std::string& file) const { return (victim_ ? "/bin/denied " : "/w/denied ") + how + " " + file + " " + scratch_ + how; }
    // Returns when it has begun; its exit status goes to a file.
    void hold(const std::string& command, const std::string& how) const {
        const std::string name = scratch_ + how;
        (void)in("(" + command + " >/dev/null 2>&1; echo $? >" + name + ".status) >/dev/null 2>&1 </dev/null &");
        EXPECT_TRUE(eventually([&] { return std::filesystem::exists(root_ + name + ".ready"); })) << how;
    }
    [[nodiscard]] std::string ended(const std::string& how) const {
        const std::string name = root_ + scratch_ + how;
        must("touch " + name + ".go");
        EXPECT_TRUE(eventually([&] { return run("test -s " + name + ".status").status == 0; })) << how;
        return run("cat " + name + ".status").text;
    }
    void expect_way(const Way& way) const {
        const char* hook = place_ == Place::Image && way.in_image ? way.in_image : way.hook;
        const auto before = denied(hook);
        const auto output = in(by(way.how, file_));
        EXPECT_EQ(output.status, EPERM) << way.how << ": " << output.text;
        EXPECT_GT(denied(hook), before) << way.how;
    }
    void expect_every_way_refused() {
        hold(file_ + " stay " + scratch_ + "stay", "stay");  // the event: what executes it goes on
        hold(by("old-map", file_), "old-map");
        for (const auto& way : kHeld) hold(by(way.how, file_), way.how);
        const auto id = victim_ ? pending_id("deny", "exec") : pending_on_host("exec");
        const auto offer = offer_of(id);
        EXPECT_EQ(offer.value("target", ""), file_ + ", to anyone");
        EXPECT_NE(offer.value("warning", "").find("1 process executes it now, and goes on"), std::string::npos) << offer;
        EXPECT_EQ(offer.value("undo", ""), "allow");
        deny(id);
        EXPECT_NE(row(id, "enforcing").value("result", "").find("it is executed no more, by anyone; 1 process executes it, and goes on"), std::string::npos) << row(id, "enforcing");

        for (const auto& way : kWays) expect_way(way);
        for (const auto& way : kHeld) {
            const auto before = denied(way.hook);
            EXPECT_EQ(ended(way.how), std::to_string(EPERM) + "\n") << way.how;
            EXPECT_GT(denied(way.hook), before) << way.how;
        }
        must("echo 3 > /proc/sys/vm/drop_caches");
        expect_way(kWays[0]);  // after eviction
        const auto innocent = denied_anywhere();
        EXPECT_EQ(ended("old-map"), "0\n") << "what was executable before";
        EXPECT_EQ(ended("stay"), "0\n") << "who executed it before";
        EXPECT_EQ(in("cat " + file_ + " >/dev/null").status, 0) << "reading stays allowed";
        EXPECT_EQ(in(by("map-read", file_)).status, 0);
        EXPECT_EQ(denied_anywhere(), innocent);
        allow(id);
        EXPECT_EQ(in(by("execute", file_)).status, 0) << "after the undo";
        for (const char* how : {"map", "link", "rename"}) EXPECT_EQ(in(by(how, file_)).status, 0) << how << " after the undo";
        EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "enforcing", "undone"}));
    }

    std::unique_ptr<Container> victim_;
    std::string root_, file_, scratch_;
    Place place_ = Place::Image;
};

TEST_F(DenyExec, EveryWayToItIsRefusedUntilItIsUndone) {
    begin(Place::Image);
    expect_every_way_refused();
}

TEST_F(DenyExec, OfAContainersUpperLayer) {
    begin(Place::Upper);
    expect_every_way_refused();
}

TEST_F(DenyExec, OfTheHost) {
    begin(Place::Host);
    expect_every_way_refused();
}

TEST_F(DenyExec, TheSameFileOfTheImageStaysExecutableElsewhere) {
    begin(Place::Image);
    Container neighbour("other");
    lay_into(neighbour);
    neighbour.start();
    EXPECT_EQ(in(file_ + " nothing").status, 0);
    const auto id = pending_id("deny", "exec");
    deny(id);
    EXPECT_EQ(run("/w/denied execute " + root_ + file_).status, EPERM) << "the container's own, by the host";
    for (const char* how : {"by-self-root", "by-chroot", "by-user-bind"}) EXPECT_EQ(attack(*victim_, std::string(how) + " execute " + file_), EPERM) << how;
    const auto before = denied("inode_copy_up");
    EXPECT_EQ(in(by("chmod", file_)).status, EPERM) << "it is not copied up";
    EXPECT_GT(denied("inode_copy_up"), before);
    const auto innocent = denied_anywhere();
    EXPECT_EQ(neighbour.exec(file_ + " nothing").status, 0) << "in another container";
    EXPECT_EQ(run(victim_->directory() + "/lower" + file_ + " nothing").status, 0) << "the image's layer";
    EXPECT_EQ(in("/bin/denied nothing").status, 0) << "another file with the same content";
    EXPECT_EQ(in("cp /bin/denied /tmp/new && mv /tmp/new " + file_).status, 0) << "it may be replaced";
    EXPECT_EQ(in(file_ + " nothing").status, 0) << "by another file";
    EXPECT_EQ(denied_anywhere(), innocent);
    allow(id);
}

// Between the event and the flip the file becomes another one: its copy in the upper layer.
TEST_F(DenyExec, ItsCopyInTheUpperLayerIsMetRightAfterTheFlip) {
    begin(Place::Image);
    EXPECT_EQ(in(file_ + " nothing").status, 0);
    const auto id = pending_id("deny", "exec");
    EXPECT_EQ(in(by("chmod", file_)).status, 0);
    EXPECT_TRUE(std::filesystem::exists(victim_->directory() + "/upper" + file_));
    deny(id);
    must("echo 3 > /proc/sys/vm/drop_caches");
    EXPECT_EQ(run("/w/denied execute " + victim_->directory() + "/upper" + file_).status, EPERM) << "it has a record of its own";
    expect_way(kWays[0]);
    allow(id);
    EXPECT_EQ(in(file_ + " nothing").status, 0);
    EXPECT_EQ(run(victim_->directory() + "/upper" + file_ + " nothing").status, 0) << "both records are gone";
}

TEST_F(DenyExec, ByTheDynamicLoaderAndAsALibrary) {
    begin(Place::Host);
    must("cp /bin/true " + file_ + "; cp /lib/x86_64-linux-gnu/libm.so.6 /srv/denied/library");
    const std::string loader = "/lib64/ld-linux-x86-64.so.2 " + file_, preload = "LD_PRELOAD=/srv/denied/library /bin/true 2>&1";
    must(loader);
    must(file_);
    EXPECT_EQ(must(preload), "");
    const auto id = pending_on_host("exec");
    deny(id);
    auto before = denied("mmap_file");
    EXPECT_NE(run(loader).status, 0);
    EXPECT_GT(denied("mmap_file"), before);
    EXPECT_EQ(must(preload), "") << "another file";
    const auto library = respond("deny-exec", "--file /srv/denied/library");
    EXPECT_EQ(library.value("state", ""), "enforcing") << library;
    before = denied("mmap_file");
    EXPECT_NE(run(preload).text.find("cannot be preloaded"), std::string::npos);
    EXPECT_GT(denied("mmap_file"), before);
    allow(id);
    allow(library.value("id", "0"));
    must(loader);
    EXPECT_EQ(must(preload), "");
}

TEST_F(DenyExec, ACopyAndAMemfdRunAndAreToldByTheirRules) {
    begin(Place::Image);
    EXPECT_EQ(in(file_ + " nothing").status, 0);
    const auto id = pending_id("deny", "exec");
    const auto offer = offer_of(id);
    EXPECT_NE(offer.value("warning", "").find("a copy of it is another file"), std::string::npos) << offer;
    deny(id);
    for (const auto& [how, rule] : {std::pair{"copy", "copies"}, {"memory", "in-memory"}}) {
        const auto innocent = denied_anywhere();
        EXPECT_EQ(in(by(how, file_)).status, 0) << how;
        EXPECT_EQ(denied_anywhere(), innocent) << how;
        EXPECT_TRUE(wait_for([&, of = rule](const Json& one) { return one["rule"] == of; })) << rule;
    }
    allow(id);
}

TEST_F(DenyExec, HoldsWithoutADaemonAndIsUndoneByTheNext) {
    begin(Place::Image);
    EXPECT_EQ(in(file_ + " nothing").status, 0);
    const auto id = pending_id("deny", "exec");
    deny(id);
    kill_daemon(9);
    expect_way(kWays[0]);
    expect_way({"map", "mmap_file"});
    start_daemon();
    EXPECT_EQ(show(id)["state"], "enforcing");
    expect_way(kWays[0]);
    allow(id);
    EXPECT_EQ(in(file_ + " nothing").status, 0);
}

TEST_F(DenyExec, EndsWithTheContainersRoot) {
    begin(Place::Image);
    EXPECT_EQ(in(file_ + " nothing").status, 0);
    const auto id = pending_id("deny", "exec");
    deny(id);
    victim_->restart();  // on the same layer
    EXPECT_EQ(in("/bin/denied execute " + file_).status, EPERM);
    victim_->destroy();
    must("rm -rf " + victim_->directory() + "/upper");
    EXPECT_TRUE(eventually([&] { return show(id)["state"] == "gone"; })) << show(id)["state"];
    EXPECT_EQ(actions_of(id), (Actions{"detected", "approved", "flipped", "enforcing", "gone"}));
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// Every way to clear a log, from every kind of place a log directory can be.
#include <gtest/gtest.h>

#include "vm-tests/harness/container.h"

namespace quell::guest {
namespace {

struct Way {
    const char* name;
    const char* attack;     // arguments of the attack program; it runs in the container
    const char* operation;  // the word of the incident

    // Leaves nothing of the place for the next one.
    [[nodiscard]] bool hides() const { return std::string_view(operation) == "mount-over" || std::string_view(attack).starts_with("by-bind"); }
};

const Way kWays[] = {
    {"unlink", "unlink /var/log/b.log", "delete"},
    {"rename away", "rename-away /var/log/b.log /var/log/gone", "rename"},
    {"rename over", "rename-over /var/log/b.log /var/log/c.log", "rename"},
    {"exchange", "exchange /var/log/b.log /var/log/c.log", "rename"},
    {"truncate", "truncate /var/log/b.log", "truncate"},
    {"ftruncate", "ftruncate /var/log/b.log", "truncate"},
    {"O_TRUNC", "open-truncate /var/log/b.log", "truncate"},
    {"creat over", "creat /var/log/b.log", "truncate"},
    {"by a descriptor", "by-descriptor /var/log/b.log", "delete"},
    {"by /proc/self/root", "by-self-root /var/log/b.log", "delete"},
    {"by /proc/1/root", "by-init-root /var/log/b.log", "delete"},
    {"by chroot", "by-chroot /var/log/b.log", "delete"},
    {"by a bind elsewhere", "by-bind /var/log/b.log /mnt", "delete"},
    {"by io_uring", "io-uring /var/log/b.log", "delete"},
    {"mount over the directory", "mount-over /var/log /tmp", "mount-over"},
    {"mount over a file", "mount-over /var/log/b.log /tmp/other", "mount-over"},
    {"mount over an ancestor", "mount-over /var /tmp", "mount-over"},
    {"move_mount over", "move-mount-over /var/log /tmp", "mount-over"},
    {"a private bind over", "mount-over-private /var/log /tmp", "mount-over"},
};

struct Place {
    const char* name;
    std::vector<Json> mounts;
    bool user_namespace = false;
};

Json bind(const std::string& from, const std::string& to) {
    return {{"destination", to}, {"type", "bind"}, {"source", from}, {"options", {"rbind", "rw"}}};
}

class Matrix : public testing::TestWithParam<Place> {};

TEST_P(Matrix, EveryWayIsSeen) {
    const auto& place = GetParam();
    must("rm -rf /srv/volume; mkdir -p /srv/volume/log /srv/volume/outer");
    ContainerOptions options;
    options.mounts = place.mounts;
    options.user_namespace = place.user_namespace;
    Container container("matrix", options);
    container.start();
    for (const auto& way : kWays) {
        (void)container.exec("for f in b.log c.log; do [ -s /var/log/$f ] || echo line >> /var/log/$f; done");
        const auto before = matches();
        const auto output = container.exec(std::string("attack ") + way.attack);
        ASSERT_EQ(output.status, 0) << way.name << ": " << output.text << " (the attack itself did not work)";
        const auto found = wait_for([&](const Json& one) { return one["operation"] == way.operation && one["subject"] == "container"; });
        expect_told(found, before, std::string(way.name) + " in " + place.name);
        reject_all();
        if (way.hides()) container.start();
    }
    EXPECT_EQ(counter("walk-overflow"), 0);
    EXPECT_EQ(counter("home-not-ready"), 0);
    EXPECT_EQ(counter("scratch-full"), 0);
}

INSTANTIATE_TEST_SUITE_P(Places, Matrix,
                         testing::Values(Place{"overlay", {}},
                                         Place{"tmpfs", {{{"destination", "/var/log"}, {"type", "tmpfs"}, {"source", "tmpfs"}}}},
                                         Place{"volume", {bind("/srv/volume/log", "/var/log")}},
                                         Place{"nested", {bind("/srv/volume/outer", "/var"), bind("/srv/volume/log", "/var/log")}},
                                         Place{"userns", {bind("/srv/volume/log", "/var/log")}, true}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Host, EveryWayIsSeenFromTheHostToo) {
    must("mkdir -p /tmp/mnt; echo other > /tmp/other");
    for (const auto& way : kWays) {
        if (std::string(way.operation) == "mount-over" || std::string(way.attack).find("/mnt") != std::string::npos) continue;
        write("/var/log/b.log", "line\n");
        write("/var/log/c.log", "line\n");
        const auto before = matches();
        const auto output = run(std::string("/w/attack ") + way.attack);
        ASSERT_EQ(output.status, 0) << way.name << ": " << output.text;
        expect_told(wait_for([&](const Json& one) { return one["operation"] == way.operation && one["subject"] == "host"; }), before, way.name);
        reject_all();
    }
    for (const char* attack : {"mount-over /var/log /tmp", "mount-over /var /tmp", "move-mount-over /var/log /tmp", "mount-over-private /var/log /tmp", "mount-over /var/log/b.log /tmp/other"}) {
        write("/var/log/b.log", "line\n");
        const auto before = matches();
        ASSERT_EQ(run(std::string("/w/attack ") + attack).status, 0) << attack;
        expect_told(wait_for([](const Json& one) { return one["operation"] == "mount-over" && one["subject"] == "host"; }), before, attack);
        reject_all();
    }
}

struct HostWay {
    const char* prepare;  // with /var/log on a mount of its own, or as it is
    const char* attack;
    const char* operation;
};

TEST(Host, WaysThatTakeAMountOrALink) {
    const char* const kTmpfs = "mount -t tmpfs tmpfs /var/log";
    const char* const kVolume = "mkdir -p /srv/host-log && mount --bind /srv/host-log /var/log";
    must("mkdir -p /mnt");
    for (const auto& way : {HostWay{"true", "link-out /var/log/b.log /var/link", "link"}, HostWay{kTmpfs, "umount /var/log", "unmount"},
                            HostWay{kVolume, "umount /var/log", "unmount"},
                            HostWay{kTmpfs, "unlink /var/log/b.log", "delete"}, HostWay{kVolume, "open-truncate /var/log/b.log", "truncate"},
                            HostWay{kVolume, "rename-away /var/log/b.log /var/log/gone", "rename"}, HostWay{"true", "by-bind /var/log/b.log /mnt", "delete"},
                            HostWay{"true", "by-user-bind /var/log/b.log /mnt", "delete"}}) {
        must(way.prepare);
        write("/var/log/b.log", "line\n");
        const auto before = matches();
        const auto output = run(std::string("/w/attack ") + way.attack);
        EXPECT_EQ(output.status, 0) << way.attack << ": " << output.text;
        expect_told(wait_for([&](const Json& one) { return one["operation"] == way.operation && one["subject"] == "host"; }), before,
                    std::string(way.attack) + " after " + way.prepare);
        (void)run("rm -f /var/link; umount /var/log");
        reject_all();
    }
}

TEST(SensitiveFiles, ReadingThemInAContainerIsSeen) {
    Container container("reader");
    container.start();
    EXPECT_EQ(container.exec("attack read /etc/shadow").status, 0);
    const auto found = wait_for([](const Json& one) { return one["operation"] == "open-read"; });
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)["name"], "Sensitive File Read");
    EXPECT_EQ((*found)["file"]["path"], "/etc/shadow");
    reject_all();
    EXPECT_EQ(run("cat /etc/shadow >/dev/null").status, 0);
    EXPECT_TRUE(incidents().empty()) << "the rule is about containers";
}

TEST(Repeats, AreOneIncidentWithACount) {
    Container container("repeats");
    container.start();
    (void)container.exec("for i in 1 2 3 4 5 6 7 8 9 10; do echo x > /var/log/f$i; rm /var/log/f$i; done");
    const auto found = wait_for([](const Json& one) { return one["operation"] == "delete" && one["count"] == 10; });
    EXPECT_TRUE(found);
    reject_all();
}

}  // namespace
}  // namespace quell::guest

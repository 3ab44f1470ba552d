// SPDX-License-Identifier: Apache-2.0
// Every operation that clears a log, by every way to it, from every kind of
// place a log directory can be.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/detection/everyway.h"
#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

const Json kLogVolume = bind_mount("/srv/volume/log", "/var/log");

class Matrix : public testing::TestWithParam<Place> {};

TEST_P(Matrix, EveryOperationIsSeenByEveryWay) {
    const auto& place = GetParam();
    must("rm -rf /srv/volume; mkdir -p /srv/volume/log /srv/volume/outer");
    ContainerOptions options;
    options.command = "sleep 1000; true";  // its shell stays and reaps
    options.mounts = place.mounts;
    options.user_namespace = place.user_namespace;
    const auto name = std::string("matrix-") + place.name;
    Container container(name, options);
    container.start();
    expect_every_way_seen(place, name, [&] { return container.exec("mkdir -p /var/log && attack everyway all /var/log"); });
    // in the namespace that all of the container see
    const auto before = matches();
    EXPECT_EQ(attack(container, "umount /var/log"), place.mounted ? 0 : EINVAL);
    if (place.mounted)
        expect_told(wait_for([&](const Json& one) { return one["process"]["comm"] == "attack" && one["operation"] == "unmount"; }), before, name);
    EXPECT_EQ(matches() - before, place.mounted);
}

INSTANTIATE_TEST_SUITE_P(Places, Matrix,
                         testing::Values(Place{.name = "overlay"}, Place{.name = "tmpfs", .mounts = {tmpfs_mount("/var/log")}, .mounted = true},
                                         Place{.name = "volume", .mounts = {kLogVolume}, .mounted = true},
                                         Place{.name = "nested", .mounts = {bind_mount("/srv/volume/outer", "/var"), kLogVolume}, .mounted = true},
                                         // the mount is of a directory above, so there is a way out on the same one
                                         Place{.name = "volumeAbove", .mounts = {bind_mount("/srv/volume/outer", "/var")}},
                                         Place{.name = "tmpfsAbove", .mounts = {tmpfs_mount("/var")}},
                                         Place{.name = "userns", .user_namespace = true},
                                         Place{.name = "usernsVolume", .mounts = {kLogVolume}, .user_namespace = true, .mounted = true}),
                         [](const auto& one) { return std::string(one.param.name); });

class Host : public testing::TestWithParam<Place> {};

TEST_P(Host, EveryOperationIsSeenByEveryWay) {
    const auto& place = GetParam();
    allow_counter("walk-outside");  // a tmpfs in the attack's own namespace, and its files of namespaces
    must(std::string("mkdir -p /mnt; ") + place.prepare);
    expect_every_way_seen(place, "host", [] { return run("unshare -m --propagation private /w/attack everyway all /var/log"); });
    if (place.mounted) {
        const auto before = matches();
        EXPECT_EQ(run("/w/attack umount /var/log").status, 0);
        expect_told(wait_for([](const Json& one) { return one["process"]["comm"] == "attack" && one["operation"] == "unmount"; }), before, place.name);
    }
    (void)run("rm -rf /var/log/*.* /var/rename-away.* /var/link-out.* /var/cover* /cover");
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Places, Host,
                         testing::Values(Place{.name = "disk"}, Place{.name = "tmpfs", .prepare = "mount -t tmpfs tmpfs /var/log", .mounted = true},
                                         Place{.name = "volume", .prepare = "mkdir -p /srv/host-log && mount --bind /srv/host-log /var/log", .mounted = true}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Repeats, AreOneIncidentWithACount) {
    Container container("repeats");
    container.start();
    const auto before = matches();
    EXPECT_EQ(container.exec("for i in 1 2 3 4 5 6 7 8 9 10; do echo x > /var/log/f$i; rm /var/log/f$i || exit 1; done").status, 0);
    const auto found = wait_for([](const Json& one) { return one["operation"] == "delete" && one["count"] == 10; });
    expect_told(found, before, "ten deletions");
    EXPECT_EQ(matches() - before, 10);
    ASSERT_TRUE(found);
    EXPECT_EQ(actions_of((*found)["id"]), std::vector<std::string>{"detected"}) << "one row of all";
    reject_all();
}

}  // namespace
}  // namespace quell::guest

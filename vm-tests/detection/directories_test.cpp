// SPDX-License-Identifier: Apache-2.0
// The watched directory itself is renamed, or one above it: what lies below
// goes along, and its path is another one from then on.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/detection/everyway.h"
#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

TEST(Directories, TheWatchedOneIsRenamedInAContainer) {
    Container container("renamed");
    container.start();
    // overlayfs leaves a directory of the image to mv's copying
    EXPECT_EQ(expect_seen(&container, "attack rename-away /var/log /var/log.old", {"rename", "/var/log"}).status, EXDEV);
    EXPECT_EQ(expect_unseen(&container, "mkdir /var/log/new && echo line >/var/log/new/a").status, 0);
    EXPECT_EQ(expect_seen(&container, "attack rename-away /var/log/new /var/new", {"rename", "/var/log/new"}).status, 0);
    EXPECT_EQ(expect_unseen(&container, "attack truncate /var/new/a && attack rename-away /var/new /var/log/back && echo line >>/var/log/back/a").status, 0);
    EXPECT_EQ(expect_seen(&container, "attack unlink /var/log/back/a", {"delete", "/var/log/back/a"}).status, 0);
    reject_all();
}

TEST(Directories, TheWatchedOneIsRenamedOnAVolume) {
    must("rm -rf /srv/volume; mkdir -p /srv/volume/outer/log && echo line >/srv/volume/outer/log/a");
    ContainerOptions options;
    options.mounts = {bind_mount("/srv/volume/outer", "/var")};
    Container container("volume", options);
    container.start();
    EXPECT_EQ(expect_seen(&container, "attack rename-away /var/log /var/log.old", {"rename", "/var/log"}).status, 0);
    EXPECT_EQ(expect_unseen(&container, "attack unlink /var/log.old/a").status, 0);
    reject_all();
}

TEST(Directories, TheWatchedOneAndThoseAboveAreRenamedOnTheHost) {
    apply_pack("s|/run/utmp|/srv/above/inner/watched/**|");
    must("rm -rf /srv/above*; mkdir -p /srv/above/inner/watched && echo line >/srv/above/inner/watched/a");
    for (const std::string directory : {"/srv/above/inner/watched", "/srv/above/inner", "/srv/above"}) {
        EXPECT_EQ(expect_seen(nullptr, "attack rename-away " + directory + " /srv/above.old; exit $?", {"rename", directory}).status, 0);
        EXPECT_EQ(expect_unseen(nullptr, "attack rename-away /srv/above.old " + directory).status, 0);
    }
    EXPECT_EQ(expect_seen(nullptr, "attack unlink /srv/above/inner/watched/a; exit $?", {"delete", "/srv/above/inner/watched/a"}).status, 0);
    reject_all();
    must("rm -rf /srv/above");
    apply_pack();
}

}  // namespace
}  // namespace quell::guest

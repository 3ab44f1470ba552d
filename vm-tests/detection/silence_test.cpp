// SPDX-License-Identifier: Apache-2.0
// What must not raise an incident.
#include <gtest/gtest.h>

#include "vm-tests/harness/container.h"

namespace quell::guest {
namespace {

TEST(Silence, AppendingAndReading) {
    Container container("quiet");
    container.start();
    EXPECT_EQ(container.exec("attack append /var/log/b.log && attack read /var/log/b.log && echo new > /var/log/new.log").status, 0);
    expect_silence("append and read");
}

TEST(Silence, TheSameNameElsewhere) {
    Container container("elsewhere");
    container.start();
    EXPECT_EQ(container.exec("mkdir -p /tmp/var/log && echo x > /tmp/var/log/dpkg.log && rm /tmp/var/log/dpkg.log && rm /tmp/other").status, 0);
    must("mkdir -p /srv/x/var/log; echo x > /srv/x/var/log/dpkg.log; rm /srv/x/var/log/dpkg.log");
    expect_silence("the same name elsewhere");
}

TEST(Silence, AContainerWithALogVolumeStartsAndEnds) {
    must("mkdir -p /srv/volume/log; echo x > /srv/volume/log/a");
    ContainerOptions options;
    options.mounts = {{{"destination", "/var/log"}, {"type", "bind"}, {"source", "/srv/volume/log"}, {"options", {"rbind", "rw"}}}};
    for (const char* runtime : {"crun", "runc"}) {
        options.runtime = runtime;
        Container container(std::string("volume-") + runtime, options);
        container.start();
        EXPECT_EQ(container.exec("cat /var/log/a").status, 0);
        container.destroy();
        expect_silence(std::string("a volume at /var/log, by ") + runtime);
    }
}

TEST(Exceptions, HoldForTheImagesOwnFileOnly) {
    Container container("exception");
    must("cp /w/attack " + container.directory() + "/lower/usr/sbin/logrotate");
    container.start();
    EXPECT_EQ(container.exec("/usr/sbin/logrotate unlink /var/log/b.log").status, 0);
    expect_silence("the image's logrotate");
    // a copy over it is the container's own
    EXPECT_EQ(container.exec("cp /bin/attack /tmp/l && mv /tmp/l /usr/sbin/logrotate && /usr/sbin/logrotate unlink /var/log/c.log").status, 0);
    EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "delete"; })) << "a copied logrotate is no exception";
    reject_all();
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// What must not raise an incident, each with a control that does in the same
// place.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/harness/silence.h"

namespace quell::guest {
namespace {

// A log that every container has is removed in it.
std::function<int()> removal_in(const Container& container) {
    return [&container] { return attack(container, "unlink /var/log/sub/deep.log"); };
}

TEST(Silence, AppendingAndReading) {
    Container container("quiet");
    container.start();
    const Silence silence;
    EXPECT_EQ(container.exec("attack append /var/log/b.log && attack read /var/log/b.log && echo new > /var/log/new.log").status, 0);
    silence.expect("append and read", removal_in(container));
}

TEST(Silence, TheSameNameElsewhere) {
    Container container("elsewhere");
    container.start();
    const Silence silence;
    EXPECT_EQ(container.exec("mkdir -p /tmp/var/log && echo x > /tmp/var/log/dpkg.log && rm /tmp/var/log/dpkg.log && rm /tmp/other").status, 0);
    must("mkdir -p /srv/x/var/log; echo x > /srv/x/var/log/dpkg.log; rm /srv/x/var/log/dpkg.log");
    silence.expect("the same name elsewhere", [&container] { return attack(container, "unlink /var/log/dpkg.log"); });
}

TEST(Silence, AContainerWithALogVolumeStartsAndEnds) {
    must("mkdir -p /srv/volume/log; echo x > /srv/volume/log/a");
    ContainerOptions options;
    options.mounts = {{{"destination", "/var/log"}, {"type", "bind"}, {"source", "/srv/volume/log"}, {"options", {"rbind", "rw"}}}};
    for (const char* runtime : {"crun", "runc"}) {
        options.runtime = runtime;
        Container container(std::string("volume-") + runtime, options);
        const Silence silence;
        container.start();
        EXPECT_EQ(container.exec("cat /var/log/a").status, 0);
        container.destroy();
        container.start();
        silence.expect(std::string("a volume at /var/log, by ") + runtime, [&container] { return attack(container, "unlink /var/log/a"); });
        must("echo x > /srv/volume/log/a");
    }
}

TEST(Exceptions, HoldForTheImagesOwnFileOnly) {
    Container container("exception");
    must("cp /w/attack " + container.directory() + "/lower/usr/sbin/logrotate");
    container.start();
    const Silence silence(Silence::By::Exceptions);
    EXPECT_EQ(container.exec("/usr/sbin/logrotate unlink /var/log/b.log").status, 0);
    // a copy over it is the container's own
    silence.expect("the image's logrotate", [&container] {
        return container.exec("cp /bin/attack /tmp/l && mv /tmp/l /usr/sbin/logrotate && /usr/sbin/logrotate unlink /var/log/c.log").status;
    });
}

}  // namespace
}  // namespace quell::guest

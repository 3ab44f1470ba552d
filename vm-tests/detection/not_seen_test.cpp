// SPDX-License-Identifier: Apache-2.0
// What is not seen, and why (docs/threat-model.md). A test that fails here
// means that the document has to change, for the better.
#include <gtest/gtest.h>

#include <cerrno>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/harness/silence.h"

namespace quell::guest {
namespace {

struct Blind {
    const char* name;
    const char* attack;
    int result;
};

class NotSeen : public testing::TestWithParam<Blind> {};

TEST_P(NotSeen, NoIncident) {
    Container container("unseen");
    container.start();
    const Silence silence;
    EXPECT_EQ(attack(container, GetParam().attack), GetParam().result);
    silence.expect(GetParam().name, [&container] { return attack(container, "unlink /var/log/b.log"); });
}

INSTANTIATE_TEST_SUITE_P(Ways, NotSeen,
                         testing::Values(Blind{"OverwriteInPlace", "overwrite /var/log/b.log", 0},  // an LSM hook has no position
                                         Blind{"StoreThroughAMap", "store /var/log/b.log", 0},
                                         Blind{"PunchAHole", "punch /var/log/b.log", 0},
                                         Blind{"RefusedByPermissions", "as-nobody /var/log/b.log", EACCES}),  // before any LSM hook
                         [](const auto& test) { return std::string(test.param.name); });

// Rules of the host are about the host's root: there the container's log is another path.
TEST(NotSeenOnTheHost, AFileOfAContainerByProcRoot) {
    Container container("entered");
    container.start();
    container.begin("sleep 1000");
    const auto pid = must("head -1 /sys/fs/cgroup/" + container.cgroup() + "/cgroup.procs");
    const Silence silence;
    must("rm /proc/" + pid.substr(0, pid.find('\n')) + "/root/var/log/dpkg.log");
    silence.expect("by a process of the host", [&container] { return attack(container, "unlink /var/log/b.log"); });
}

}  // namespace
}  // namespace quell::guest

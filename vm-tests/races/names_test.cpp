// SPDX-License-Identifier: Apache-2.0
// Which names of cgroups are containers: those that runtimes give, and none that only look like them.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-tests/harness/guest.h"

namespace quell::guest {
namespace {

const std::string kId = random_hex(64);

struct Name {
    std::string parent, name;
    bool container;
};

class CgroupNames : public testing::TestWithParam<Name> {};

TEST_P(CgroupNames, AreContainersOrNot) {
    const auto& [parent, name, container] = GetParam();
    const std::string above = "/sys/fs/cgroup/" + parent, path = above + "/" + name;
    must("mkdir -p " + above);
    const auto before = counter("containers-seen");
    const auto known = quell("status")["status"]["containers"].get<std::int64_t>();
    ASSERT_EQ(mkdir(path.c_str(), 0755), 0) << path;
    EXPECT_EQ(counter("containers-seen") - before, container) << path;
    EXPECT_EQ(quell("status")["status"]["containers"].get<std::int64_t>() - known, container) << path;
    ASSERT_EQ(rmdir(path.c_str()), 0);
    EXPECT_EQ(quell("status")["status"]["containers"].get<std::int64_t>(), known) << path;
}

INSTANTIATE_TEST_SUITE_P(
    Names, CgroupNames,
    testing::Values(Name{"kubepods.slice", "crio-" + kId + ".scope", true}, Name{"pods", "crio-" + kId, true},
                    Name{"system.slice", "cri-containerd-" + kId + ".scope", true}, Name{"system.slice", "docker-" + kId + ".scope", true},
                    Name{"machine.slice", "libpod-" + kId + ".scope", true}, Name{"libpod_parent", "libpod-" + kId, true},
                    Name{"machine.slice", "libpod-payload-" + kId, true}, Name{"kubepods/burstable/pod1", kId, true}, Name{"docker", kId, true},
                    // CRI-O's and podman's monitors, a service, an id that is none
                    Name{"pods", "crio-conmon-" + kId + ".scope", false}, Name{"machine.slice", "libpod-conmon-" + kId + ".scope", false},
                    Name{"system.slice", kId, false}, Name{"docker/x", kId, false}, Name{"pods", "crio-" + kId.substr(1), false},
                    Name{"pods", "crio-" + kId + "0", false}, Name{"pods", "crio-" + kId.substr(1) + "G.scope", false},
                    Name{"pods", "crio-" + kId.substr(1) + "F", false}, Name{"pods", "docker-" + kId + ".scopf", false},
                    Name{"pods", "xrio-" + kId + ".scope", false}, Name{"pods", "podman-" + kId + ".scope", false}),
    [](const auto& one) { return (one.param.container ? "Is" : "IsNot") + std::to_string(one.index); });

}  // namespace
}  // namespace quell::guest

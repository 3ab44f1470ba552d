// SPDX-License-Identifier: Apache-2.0
// A container that renames directories all the time makes cached path states
// stale. What others pay for it: an open after each of its renames, beside
// one after a pause, in instructions (the guest counts them, one CPU).
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr int kOpens = 400;
constexpr double kLimit = 2.0;

struct Place {
    const char* name;
    const char* renamed;   // in the renamer
    bool in_neighbour;     // where it is opened: in the other container, or on the host
    const char* directory;
};

// Of each container: /vol is a directory of the tmpfs /srv/shared, /own a tmpfs of its own; its overlay's upper layer
// lies on the host's ext4, as all of /srv.
const Place kPlaces[] = {
    {"AnotherSuperblockHost", "/own", false, "/srv/plain"},
    {"AnotherSuperblockContainer", "/own", true, "/tmp/x"},
    {"SharedTmpfsHost", "/vol", false, "/srv/shared/x"},
    {"SharedTmpfsHostDeep", "/vol", false, "/srv/shared/1/2/3/4/5/6/7/8/9/10/11/12"},
    {"SharedTmpfsContainer", "/vol", true, "/vol/x"},
    {"SharedTmpfsContainerDeep", "/vol", true, "/vol/1/2/3/4/5/6/7/8/9/10/11/12"},
    {"BelowItsOverlayHost", "/tmp", false, "/srv/plain"},
    {"BelowItsOverlayHostDeep", "/tmp", false, "/srv/1/2/3/4/5/6/7/8/9/10/11/12"},
    {"BelowItsOverlayWatchedHost", "/tmp", false, "/var/log/sub"},
    {"BelowItsOverlayContainer", "/tmp", true, "/tmp/x"},
    {"BelowItsOverlayContainerDeep", "/tmp", true, "/tmp/1/2/3/4/5/6/7/8/9/10/11/12"},
    {"BelowItsOverlayWatchedContainer", "/tmp", true, "/var/log/sub"},
};

class Renames : public testing::TestWithParam<Place> {
protected:
    static void SetUpTestSuite() {
        must("mkdir -p /srv/shared /srv/pipes && mount -t tmpfs tmpfs /srv/shared && mkdir /srv/shared/renamer /srv/shared/other && mkfifo /srv/pipes/ask /srv/pipes/answer");
    }
    static ContainerOptions options(const std::string& name) {
        ContainerOptions options;
        options.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/shared/" + name}, {"options", {"bind", "rw"}}},
                          {{"destination", "/pipes"}, {"type", "bind"}, {"source", "/srv/pipes"}, {"options", {"bind", "rw"}}},
                          {{"destination", "/programs"}, {"type", "bind"}, {"source", "/w"}, {"options", {"bind", "ro"}}},
                          {{"destination", "/own"}, {"type", "tmpfs"}, {"source", "tmpfs"}}};
        return options;
    }
    // One open's instructions.
    static double open(const Place& place, const Container& other, char what) {
        const std::string file = std::string(place.directory) + "/f";
        const std::string words = "open " + file + " " + std::to_string(kOpens) + " " + what + " ";
        const auto output = place.in_neighbour ? other.exec("/programs/cost_turns " + words + "/pipes") : run("/w/cost_turns " + words + "/srv/pipes");
        EXPECT_EQ(output.status, 0) << output.text;
        return std::atof(output.text.c_str());
    }
};

TEST_P(Renames, CostOthersAtMostTwice) {
    const auto& place = GetParam();
    Container renamer("renamer", options("renamer")), other("other", options("other"));
    renamer.start();
    other.start();
    const std::string prepare = std::string("mkdir -p ") + place.directory + " && echo x >" + place.directory + "/f";
    if (place.in_neighbour) EXPECT_EQ(other.exec(prepare).status, 0);
    else must(prepare);
    must(std::string("crun --cgroup-manager=cgroupfs exec -d renamer /programs/cost_turns rename ") + place.renamed + " /pipes </dev/null >/dev/null 2>&1");
    (void)open(place, other, 'r');
    const double idle = open(place, other, 'i'), busy = open(place, other, 'r');
    std::printf("%s: %.0f instructions when nobody renames, %.0f after each rename: %.2f times\n", place.name, idle, busy, busy / idle);
    EXPECT_GT(idle, 1000);
    EXPECT_LE(busy, idle * kLimit);
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Places, Renames, testing::ValuesIn(kPlaces), [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace quell::guest

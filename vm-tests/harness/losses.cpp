// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/losses.h"

#include <unistd.h>

#include <set>

#include "vm-tests/harness/guest.h"
#include "vm-tests/harness/kernel_counts.h"

namespace quell::guest {
namespace {

std::set<std::string> allowed;

// The first test answers for what was lost since the program began, each further one for what was since the one before it.
// Of the listeners of a test's end the last appended comes first: the printer still tells of what is found here.
class Losses : public testing::EmptyTestEventListener {
    void OnTestProgramStart(const testing::UnitTest&) override { before_ = kernel_counts().value_or(KernelCounts{}); }
    void OnTestEnd(const testing::TestInfo&) override {
        const auto now = kernel_counts();
        if (now) {
            if (now->load != before_.load) before_ = {};
            // What a container does below its overlay is in no mount of its view, nor is what a unit of systemd does on mounts
            // of its own: a /proc, or a dynamic user's tmpfs. On the host alone everything is in one that is mounted at all.
            const bool others = now->counters[QUELL_COUNTER_CONTAINERS_SEEN] != before_.counters[QUELL_COUNTER_CONTAINERS_SEEN] || access("/run/systemd/system", F_OK) == 0;
            for (std::size_t i = 0; i < now->counters.size(); i++) {
                const auto& row = counter_rows()[i];
                if ((row.loud || (i == QUELL_COUNTER_WALK_OUTSIDE && !others)) && !allowed.contains(row.name)) {
                    EXPECT_EQ(now->counters[i], before_.counters[i]) << "the kernel's counter " << row.name << " rose, and the test is not made for it (allow_counter)\n"
                                                                 << run("quell status; quell incidents --all").text;
                }
            }
            before_ = *now;
        }
        allowed.clear();
    }

    KernelCounts before_;
};

}  // namespace

void allow_counter(const std::string& name) {
    EXPECT_TRUE(counter_index(name)) << "no counter " << name;
    allowed.insert(name);
}

testing::TestEventListener* losses_listener() { return new Losses; }

}  // namespace quell::guest

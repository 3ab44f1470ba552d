// SPDX-License-Identifier: Apache-2.0
// What the kernel side knows of mounted overlays.
#include <gtest/gtest.h>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

int overlays() { return std::atoi(must("bpftool -j map dump pinned /sys/fs/bpf/quell/maps/overlays | jq length").c_str()); }

// The map has room for 2,048: what is unmounted has to leave it.
TEST(Overlays, WhatIsUnmountedLeavesTheMap) {
    Container victim("overlays");
    victim.start();
    const int before = overlays();
    for (int i = 0; i < 3; i++) victim.start();  // each on a fresh upper layer
    victim.destroy();
    EXPECT_TRUE(eventually([&] { return overlays() < before; }, std::chrono::seconds(5))) << overlays() << " of " << before;
}

}  // namespace
}  // namespace quell::guest

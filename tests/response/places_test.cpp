// SPDX-License-Identifier: Apache-2.0
#include "user/response/places.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace quell::response {
namespace {

quell_places places_of(std::initializer_list<std::uint64_t> inodes) {
    quell_places places{};
    for (const auto inode : inodes) places.at[places.count++].file.inode = inode;
    return places;
}

TEST(Places, AreAddedOnceEach) {
    auto places = places_of({1, 2});
    EXPECT_EQ(add_places(places, places_of({2, 3, 3})), 0u);
    ASSERT_EQ(places.count, 3u);
    EXPECT_EQ(places.at[2].file.inode, 3u);
    EXPECT_EQ(add_places(places, {}), 0u);
    EXPECT_EQ(places.count, 3u);
}

// The same number in another overlay is another directory.
TEST(Places, AreToldByAllOfTheirIdentity) {
    auto places = places_of({1}), other = places_of({1});
    other.at[0].scope.inode = 7;
    EXPECT_EQ(add_places(places, other), 0u);
    EXPECT_EQ(places.count, 2u);
}

TEST(Places, WhatHasNoRoomIsCounted) {
    quell_places places{}, more{};
    for (quell_u32 i = 0; i < QUELL_PLACES_MAX; i++) {
        places.at[places.count++].file.inode = i + 1;
        more.at[more.count++].file.inode = i + 3;
    }
    EXPECT_EQ(add_places(places, more), 2u);
    EXPECT_EQ(places.count, static_cast<quell_u32>(QUELL_PLACES_MAX));
    more.count = ~0u;  // beyond its bounds
    EXPECT_EQ(add_places(places, more), 2u);
}

TEST(Places, AMisnamedOneIsSaid) {
    EXPECT_EQ(misnamed_places({"/var/log"}), "");
    EXPECT_NE(misnamed_places({"var/log"}), "");
    EXPECT_NE(misnamed_places({std::string("/a\0b", 4)}), "");
    EXPECT_NE(misnamed_places(std::vector<std::string>(QUELL_PLACES_MAX + 1, "/a")), "");
}

}  // namespace
}  // namespace quell::response

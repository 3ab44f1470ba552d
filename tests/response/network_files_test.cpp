// SPDX-License-Identifier: Apache-2.0
#include "user/response/network_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace quell::response {
namespace {

constexpr const char* kTrie = R"(Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.2.0/24 2 0 2
        |-- 10.0.2.0
           /24 link UNICAST
        |-- 10.0.2.15
           /32 host LOCAL
        |-- 10.0.2.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 169.254.20.10
        /32 host LOCAL
Local:
     |-- 10.0.2.15
        /32 host LOCAL
     |-- 192.0.2.1
        /24 link UNICAST
        /32 host LOCAL
)";

constexpr const char* kSix = R"(00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000015 02 40 00 80     eth0
fe800000000000005054000000000001 02 40 20 80     eth0
20010db8000000000000000000000015 03 40 00 80     eth1
nonsense
)";

TEST(NetworkFiles, ANodesAddressesAreThoseThatOthersKnow) {
    EXPECT_EQ(own_addresses(kTrie, kSix), (std::vector<std::string>{"10.0.2.15", "192.0.2.1", "2001:db8::15"}));
    EXPECT_TRUE(own_addresses("", "").empty());
}

TEST(NetworkFiles, BytesThatWaitToBeSentAreCounted) {
    Queued queued;
    add_queued("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
               "   0: 0100007F:1BBC 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 1 1\n"
               "   1: 0100007F:B2F2 0100007F:1BBC 01 00000400:00000010 01:00000014 00000000     0        0 2 1\n"
               "   2: 0100007F:B2F3 0100007F:1BBC 04 00000002:00000000 01:00000014 00000000     0        0 3 1\n"
               "   3: torn", queued);
    EXPECT_EQ(queued.bytes, 1026u);
    EXPECT_EQ(queued.connections, 2u);
}

TEST(NetworkFiles, TheHostsQueuesAreNotAContainers) {
    if (const auto own = queued_of(::getpid())) GTEST_SKIP() << "this runs in a network namespace of its own, or may not look";
    EXPECT_FALSE(queued_of(::getpid()));
    EXPECT_FALSE(queued_of(0));
}

}  // namespace
}  // namespace quell::response

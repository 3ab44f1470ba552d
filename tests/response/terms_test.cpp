// SPDX-License-Identifier: Apache-2.0
#include "user/response/terms.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

namespace quell::response {
namespace {

std::string text_of(const std::vector<std::string>& allow, const std::vector<std::string>& addresses = {}, bool loopback = false) {
    const auto terms = make_terms({allow, !addresses.empty(), loopback}, addresses);
    return terms ? terms_text(*terms) : terms.error().message;
}

TEST(Terms, AreToldAsTheyWereWritten) {
    EXPECT_EQ(text_of({}), "nothing is allowed");
    EXPECT_EQ(text_of({"10.0.0.53:53", "10.0.0.0/8", "192.0.2.7"}), "allowed: 10.0.0.53:53, 10.0.0.0/8, 192.0.2.7");
    EXPECT_EQ(text_of({"2001:db8::/32", "[2001:db8::53]:53", "[2001:db8::/32]:443", "[2001:db8::1]"}),
              "allowed: 2001:db8::/32, [2001:db8::53]:53, [2001:db8::/32]:443, 2001:db8::1");
    EXPECT_EQ(text_of({"0.0.0.0/0", "::/0"}), "allowed: 0.0.0.0/0, ::/0");
    EXPECT_EQ(text_of({"::ffff:10.1.2.3"}), "allowed: 10.1.2.3") << "IPv4 mapped into IPv6 is IPv4";
    EXPECT_EQ(text_of({"10.9.0.1"}, {"10.1.0.1", "2001:db8::1"}, true), "allowed: 10.9.0.1, from the node 10.1.0.1, from the node 2001:db8::1, loopback");
}

TEST(Terms, AreWhatTheKernelSideCompares) {
    const auto terms = make_terms({{"10.0.0.0/9:53", "2001:db8::/33"}, true, true}, {"192.0.2.1"});
    ASSERT_TRUE(terms);
    EXPECT_EQ(terms->count, 3u);
    EXPECT_EQ(terms->flags, QUELL_ISOLATION_LOOPBACK);
    const auto& four = terms->allowed[0];
    EXPECT_EQ(four.flags, QUELL_ALLOWANCE_FOUR);
    EXPECT_EQ(four.port, 53u);
    EXPECT_EQ(four.address[0] | four.address[1], 0u);
    EXPECT_EQ(four.address[2], htonl(0xffff));
    EXPECT_EQ(four.address[3], htonl(0x0a000000));
    EXPECT_EQ(four.mask[0] & four.mask[1] & four.mask[2], ~0u);
    EXPECT_EQ(four.mask[3], htonl(0xff800000));
    const auto& six = terms->allowed[1];
    EXPECT_EQ(six.flags, 0u);
    EXPECT_EQ(six.address[0], htonl(0x20010db8));
    EXPECT_EQ(six.mask[0], ~0u);
    EXPECT_EQ(six.mask[1], htonl(0x80000000));
    EXPECT_EQ(six.mask[2] | six.mask[3], 0u);
    EXPECT_EQ(terms->allowed[2].flags, QUELL_ALLOWANCE_FOUR | QUELL_ALLOWANCE_NODE);
    EXPECT_EQ(terms->allowed[2].mask[3], ~0u);
}

TEST(Terms, WhatIsWrongAllowsNothing) {
    for (const char* wrong : {"", "x", "10.0.0.1/33", "10.0.0.1/8", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:", "10.0.0.1:5x", "[2001:db8::1", "[2001:db8::1]5", "[2001:db8::1]:",
                              "[]:5", "2001:db8::1/129", "2001:db8::1/32", "10.0.0.1/8:53", "host.example", "10.0.0.1\n", " 10.0.0.1"})
        EXPECT_FALSE(make_terms({{wrong}, false, false}, {})) << wrong;
    for (const std::string& behind_nul : {std::string("10.0.0.1\0x", 10), std::string("10.0.0.0\0/8", 11), std::string("[2001:db8::1\0]:53", 17)})
        EXPECT_FALSE(make_terms({{behind_nul}, false, false}, {})) << behind_nul.c_str();
    // only --loopback stands for it: who wrote the address may have meant something else
    for (const char* loopback : {"127.0.0.1", "127.0.0.0/8", "127.1.2.0/24:80", "::1", "[::1]:53", "::ffff:127.0.0.1"})
        EXPECT_FALSE(make_terms({{loopback}, false, false}, {})) << loopback;
    EXPECT_NE(text_of({"a\x1b[2J\n"}).find("\\x1b"), std::string::npos) << "shown escaped";
}

TEST(Terms, ThereIsRoomForSixteen) {
    std::vector<std::string> many(QUELL_ALLOWED_MAX, "10.0.0.1");
    EXPECT_TRUE(make_terms({many, false, false}, {}));
    const auto one_more = make_terms({many, true, false}, {"10.0.0.2"});
    ASSERT_FALSE(one_more);
    EXPECT_EQ(one_more.error().code, E2BIG);
    many.emplace_back("10.0.0.1");
    EXPECT_FALSE(make_terms({many, false, false}, {}));
}

}  // namespace
}  // namespace quell::response

// SPDX-License-Identifier: Apache-2.0
#include "user/approval/two_persons.h"

#include <gtest/gtest.h>

namespace quell::approval {
namespace {

const std::optional<First> kAlice = First{1001, "ab"};

TEST(TwoPersons, TheSecondIsAnotherWithTheSameDigest) {
    EXPECT_EQ(person_of({}, 0, 1001, "ab"), Person::kFirst);
    EXPECT_EQ(person_of(kAlice, 1, 1002, "ab"), Person::kSecond);
    EXPECT_EQ(person_of(kAlice, 1, 1001, "ab"), Person::kSame);
}

TEST(TwoPersons, RootIsNone) {
    EXPECT_EQ(person_of({}, 0, 0, "ab"), Person::kRoot);
    EXPECT_EQ(person_of(kAlice, 1, 0, "ab"), Person::kRoot);
}

TEST(TwoPersons, AnotherDigestBeginsAnew) {
    EXPECT_EQ(person_of(kAlice, 1, 1002, "cd"), Person::kFirst) << "the target is another, or the response";
    EXPECT_EQ(person_of(kAlice, 1, 1001, "cd"), Person::kFirst) << "he may change his mind";
    EXPECT_EQ(person_of(First{1002, "cd"}, 2, 1001, "ab"), Person::kFirst) << "what was said of it before counts no more";
}

TEST(TwoPersons, FirstOnesAreBounded) {
    EXPECT_EQ(person_of(kAlice, kFirstsMax, 1002, "cd"), Person::kTooMany);
    EXPECT_EQ(person_of(kAlice, kFirstsMax, 1002, "ab"), Person::kSecond) << "what stands can still be carried out";
}

}  // namespace
}  // namespace quell::approval

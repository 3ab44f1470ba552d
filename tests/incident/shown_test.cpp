// SPDX-License-Identifier: Apache-2.0
// Why a digest fits no more: what changed since it was shown, and where to look.
#include "user/incident/shown.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/incident/made.h"
#include "user/base/id.h"

namespace quell::incident {
namespace {

class ShownTest : public testing::Test {
protected:
    Offer of(quell_response response) { return offer(kernel_, incident_, response, false); }
    // Shown, then changed, then asked for.
    std::string changed(quell_response response, const std::function<void()>& change) {
        const auto before = of(response);
        EXPECT_TRUE(before.available) << before.reason;
        shown_.add(incident_, before);
        change();
        const auto now = of(response);
        EXPECT_TRUE(now.available) << now.reason;
        EXPECT_NE(now.digest, before.digest);
        return shown_.why_not(incident_, now, before.digest);
    }

    FakeKernel kernel_;
    Incident incident_ = an_incident();
    Shown shown_;
};

TEST_F(ShownTest, AProcessThatHasExited) {
    kernel_.dead = {};
    EXPECT_EQ(changed(QUELL_RESPONSE_KILL_PROCESS, [&] { kernel_.dead = {500}; }),
              "since it was shown: the process is another: it was rm (pid 500) and its descendants, it is bash (pid 412) and its descendants now: look again with quell show " + id_text(7));
}

TEST_F(ShownTest, AFileADirectoryAndAnExecutable) {
    EXPECT_NE(changed(QUELL_RESPONSE_QUARANTINE_FILE, [&] { incident_.entry.file.file.inode++; }).find("the file is another of the same name: /var/log/dpkg.log"), std::string::npos);
    EXPECT_NE(changed(QUELL_RESPONSE_DENY_WRITE, [&] { incident_.entry.place.file.inode++; }).find("the directory is another"), std::string::npos);
    EXPECT_NE(changed(QUELL_RESPONSE_DENY_EXEC, [&] { incident_.entry.file.file.generation++; }).find("the executable is another"), std::string::npos);
}

TEST_F(ShownTest, AContainerIsToldOnce) {
    const auto text = changed(QUELL_RESPONSE_KILL_CONTAINER, [&] { incident_.key.container++; });
    EXPECT_EQ(text.find("the container is another"), text.rfind("the container is another")) << text;
    EXPECT_NE(text.find("the container is another"), std::string::npos) << text;
}

TEST_F(ShownTest, ThePolicyThatItIsOf) {
    EXPECT_NE(changed(QUELL_RESPONSE_KILL_CONTAINER, [&] { incident_.entry.generation = 4; }).find("the policy generation was 3, it is 4 now"), std::string::npos);
}

TEST_F(ShownTest, ADigestOfSomethingElseSaysOfWhat) {
    const auto kill = of(QUELL_RESPONSE_KILL_CONTAINER), file = of(QUELL_RESPONSE_QUARANTINE_FILE);
    EXPECT_NE(shown_.why_not(incident_, kill, kill.digest + "x").find("is not known"), std::string::npos);
    shown_.add(incident_, kill);
    EXPECT_TRUE(shown_.has(incident_, QUELL_RESPONSE_KILL_CONTAINER, kill.digest));
    EXPECT_FALSE(shown_.has(incident_, QUELL_RESPONSE_QUARANTINE_FILE, kill.digest));
    EXPECT_NE(shown_.why_not(incident_, file, kill.digest).find("shown for kill-container, not for quarantine-file"), std::string::npos);
    const auto other = an_incident(8);
    EXPECT_NE(shown_.why_not(other, offer(kernel_, other, QUELL_RESPONSE_KILL_CONTAINER, false), kill.digest).find("for incident " + id_text(7)), std::string::npos);
    auto joint = kill;
    joint.digest = "0fa110fa110f";
    shown_.add(incident_, joint, "the pod shop/web");
    EXPECT_NE(shown_.why_not(incident_, kill, joint.digest).find("for the pod shop/web, not for this target alone"), std::string::npos);
    EXPECT_NE(shown_.why_not(incident_, joint, kill.digest, "the pod shop/web").find("this target alone, not for the pod shop/web: look again with quell preview"), std::string::npos);
}

TEST_F(ShownTest, WhatIsOfferedNoMore) {
    const auto before = of(QUELL_RESPONSE_KILL_CONTAINER);
    kernel_.container_->flags = QUELL_CONTAINER_PROTECTED;
    const auto now = of(QUELL_RESPONSE_KILL_CONTAINER);
    EXPECT_EQ(shown_.why_none(incident_, now, before.digest), now.reason) << "nobody was shown anything else";
    shown_.add(incident_, before);
    EXPECT_EQ(shown_.why_none(incident_, now, before.digest), "since it was shown: " + now.reason + ": look again with quell show " + id_text(7));
}

TEST_F(ShownTest, IsBoundedAndForgets) {
    const auto first = of(QUELL_RESPONSE_KILL_CONTAINER);
    shown_.add(incident_, first);
    auto one = first;
    for (std::size_t i = 0; i < kShownOfEachMax; i++) {
        one.digest = "d" + std::to_string(i);
        shown_.add(incident_, one);
    }
    EXPECT_FALSE(shown_.has(incident_, first.response, first.digest)) << "the oldest makes room";
    EXPECT_TRUE(shown_.has(incident_, first.response, "d0"));
    shown_.add(incident_, of(QUELL_RESPONSE_QUARANTINE_FILE));
    EXPECT_TRUE(shown_.has(incident_, first.response, "d0")) << "of each response";
    for (std::uint64_t id = 8; id < 8 + kShownIncidentsMax; id++) shown_.add(an_incident(id), one);
    EXPECT_FALSE(shown_.has(incident_, first.response, "d0"));
    EXPECT_TRUE(shown_.has(an_incident(8), one.response, one.digest));
    shown_.forget(8);
    EXPECT_FALSE(shown_.has(an_incident(8), one.response, one.digest));
    auto none = first;
    none.digest.clear();
    shown_.add(an_incident(8), none);
    EXPECT_FALSE(shown_.has(an_incident(8), none.response, "")) << "what is not offered has none";
}

}  // namespace
}  // namespace quell::incident

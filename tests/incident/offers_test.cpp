// SPDX-License-Identifier: Apache-2.0
#include "user/incident/offers.h"

#include <gtest/gtest.h>

#include "tests/incident/made.h"
#include "user/incident/digest.h"

namespace quell::incident {
namespace {

class Offers : public testing::Test {
protected:
    Offer of(quell_response response, bool listed = true) { return offer(kernel_, incident_, response, listed); }
    std::string why_not(quell_response response) {
        const auto made = of(response);
        EXPECT_FALSE(made.available);
        EXPECT_TRUE(made.digest.empty());
        EXPECT_FALSE(made.would_hit);
        return made.reason;
    }

    FakeKernel kernel_;
    Incident incident_ = an_incident();
};

TEST_F(Offers, InTheRulesOrder) {
    incident_.rule.offers = {QUELL_RESPONSE_QUARANTINE_FILE, QUELL_RESPONSE_KILL_CONTAINER, 200};
    const auto made = offers(kernel_, incident_);
    ASSERT_EQ(made.size(), 2u);
    EXPECT_EQ(made[0].response, QUELL_RESPONSE_QUARANTINE_FILE);
    EXPECT_EQ(made[0].target_text, "/var/log/dpkg.log");
    EXPECT_FALSE(made[0].would_hit);
    ASSERT_TRUE(made[1].available);
    EXPECT_EQ(made[1].would_hit_count, 2u);
}

TEST_F(Offers, KillProcessHitsTheNearestLivingAncestor) {
    auto made = of(QUELL_RESPONSE_KILL_PROCESS);
    ASSERT_TRUE(made.available);
    EXPECT_EQ(made.target, 1u);
    EXPECT_EQ(made.target_text, "bash (pid 412) and its descendants");
    kernel_.dead = {};
    EXPECT_EQ(of(QUELL_RESPONSE_KILL_PROCESS).target, 0u);
    kernel_.dead = {500, 412};
    EXPECT_EQ(why_not(QUELL_RESPONSE_KILL_PROCESS), "the process has exited and so have its ancestors in the container");
}

TEST_F(Offers, NeverThoseWhoAreProtected) {
    for (auto& one : incident_.entry.chain) one.actor = 0;
    EXPECT_NE(why_not(QUELL_RESPONSE_KILL_PROCESS).find("protected"), std::string::npos);
    for (const quell_u32 pid : {1u, 2u}) {
        incident_.entry.chain[1] = task(pid, 33, "x");
        EXPECT_NE(why_not(QUELL_RESPONSE_KILL_PROCESS).find("protected"), std::string::npos) << pid;
        kernel_.tasks_ = {task(400, 0, "init"), task(pid, 0, "x")};
        EXPECT_NE(why_not(QUELL_RESPONSE_KILL_CONTAINER).find("protected"), std::string::npos) << pid;
    }
    kernel_.tasks_.clear();
    kernel_.container_->flags = QUELL_CONTAINER_PROTECTED;
    EXPECT_NE(why_not(QUELL_RESPONSE_KILL_CONTAINER).find("protected"), std::string::npos);
    kernel_.container_->flags = 0;
    kernel_.self_cgroup = kCgroup;
    EXPECT_NE(why_not(QUELL_RESPONSE_KILL_CONTAINER).find("protected"), std::string::npos);
}

TEST_F(Offers, AnIsolationIsOfTheContainerAndSaysWhatItLeaves) {
    const auto made = of(QUELL_RESPONSE_ISOLATE_NETWORK);
    ASSERT_TRUE(made.available);
    EXPECT_EQ(made.target_text, "container aaaaaaaaaaaa");
    EXPECT_EQ(made.warning, "every socket is cut but unix ones, which stay, also to outside");
    EXPECT_EQ(made.would_hit_count, 2u);
    kernel_.isolated_ = 1;
    EXPECT_EQ(why_not(QUELL_RESPONSE_ISOLATE_NETWORK), "isolated already by incident 00012");
    kernel_.isolated_.reset();
    kernel_.container_->flags = QUELL_CONTAINER_PROTECTED;
    EXPECT_NE(why_not(QUELL_RESPONSE_ISOLATE_NETWORK).find("protected"), std::string::npos);
    kernel_.container_->flags = 0;
    incident_.key.container = 0;
    EXPECT_EQ(why_not(QUELL_RESPONSE_ISOLATE_NETWORK), "not possible on a host subject");
}

TEST_F(Offers, ADenialIsOfTheContainerAndOfTheDirectoryThatWasBound) {
    auto made = of(QUELL_RESPONSE_DENY_WRITE);
    ASSERT_TRUE(made.available);
    EXPECT_EQ(made.target_text, "container aaaaaaaaaaaa, below /var/log");
    EXPECT_EQ(made.warning, "files that it has mapped shared and writable stay writable for it");
    incident_.path = "/x\x1b";
    EXPECT_EQ(of(QUELL_RESPONSE_DENY_WRITE).target_text, "container aaaaaaaaaaaa, below /");
    const auto before = made.digest;
    incident_.entry.place.file.inode++;
    EXPECT_NE(of(QUELL_RESPONSE_DENY_WRITE).digest, before) << "another directory";
    incident_.entry.place = {};
    EXPECT_EQ(of(QUELL_RESPONSE_DENY_WRITE).target_text, "container aaaaaaaaaaaa, below what --below names");
    kernel_.write_denied_ = 1;
    EXPECT_EQ(why_not(QUELL_RESPONSE_DENY_WRITE), "its writes are denied already by incident 00012");
    kernel_.write_denied_.reset();
    kernel_.container_->flags = QUELL_CONTAINER_PROTECTED;
    EXPECT_NE(why_not(QUELL_RESPONSE_DENY_WRITE).find("protected"), std::string::npos);
    kernel_.container_->flags = 0;
    incident_.key.container = 0;
    EXPECT_EQ(why_not(QUELL_RESPONSE_DENY_WRITE), "not possible on a host subject");
}

TEST_F(Offers, AnExecutableIsDeniedToAnyoneOrInTheContainerAlone) {
    kernel_.executing_[0] = {task(700, 0, "sh"), task(701, 0, "sh")};
    kernel_.executing_[kCgroup] = {task(700, 0, "sh")};
    auto shared = of(QUELL_RESPONSE_DENY_EXEC);
    ASSERT_TRUE(shared.available) << shared.reason;
    EXPECT_EQ(shared.target_text, "/var/log/dpkg.log, in container aaaaaaaaaaaa alone") << "a volume, or a mount of the host";
    EXPECT_EQ(shared.warning, "1 process executes it now, and goes on; a copy of it is another file");
    EXPECT_FALSE(shared.would_hit) << "nobody is hit";
    EXPECT_EQ(kernel_.asked_.container, kCgroup);
    incident_.entry.object_flags |= QUELL_OBJECT_OWN;
    const auto own = of(QUELL_RESPONSE_DENY_EXEC);
    EXPECT_EQ(own.target_text, "/var/log/dpkg.log, to anyone");
    EXPECT_EQ(own.warning, "2 processes execute it now, and go on; a copy of it is another file");
    EXPECT_EQ(kernel_.asked_.container, 0u);
    EXPECT_NE(own.digest, shared.digest);
    EXPECT_EQ(of(QUELL_RESPONSE_DENY_EXEC, false).warning, "a copy of it is another file");
    kernel_.fails = true;
    EXPECT_EQ(of(QUELL_RESPONSE_DENY_EXEC).warning, "a copy of it is another file") << "who executes it is not known";
    incident_.key.container = 0;
    incident_.entry.object_flags = QUELL_OBJECT_FILE;
    EXPECT_EQ(of(QUELL_RESPONSE_DENY_EXEC).target_text, "/var/log/dpkg.log, to anyone") << "the host's";
}

TEST_F(Offers, WhereThereIsNoObjectTheExecutableOfWhoActedIsDenied) {
    incident_.path.clear();
    incident_.exe = "/tmp/x\n";
    incident_.entry.object_flags = QUELL_OBJECT_ACTOR | QUELL_OBJECT_OWN;
    EXPECT_EQ(of(QUELL_RESPONSE_DENY_EXEC).target_text, "/tmp/x\\x0a, to anyone");
    incident_.exe.clear();
    EXPECT_EQ(of(QUELL_RESPONSE_DENY_EXEC).target_text, "the executable, to anyone");
    EXPECT_NE(why_not(QUELL_RESPONSE_QUARANTINE_FILE).find("no regular file"), std::string::npos);
}

TEST_F(Offers, AnExecutableIsNotDeniedTwiceNorToWhatIsProtected) {
    kernel_.exec_denied_ = 1;
    EXPECT_EQ(why_not(QUELL_RESPONSE_DENY_EXEC), "denied already by incident 00012");
    kernel_.exec_denied_ = incident_.id;
    EXPECT_TRUE(of(QUELL_RESPONSE_DENY_EXEC).available);
    kernel_.exec_denied_.reset();
    kernel_.vital = true;
    EXPECT_NE(why_not(QUELL_RESPONSE_DENY_EXEC).find("protected"), std::string::npos);
    EXPECT_FALSE(of(QUELL_RESPONSE_DENY_EXEC, false).available) << "nor where nobody is listed";
    kernel_.vital = false;
    kernel_.container_->flags = QUELL_CONTAINER_PROTECTED;
    EXPECT_NE(why_not(QUELL_RESPONSE_DENY_EXEC).find("protected"), std::string::npos);
    kernel_.container_.reset();
    EXPECT_EQ(why_not(QUELL_RESPONSE_DENY_EXEC), "the container is gone");
    incident_.entry.object_flags |= QUELL_OBJECT_LAST_LINK;
    EXPECT_EQ(why_not(QUELL_RESPONSE_DENY_EXEC), "its last name was removed: nothing is left to deny");
    incident_.entry.object_flags = 0;
    EXPECT_NE(why_not(QUELL_RESPONSE_DENY_EXEC).find("no regular file"), std::string::npos);
}

TEST_F(Offers, SayWhyNot) {
    kernel_.container_.reset();
    EXPECT_EQ(why_not(QUELL_RESPONSE_KILL_CONTAINER), "the container is gone");
    incident_.entry.object_flags |= QUELL_OBJECT_LAST_LINK;
    EXPECT_EQ(why_not(QUELL_RESPONSE_QUARANTINE_FILE), "its last name was removed: nothing is left to quarantine");
    incident_.entry.object_flags = 0;
    EXPECT_NE(why_not(QUELL_RESPONSE_QUARANTINE_FILE).find("no regular file"), std::string::npos);
    incident_.entry.object_flags = QUELL_OBJECT_FILE;
    kernel_.quarantined_ = 1;
    EXPECT_EQ(why_not(QUELL_RESPONSE_QUARANTINE_FILE), "quarantined already by incident 00012");
    incident_.entry.offers = 0;
    EXPECT_NE(why_not(QUELL_RESPONSE_KILL_PROCESS).find("not prepared"), std::string::npos);
    kernel_.enabled = 0;
    EXPECT_EQ(why_not(QUELL_RESPONSE_KILL_PROCESS), "switched off in /etc/quell/quell.yaml");
    incident_.entry.deadline_ns = 1;
    EXPECT_EQ(why_not(QUELL_RESPONSE_KILL_PROCESS), "expired");
    incident_.state = QUELL_STATE_ENFORCING;
    EXPECT_EQ(why_not(QUELL_RESPONSE_KILL_PROCESS), "it is enforcing already");
    incident_ = an_incident();
    kernel_.enabled = ~0u;
    incident_.key.container = 0;
    EXPECT_EQ(why_not(QUELL_RESPONSE_KILL_CONTAINER), "not possible on a host subject");
}

TEST_F(Offers, PauseAndStopSayWhatComesOfThem) {
    const auto pause = of(QUELL_RESPONSE_PAUSE_CONTAINER), stop = of(QUELL_RESPONSE_STOP_CONTAINER);
    for (const auto* one : {&pause, &stop}) {
        EXPECT_TRUE(one->available);
        EXPECT_EQ(one->would_hit_count, 2u);
        EXPECT_EQ(one->digest.size(), 12u);
    }
    EXPECT_NE(pause.warning.find("liveness probe"), std::string::npos);
    EXPECT_NE(stop.warning.find("nothing is refused"), std::string::npos);
    EXPECT_EQ(of(QUELL_RESPONSE_KILL_CONTAINER).warning, "");
}

TEST_F(Offers, APauseIsNobodyElses) {
    kernel_.frozen = true;
    EXPECT_NE(why_not(QUELL_RESPONSE_PAUSE_CONTAINER).find("by somebody else"), std::string::npos);
    EXPECT_TRUE(of(QUELL_RESPONSE_STOP_CONTAINER).available) << "the frozen can be ended";
    kernel_.container_->paused = 1;
    EXPECT_EQ(why_not(QUELL_RESPONSE_PAUSE_CONTAINER), "paused already by incident 00012");
    kernel_.container_->flags = QUELL_CONTAINER_PROTECTED;
    for (const auto response : {QUELL_RESPONSE_PAUSE_CONTAINER, QUELL_RESPONSE_STOP_CONTAINER}) EXPECT_NE(why_not(response).find("protected"), std::string::npos);
    incident_.key.container = 0;
    for (const auto response : {QUELL_RESPONSE_PAUSE_CONTAINER, QUELL_RESPONSE_STOP_CONTAINER}) EXPECT_EQ(why_not(response), "not possible on a host subject");
}

TEST_F(Offers, EvidenceIsOfferedWhereNothingCanBeContained) {
    incident_.entry.object_flags |= QUELL_OBJECT_LAST_LINK;
    kernel_.quarantined_ = 1;
    kernel_.container_->flags = QUELL_CONTAINER_PROTECTED;
    const auto file = of(QUELL_RESPONSE_ACQUIRE_FILE), whole = of(QUELL_RESPONSE_CAPTURE);
    EXPECT_TRUE(file.available) << file.reason;
    EXPECT_EQ(file.target_text, "/var/log/dpkg.log");
    EXPECT_FALSE(file.would_hit);
    EXPECT_TRUE(whole.available) << whole.reason;
    EXPECT_FALSE(whole.would_hit);
    incident_.entry.object_flags = 0;
    EXPECT_EQ(why_not(QUELL_RESPONSE_ACQUIRE_FILE), "the object is no regular file with a lasting identity");
    kernel_.container_.reset();
    EXPECT_EQ(why_not(QUELL_RESPONSE_CAPTURE), "the container is gone");
    incident_.key.container = 0;
    EXPECT_EQ(of(QUELL_RESPONSE_CAPTURE).target_text, "bash (pid 412), its ancestors and its descendants");
    kernel_.dead = {500, 412, 400};
    EXPECT_EQ(why_not(QUELL_RESPONSE_CAPTURE), "the process has exited and so have its ancestors");
    incident_.entry.chain_count = 0;
    EXPECT_EQ(why_not(QUELL_RESPONSE_CAPTURE), "there is no process to be captured");
}

TEST_F(Offers, ForkBombsAreCountedAndCut) {
    kernel_.tasks_.clear();
    for (quell_u32 pid = 1000; pid < 21000; pid++) kernel_.tasks_.push_back(task(pid, 0, "bomb"));
    const auto made = of(QUELL_RESPONSE_KILL_CONTAINER);
    ASSERT_TRUE(made.would_hit);
    EXPECT_EQ(made.would_hit->size(), kListedMax);
    EXPECT_EQ(made.would_hit_count, 20000u);
}

TEST_F(Offers, WhatCannotBeListedIsNotClaimed) {
    kernel_.fails = true;
    const auto made = of(QUELL_RESPONSE_KILL_CONTAINER);
    EXPECT_TRUE(made.available);
    EXPECT_FALSE(made.would_hit);
}

TEST_F(Offers, AnApprovalWalksNoTasks) {
    for (quell_u32 response = 0; response < QUELL_RESPONSE_COUNT; response++) EXPECT_TRUE(of(static_cast<quell_response>(response), false).available);
    EXPECT_EQ(kernel_.walks, 0);
}

TEST_F(Offers, DigestStaysWhileTheAttackerForks) {
    const auto before = of(QUELL_RESPONSE_KILL_CONTAINER).digest;
    EXPECT_EQ(before.size(), 12u);
    for (quell_u32 pid = 1000; pid < 1500; pid++) kernel_.tasks_.push_back(task(pid, 0, "bomb"));
    incident_.entry.hits = 1'000'000;
    incident_.entry.last_ns++;
    EXPECT_EQ(of(QUELL_RESPONSE_KILL_CONTAINER).digest, before);
    EXPECT_EQ(of(QUELL_RESPONSE_KILL_CONTAINER, false).digest, before);
}

TEST(Digest, ChangesWithEverythingItIsBoundTo) {
    const auto base = an_incident();
    std::set<std::string> seen;
    for (quell_u32 response = 0; response < QUELL_RESPONSE_COUNT; response++) seen.insert(digest(base, static_cast<quell_response>(response), 1));
    const auto file = [&](auto change) {
        auto other = base;
        change(other);
        seen.insert(digest(other, QUELL_RESPONSE_QUARANTINE_FILE, 0));
    };
    file([](Incident& i) { i.id++; });
    file([](Incident& i) { i.rule.id++; });
    file([](Incident& i) { i.entry.generation++; });
    file([](Incident& i) { i.key.container++; });
    file([](Incident& i) { i.entry.file.file.inode++; });
    file([](Incident& i) { i.entry.file.file.generation++; });
    file([](Incident& i) { i.entry.file.file.uuid[1]++; });
    file([](Incident& i) { i.entry.file.file.subvolume++; });
    file([](Incident& i) { i.entry.file.scope.inode++; });
    const auto process = [&](auto change) {
        auto other = base;
        change(other.entry.chain[1]);
        seen.insert(digest(other, QUELL_RESPONSE_KILL_PROCESS, 1));
    };
    process([](quell_task_ref& t) { t.pid++; });
    process([](quell_task_ref& t) { t.start_ns++; });
    const auto acquired = [&](auto change) {
        auto other = base;
        change(other);
        seen.insert(digest(other, QUELL_RESPONSE_ACQUIRE_FILE, 0));
    };
    acquired([](Incident& i) { i.entry.file.file.generation++; });
    acquired([](Incident& i) { i.entry.file.scope.inode++; });
    auto of_host = base;
    of_host.key.container = 0;
    seen.insert(digest(of_host, QUELL_RESPONSE_CAPTURE, 0));
    of_host.entry.chain[0].start_ns++;
    seen.insert(digest(of_host, QUELL_RESPONSE_CAPTURE, 0));
    const auto executable = [&](auto change) {
        auto other = base;
        change(other);
        seen.insert(digest(other, QUELL_RESPONSE_DENY_EXEC, 0));
    };
    executable([](Incident& i) { i.entry.file.file.inode++; });
    executable([](Incident& i) { i.entry.file.scope.inode++; });
    executable([](Incident& i) { i.entry.object_flags |= QUELL_OBJECT_OWN; });
    EXPECT_EQ(seen.size(), 18u + QUELL_RESPONSE_COUNT);
}

TEST(Digest, OfSeveralIsThatOfEachInAnyOrder) {
    const auto container = [](std::uint64_t cgroup) {
        auto one = an_incident(0);
        one.key.container = cgroup;
        return one;
    };
    const auto of = [](const std::vector<Incident>& others, quell_response response = QUELL_RESPONSE_KILL_CONTAINER) { return joint_digest("ab12cd34ef56", "the pod a/b", others, response); };
    const auto one = container(1), two = container(2);
    EXPECT_EQ(of({one, two}), of({two, one}));
    EXPECT_EQ(of({one}).size(), 12u);
    auto file = two;
    file.entry.file.file.inode++;
    std::set<std::string> seen{"ab12cd34ef56", joint_digest("ab12cd34ef57", "the pod a/b", {one}, QUELL_RESPONSE_KILL_CONTAINER), joint_digest("ab12cd34ef56", "the pod a/c", {one}, QUELL_RESPONSE_KILL_CONTAINER)};
    for (const auto& digest : {of({}), of({one}), of({two}), of({one, two}), of({one, one}), of({two}, QUELL_RESPONSE_QUARANTINE_FILE), of({file}, QUELL_RESPONSE_QUARANTINE_FILE)})
        EXPECT_TRUE(seen.insert(digest).second) << digest;
    auto forked = two;
    forked.entry.hits++;
    EXPECT_EQ(of({one, two}), of({one, forked})) << "not what an attacker can make stale";
}

}  // namespace
}  // namespace quell::incident

// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/queue.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/base/temp_dir.h"

namespace quell::notifier {
namespace {

class QueueTest : public testing::Test {
protected:
    void open(std::uint64_t max = 100, const std::vector<std::string>& targets = {"a", "b"}, std::uint64_t read_max = kReadMax) {
        queue.reset();
        auto opened = Queue::open(path, max, targets, read_max);
        ASSERT_TRUE(opened) << opened.error().message;
        queue = std::move(*opened);
    }
    static NewMessage message(const std::string& target, int number, const std::string& action = "approved") {
        return {target, "id-" + std::to_string(number), action, "body " + std::to_string(number)};
    }
    std::string front(const std::string& target = "a") {
        auto next = queue->front(target);
        EXPECT_TRUE(next);
        return next && *next ? (*next)->body : "";
    }
    // Of the file. Closes the queue.
    std::int64_t number(const char* sql) {
        queue.reset();
        auto database = history::Database::open(path, false);
        EXPECT_TRUE(database);
        const auto found = database->number(sql);
        EXPECT_TRUE(found) << sql;
        return found ? *found : -1;
    }
    // The bodies that wait, oldest first; takes them off.
    std::vector<std::string> take_all(const std::string& target = "a") {
        std::vector<std::string> bodies;
        for (;;) {
            auto next = queue->front(target);
            if (!next || !*next) return bodies;
            bodies.push_back((*next)->body);
            EXPECT_TRUE(queue->finish(target, (*next)->number, Counted::Sent));
        }
    }

    TempDir dir;
    const std::string path = dir / "queue.db";
    std::unique_ptr<Queue> queue;
};

TEST_F(QueueTest, KeepsTheOrderOfEachTargetOverARestart) {
    open();
    EXPECT_EQ(queue->cursor(), std::nullopt);
    ASSERT_TRUE(queue->put({message("a", 1), message("b", 1), message("a", 2)}, 7));
    open();
    EXPECT_EQ(queue->cursor(), 7u);
    EXPECT_EQ(queue->counts()["a"].waiting, 2u);
    EXPECT_EQ(take_all("a"), (std::vector<std::string>{"body 1", "body 2"}));
    EXPECT_EQ(take_all("b"), (std::vector<std::string>{"body 1"}));
    open();
    EXPECT_EQ(front(), "");
    EXPECT_EQ(queue->counts()["a"].sent, 2u);
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(QueueTest, WhatWasPutBeforeIsNotPutAgain) {
    open();
    ASSERT_TRUE(queue->put({message("a", 1)}, 1));
    ASSERT_TRUE(queue->put({message("a", 1), message("b", 1), message("a", 2)}, 2));
    EXPECT_EQ(take_all("a"), (std::vector<std::string>{"body 1", "body 2"}));
    open();
    ASSERT_TRUE(queue->put({message("a", 1)}, 3));
    EXPECT_EQ(front(), "") << "also when it was sent long ago";
    EXPECT_EQ(take_all("b").size(), 1u);
}

// Rows that wait for the daemon's disk come with each read.
TEST_F(QueueTest, WhatIsReadAgainTakesNoNumber) {
    open(100, {"a"}, 10);
    std::vector<NewMessage> waiting;
    for (int i = 1; i <= 5; i++) waiting.push_back(message("a", i));
    for (int read = 0; read < 30; read++) ASSERT_TRUE(queue->put(waiting, 7));
    ASSERT_TRUE(queue->put({message("a", 6)}, 7));
    ASSERT_TRUE(queue->put(waiting, 7));
    EXPECT_EQ(queue->counts()["a"].waiting, 6u) << "each once";
    EXPECT_EQ(number("SELECT max(number) FROM known"), 6);
    EXPECT_EQ(number("SELECT seq FROM sqlite_sequence WHERE name = 'known'"), 6);
}

TEST_F(QueueTest, WhatIsReadAgainIsKnownHoweverManyComeAfterIt) {
    constexpr int kReadMessages = 10, kReads = 50;
    open(10'000, {"a", "b"}, kReadMessages);
    for (int read = 0; read < kReads; read++) {  // a decision, and what is dropped for room behind it
        std::vector<NewMessage> messages;
        for (const char* target : {"a", "b"}) {
            messages.push_back(message(target, 1));
            for (int i = 2; i <= kReadMessages; i++) messages.push_back(message(target, read * kReadMessages + i, "detected"));
        }
        ASSERT_TRUE(queue->put(messages, 7));
        for (const char* target : {"a", "b"}) ASSERT_EQ(queue->counts()[target].waiting, 1u + static_cast<unsigned>(read + 1) * (kReadMessages - 1)) << target << " in read " << read;
    }
    EXPECT_LE(number("SELECT count(*) FROM known"), 4 * 2 * kReadMessages) << "and the others are forgotten";
}

TEST_F(QueueTest, TwoTargetsForgetNothingOfTheOldestThatWait) {
    constexpr int kReadMessages = 20, kReads = 120;
    open(1000, {"a", "b"}, kReadMessages);
    for (int read = 0; read < kReads; read++) {  // the oldest goes, one comes
        std::vector<NewMessage> messages;
        for (int i = 0; i < kReadMessages; i++)
            for (const char* target : {"a", "b"}) messages.push_back(message(target, read + i));
        ASSERT_TRUE(queue->put(messages, 7));
    }
    for (const char* target : {"a", "b"}) EXPECT_EQ(queue->counts()[target].waiting, static_cast<std::uint64_t>(kReads + kReadMessages - 1)) << target;
}

TEST_F(QueueTest, BeyondItsBoundDetectionsGoFirstAndAreCounted) {
    open(4);
    ASSERT_TRUE(queue->put({message("a", 1), message("a", 2, "detected"), message("a", 3), message("a", 4, "detected")}, 1));
    ASSERT_TRUE(queue->put({message("a", 5), message("a", 6)}, 2));
    ASSERT_TRUE(queue->put({message("a", 7)}, 3));
    EXPECT_EQ(queue->counts()["a"].dropped, 3u);
    EXPECT_EQ(queue->counts()["a"].waiting, 4u);
    EXPECT_EQ(queue->counts()["b"].dropped, 0u);
    open(4);
    EXPECT_EQ(queue->counts()["a"].dropped, 3u);
    EXPECT_EQ(take_all(), (std::vector<std::string>{"body 3", "body 5", "body 6", "body 7"}));
}

TEST_F(QueueTest, ATargetThatIsNoMoreTakesItsMessagesAlong) {
    open();
    ASSERT_TRUE(queue->put({message("a", 1), message("b", 1)}, 1));
    open(100, {"b"});
    open(100, {"a", "b"});
    EXPECT_EQ(front("a"), "");
    EXPECT_EQ(front("b"), "body 1");
}

TEST_F(QueueTest, OneThatIsDroppedOnItsWayIsNotCountedAsWaiting) {
    open(1);
    ASSERT_TRUE(queue->put({message("a", 1)}, 1));
    const auto on_its_way = queue->front("a");
    ASSERT_TRUE(queue->put({message("a", 2)}, 2));
    ASSERT_TRUE(queue->finish("a", (**on_its_way).number, Counted::Sent));
    EXPECT_EQ(queue->counts()["a"].waiting, 1u);
    EXPECT_EQ(front(), "body 2");
}

TEST_F(QueueTest, KilledAtAnyMomentItHasAllUpToItsCursor) {
    for (int round = 0; round < 5; round++) {
        const pid_t child = fork();
        if (child == 0) {
            auto own = Queue::open(path, 100'000, {"a"});
            for (std::uint64_t at = (*own)->cursor().value_or(0);; at++)
                if (!(*own)->put({message("a", static_cast<int>(at + 1))}, at + 1)) _exit(1);
        }
        usleep(150'000);
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
    }
    open(100'000, {"a"});
    const auto cursor = queue->cursor().value_or(0);
    EXPECT_GT(cursor, 5u);
    EXPECT_EQ(queue->counts()["a"].waiting, cursor);
    EXPECT_EQ(front(), "body 1");
}

TEST_F(QueueTest, AnotherFormatIsRefused) {
    open();
    queue.reset();
    {
        auto database = history::Database::open(path, false);
        ASSERT_TRUE(database->run("PRAGMA user_version = 9"));
    }
    EXPECT_EQ(Queue::open(path, 1, {}).error().code, ENOTSUP);
    EXPECT_FALSE(Queue::open(dir / "none" + "/queue.db", 1, {}));
}

TEST_F(QueueTest, WaitsForWhatIsNew) {
    open();
    std::uint64_t seen = 0;
    ASSERT_TRUE(queue->put({}, 1));
    EXPECT_TRUE(queue->wait(10'000, &seen)) << "it was put before: at once";
    EXPECT_TRUE(queue->wait(10, &seen));
    queue->stop();
    EXPECT_FALSE(queue->wait(10'000, &seen));
    EXPECT_FALSE(queue->wait(10'000));
}

}  // namespace
}  // namespace quell::notifier

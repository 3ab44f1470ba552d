// SPDX-License-Identifier: Apache-2.0
// The real helper, started as the daemon starts it.
#include "user/evidence/helper.h"

#include <sys/socket.h>

#include "tests/evidence/made.h"
#include "user/base/sha256.h"
#include "user/evidence/channel.h"
#include "user/evidence/store.h"

namespace quell::evidence {
namespace {

class Helper : public testing::Test {
protected:
    Helper() { put(dir_ / "file", "evidence"); }
    Taken take(const std::string& program = QUELL_EVIDENCE, const std::atomic<bool>* ending = nullptr) {
        const auto bound = stat_of(order_.path);
        return take_by_helper(program, order_, [bound](pid_t helper, int fd) -> Result<bool> {
            struct stat info {};
            if (::stat(("/proc/" + std::to_string(helper) + "/fd/" + std::to_string(fd)).c_str(), &info)) return errno_error("no descriptor");
            return info.st_ino == bound.st_ino;
        }, ending);
    }
    std::string script(const std::string& text) {
        const auto path = dir_ / "script";
        put(path, "#!/bin/sh\n" + text + "\n");
        ::chmod(path.c_str(), 0700);
        return path;
    }

    TempDir dir_;
    Order order_ = [this] {
        auto order = an_order(dir_);
        order.path = dir_ / "file";
        return order;
    }();
};

TEST_F(Helper, TakesTheFileAndTellsItsHashes) {
    const auto taken = take();
    ASSERT_TRUE(taken.is_whole) << taken.text;
    EXPECT_EQ(taken.text, "8 bytes taken by its path");
    EXPECT_EQ(taken.item["sha256"], sha256_hex("evidence"));
    const auto store = Store::open(order_.limits);
    ASSERT_TRUE(store);
    const auto item = store->read("00012-acquire-file");
    ASSERT_TRUE(item);
    EXPECT_EQ(item->path, order_.path);
    EXPECT_EQ(taken.item["manifest_sha256"], item->manifest_sha256);
    const auto manifest = Json::parse(item->manifest);
    EXPECT_EQ(manifest["file"]["uid"], ::getuid());
    EXPECT_EQ(manifest["rule"], "t/r");
    const auto again = take();
    EXPECT_FALSE(again.is_whole);
    EXPECT_NE(again.text.find("is there already"), std::string::npos) << again.text;
}

TEST_F(Helper, ThatDoesNotEndInTimeIsEndedAndLeavesNothing) {
    order_.deadline_ns = boottime_ns() + kSecond / 10;
    (void)Store::open(order_.limits);
    std::filesystem::create_directory(order_.limits.dir + "/.00012-acquire-file");
    const auto taken = take(script("echo $$ >" + (dir_ / "pid") + "; exec sleep 1000"));
    EXPECT_FALSE(taken.is_whole);
    EXPECT_NE(taken.text.find("not done within its time"), std::string::npos) << taken.text;
    EXPECT_EQ(::kill(std::atoi(whole(dir_ / "pid").c_str()), 0), -1);
    EXPECT_TRUE(std::filesystem::is_empty(order_.limits.dir));
}

TEST_F(Helper, KeepsNoDaemonFromEnding) {
    const std::atomic<bool> ending = true;
    const auto before = boottime_ns();
    const auto taken = take(script("echo $$ >" + (dir_ / "pid") + "; exec sleep 1000"), &ending);
    EXPECT_LT(boottime_ns() - before, 5 * kSecond);
    EXPECT_FALSE(taken.is_whole);
    EXPECT_TRUE(taken.item.is_null());
    EXPECT_NE(taken.text.find("the daemon ended"), std::string::npos) << taken.text;
    EXPECT_EQ(::kill(std::atoi(whole(dir_ / "pid").c_str()), 0), -1);
}

TEST_F(Helper, ThatIsNotThereDiesOrTalksNonsenseIsAFailure) {
    const auto expect = [this](const std::string& program, const char* why) {
        const auto taken = take(program);
        EXPECT_FALSE(taken.is_whole);
        EXPECT_NE(taken.text.find(why), std::string::npos) << program << ": " << taken.text;
    };
    expect(dir_ / "none", "cannot start");
    expect(script("exit 1"), "ended");
    for (const char* said : {"nonsense", "{}", "{\"is_object\": -1}", "{\"taken\": 7}"}) expect(script(std::string("read line; echo '") + said + "' >&0; sleep 5"), said[0] == 'n' ? "no JSON" : "not understood");
}

TEST_F(Helper, AnOrderArrivesAsItWasSent) {
    order_.path = "/a\n\xff\x1b";
    order_.processes = {{1, 2}, {3, UINT64_MAX}};
    order_.file.generation = 7;
    order_.container = 9;
    const auto parsed = parse_order(Json::parse(order_json(order_).dump()));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->path, order_.path);
    EXPECT_EQ(parsed->processes[1].start_ns, UINT64_MAX);
    EXPECT_EQ(parsed->file.generation, 7u);
    EXPECT_EQ(parsed->container, 9u);
    EXPECT_FALSE(parse_order(Json::object()));
}

TEST(ChannelTest, LinesAreBoundedAndTimed) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Channel here{Fd(ends[0])}, there(Fd(ends[1]), 1000);
    EXPECT_EQ(there.receive(boottime_ns() + kSecond / 100).error().code, ETIMEDOUT);
    ASSERT_TRUE(here.send({{"a", 1}}, boottime_ns() + kSecond));
    ASSERT_TRUE(here.send("two", boottime_ns() + kSecond));
    EXPECT_EQ(there.receive(boottime_ns() + kSecond).value(), Json({{"a", 1}}));
    EXPECT_EQ(there.receive(boottime_ns() + kSecond).value(), "two");
    ASSERT_TRUE(here.send(std::string(100'000, 'x'), boottime_ns() + kSecond));
    EXPECT_EQ(there.receive(boottime_ns() + kSecond).error().code, EPROTO);
}

}  // namespace
}  // namespace quell::evidence

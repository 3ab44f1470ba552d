// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/copy.h"

#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "tests/evidence/made.h"
#include "user/base/sha256.h"

namespace quell::evidence {
namespace {

class Copy : public testing::Test {
protected:
    Result<Copied> copy(std::uint64_t seconds = 60) {
        const Fd from(::open((dir_ / "from").c_str(), O_RDONLY));
        const Fd to(::open((dir_ / "to").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
        EXPECT_TRUE(from && to);
        return copy_content(from.get(), to.get(), room_, seconds ? boottime_ns() + seconds * kSecond : 0);
    }

    TempDir dir_;
    Room room_{1u << 30, 0, "the room is small"};
};

TEST_F(Copy, IsTheSameAndItsHashIsOfWhatIsKept) {
    const std::string bytes = std::string(3'000'000, 'a') + '\0' + "\xff\n";
    put(dir_ / "from", bytes);
    const auto copied = copy();
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(copied->size, bytes.size());
    EXPECT_EQ(copied->sha256, sha256_hex(bytes));
    EXPECT_EQ(whole(dir_ / "to"), bytes);
    EXPECT_FALSE(copied->has_changed);
    EXPECT_TRUE(copied->cut.empty());
    put(dir_ / "from", "");
    EXPECT_EQ(copy()->sha256, sha256_hex(""));
}

TEST_F(Copy, HolesStayHolesInAGigabyte) {
    constexpr off_t kSize = 1'000'000'000;
    {
        const Fd file(::open((dir_ / "from").c_str(), O_RDWR | O_CREAT, 0600));
        ASSERT_EQ(::ftruncate(file.get(), kSize), 0);
        ASSERT_EQ(::pwrite(file.get(), "middle", 6, kSize / 2), 6);
        ASSERT_EQ(::pwrite(file.get(), "end", 3, kSize - 3), 3);
    }
    rusage before {}, after {};
    ::getrusage(RUSAGE_SELF, &before);
    const auto copied = copy();
    ::getrusage(RUSAGE_SELF, &after);
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(copied->size, static_cast<std::uint64_t>(kSize));
    EXPECT_LT(copied->data, 1u << 20);
    EXPECT_LT(stat_of(dir_ / "to").st_blocks * 512, 1 << 20);
    EXPECT_EQ(stat_of(dir_ / "to").st_size, kSize);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "memory does not grow with the file";
    Sha256 hash;
    const std::string zeros(1'000'000, '\0');
    for (int i = 0; i < 500; i++) hash.update(zeros);
    hash.update("middle" + zeros.substr(6));
    for (int i = 0; i < 498; i++) hash.update(zeros);
    hash.update(zeros.substr(3) + "end");
    EXPECT_EQ(copied->sha256, hash.finish_hex());
}

TEST_F(Copy, IsCutByTheRoomAndByTheTime) {
    const std::string bytes(5'000'000, 'b');
    put(dir_ / "from", bytes);
    room_.bytes = 2'000'000;
    auto copied = copy();
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(copied->cut, "the room is small");
    EXPECT_EQ(copied->size, 2'000'000u);
    EXPECT_EQ(whole(dir_ / "to"), bytes.substr(0, 2'000'000));
    EXPECT_EQ(copied->sha256, sha256_hex(bytes.substr(0, 2'000'000)));
    EXPECT_FALSE(copied->has_changed);
    room_.bytes = 1u << 30;
    copied = copy(0);
    ASSERT_TRUE(copied);
    EXPECT_EQ(copied->cut, "its time was over");
    EXPECT_EQ(copied->size, 0u);
    EXPECT_EQ(copied->sha256, sha256_hex(""));
}

TEST_F(Copy, NotesWhatChangesWhileItIsRead) {
    put(dir_ / "from", std::string(64'000'000, 'c'));
    std::atomic<bool> ends = false;
    std::thread writer([&] {
        const Fd file(::open((dir_ / "from").c_str(), O_WRONLY));
        while (!ends) (void)!::pwrite(file.get(), "changed", 7, 1000);
    });
    const auto copied = copy();
    ends = true;
    writer.join();
    ASSERT_TRUE(copied);
    EXPECT_TRUE(copied->has_changed || copied->is_cloned);
    EXPECT_EQ(copied->sha256, sha256_hex(whole(dir_ / "to"))) << "the hash is of what is kept, whatever that is";
    struct stat one {}, other {};
    EXPECT_FALSE(differs(one, other));
    other.st_ctim.tv_nsec = 1;
    EXPECT_TRUE(differs(one, other));
}

TEST_F(Copy, ADiskThatTakesNoMoreIsAnError) {
    put(dir_ / "from", std::string(5'000'000, 'd'));
    const pid_t child = ::fork();
    if (child == 0) {  // the limit is the process's
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1'000'000, 1'000'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto copied = copy();
        ::_exit(!copied && copied.error().code == ENOSPC ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(Copy, TheReserveOfTheDiskIsKept) {
    put(dir_ / "from", std::string(70'000'000, 'e'));
    room_.reserve = UINT64_MAX;  // whatever is free is less
    const auto copied = copy();
    ASSERT_TRUE(!copied || copied->is_cloned);
    if (!copied) {
        EXPECT_EQ(copied.error().code, ENOSPC);
    }
}

}  // namespace
}  // namespace quell::evidence

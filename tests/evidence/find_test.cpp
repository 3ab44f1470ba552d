// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/find.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/evidence/made.h"
#include "user/evidence/patience.h"

namespace quell::evidence {
namespace {

class Find : public testing::Test {
protected:
    std::string why_not(const std::string& path) {
        const Fd fd(::open(path.c_str(), O_PATH | O_NOFOLLOW));
        const auto opened = open_regular(fd.get(), boottime_ns() + kSecond);
        EXPECT_FALSE(opened) << path;
        return opened ? "" : opened.error().message;
    }
    std::string read(const Found& found) { return read_all(found.fd.get(), 4096).value(); }

    TempDir dir_;
    Order order_ = an_order(dir_);
};

TEST_F(Find, WhatIsNoRegularFileIsNotOpenedAndSaysWhatItIs) {
    ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, (dir_ / "socket").c_str(), sizeof(name.sun_path) - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    std::filesystem::create_symlink("/etc/passwd", dir_ / "link");
    EXPECT_NE(why_not(dir_ / "fifo").find("FIFO"), std::string::npos);  // opened, it would wait for a writer
    EXPECT_NE(why_not(dir_ / "socket").find("socket"), std::string::npos);
    EXPECT_NE(why_not(dir_ / "link").find("symbolic link"), std::string::npos);
    EXPECT_NE(why_not("/dev/null").find("character device"), std::string::npos);
    EXPECT_NE(why_not(dir_.path()).find("directory"), std::string::npos);
    EXPECT_STREQ(type_word(S_IFBLK), "block device");
}

TEST_F(Find, ALinkLeadsNowhereOutsideOfTheRoot) {
    put(dir_ / "outside", "host");
    std::filesystem::create_directories(dir_ / "root/inner");
    put(dir_ / "root/outside", "container");
    std::filesystem::create_directory_symlink("../..", dir_ / "root/inner/up");
    std::filesystem::create_directory_symlink("/proc/self/root", dir_ / "root/inner/magic");
    const Fd root(::open((dir_ / "root").c_str(), O_PATH | O_DIRECTORY));
    const auto found = look_in_root(root.get(), "/inner/up/outside");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(read_all(open_regular(found->get(), 0)->get(), 100).value(), "container");
    EXPECT_FALSE(look_in_root(root.get(), "/inner/magic/etc/passwd"));
    EXPECT_FALSE(look_in_root(root.get(), "relative"));
    EXPECT_FALSE(look_in_root(root.get(), ""));
}

TEST_F(Find, ByItsPathAndByTheNameThatItWasGiven) {
    put(dir_ / "file", "it");
    const auto is_object = object_at(order_, dir_ / "file");
    auto found = find_object(order_, is_object);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->how, "its path");
    EXPECT_EQ(read(*found), "it");
    std::filesystem::rename(dir_ / "file", dir_ / "away");
    order_.renamed_to = dir_ / "away";
    found = find_object(order_, is_object);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->host_path, dir_ / "away");
}

TEST_F(Find, AnotherFileAtItsPathIsNotTaken) {
    put(dir_ / "file", "it");
    const auto is_object = object_at(order_, dir_ / "file");
    std::filesystem::rename(dir_ / "file", dir_ / "hidden");
    put(dir_ / "file", "another");
    auto found = find_object(order_, is_object);
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find("another file"), std::string::npos) << found.error().message;
    std::filesystem::remove(dir_ / "file");
    ASSERT_EQ(::mkfifo((dir_ / "file").c_str(), 0600), 0);
    found = find_object(order_, is_object);
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find("FIFO"), std::string::npos) << found.error().message;
}

TEST_F(Find, OneThatIsDeletedByTheDescriptorThatIsLeft) {
    put(dir_ / "file", "it");
    const auto is_object = object_at(order_, dir_ / "file");
    Child holder([&] { (void)!::open((dir_ / "file").c_str(), O_WRONLY); });
    order_.processes = {{999'999'999, 1}, process_of(holder.pid())};
    std::filesystem::remove(dir_ / "file");
    put(dir_ / "file", "another");
    auto found = find_object(order_, is_object);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_NE(found->how.find("descriptor"), std::string::npos) << found->how;
    EXPECT_EQ(read(*found), "it") << "also of one that was opened for writing";
    holder.end();
    std::filesystem::remove(dir_ / "file");
    found = find_object(order_, is_object);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ENOENT) << found.error().message;
}

TEST_F(Find, AProgramThatIsDeletedAndRuns) {
    std::filesystem::copy_file("/bin/sleep", dir_ / "program");
    const auto is_object = object_at(order_, dir_ / "program");
    const std::string program = dir_ / "program";
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(program.c_str(), "sleep", "100", nullptr);
        ::_exit(1);
    }
    for (int i = 0; i < 500 && std::filesystem::read_symlink("/proc/" + std::to_string(child) + "/exe") != program; i++) ::usleep(10'000);
    order_.processes = {process_of(child)};
    std::filesystem::remove(program);
    const auto found = find_object(order_, is_object);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_NE(found->how.find("executable"), std::string::npos);
    EXPECT_EQ(stat_of("/bin/sleep").st_size, ::lseek(found->fd.get(), 0, SEEK_END));
}

TEST(Patience, GoesOnWithoutWhatHangs) {
    const auto quick = within_ms(5000, [](const std::atomic<bool>&) { return 7; });
    EXPECT_EQ(quick, 7);
    static std::atomic<bool> told{false};
    const auto slow = within_ms(50, [](const std::atomic<bool>& left) {
        while (!left) ::usleep(1000);
        told = true;
        return 7;
    });
    EXPECT_FALSE(slow);
    for (int i = 0; i < 1000 && !told; i++) ::usleep(5000);
    EXPECT_TRUE(told);
}

}  // namespace
}  // namespace quell::evidence

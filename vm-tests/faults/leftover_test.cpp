// SPDX-License-Identifier: Apache-2.0
// A daemon that is killed while it asks the kernel side for a process leaves
// the question there: who asks next is not answered that one, too.
#include <gtest/gtest.h>
#include <bpf/bpf.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// The shared page, as the kernel side has it.
class Page {
public:
    Page() : fd_(bpf_obj_get("/sys/fs/bpf/quell/maps/globals")), at_(mmap(nullptr, kSize, PROT_READ, MAP_SHARED, fd_, 0)) { EXPECT_NE(at_, MAP_FAILED); }
    ~Page() {
        if (at_ != MAP_FAILED) munmap(at_, kSize);
        if (fd_ >= 0) close(fd_);
    }
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;
    [[nodiscard]] quell_u32 asked_pid() const { return at_ == MAP_FAILED ? 0 : static_cast<const volatile quell_globals*>(at_)->query.pid; }

private:
    static constexpr std::size_t kSize = (sizeof(quell_globals) + 4095) & ~std::size_t{4095};
    int fd_;
    void* at_;
};

class LeftOver : public testing::Test {
protected:
    // Many that are looked through, so that it takes its time; and one innocent.
    void SetUp() override {
        must("for i in $(seq 300); do setsid sleep 8801 </dev/null >/dev/null 2>&1 & done; setsid sleep 8802 </dev/null >/dev/null 2>&1 &");
        EXPECT_TRUE(eventually([&] {
            innocent_ = static_cast<quell_u32>(std::atoi(run("pgrep -x -f 'sleep 8802'").text.c_str()));
            return innocent_ > 1;
        }));
    }
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
        must("pkill -x -f 'sleep 880[12]'");
    }
    // Asks for the innocent, of whom what is asked cannot be done, and kills the daemon in the middle of its look.
    [[nodiscard]] bool kill_while_it_asks() const {
        const Page page;
        const pid_t daemon = daemon_pid();
        must("(while :; do quell respond pause-container --pid " + std::to_string(innocent_) + " --reason asks --yes; test -e /run/asked && break; done) >/dev/null 2>&1 &");
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (page.asked_pid() != innocent_ && std::chrono::steady_clock::now() < end) (void)sched_yield();
        kill(daemon, SIGKILL);
        must("touch /run/asked; sleep 1; rm /run/asked");
        EXPECT_TRUE(eventually([&] { return kill(daemon, 0) != 0; }));
        return page.asked_pid() == innocent_;
    }
    [[nodiscard]] bool lives() const { return run("kill -0 " + std::to_string(innocent_)).status == 0; }

    quell_u32 innocent_ = 0;
};

TEST_F(LeftOver, OfAKilledDaemonHitsNobodyElse) {
    Container victim("leftover");
    victim.start();
    bool left = false;
    for (int tries = 0; tries < 5 && !left; tries++) {
        if (tries) start_daemon();
        left = kill_while_it_asks();
    }
    ASSERT_TRUE(left) << "never killed in that moment";
    start_daemon();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("leftover", "delete");
    const auto offers = show(id)["offers"].dump();
    EXPECT_EQ(offers.find("\"pid\":" + std::to_string(innocent_)), std::string::npos) << offers;
    EXPECT_EQ(approve(id, "kill-container").status, 0);
    EXPECT_FALSE(victim.running());
    EXPECT_TRUE(lives());
}

// The kernel side by itself, whatever the one who asks has forgotten.
TEST_F(LeftOver, IsNotListedBesideAContainer) {
    Container victim("beside");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("beside", "delete");
    kill_daemon(SIGKILL);
    auto engine = bpf::Engine::open({.loader = "/bin/false"});
    ASSERT_TRUE(engine) << engine.error().message;
    std::uint64_t container = 0;
    for (const auto& one : (*engine)->pending())
        if (QUELL_WORD_STATE(one.value.word) == QUELL_STATE_PENDING) container = one.key.container;
    ASSERT_NE(container, 0u) << id;
    const auto listed = [&](std::uint64_t in) {
        auto& query = (*engine)->globals().query;
        query.container = in;
        query.pid = innocent_;
        const int program = bpf_obj_get("/sys/fs/bpf/quell/programs/quell_iter_tasks");
        const int link = bpf_link_create(program, 0, BPF_TRACE_ITER, nullptr), walk = bpf_iter_create(link);
        std::vector<quell_u32> pids;
        quell_task_ref task;
        EXPECT_GE(walk, 0);
        std::string all;
        char buffer[4096];
        for (ssize_t n; (n = read(walk, buffer, sizeof(buffer))) > 0;) all.append(buffer, static_cast<std::size_t>(n));
        for (std::size_t at = 0; at + sizeof(task) <= all.size(); at += sizeof(task)) {
            std::memcpy(&task, all.data() + at, sizeof(task));
            pids.push_back(task.pid);
        }
        for (const int fd : {walk, link, program}) close(fd);
        return pids;
    };
    EXPECT_EQ(listed(0), std::vector<quell_u32>{innocent_});
    const auto beside = listed(container);
    EXPECT_FALSE(beside.empty());
    EXPECT_EQ(std::ranges::count(beside, innocent_), 0);
    const auto asked = (*engine)->tasks(container, 0);
    ASSERT_TRUE(asked);
    for (const auto& one : *asked) EXPECT_NE(one.pid, innocent_);
}

}  // namespace
}  // namespace quell::guest

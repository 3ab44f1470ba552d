// SPDX-License-Identifier: Apache-2.0
// 200 policies applied under load: every operation is judged wholly by the
// old one or wholly by the new one, never by both, by none or by a mixture.
//
// Both refuse the same two operations, under two names and with all else in
// other places: indexes of rules, sets and conditions, nodes of paths. What
// goes by halves of them finds a rule that is about something else (a decoy,
// which fires), a condition that does not hold, or none: then it is not refused.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <new>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr int kApplies = 200;
constexpr std::uint64_t kUnlinks = 1'000'000, kExecs = 20'000;
constexpr const char* kFile = "/srv/load/dir/file";
constexpr const char* kProgram = "/srv/load/dir/program";

struct Tally {
    std::atomic<std::uint64_t> unlinks{0}, execs{0}, unlinked{0}, executed{0}, odd{0};
    std::atomic<bool> enough{false};
};

std::string rule(const std::string& id, const std::string& name, const std::string& path, const std::string& uid) {
    return "    - {id: " + id + ", name: " + name + ", severity: low, on: [delete, exec], where: {subject: host, uid: [" + uid + "]}, match: {path: [" + path + "]}, respond: {deny: true}}\n";
}

std::string policy(const std::string& rules) { return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: load}\nspec:\n  rules:\n" + rules; }

class Load : public testing::Test {
protected:
    void SetUp() override {
        must("mkdir -p /srv/load/dir && touch /srv/load/dir/file && cp /bin/true /srv/load/dir/program");
        const std::string decoys = rule("d1", "Decoy", "/srv/elsewhere/**", "0") + rule("d2", "Decoy", "/srv/load/other/*, /srv/decoy", "4242, 5000-6000");
        write("/tmp/first.yaml", policy(rule("a", "First", "/srv/load/**", "0") + decoys));
        write("/tmp/second.yaml", policy(decoys + rule("z", "Second", "/srv/load/dir/*", "0, 7000") + rule("c", "Decoy", "/opt/x/y/z", "9, 11, 13")));
        must("quell policy apply /tmp/first.yaml");
        void* at = mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ASSERT_NE(at, MAP_FAILED);
        tally_ = new (at) Tally;
    }
    void TearDown() override {
        reject_all();
        apply_pack();
    }

    // Until the applies are done, and as many operations as the test is about at least.
    [[nodiscard]] pid_t unlinks() const {
        return child([tally = tally_] {
            while (tally->unlinks < kUnlinks || !tally->enough) {
                const int refused = ::unlink(kFile) ? errno : 0;
                if (refused == 0) tally->unlinked++;
                else if (refused != EPERM) tally->odd++;
                tally->unlinks++;
                if (refused == 0) return;  // the file is gone: nothing more to be seen
            }
        });
    }
    [[nodiscard]] pid_t execs() const {
        return child([tally = tally_] {
            while (tally->execs < kExecs || !tally->enough) {
                const pid_t one = vfork();
                if (one == 0) {
                    ::execl(kProgram, kProgram, nullptr);
                    _exit(errno == EPERM ? 1 : 2);
                }
                int status = 0;
                if (one < 0 || ::waitpid(one, &status, 0) != one || !WIFEXITED(status) || WEXITSTATUS(status) == 2) tally->odd++;
                else if (WEXITSTATUS(status) == 0) tally->executed++;
                tally->execs++;
            }
        });
    }

    Tally* tally_ = nullptr;

private:
    template <typename Work>
    [[nodiscard]] static pid_t child(Work work) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            work();
            _exit(0);
        }
        return pid;
    }
};

// Of all generations that there are.
std::int64_t entries(const std::string& map) {
    return std::atoll(must("for map in /sys/fs/bpf/quell/policy/" + map + "-*; do bpftool -j map dump pinned $map; done | jq -s 'map(length) | add'").c_str());
}

TEST_F(Load, EachOperationIsJudgedByOnePolicyWholly) {
    must("quell policy apply /tmp/second.yaml && quell policy apply /tmp/first.yaml");
    const auto edges = entries("edges"), rules = entries("rules"), conditions = entries("conditions");
    const auto matches_before = matches();
    const pid_t one = unlinks(), two = execs();
    for (int i = 0; i < kApplies; i++) must(i % 2 ? "quell policy apply /tmp/first.yaml" : "quell policy apply /tmp/second.yaml");
    tally_->enough = true;
    for (const pid_t pid : {one, two}) {
        int status = 0;
        EXPECT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
    }
    const Tally& seen = *tally_;
    std::printf("%d applies, %lu unlinks, %lu execs\n", kApplies, static_cast<unsigned long>(seen.unlinks), static_cast<unsigned long>(seen.execs));
    EXPECT_GE(seen.unlinks, kUnlinks);
    EXPECT_GE(seen.execs, kExecs);
    EXPECT_EQ(seen.unlinked, 0u) << "none judged it, or a mixture did";
    EXPECT_EQ(seen.executed, 0u) << "none judged it, or a mixture did";
    EXPECT_EQ(seen.odd, 0u);
    EXPECT_EQ(static_cast<std::uint64_t>(matches() - matches_before), seen.unlinks + seen.execs) << "each by exactly one rule";

    std::int64_t first = 0, second = 0;
    for (const auto& incident : incidents()) {
        EXPECT_NE(incident["name"], "Decoy") << incident;
        (incident["name"] == "First" ? first : second) += incident["count"].get<std::int64_t>();
    }
    EXPECT_GT(first, 0);
    EXPECT_GT(second, 0);

    // what a generation took is given back; the last one is the first policy again
    EXPECT_EQ(entries("edges"), edges);
    EXPECT_EQ(entries("rules"), rules);
    EXPECT_EQ(entries("conditions"), conditions);
}

}  // namespace
}  // namespace quell::guest

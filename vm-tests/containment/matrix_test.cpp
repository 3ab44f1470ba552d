// SPDX-License-Identifier: Apache-2.0
// Every way to a quarantined file (probe_names.c, probe_descriptors.c): by its names, on what was opened and mapped
// before, and those that a quarantine leaves; in a container's overlay and on the host's ext4.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

#include "vm-tests/containment/quarantined.h"
#include "vm-tests/harness/losses.h"

namespace quell::guest {
namespace {

constexpr const char* kHooks[] = {"file_open", "file_permission", "mmap_file", "file_mprotect", "inode_setattr", "inode_setxattr", "inode_removexattr", "inode_link", "inode_unlink", "inode_rename"};
constexpr std::size_t kRefused = 74, kLeft = 12;

struct Tried {
    int code = 0;      // errno, 0: it worked
    std::string hook;  // that is to refuse it, "-": nobody is
};
using Tries = std::map<std::string, Tried>;

std::string text_of(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

class QuarantineMatrix : public testing::Test {
protected:
    void begin_in_container() {
        victim_ = std::make_unique<Container>("matrix");
        must("cp /w/probe " + victim_->directory() + "/lower/bin/probe");
        victim_->start();
        place_ = "/vol/matrix";
        directory_ = victim_->directory() + "/rootfs/tmp/probe";
        must("mkdir -p " + directory_);
        const auto output = victim_->exec("(/bin/probe /tmp/probe /vol/matrix >/tmp/probe/out 2>&1 &)");
        ASSERT_EQ(output.status, 0) << output.text;
        wait();
    }
    void begin_on_host() {
        place_ = "/srv/matrix";
        directory_ = "/run/probe";
        must("rm -rf " + place_ + " " + directory_ + " && mkdir -p " + directory_ + " && test $(stat -f -c %T /srv) = ext2/ext3");
        must("setsid /w/probe " + directory_ + " " + place_ + " >" + directory_ + "/out 2>&1 </dev/null &");
        wait();
    }
    void TearDown() override {
        for (const auto& id : ids_) (void)run("quell undo " + id + " --reason over");  // of a test that ended early
        (void)run("touch " + directory_ + "/stop");
        // its mounts are in the way of the container's end
        EXPECT_TRUE(eventually([this] { return std::filesystem::exists(directory_ + "/ended"); }));
        victim_.reset();
        (void)run("rm -rf /srv/matrix /run/probe");
        reject_all();
    }
    void wait() const {
        ASSERT_TRUE(eventually([this] { return std::filesystem::exists(directory_ + "/ready"); })) << text_of(directory_ + "/out");
    }
    Tries act() {
        const auto round = std::to_string(round_++);
        must("touch " + directory_ + "/go-" + round);
        EXPECT_TRUE(eventually([&] { return std::filesystem::exists(directory_ + "/result-" + round); }, std::chrono::seconds(120))) << text_of(directory_ + "/out");
        std::istringstream lines(text_of(directory_ + "/result-" + round));
        Tries tries;
        std::size_t left = 0;
        std::string way;
        for (Tried tried; lines >> way >> tried.code >> tried.hook;) {
            tries[way] = tried;
            left += tried.hook == "-";
        }
        EXPECT_EQ(tries.size(), kRefused + kLeft);
        EXPECT_EQ(left, kLeft);
        return tries;
    }
    // All works, where there is such a way at all; what there is not is not looked at again.
    void expect_all_work(const std::string& when) {
        for (const auto& [way, tried] : act()) {
            if (lacking_.contains(way)) continue;
            EXPECT_EQ(tried.code, 0) << way << ", " << when << ": " << std::strerror(tried.code);
        }
    }
    void learn_lacking(const std::map<std::string, int>& may_lack) {
        for (const auto& [way, tried] : act()) {
            const auto found = may_lack.find(way);
            if (found != may_lack.end() && tried.code == found->second) {
                lacking_.insert(way);
                continue;
            }
            EXPECT_EQ(tried.code, 0) << way << ", before: " << std::strerror(tried.code);
        }
    }
    void expect_refused() {
        std::map<std::string, std::int64_t> before, expected;
        for (const auto* hook : kHooks) before[hook] = denied(hook);
        for (const auto& [way, tried] : act()) {
            if (lacking_.contains(way)) continue;
            const bool is_refused = tried.hook != "-";
            EXPECT_EQ(tried.code, is_refused ? EPERM : 0) << way << ": " << std::strerror(tried.code);
            if (is_refused) expected[sooner_.contains(way) ? sooner_.at(way) : tried.hook]++;
        }
        EXPECT_EQ(expected.size(), std::size(kHooks)) << "a hook that no way tries";
        for (const auto& [hook, times] : expected) EXPECT_GE(denied(hook) - before.at(hook), times) << hook;
    }
    void quarantine_it(const std::string& name) {
        const auto output = run("quell --json respond quarantine-file " + std::string(victim_ ? "--container matrix " : "") + "--file " + place_ + "/" + name + " --yes --reason matrix 2>/dev/null");
        const auto reply = Json::parse(output.text, nullptr, false);
        ASSERT_TRUE(output.status == 0 && reply.is_object() && reply.contains("incident")) << output.text;
        ids_.push_back(reply["incident"]["id"]);
        EXPECT_EQ(show(ids_.back())["state"], "enforcing");
    }
    void expect_matrix(const std::map<std::string, int>& may_lack) {
        learn_lacking(may_lack);
        for (const char* name : {"data", "program"}) {
            quarantine_it(name);
            if (HasFatalFailure()) return;
        }
        expect_refused();
        for (const auto& id : ids_) {
            EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
            EXPECT_EQ(actions_of(id), (std::vector<std::string>{"requested", "approved", "flipped", "enforcing", "undone"}));
        }
        expect_all_work("after the undo");
    }

    std::unique_ptr<Container> victim_;
    std::string place_, directory_;
    std::vector<std::string> ids_;
    std::set<std::string> lacking_;
    std::map<std::string, std::string> sooner_;  // way -> hook that is asked before the one that is told of it
    int round_ = 0;
};

// An overlay has no handles of the kind that are opened, the container no right to link by a descriptor alone, which
// 6.10 made everybody's. file_setattr(2) came with 6.17.
TEST_F(QuarantineMatrix, InAContainersOverlay) {
    begin_in_container();
    sooner_ = {{"file-setattr", "file_open"}};  // the kernel looks at the flags first, for which overlayfs opens the file of the layer (traced on 7.2)
    if (!HasFatalFailure()) expect_matrix({{"by-handle", EOPNOTSUPP}, {"link-empty", ENOENT}, {"file-setattr", ENOSYS}});
}

TEST_F(QuarantineMatrix, OnTheHostsExt4) {
    begin_on_host();
    allow_counter("walk-outside");  // a mount of another namespace is not the host's
    if (!HasFatalFailure()) expect_matrix({{"file-setattr", ENOSYS}});
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// Floods: no match is lost from the counts, nobody takes another's room.
#include <gtest/gtest.h>

#include <memory>
#include <map>

#include "vm-tests/races/jail.h"
#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

class Flood : public testing::Test {
protected:
    void TearDown() override {
        expect_nothing_lost(true);
        reject_all();
    }
    races::Globals globals_{races::open_pin("/sys/fs/bpf/quell/maps/globals")};
};

TEST_F(Flood, AMillionMatchesOnTwoCpusLoseNoCount) {
    Jail jail("flood");
    const auto before = globals_.matched(QUELL_HOOK_file_open);
    const auto result = jail.run({"flood", "/etc/shadow", "2", "1000000"});
    EXPECT_EQ(result["failed"], 0) << result;
    EXPECT_EQ(globals_.matched(QUELL_HOOK_file_open) - before, 1'000'000u);
    std::uint64_t sum = 0, count = 0;
    for (const auto& one : incidents())
        if (one["operation"] == "open-read") sum += one["count"].get<std::uint64_t>(), count++;
    EXPECT_EQ(sum, 1'000'000u);
    EXPECT_EQ(count, 1u) << "both are of one parent";
}

TEST_F(Flood, TwentyContainersDoNotKeepOneQuietOut) {
    constexpr std::size_t kFlooding = 20, kActors = 150, kMatches = 3;
    std::vector<std::unique_ptr<Jail>> jails;
    for (std::size_t i = 0; i < kFlooding; i++) jails.push_back(std::make_unique<Jail>("flood" + std::to_string(i)));
    Jail quiet("quiet");
    const auto matched = globals_.matched(QUELL_HOOK_inode_unlink);
    const auto dropped = [&] { return globals_.counter(QUELL_COUNTER_PENDING_FULL) + globals_.counter(QUELL_COUNTER_PENDING_SUBJECT); };
    const auto before = dropped();
    std::vector<Child> floods;
    for (const auto& jail : jails) floods.push_back(jail->start({"many-actors", "/var/log", std::to_string(kActors), std::to_string(kMatches)}));
    for (auto& one : floods) EXPECT_EQ(one.result()["failed"], 0);
    EXPECT_EQ(quiet.run({"many-actors", "/var/log", "1", "1"})["failed"], 0);

    std::map<std::string, std::size_t> pending;
    std::uint64_t hits = 0;
    EXPECT_TRUE(eventually([&] {
        const auto status = quell("status")["status"];
        return status["pending"].get<std::size_t>() + status["arming"].get<std::size_t>() == incidents().size();
    })) << "an incident of which the daemon does not know";
    for (const auto& one : incidents()) {
        pending[one["container"].value("id", "")]++;
        hits += one["count"].get<std::uint64_t>();
    }
    std::size_t all = 0;
    for (const auto& [id, count] : pending) {
        EXPECT_LE(count, static_cast<std::size_t>(QUELL_PENDING_PER_SUBJECT)) << id;
        all += count;
    }
    EXPECT_LE(all, static_cast<std::size_t>(QUELL_PENDING_MAX));
    EXPECT_GE(all, static_cast<std::size_t>(QUELL_PENDING_MAX - QUELL_PENDING_RESERVED));
    EXPECT_EQ(pending[quiet.id()], 1u);
    for (const auto& jail : jails) EXPECT_GE(pending[jail->id()], 1u) << "each gets its first";
    EXPECT_EQ(globals_.matched(QUELL_HOOK_inode_unlink) - matched, kFlooding * kActors * kMatches + 1);
    EXPECT_EQ(hits + dropped() - before, kFlooding * kActors * kMatches + 1) << "each match is in an incident or among the dropped";
    std::printf("%zu pending, %lu hits, %lu dropped\n", all, static_cast<unsigned long>(hits), static_cast<unsigned long>(dropped() - before));
    const auto warnings = quell("status")["status"]["warnings"].dump();
    EXPECT_NE(warnings.find("found no room"), std::string::npos) << warnings;
}

}  // namespace
}  // namespace quell::guest

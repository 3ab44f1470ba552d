// SPDX-License-Identifier: Apache-2.0
// Floods: no match is lost from the counts, nobody takes another's room.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "vm-tests/races/jail.h"
#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

class Flood : public testing::Test {
protected:
    void TearDown() override {
        expect_nothing_lost(kFlood);
        reject_all();
        EXPECT_EQ(run("grep -a 'Too many open files' /var/log/quelld.console").text, "") << "the daemon has none left to be asked by";
    }
    // Incidents by container, and how often their events happened; once the daemon knows all of them.
    struct Count {
        std::map<std::string, std::size_t> pending;
        std::size_t all = 0;
        std::uint64_t hits = 0;
    };
    static Count count() {
        EXPECT_TRUE(eventually([&] {
            const auto status = quell("status")["status"];
            return status["pending"].get<std::size_t>() + status["arming"].get<std::size_t>() == incidents().size();
        })) << "an incident of which the daemon does not know";
        Count count;
        for (const auto& one : incidents()) {
            count.pending[one["container"].value("id", "")]++;
            count.all++;
            count.hits += one["count"].get<std::uint64_t>();
        }
        return count;
    }
    [[nodiscard]] std::uint64_t matched() const { return globals_.matched(QUELL_HOOK_inode_unlink); }
    [[nodiscard]] std::uint64_t dropped() const { return globals_.counter(QUELL_COUNTER_PENDING_FULL) + globals_.counter(QUELL_COUNTER_PENDING_SUBJECT); }

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

TEST_F(Flood, OneContainerHasSixtyFourAtMost) {
    constexpr std::size_t kActors = 100, kMatches = 3;
    Jail jail("alone");
    const auto matched_before = matched(), dropped_before = dropped();
    EXPECT_EQ(jail.run({"many-actors", "/var/log", std::to_string(kActors), std::to_string(kMatches)})["failed"], 0);
    const auto counted = count();
    EXPECT_EQ(counted.all, static_cast<std::size_t>(QUELL_PENDING_PER_SUBJECT));
    EXPECT_EQ(matched() - matched_before, kActors * kMatches);
    EXPECT_EQ(counted.hits, QUELL_PENDING_PER_SUBJECT * kMatches);
    EXPECT_EQ(dropped() - dropped_before, (kActors - QUELL_PENDING_PER_SUBJECT) * kMatches);
    expect_loud("share of the pending");
}

TEST_F(Flood, TwentyContainersDoNotKeepOneQuietOut) {
    constexpr std::size_t kFlooding = 20, kActors = 70, kMatches = 3, kAll = kFlooding * kActors * kMatches + 1;
    std::vector<std::unique_ptr<Jail>> jails;
    for (std::size_t i = 0; i < kFlooding; i++) jails.push_back(std::make_unique<Jail>("flood" + std::to_string(i)));
    Jail quiet("quiet");
    const auto matched_before = matched(), dropped_before = dropped();
    std::vector<Child> floods;
    for (const auto& jail : jails) floods.push_back(jail->start({"many-actors", "/var/log", std::to_string(kActors), std::to_string(kMatches)}));
    for (auto& one : floods) EXPECT_EQ(one.result()["failed"], 0);
    EXPECT_EQ(quiet.run({"many-actors", "/var/log", "1", "1"})["failed"], 0);

    auto counted = count();
    for (const auto& [id, pending] : counted.pending) EXPECT_LE(pending, static_cast<std::size_t>(QUELL_PENDING_PER_SUBJECT)) << id;
    EXPECT_LE(counted.all, static_cast<std::size_t>(QUELL_PENDING_MAX));
    EXPECT_GE(counted.all, static_cast<std::size_t>(QUELL_PENDING_MAX - QUELL_PENDING_RESERVED));
    EXPECT_EQ(counted.pending[quiet.id()], 1u);
    for (const auto& jail : jails) EXPECT_GE(counted.pending[jail->id()], 1u) << "each gets its first";
    EXPECT_EQ(matched() - matched_before, kAll);
    EXPECT_EQ(counted.hits + dropped() - dropped_before, kAll) << "each match is in an incident or among the dropped";
    std::printf("%zu pending, %lu hits, %lu dropped\n", counted.all, static_cast<unsigned long>(counted.hits), static_cast<unsigned long>(dropped() - dropped_before));
    expect_loud("share of the pending");
}

}  // namespace
}  // namespace quell::guest

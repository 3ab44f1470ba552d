// SPDX-License-Identifier: Apache-2.0
// What `policy explain RULE` says of a rule's costs.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "policy/describe/costs.h"
#include "policy/map_memory.h"
#include "support.h"

namespace quell::policy::test {
namespace {

// Figures of the row, with their signs and without their limits: with the pack, armed, enforced.
std::vector<std::string> measured(const std::string& row, const std::string& where) {
    std::istringstream lines(slurp(QUELL_SOURCE_DIR "/docs/performance.md"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string first, second, without;
        words >> first >> second >> without;
        if (first != row || second != where) continue;
        std::vector<std::string> figures;
        for (std::string word; words >> word;)
            if (word.starts_with('+')) figures.push_back(word);
        return figures;
    }
    return {};
}

TEST(Costs, AreThoseOfTheDocument) {
    unsigned rows = 0;
    for (std::uint32_t operation = 0; operation < QUELL_OP_COUNT; operation++) {
        const auto cost = cost_of(operation);
        if (!cost) continue;
        rows++;
        EXPECT_EQ(measured(std::string(cost->row), "tmpfs").at(0), "+" + std::to_string(cost->host)) << cost->row;
        EXPECT_EQ(measured(std::string(cost->row), "container").at(0), "+" + std::to_string(cost->container)) << cost->row;
    }
    EXPECT_GE(rows, 6u);
    EXPECT_EQ(measured("write", "tmpfs").at(1), "+" + std::to_string(kKeptCallInstructions));
    EXPECT_EQ(measured("write", "container").at(1), "+" + std::to_string(2 * kKeptCallInstructions)) << "an operation on an overlay calls it twice";
}

TEST(Costs, MapsOfARule) {
    const Source source{"t.yaml", policy(rule("r", "/a/b, /a/c", "delete", "host", "except: [{exe: [/x/y]}]"))};
    const SourceText text(source);
    Findings none(std::span(&text, 1));
    const Checked checked = check(std::span(&text, 1), {}, none);
    const MapShares shares = map_shares(checked.rules.at(0));
    const auto entries = [&](std::string_view map) {
        const auto found = std::find_if(shares.maps.begin(), shares.maps.end(), [&](const MapShare& share) { return share.map == map; });
        return found == shares.maps.end() ? 0 : found->entries;
    };
    EXPECT_EQ(entries("rules"), 1u);
    EXPECT_EQ(entries("rule_sets"), 1u) << "/a/b and /a/c have the same one";
    EXPECT_EQ(entries("conditions"), 1u);
    EXPECT_EQ(entries("condition_members"), 1u);
    EXPECT_GE(entries("edges"), 5u) << "/a, b, c, /x, y";
    EXPECT_GT(shares.bytes, 9 * kMapElementBytes);
}

TEST(Costs, WhatIsWantedAtOnceIsKept) {
    const auto kept = [](const std::string& respond) {
        const Source source{"t.yaml", policy(rule("r", "/a", "delete", "container", respond))};
        const SourceText text(source);
        Findings none(std::span(&text, 1));
        return kept_responses(check(std::span(&text, 1), {}, none).rules.at(0));
    };
    EXPECT_EQ(kept("respond: {offer: [isolate-network]}"), 0u);
    EXPECT_EQ(kept("respond: {while-pending: [isolate-network]}"), QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK));
    EXPECT_EQ(kept("respond: {offer: [kill-process], automatic: {response: kill-process, per-hour: 1}}"), QUELL_BIT(QUELL_RESPONSE_KILL_PROCESS));
    EXPECT_EQ(kept("respond: {offer: [kill-process], automatic: {response: kill-process, per-hour: 1, dry-run: true}}"), 0u);
    EXPECT_EQ(kept("mode: observe\n      respond: {while-pending: [isolate-network]}"), 0u);
}

TEST(Costs, Hooks) {
    const auto standing = standing_hooks();
    EXPECT_NE(std::find(standing.begin(), standing.end(), "bprm_committed_creds"), standing.end());
    EXPECT_EQ(std::find(standing.begin(), standing.end(), "file_open"), standing.end());
    EXPECT_EQ(response_hooks(QUELL_RESPONSE_KILL_PROCESS).front(), "task_alloc");
    EXPECT_TRUE(response_hooks(99).empty());
}

}  // namespace
}  // namespace quell::policy::test

// SPDX-License-Identifier: Apache-2.0
// kern/transitions.def as docs/architecture.md tells it: its table row by row,
// its diagram arrow by arrow.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "user/base/vocabulary.h"

namespace quell {
namespace {

struct Row {
    quell_u32 from, command, to, effects;
};
constexpr Row kRows[] = {
#define TRANSITION(from, command, to, effects) {QUELL_STATE_##from, QUELL_COMMAND_##command, QUELL_STATE_##to, effects},
#include "kern/transitions.def"
#undef TRANSITION
};
constexpr std::pair<quell_u32, const char*> kEffects[] = {
    {QUELL_OUTSIDE, "not from inside the target"}, {QUELL_IN_TIME, "before the deadline"}, {QUELL_LATE, "after the deadline"}, {QUELL_FREES, "gives its room back"},
    {QUELL_CONTAINS, "contains"},                  {QUELL_RELEASES, "takes back"},         {QUELL_REMOVES, "removes the entry"}, {QUELL_HOLDS, "holds"}, {QUELL_LIFTS, "lifts"}};

std::string effects_text(quell_u32 effects) {
    std::string text;
    for (const auto& [bit, words] : kEffects)
        if (effects & bit) text += (text.empty() ? "" : ", ") + std::string(words);
    return text;
}

// The lines of the section, from its heading to the next one.
std::vector<std::string> section() {
    std::ifstream file(QUELL_SOURCE_DIR "/docs/architecture.md");
    std::vector<std::string> lines;
    bool is_there = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## ")) is_there = line == "## States";
        else if (is_there) lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (std::size_t at = 0; (at = text.find(by, from)) != std::string::npos; from = at + by.size()) parts.push_back(text.substr(from, at - from));
    parts.push_back(text.substr(from));
    return parts;
}

// Rows that differ in the state they begin with are one: "| reject | arming, pending | rejected | … |".
std::vector<std::string> told_rows() {
    std::vector<std::pair<Row, std::string>> merged;
    for (const auto& row : kRows) {
        const bool stays = row.from == row.to;
        auto same = std::ranges::find_if(merged, [&](const auto& one) {
            return one.first.command == row.command && one.first.effects == row.effects && (stays ? one.first.from == one.first.to : one.first.to == row.to);
        });
        const std::string from(word_at(kStateWords, row.from));
        if (same == merged.end()) merged.emplace_back(row, from);
        else same->second += ", " + from;
    }
    std::vector<std::string> rows;
    for (const auto& [row, from] : merged)
        rows.push_back("| " + std::string(word_at(kCommandWords, row.command)) + " | " + from + " | " +
                       (row.from == row.to ? "the same" : std::string(word_at(kStateWords, row.to))) + " | " + effects_text(row.effects) + " |");
    return rows;
}

TEST(TransitionTable, TheArchitectureHasItRowByRow) {
    std::vector<std::string> found;
    for (const auto& line : section())
        if (line.starts_with("| ") && !line.starts_with("| command ")) found.push_back(line.substr(0, line.find(" |", line.find(" | ", line.find(" | ", line.find(" | ") + 3) + 3) + 2) + 2));
    const auto expected = told_rows();
    for (std::size_t i = 0; i < std::max(found.size(), expected.size()); i++)
        EXPECT_EQ(i < found.size() ? found[i] : "", i < expected.size() ? expected[i] : "") << "row " << i;
}

TEST(TransitionTable, TheDiagramHasEveryArrowAndNoOther) {
    using Arrow = std::pair<std::string, std::string>;
    std::set<Arrow> drawn, there;
    for (const auto& line : section()) {
        if (!line.starts_with("    ")) continue;
        const auto chain = split(line.substr(4), " -> ");
        for (std::size_t i = 0; i + 1 < chain.size(); i++)
            for (const auto& from : split(chain[i], ", "))
                for (const auto& to : split(chain[i + 1], " | ")) drawn.emplace(from, to);
    }
    for (const auto& row : kRows)
        if (row.from != row.to && row.to != QUELL_STATE_NONE) there.emplace(word_at(kStateWords, row.from), word_at(kStateWords, row.to));
    EXPECT_EQ(drawn, there);
}

TEST(TransitionTable, SaysWhatIsAskedOnceForEachState) {
    std::set<std::pair<quell_u32, quell_u32>> seen;
    std::set<quell_u32> commands;
    for (const auto& row : kRows) {
        EXPECT_TRUE(seen.emplace(row.from, row.command).second) << row.from << " " << row.command;
        EXPECT_NE(row.from, quell_u32{QUELL_STATE_NONE}) << "somebody is in the middle of it";
        commands.insert(row.command);
        // what waits contains nothing, and what is over has no room
        const bool waits = row.from == QUELL_STATE_ARMING || row.from == QUELL_STATE_PENDING;
        const bool waits_on = row.to == QUELL_STATE_ARMING || row.to == QUELL_STATE_PENDING;
        EXPECT_EQ((row.effects & QUELL_FREES) != 0, waits && !waits_on) << row.from << " " << row.command;
        EXPECT_FALSE(waits && (row.effects & QUELL_RELEASES)) << row.from << " " << row.command;
        EXPECT_EQ((row.effects & QUELL_REMOVES) != 0, row.to == QUELL_STATE_NONE) << row.from << " " << row.command;
    }
    EXPECT_EQ(commands.size(), std::size_t{QUELL_COMMAND_COUNT});
}

}  // namespace
}  // namespace quell

// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/build.h"

#include <algorithm>

#include "policy/automaton/pack.h"
#include "policy/automaton/segments.h"
#include "policy/automaton/subsets.h"
#include "policy/automaton/trees.h"
#include "policy/limits.h"

namespace quell::policy::automaton {
namespace {

std::size_t bytes_of(const Table& table) {
    return sizeof table.classes + table.states.size() * sizeof(u32) + table.cells.size() * sizeof(u32) +
           table.rows.size() * sizeof(u32) + table.hit_lists.size() * sizeof(HitLists) + table.hits.size() * sizeof(u32) +
           table.steps.size() * sizeof(Step);
}

std::size_t text_bytes(std::span<const ArgumentPattern> patterns) {
    std::size_t bytes = 0;
    for (const ArgumentPattern& pattern : patterns) bytes += pattern.text.size();
    return bytes;
}

class Builder {
public:
    BuildResult run(std::span<const ArgumentPattern> patterns) {
        if (patterns.size() > kMaxArgumentPatterns)
            refuse({}, std::to_string(patterns.size()) + " patterns, at most " + std::to_string(kMaxArgumentPatterns) + " are accepted");
        else if (const std::size_t bytes = text_bytes(patterns); bytes > kMaxArgumentTextBytes)
            refuse({}, "the patterns have " + std::to_string(bytes) + " bytes, at most " + std::to_string(kMaxArgumentTextBytes) + " are accepted");
        else if (plant(patterns))
            make();
        return std::move(result_);
    }

private:
    void refuse(std::vector<std::size_t> patterns, std::string message, std::string hint = {}) {
        result_.refusals.push_back(Refusal{std::move(patterns), std::move(message), std::move(hint)});
    }

    // Malformed patterns are told of together, but what they leave behind in sets_ is not counted by the trees: so not
    // more than are shown.
    bool plant(std::span<const ArgumentPattern> patterns) {
        for (u32 i = 0; i < patterns.size(); i++) {
            Shaped shaped = shape_of(patterns[i], sets_);
            if (!shaped.refused.empty()) {
                refuse({i}, std::move(shaped.refused), std::move(shaped.hint));
                if (result_.refusals.size() == kMaxFindings) return false;
                continue;
            }
            const u32 positions = patterns[i].places;
            if (!trees_.add(shaped.shape, i, patterns[i].output, positions, sets_)) {
                const bool stars = trees_.steps().size() > kMaxAutomatonSteps;
                refuse({i}, "with this pattern there are more than " +
                                (stars ? std::to_string(kMaxAutomatonSteps) + " parts between stars" : std::to_string(kMaxAutomatonStates) + " states"),
                       "leave patterns out");
                return false;
            }
        }
        return result_.refusals.empty();
    }

    void make() {
        const ByteClasses classes = classify(trees_.literal(), sets_);
        Deterministic states;
        if (auto too_much = determine(trees_, classes, states)) {
            refuse({too_much->patterns.begin(), too_much->patterns.end()}, std::move(too_much->what), std::move(too_much->hint));
            return;
        }
        std::optional<Packed> packed = pack(states, classes, trees_.steps());
        if (!packed) {
            refuse({states.dear.begin(), states.dear.end()},
                   "the patterns make more than " + std::to_string(kMaxAutomatonCells) + " cells",
                   "leave the patterns named out, or write them with fewer `?` and brackets");
            return;
        }
        Automaton automaton{std::move(packed->table), {}};
        Statistics& statistics = automaton.statistics;
        statistics.states = states.states();
        statistics.classes = classes.count;
        statistics.rows = packed->rows;
        statistics.cells = packed->cells;
        statistics.lists = states.lists;
        statistics.longest_list = states.longest_list;
        statistics.steps = trees_.steps().size() - 1;
        statistics.bytes = bytes_of(automaton.table);
        statistics.work = states.work;
        result_.automaton = std::move(automaton);
    }

    BuildResult result_;
    ByteSets sets_;
    Trees trees_;
};

}  // namespace

BuildResult build(std::span<const ArgumentPattern> patterns) { return Builder().run(patterns); }

}  // namespace quell::policy::automaton

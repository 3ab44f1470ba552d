// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/texts.h"

#include <algorithm>
#include <span>

#include "policy/automaton/build.h"
#include "policy/check/field_table.h"
#include "policy/check/texts.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

using automaton::Table;

// The arrays of a table one behind the other, each as far as a walk may look into it.
class Flat {
public:
    explicit Flat(const Table& table) : table_(table) {}

    ImageTexts run() {
        quell_text_head& head = texts_.head;
        head.start = table_.start;
        head.hitting = table_.hitting;
        head.row_shift = table_.row_shift;
        std::copy(table_.classes.begin(), table_.classes.end(), head.classes);
        std::uint32_t base = 0, row = 0;
        for (const std::uint32_t word : table_.states) {
            base = std::max(base, automaton::state_base(word));
            row = std::max(row, automaton::state_row(word));
        }
        const std::size_t classes = std::size_t{1} << table_.row_shift;
        head.states = put(table_.states, used(table_.states));
        // a class that no cell is of must not meet one of another array
        head.cells = put(table_.cells, base + classes);
        head.rows = put(table_.rows, (row + 1) * classes);
        std::vector<std::uint32_t> lists;
        for (const automaton::HitLists& list : table_.hit_lists) lists.insert(lists.end(), {list.reach, list.end});
        head.lists = put(lists, table_.hitting * std::size_t{2});
        head.hits = put(table_.hits, used(table_.hits));
        std::vector<std::uint32_t> steps;
        for (const automaton::Step& step : table_.steps) steps.insert(steps.end(), {step.parent, step.length, step.output, step.positions});
        head.steps = put(steps, steps.size());
        return std::move(texts_);
    }

private:
    static std::size_t used(const std::vector<std::uint32_t>& array) {
        std::size_t size = array.size();
        while (size > 1 && array[size - 1] == 0) size--;
        return size;
    }

    std::uint32_t put(const std::vector<std::uint32_t>& array, std::size_t size) {
        const auto begin = static_cast<std::uint32_t>(texts_.words.size());
        const std::size_t taken = std::min(size, array.size());
        texts_.words.insert(texts_.words.end(), array.begin(), array.begin() + static_cast<std::ptrdiff_t>(taken));
        texts_.words.resize(begin + size);
        return begin;
    }

    const Table& table_;
    ImageTexts texts_;
};

}  // namespace

void Texts::add(const Rule& rule) {
    add(rule.conditions);
    for (const Group& exception : rule.exceptions) add(exception);
}

void Texts::add(const Group& group) {
    for (const Condition& condition : group) {
        if (kFieldRows[condition.field].kind != FieldKind::kTexts) continue;
        for (const TextPattern& text : condition.texts) (void)pattern(text, condition.field);
        for (const List& list : lists_of(condition))
            if (lists_.try_emplace(list, 0).second)
                for (const std::uint32_t number : list) patterns_[number].lists++;
    }
}

std::uint32_t Texts::pattern(const TextPattern& pattern, std::uint32_t field) {
    const std::uint32_t places = argument_pattern(pattern, field).places;
    const auto [at, fresh] = numbers_.try_emplace({pattern.glob, places}, static_cast<std::uint32_t>(patterns_.size()));
    if (fresh) patterns_.push_back({pattern.glob, places, pattern.where, 0});
    return at->second;
}

std::vector<Texts::List> Texts::lists_of(const Condition& condition) const {
    std::vector<List> lists;
    List all;
    for (const TextPattern& text : condition.texts) all.push_back(numbers_.at({text.glob, argument_pattern(text, condition.field).places}));
    if (condition.field != QUELL_FIELD_ALL_ARGUMENTS) {
        std::sort(all.begin(), all.end());
        lists.push_back(std::move(all));
    } else {
        for (const std::uint32_t number : all) lists.push_back({number});
    }
    return lists;
}

std::vector<Texts::List> Texts::parts_of(const List& list) const {
    std::vector<List> parts;
    List rest;
    for (const std::uint32_t number : list) {
        if (list.size() > 1 && patterns_[number].lists > kMaxListsPerPattern)
            parts.push_back({number});
        else
            rest.push_back(number);
    }
    if (!rest.empty()) parts.push_back(std::move(rest));
    return parts;
}

ImageTexts Texts::build(Findings& findings) {
    std::vector<ArgumentPattern> patterns;
    std::vector<Location> places;
    std::uint32_t all_places = 0;
    for (const auto& [list, unused] : lists_)
        for (const List& part : parts_of(list)) {
            const auto [at, fresh] = outputs_.try_emplace(part, static_cast<std::uint32_t>(outputs_.size()));
            if (!fresh) continue;
            for (const std::uint32_t number : part) {
                const Known& known = patterns_[number];
                patterns.push_back({ArgumentPattern::Kind::kGlob, known.glob, known.places, at->second});
                places.push_back(known.where);
                all_places |= known.places;
            }
        }
    if (patterns.empty()) return {};
    if (outputs_.size() > kMaxArgumentOutputs) {
        findings.add_general(Code::kQ1409, "the rules ask for " + std::to_string(outputs_.size()) + " different lists of patterns, at most " +
                             std::to_string(kMaxArgumentOutputs) + " are accepted");
        return {};
    }
    automaton::BuildResult built = automaton::build(patterns);
    for (const automaton::Refusal& refusal : built.refusals) {
        if (refusal.patterns.empty()) findings.add_general(Code::kQ1409, refusal.message, refusal.hint);
        for (const std::size_t number : refusal.patterns) findings.add(Code::kQ1409, places[number], refusal.message, refusal.hint, patterns[number].text);
    }
    if (!built.automaton) return {};
    ImageTexts texts = Flat(built.automaton->table).run();
    texts.head.places = all_places;
    if (texts.words.size() <= kMaxTextWords) return texts;
    findings.add_general(Code::kQ1409, "the patterns make a table of " + std::to_string(texts.words.size() * sizeof(quell_u32)) + " bytes, the kernel's map takes " +
                         std::to_string(kMaxTextWords * sizeof(quell_u32)), "leave patterns out, or write them shorter");
    return {};
}

std::vector<std::uint32_t> Texts::outputs(const Condition& condition) const {
    std::vector<std::uint32_t> all;
    for (const List& list : lists_of(condition))
        for (const List& part : parts_of(list))
            if (const auto found = outputs_.find(part); found != outputs_.end()) all.push_back(found->second);
    return all;
}

}  // namespace quell::policy

// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/merge.h"

#include <algorithm>
#include <map>

#include "policy/limits.h"

namespace quell::policy::falco {
namespace {

void add(std::vector<std::string>& to, const std::vector<std::string>& more) {
    for (const std::string& one : more)
        if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
}

void sort_unique(std::vector<std::string>& all) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
}

bool is_list(const Entry& entry) { return !is_yes_no(entry); }

// Words of which an operation has one.
bool is_one_word(std::string_view key) {
    static constexpr std::string_view kKeys[] = {"command", "family", "protocol", "signal", "socket-type", "stdin", "stdout", "trace", "type"};
    return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

// The word that one of them has is one of both; false where there is none, or
// it may be otherwise.
bool narrow(Clause& clause, const Entry& more) {
    if (more.negated || !is_one_word(more.key)) return false;
    for (Entry& entry : clause) {
        if (entry.key != more.key || entry.negated) continue;
        std::vector<std::string> both;
        for (const std::string& value : entry.values)
            if (std::find(more.values.begin(), more.values.end(), value) != more.values.end()) both.push_back(value);
        if (both.empty()) continue;
        entry.values = std::move(both);
        return true;
    }
    return false;
}

// None of several lists is none of one.
void tidy(Clause& clause) {
    Clause result;
    for (Entry& entry : clause) {
        if (narrow(result, entry)) continue;
        const auto same = [&](const Entry& one) { return one.key == entry.key && one.negated && entry.negated && is_list(one); };
        const auto earlier = std::find_if(result.begin(), result.end(), same);
        if (earlier == result.end())
            result.push_back(std::move(entry));
        else
            add(earlier->values, entry.values);
    }
    for (Entry& entry : result) sort_unique(entry.values);
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    clause = std::move(result);
}

std::string key_of(const Clause& clause, std::size_t without) {
    std::string key;
    for (std::size_t i = 0; i < clause.size(); i++) {
        key += clause[i].key + (clause[i].negated ? '!' : '=');
        if (i != without)
            for (const std::string& value : clause[i].values) key += value + '\n';
        key += '\t';
    }
    return key;
}

void tidy(Draft& draft) {
    for (Entry& entry : draft.conditions) {
        if (!entry.negated) continue;
        entry.negated = false;
        draft.exceptions.push_back({std::move(entry)});
        entry.key.clear();
    }
    std::erase_if(draft.conditions, [](const Entry& entry) { return entry.key.empty(); });
    tidy(draft.conditions);
    for (Clause& exception : draft.exceptions) tidy(exception);
    merge_clauses(draft.exceptions);
    std::sort(draft.exceptions.begin(), draft.exceptions.end());
    draft.exceptions.erase(std::unique(draft.exceptions.begin(), draft.exceptions.end()), draft.exceptions.end());
}

constexpr std::size_t kAll = static_cast<std::size_t>(-1);

// Everything but operations, subjects or the values of one condition, as text.
std::string key_of(const Draft& draft, bool operations, bool subjects, std::size_t without) {
    std::string key;
    if (operations)
        for (const std::string& word : draft.operations) key += word + ' ';
    if (subjects) key += std::to_string(draft.subjects);
    key += '\v' + key_of(draft.conditions, without) + '\v';
    for (const Clause& exception : draft.exceptions) key += key_of(exception, kAll) + '\v';
    return key;
}

template <typename Key, typename Join>
bool merge_by(std::vector<Draft>& drafts, Key&& key, Join&& join) {
    std::map<std::string, std::size_t> first;
    std::vector<Draft> result;
    for (Draft& draft : drafts) {
        const auto [place, is_new] = first.try_emplace(key(draft), result.size());
        if (is_new)
            result.push_back(std::move(draft));
        else
            join(result[place->second], draft);
    }
    const bool is_less = result.size() < drafts.size();
    drafts = std::move(result);
    return is_less;
}

std::size_t longest(const std::vector<Draft>& drafts) {
    std::size_t most = 0;
    for (const Draft& draft : drafts) most = std::max(most, draft.conditions.size());
    return most;
}

}  // namespace

void merge_clauses(std::vector<Clause>& any) {
    std::size_t longest = 0;
    for (const Clause& clause : any) longest = std::max(longest, clause.size());
    for (std::size_t i = 0; i < longest; i++) {
        std::map<std::string, std::size_t> first;
        std::vector<Clause> result;
        for (Clause& clause : any) {
            const bool may_grow = i < clause.size() && is_list(clause[i]) && !clause[i].negated;
            const auto [place, is_new] = may_grow ? first.try_emplace(key_of(clause, i), result.size()) : std::pair(first.end(), true);
            // a list by itself can be written in parts, one beside others cannot
            const bool has_room = is_new || clause.size() == 1 || result[place->second][i].values.size() + clause[i].values.size() <= kMaxValuesPerCondition;
            if (is_new || !has_room) {
                if (!has_room) place->second = result.size();
                result.push_back(std::move(clause));
                continue;
            }
            add(result[place->second][i].values, clause[i].values);
            sort_unique(result[place->second][i].values);
        }
        any = std::move(result);
    }
}

std::vector<Draft> merged(std::vector<Draft> drafts) {
    for (Draft& draft : drafts) tidy(draft);
    for (bool again = true; again;) {
        again = merge_by(drafts, [](const Draft& draft) { return key_of(draft, true, false, kAll); },
                         [](Draft& to, const Draft& more) { to.subjects |= more.subjects; });
        again |= merge_by(drafts, [](const Draft& draft) { return key_of(draft, false, true, kAll); },
                          [](Draft& to, const Draft& more) { add(to.operations, more.operations); });
        for (std::size_t i = 0; i < longest(drafts); i++) {
            const auto key = [&](const Draft& draft) {
                const bool is_there = i < draft.conditions.size() && is_list(draft.conditions[i]);
                return key_of(draft, true, true, is_there ? i : kAll) + (is_there ? "" : "-");
            };
            again |= merge_by(drafts, key, [&](Draft& to, const Draft& more) {
                add(to.conditions[i].values, more.conditions[i].values);
                sort_unique(to.conditions[i].values);
            });
        }
    }
    return drafts;
}

}  // namespace quell::policy::falco

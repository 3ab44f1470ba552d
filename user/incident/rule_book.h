// SPDX-License-Identifier: Apache-2.0
// RuleBook: what the rules of a policy generation said, for incidents made
// under it. Rules that two generations have alike are kept once. Loop thread
// only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/image.h"

namespace quell::incident {

// What a rule said when the incident was made; it may be gone from the policy by now.
struct RuleFacts {
    std::uint64_t id = 0;  // quell_rule.id
    std::string policy, rule, name;
    std::uint32_t severity = 0;
    std::vector<std::string> tags;
    std::vector<std::uint32_t> offers;  // enum quell_response, in the policy's order
    std::optional<policy::Automatic> automatic = {};  // what it approves by itself
    bool two_persons = false;      // must approve
    bool reason_required = false;  // of who approves
    std::uint64_t follow_ns = 0;   // what is approved follows its workload for so long, where it can; 0: it does not

    bool operator==(const RuleFacts&) const = default;
};

// What somebody asks for without a rule (QUELL_RULE_MANUAL) is called manual/request.
inline constexpr std::uint32_t kManualSeverity = 2;  // medium

class RuleBook {
public:
    // An incident copies its rule at once; older generations are asked only
    // after a restart, for entries whose event was lost.
    static constexpr std::size_t kGenerationsMax = 4;

    void add(std::uint64_t generation, const policy::Image& image);

    // Of that generation, else of the newest that has it; one that nobody
    // remembers is named by its number and may offer anything.
    [[nodiscard]] RuleFacts find(std::uint64_t id, std::uint64_t generation) const;

    // Of the newest generation, the one that runs; nullptr where it has no such rule.
    [[nodiscard]] const RuleFacts* running(std::uint64_t id) const;

    // Those of one generation, by id; nothing where it is not known.
    [[nodiscard]] std::vector<RuleFacts> of(std::uint64_t generation) const;

    // A generation as JSON, for the history's table of generations, and back.
    // restore: false, and nothing changed, where it is no such text.
    [[nodiscard]] std::string text(std::uint64_t generation) const;
    [[nodiscard]] bool restore(std::uint64_t generation, const std::string& text);

private:
    using Rules = std::vector<std::shared_ptr<const RuleFacts>>;  // by id, ascending

    void put(std::uint64_t generation, std::vector<RuleFacts> facts);
    [[nodiscard]] static const RuleFacts* search(const Rules& rules, std::uint64_t id);

    std::map<std::uint64_t, Rules> generations_;
};

}  // namespace quell::incident

// SPDX-License-Identifier: Apache-2.0
// Guards: what an approval within one's rights must not do by mistake. Over a
// guard takes an admin and a word that he types. Pure: times are the caller's.
// One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "user/approval/rights.h"

namespace quell::approval {

struct GuardRules {
    std::uint32_t containers = 0;  // at most so many are acted on as a whole within per_ns; 0: no bound
    std::uint64_t per_ns = 600'000'000'000;
    std::vector<std::string> labels;  // "name=value": containers with one of them are protected
    std::vector<std::string> images;  // patterns with * and ?, of the whole name

    bool operator==(const GuardRules&) const = default;
};

// When containers were acted on: within `per_ns`, earlier daemons included. Times are CLOCK_BOOTTIME, negative before the boot.
class ContainerWindow {
public:
    void add(std::int64_t at_ns, std::uint64_t per_ns);
    [[nodiscard]] std::size_t within(std::int64_t now_ns, std::uint64_t per_ns) const;
    // It is not known what was done before.
    void close(std::int64_t until_ns) { closed_until_ns_ = until_ns; }
    [[nodiscard]] bool is_closed(std::int64_t now_ns) const { return now_ns < closed_until_ns_; }

private:
    std::deque<std::int64_t> taken_;
    std::int64_t closed_until_ns_ = INT64_MIN;
};

// As kern/responses.def has it of this word: one of a whole container, which is counted; one that only takes evidence.
[[nodiscard]] bool acts_on_container(std::string_view response);
[[nodiscard]] bool only_looks(std::string_view response);

struct Guard {
    std::string name;  // labels, images or containers
    std::string text;  // what it protects from, escaped
};
// All that stand against it: one word goes over them together.
[[nodiscard]] std::vector<Guard> guards_against(const GuardRules& rules, const ContainerWindow& window, const Matter& matter, std::int64_t now_ns);

// "labels: containers with the label x are protected; containers: at most …"
[[nodiscard]] std::string guards_text(const std::vector<Guard>& guards);

// What is typed to go over a guard: the container's name where it is a plain word, else the incident's id.
[[nodiscard]] std::string word_to_type(const Matter& matter);

}  // namespace quell::approval

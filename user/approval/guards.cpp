// SPDX-License-Identifier: Apache-2.0
#include "user/approval/guards.h"

#include <fnmatch.h>

#include <algorithm>

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"

namespace quell::approval {
namespace {

constexpr std::size_t kWordMax = 64;

std::optional<Guard> by_labels(const GuardRules& rules, const Matter& matter) {
    if (rules.labels.empty()) return std::nullopt;
    if (!matter.labels) return Guard{"labels", "its container's labels are not known, and some are protected"};
    for (const auto& label : rules.labels)
        if (std::ranges::find(*matter.labels, label) != matter.labels->end()) return Guard{"labels", "containers with the label " + escape(label) + " are protected"};
    return std::nullopt;
}

std::optional<Guard> by_images(const GuardRules& rules, const Matter& matter) {
    if (rules.images.empty()) return std::nullopt;
    if (!matter.image) return Guard{"images", "its container's image is not known, and some are protected"};
    for (const auto& pattern : rules.images)
        if (::fnmatch(pattern.c_str(), matter.image->c_str(), FNM_NOESCAPE) == 0) return Guard{"images", "containers of the image " + escape(*matter.image) + " are protected"};
    return std::nullopt;
}

std::optional<Guard> by_number(const GuardRules& rules, const ContainerWindow& window, std::uint32_t wanted, std::int64_t now_ns) {
    if (rules.containers == 0) return std::nullopt;
    const std::string most = "at most " + std::to_string(rules.containers) + " containers within " + duration_text(static_cast<std::int64_t>(rules.per_ns));
    if (window.is_closed(now_ns)) return Guard{"containers", most + ", and how many there were is not known: the history could not be read"};
    const auto count = window.within(now_ns, rules.per_ns);
    if (count + wanted <= rules.containers) return std::nullopt;
    return Guard{"containers", most + ", and there were " + std::to_string(count) + (wanted > 1 ? ", these are " + std::to_string(wanted) : "")};
}

// Of a word that is no response, which a row of an earlier version may have: what protects most, but does not count.
std::string_view guard_of(std::string_view response) {
    const auto index = word_index(kResponseWords, response);
    return index ? kResponseGuards[*index] : "container";
}

}  // namespace

void ContainerWindow::add(std::int64_t at_ns, std::uint64_t per_ns) {
    taken_.push_back(at_ns);
    const auto newest = std::ranges::max(taken_);
    std::erase_if(taken_, [&](std::int64_t at) { return at <= newest - static_cast<std::int64_t>(per_ns); });
}

std::size_t ContainerWindow::within(std::int64_t now_ns, std::uint64_t per_ns) const {
    return static_cast<std::size_t>(std::ranges::count_if(taken_, [&](std::int64_t at) { return at > now_ns - static_cast<std::int64_t>(per_ns); }));
}

bool acts_on_container(std::string_view response) { return guard_of(response) == "number"; }
bool only_looks(std::string_view response) { return guard_of(response) == "none"; }

std::vector<Guard> guards_against(const GuardRules& rules, const ContainerWindow& window, const Matter& matter, std::int64_t now_ns) {
    std::vector<Guard> guards;
    const auto word = word_at(kResponseWords, matter.response);
    if (!matter.is_container || only_looks(word)) return guards;
    for (auto& guard : {by_labels(rules, matter), by_images(rules, matter), acts_on_container(word) ? by_number(rules, window, matter.containers, now_ns) : std::nullopt})
        if (guard) guards.push_back(*guard);
    return guards;
}

std::string guards_text(const std::vector<Guard>& guards) {
    std::string text;
    for (const auto& guard : guards) text += (text.empty() ? "" : "; ") + guard.name + ": " + guard.text;
    return text;
}

std::string word_to_type(const Matter& matter) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; };
    const bool fits = !matter.name.empty() && matter.name.size() <= kWordMax && matter.name.front() != '-' && std::ranges::all_of(matter.name, is_plain);
    return fits ? matter.name : matter.id;
}

}  // namespace quell::approval

// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/options.h"

#include <algorithm>
#include <array>

#include "user/base/time.h"
#include "user/cli/ask.h"

namespace quell::cli::console {

namespace {

// As the daemon has them (docs/io.quell.varlink).
constexpr std::size_t kWordsMax = 16;
constexpr std::uint64_t kFollowSecondsMax = 7 * 24 * 3600;
constexpr std::size_t kDurationSizeMax = 64, kNetworksMax = 1'024, kPathsMax = 8'192;

constexpr auto kToggle = OptionKind::Toggle, kWords = OptionKind::Words, kDuration = OptionKind::Duration;

constexpr auto kOptions = std::to_array<OptionRow>({
    {"--with", "capture", "with", kToggle, "kill-container", "evidence first: freeze it, capture it, then kill it", false, true},
    {"--copy", "", "copy", kToggle, "quarantine-file", "keep its content as evidence, once it is quarantined", false, true},
    {"--kill-holders", "", "kill_holders", kToggle, "quarantine-file", "kill who holds the file within the container"},
    {"--all-instances", "", "all_instances", kToggle, "quarantine-file deny-exec", "files of the same content in running containers, too", true},
    {"--allow", "NETWORK[:PORT] ...", "allow", kWords, "isolate-network", "these other sides stay allowed: up to 16, blanks between"},
    {"--allow-node", "", "allow_node", kToggle, "isolate-network", "TCP connections from the node's own addresses stay allowed"},
    {"--loopback", "", "loopback", kToggle, "isolate-network", "the loopback stays allowed"},
    {"--below", "PATH ...", "below", kWords, "deny-write", "up to 16, as the container sees them; a blank in one has \\ before it"},
    {"--scope", "pod", "scope", kToggle, "kill-container stop-container pause-container isolate-network deny-write deny-exec capture", "all containers of its pod, under one digest", true},
    {"--follow", "DURATION", "follow_s", kDuration, "isolate-network deny-write deny-exec", "also when its container is made anew: for so long, up to 7d (2h, 1h30m)", false, true},
    {"--no-follow", "", "no_follow", kToggle, "isolate-network deny-write deny-exec", "it does not follow its workload, though its rule says so"},
    {"--break-glass", "", "break_glass", kToggle, "", "over rights, two persons and guards, for those who may; takes a reason"},
});

bool is_among(std::string_view words, std::string_view word) { return (" " + std::string(words) + " ").find(" " + std::string(word) + " ") != std::string::npos; }

// At blanks; a backslash takes what follows it as it is.
std::vector<std::string> words_at_blanks(std::string_view text) {
    std::vector<std::string> words;
    bool is_in_word = false;
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] == ' ') {
            is_in_word = false;
            continue;
        }
        if (!is_in_word) words.emplace_back();
        is_in_word = true;
        if (text[i] == '\\' && i + 1 < text.size()) i++;
        words.back() += text[i];
    }
    return words;
}

bool is_given(const Option& option) { return option.text.find_first_not_of(' ') != std::string::npos; }

Json toggle_value(const OptionRow& row) { return row.value.empty() ? Json(true) : Json(std::string(row.value)); }

}  // namespace

std::size_t Option::most() const { return row->kind == kDuration ? kDurationSizeMax : row->option == "--below" ? kPathsMax : kNetworksMax; }

std::span<const OptionRow> option_rows() { return kOptions; }

ApprovalOptions options_of(std::string_view response) {
    ApprovalOptions options;
    for (const OptionRow& row : kOptions)
        if (row.responses.empty() || is_among(row.responses, response)) options.push_back({&row, {}});
    return options;
}

bool is_on(const ApprovalOptions& options, std::string_view option) {
    return std::ranges::any_of(options, [&](const Option& one) { return one.row->option == option && is_given(one); });
}

bool is_any_wide(const ApprovalOptions& options) {
    return std::ranges::any_of(options, [](const Option& one) { return one.row->is_wide && is_given(one); });
}

std::string options_text(const ApprovalOptions& options) {
    std::string text;
    for (const Option& one : options) {
        if (!is_given(one)) continue;
        text += (text.empty() ? "" : " ") + std::string(one.row->option);
        if (const std::string value = one.is_toggle() ? std::string(one.row->value) : safe(one.text); !value.empty()) text += " " + value;
    }
    return text;
}

std::string put_all(const ApprovalOptions& options, Json& parameters) {
    Json put = Json::object();
    const bool is_wide = is_any_wide(options);
    if (std::ranges::count_if(options, [](const Option& one) { return one.row->is_wide && is_given(one); }) > 1)
        return "--all-instances is of a file, and a scope of containers: one of them";
    for (const Option& one : options) {
        if (!is_given(one)) continue;
        const OptionRow& row = *one.row;
        const std::string name(row.parameter);
        if (is_wide && row.is_of_one) return std::string(row.option) + " is of one target, not of several";
        if (row.kind == kToggle) {
            put[name] = toggle_value(row);
        } else if (row.kind == kWords) {
            auto words = words_at_blanks(one.text);
            if (words.size() > kWordsMax) return std::string(row.option) + ": at most " + std::to_string(kWordsMax);
            put[name] = std::move(words);
        } else {
            const auto duration = parse_duration(one.text);
            const std::uint64_t seconds = duration ? *duration / static_cast<std::uint64_t>(kNsPerSecond) : 0;
            if (seconds < 1 || seconds > kFollowSecondsMax) return std::string(row.option) + ": a duration from 1s to 7d, such as 2h";
            put[name] = seconds;
        }
    }
    parameters.update(put);
    return {};
}

void put_wide(const ApprovalOptions& options, Json& parameters) {
    for (const Option& one : options)
        if (one.row->is_wide && is_given(one)) parameters[std::string(one.row->parameter)] = toggle_value(*one.row);
}

}  // namespace quell::cli::console

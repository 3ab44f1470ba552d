// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "user/cli/ask.h"

namespace quell::cli {

namespace {

// The daemon's working directory is not ours: it gets absolute paths.
std::optional<std::vector<std::string>> files_to_apply(Invocation& invocation) {
    std::vector<std::string> files;
    std::error_code error;
    for (const std::string& file : invocation.all("FILES")) files.push_back(std::filesystem::absolute(file).lexically_normal());
    if (!invocation.has("--dir")) return files;
    for (const auto& entry : std::filesystem::directory_iterator(invocation.value("--dir"), error))
        if (entry.path().extension() == ".yaml") files.push_back(std::filesystem::absolute(entry.path()).lexically_normal());
    std::ranges::sort(files);
    if (error) {
        report_error(invocation, Error{"cannot read " + invocation.value("--dir") + ": " + error.message(), error.value(), {}});
        return std::nullopt;
    }
    // "No files" would mean the daemon's own directory to it.
    if (files.empty()) {
        report_error(invocation, Error{"no *.yaml in " + invocation.value("--dir"), ENOENT, {}});
        return std::nullopt;
    }
    return files;
}

}  // namespace

int run_policy_apply(Invocation& invocation) {
    constexpr std::uint64_t kTimeoutMs = 120'000;  // 20,000 rules
    const auto files = files_to_apply(invocation);
    if (!files) return kFailed;
    const bool is_dry = invocation.has("--dry-run");
    int code = kDone;
    const auto reply = ask(invocation, "ApplyPolicy", {{"files", *files}, {"dry_run", is_dry}, {"allow_empty", invocation.has("--allow-empty")}}, code, kTimeoutMs);
    if (!reply) return code;
    if (invocation.json) return print_json(invocation, *reply), kDone;
    for (const Json& finding : control::member(*reply, "findings")) invocation.out.print(finding_text(finding) + "\n");
    const bool is_changed = control::true_member(*reply, "changed");
    const std::string what = is_dry ? (is_changed ? "would change" : "would change nothing") : (is_changed ? "applied" : "nothing to change");
    invocation.out.print(what + ": generation " + std::to_string(control::integer_member(*reply, "generation")) + ", " +
                         std::to_string(control::integer_member(*reply, "rules")) + " rules, " +
                         std::to_string(control::integer_member(*reply, "map_bytes")) + " bytes of maps, digest " + text_of(*reply, "digest").substr(0, 12) + "\n");
    return kDone;
}

}  // namespace quell::cli

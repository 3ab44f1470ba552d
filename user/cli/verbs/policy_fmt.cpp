// SPDX-License-Identifier: Apache-2.0
// Policy files in their canonical form. A file is replaced only by what was
// proven to mean the same (policy/format/format.h).
#include "policy/format/format.h"

#include <unistd.h>

#include <algorithm>

#include "policy/limits.h"
#include "policy/render.h"
#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

namespace {

constexpr const char* kStandardInput = "-";

struct One {
    policy::Source source;
    policy::Formatted formatted;
    Error failure;  // of replacing it

    [[nodiscard]] bool is_formatted() const { return formatted.text.has_value() && failure.message.empty(); }
    [[nodiscard]] bool would_change() const { return formatted.text && *formatted.text != source.text; }
};

Json one_json(const One& one, bool with_text) {
    Json json = {{"file", escape(one.source.file)}, {"formatted", one.is_formatted()}, {"changed", one.would_change()}};
    if (!one.formatted.text) {
        json["findings"] = policy::findings_to_json(one.formatted.findings);
        if (!one.formatted.refusal.message.empty()) json["reason"] = escape(one.formatted.refusal.message);
    } else if (!one.failure.message.empty()) {
        json["reason"] = escape(one.failure.message);
    }
    if (with_text && one.formatted.text) json["text"] = *one.formatted.text;
    return json;
}

// Why a file has no canonical form, or could not be replaced.
void tell_failure(const Invocation& invocation, const One& one) {
    if (one.is_formatted()) return;
    const Error& why = one.formatted.text ? one.failure : one.formatted.refusal;
    if (!why.message.empty())
        invocation.out.note(escape(one.source.file) + ": " + safe(why.message) + (why.hint.empty() ? "" : "\n  hint: " + safe(why.hint)));
    else
        invocation.out.prompt(policy::render_text(one.formatted.findings, false));
}

std::optional<std::vector<policy::Source>> read(Invocation& invocation, const std::vector<std::string>& paths) {
    if (paths != std::vector<std::string>{kStandardInput}) return read_policy_files(invocation, paths);
    auto text = read_all(STDIN_FILENO, policy::kMaxFileBytes);
    if (text) return std::vector{policy::Source{"standard input", std::move(text).value()}};
    report_error(invocation, Error{"standard input: " + text.error().message, text.error().code, {}});
    return std::nullopt;
}

// What only shows when options and files are seen together.
bool is_usable(const Invocation& invocation, const std::vector<std::string>& paths) {
    const auto wrong = [&](const char* text) {
        invocation.out.note(text);
        return false;
    };
    const bool has_input = std::ranges::find(paths, kStandardInput) != paths.end();
    if (invocation.has("--check") && invocation.has("--write")) return wrong("--check changes nothing and --write does: give one of them");
    if (has_input && paths.size() > 1) return wrong("standard input (-) is formatted alone, not with other files");
    if (has_input && invocation.has("--write")) return wrong("--write needs files: standard input (-) cannot be replaced");
    return true;
}

}  // namespace

int run_policy_fmt(Invocation& invocation) {
    const std::vector<std::string> paths = invocation.all("FILES");
    if (!is_usable(invocation, paths)) return kUsage;
    const bool is_check = invocation.has("--check"), is_write = invocation.has("--write");
    auto sources = read(invocation, paths);
    if (!sources) return kFailed;
    if (!is_check && !is_write && sources->size() > 1) {
        invocation.out.note("of several files, --check or --write says what to do with them");
        return kUsage;
    }
    Json files = Json::array();
    bool has_failed = false, has_changed = false;
    for (policy::Source& source : *sources) {
        One one{std::move(source), {}, {}};
        one.formatted = policy::format(one.source);
        if (is_write && one.would_change())
            if (auto replaced = replace_file(one.source.file, one.source.text, *one.formatted.text); !replaced) one.failure = replaced.error();
        has_failed = has_failed || !one.is_formatted();
        has_changed = has_changed || one.would_change();
        tell_failure(invocation, one);
        if (invocation.json)
            files.push_back(one_json(one, !is_check && !is_write));
        else if (is_check || is_write)
            invocation.out.print(one.is_formatted() && one.would_change() ? escape(one.source.file) + "\n" : "");
        else
            invocation.out.print(one.formatted.text.value_or(""));
    }
    if (invocation.json) print_json(invocation, {{"files", std::move(files)}});
    return has_failed || (is_check && has_changed) ? kFailed : kDone;
}

}  // namespace quell::cli

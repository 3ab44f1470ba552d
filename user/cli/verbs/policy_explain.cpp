// SPDX-License-Identifier: Apache-2.0
// What is behind a finding's code, or what a rule costs.
#include "policy/check/words.h"
#include "policy/finding.h"

#include <algorithm>
#include <cctype>

#include "user/cli/policy_files.h"
#include "user/cli/table.h"
#include "user/cli/verbs/policy_explain_rule.h"

namespace quell::cli {

namespace {

using policy::Code;

Json code_json(Code code) {
    return {{"code", policy::code_name(code)}, {"severity", policy::severity_word(policy::code_severity(code))},
            {"title", policy::code_title(code)}, {"explanation", policy::code_explanation(code)}};
}

int list_codes(Invocation& invocation) {
    Json list = Json::array();
    Table table({{"CODE", 5}, {"SEVERITY", 8}, {"TITLE", 20}});
    for (std::size_t i = 0; i < policy::code_names().size(); i++) {
        const auto code = static_cast<Code>(i);
        list.push_back(code_json(code));
        table.add({std::string(policy::code_name(code)), std::string(policy::severity_word(policy::code_severity(code))), std::string(policy::code_title(code))});
    }
    if (invocation.json)
        print_json(invocation, {{"codes", std::move(list)}});
    else
        invocation.out.print(table.text(invocation.out.columns()));
    return kDone;
}

// Whether it was meant as a code: "q1101", "Q11O1", "1101".
bool looks_like_code(const std::string& text) {
    const auto digits = std::ranges::count_if(text, [](unsigned char c) { return std::isdigit(c) != 0; });
    return digits >= 3 && text.size() <= 6;
}

Error no_code(const std::string& given) {
    // Of four digits nearly every code is near: only the nearest is named, never the whole list.
    const std::string guess = policy::suggestion(given, policy::code_names());
    return Error{policy::in_quotes(given) + " is no code", ENOENT, guess.starts_with("did you mean") ? guess : "`quell policy explain` lists them"};
}

int explain_code(Invocation& invocation, Code code) {
    if (invocation.json) return print_json(invocation, code_json(code)), kDone;
    invocation.out.print(invocation.out.paint(Colour::Bold, std::string(policy::code_name(code)) + ": " + std::string(policy::code_title(code))) + " (" +
                         std::string(policy::severity_word(policy::code_severity(code))) + ")\n" + std::string(policy::code_explanation(code)) + "\n");
    return kDone;
}

}  // namespace

int run_policy_explain(Invocation& invocation) {
    if (!invocation.has("WHAT")) return list_codes(invocation);
    const std::string given = invocation.value("WHAT");
    std::string name = given;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto names = policy::code_names();
    const auto found = std::ranges::find(names, std::string_view(name));
    if (found != names.end()) return explain_code(invocation, static_cast<Code>(found - names.begin()));
    if (looks_like_code(given)) return report_error(invocation, no_code(given));
    std::vector<std::string> paths = invocation.all("FILES");
    if (paths.empty()) paths = {kPolicyDirectory};
    const auto files = check_policy_files(invocation, paths);
    if (!files) return kFailed;
    Error why;
    const policy::Rule* rule = find_rule(files->checked.rules, given, why);
    if (rule == nullptr) return report_error(invocation, why);
    return explain_rule(invocation, *rule, files->sources[rule->where.source].file);
}

}  // namespace quell::cli

// SPDX-License-Identifier: Apache-2.0
// The words after `on:`, from the list that the kernel side is built from.
#include "policy/describe/operations.h"

#include "user/cli/ask.h"
#include "user/cli/table.h"

namespace quell::cli {

namespace {

Json operations_json() {
    Json list = Json::array();
    for (const policy::Operation& operation : policy::operations())
        list.push_back({{"word", operation.word}, {"object", policy::object_word(operation)}, {"hooks", operation.hooks}});
    Json unseen = Json::array();
    for (const policy::Unseen& row : policy::unseen()) unseen.push_back({{"what", row.what}, {"why", row.why}});
    return {{"operations", std::move(list)}, {"not_seen", std::move(unseen)}};
}

std::string hooks_text(const policy::Operation& operation) {
    std::string text;
    for (const std::string_view hook : operation.hooks) text += (text.empty() ? "" : " ") + std::string(hook);
    return text.empty() ? "none: no hook can see it" : text;
}

}  // namespace

int run_policy_operations(Invocation& invocation) {
    if (invocation.json) return print_json(invocation, operations_json()), kDone;
    Table table({{"WORD", 10}, {"HOOKS", 12}, {"OBJECT", 9, 1}});
    for (const policy::Operation& operation : policy::operations())
        table.add({std::string(operation.word), hooks_text(operation), std::string(policy::object_text(operation))});
    std::string text = table.text(invocation.out.columns()) + "\nNo word stands for these, as no hook can see them:\n";
    for (const policy::Unseen& row : policy::unseen()) text += "  " + std::string(row.what) + ": " + std::string(row.why) + "\n";
    invocation.out.print(text);
    return kDone;
}

}  // namespace quell::cli

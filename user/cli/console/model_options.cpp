// SPDX-License-Identifier: Apache-2.0
// The options of an approval: changed on a page of their own, kept as a whole,
// and then what would be hit is asked for anew.
#include "user/cli/console/model.h"
#include "user/control/varlink.h"

namespace quell::cli::console {

void Model::begin_options() {
    const DecidePage& decide = state_.decide;
    if (decide.is_sent) return;
    if (decide.kind != DecisionKind::Approve) return say("only an approval has options", Tone::Warning);
    state_.options = {decide.options, 0};
    go_to(Page::Options);
}

void Model::act_on_options(Action action) {
    OptionsPage& page = state_.options;
    if (page.chosen >= page.options.size()) return;
    Option& chosen = page.options[page.chosen];
    switch (action) {
        case Action::Toggle: chosen.text = chosen.text.empty() ? "x" : ""; return;
        case Action::EraseLast:
            if (!chosen.is_toggle()) remove_last(chosen.text);
            return;
        case Action::EraseField: return chosen.text.clear();
        case Action::EnterField: break;
        default: return;
    }
    Json ignored = Json::object();
    if (const std::string wrong = put_all(page.options, ignored); !wrong.empty()) return say(wrong, Tone::Warning);
    DecidePage& decide = state_.decide;
    decide.options = page.options;
    decide.form.fields.back().text.clear();  // what was typed confirmed something else
    drop_typed_ = true;
    load_preview();
    back();
}

// Refused for what stands on the page of the decision, which then stays: options that the daemon does not take, or a wider
// scope that is another one by now.
bool Model::can_mend(const Reply& reply) const {
    const DecidePage& decide = state_.decide;
    if (reply.result.outcome != control::CallOutcome::Remote || decide.kind != DecisionKind::Approve) return false;
    if (reply.result.error == control::errors::kChanged) return is_any_wide(decide.options);
    const bool is_not_taken = reply.result.error == control::errors::kNotOffered || reply.result.error == control::errors::kInvalidParameter;
    return is_not_taken && !options_text(decide.options).empty();
}

}  // namespace quell::cli::console

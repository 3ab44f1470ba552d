// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/journal_rows.h"

#include "user/base/escape.h"
#include "user/base/id.h"
#include "user/base/vocabulary.h"

namespace quell::daemon {
namespace {

using history::Action;

constexpr std::size_t kTextMax = 2048;  // of a field: all of them together stay one datagram
constexpr std::uint32_t kNobody = UINT32_MAX;  // no login, or a rule

class Fields {
public:
    // What is not known has no field.
    void add(const char* name, std::string_view value) {
        if (!value.empty()) fields_.push_back({name, escape_cut(value, kTextMax)});
    }
    void add(const char* name, const std::optional<std::string>& value) {
        if (value) add(name, std::string_view(*value));
    }
    [[nodiscard]] const std::vector<notify::Field>& all() const { return fields_; }

private:
    std::vector<notify::Field> fields_;
};

int priority_of(Action action, const incident::Incident* incident) {
    if (action == Action::FAILED || action == Action::ENGINE_WARNING || action == Action::LOST) return notify::kPriorityError;
    const bool is_severe = incident && incident->rule.severity >= word_index(kSeverityWords, "high");
    return action == Action::DETECTED && is_severe ? notify::kPriorityWarning : notify::kPriorityNotice;
}

// "00012 approved: notable-events/clear-log-activities (high), web (4f0c9a), kill-container: approved; alice"
std::string message_of(const history::Row& row, const incident::Incident* incident) {
    std::string text = (row.incident ? id_text(row.incident) + " " : std::string()) + std::string(history::action_word(row.action)) + ": ";
    if (incident)
        text += incident->rule.policy + "/" + incident->rule.rule + " (" + std::string(word_at(kSeverityWords, incident->rule.severity)) + "), ";
    text += row.subject + (row.response.empty() ? "" : ", " + row.response) + ": " + row.result;
    if (row.who) text += "; " + row.who->user;
    return escape_cut(text, kTextMax);
}

}  // namespace

void tell_journal(notify::JournalStream& journal, const history::Row& row, const incident::Incident* incident, std::string_view state) {
    Fields fields;
    fields.add("QUELL_ACTION", history::action_word(row.action));
    if (row.incident) fields.add("QUELL_INCIDENT", std::string_view(id_text(row.incident)));
    if (row.generation) fields.add("QUELL_GENERATION", std::string_view(std::to_string(row.generation)));
    fields.add("QUELL_SUBJECT", std::string_view(row.subject));
    fields.add("QUELL_RESPONSE", std::string_view(row.response));
    fields.add("QUELL_RESULT", std::string_view(row.result));
    fields.add("QUELL_REASON", std::string_view(row.reason));
    fields.add("QUELL_DETAIL", std::string_view(row.detail));
    if (row.who) {
        fields.add("QUELL_USER", std::string_view(row.who->user));
        if (row.who->uid != kNobody) fields.add("QUELL_UID", std::string_view(std::to_string(row.who->uid)));
        fields.add("QUELL_LOGIN_USER", std::string_view(row.who->login_user));
        if (row.who->login_uid != kNobody) fields.add("QUELL_LOGIN_UID", std::string_view(std::to_string(row.who->login_uid)));
    }
    if (incident) {
        fields.add("QUELL_POLICY", std::string_view(incident->rule.policy));
        fields.add("QUELL_RULE", std::string_view(incident->rule.rule));
        fields.add("QUELL_SEVERITY", word_at(kSeverityWords, incident->rule.severity));
        fields.add("QUELL_STATE", state);
        fields.add("QUELL_CONTAINER", std::string_view(incident->container_id));
        fields.add("QUELL_POD", incident->identity.pod);
        fields.add("QUELL_NAMESPACE", incident->identity.pod_namespace);
        fields.add("QUELL_IMAGE", incident->identity.image);
    }
    journal.send(priority_of(row.action, incident), history::kActionMessageIds[static_cast<std::size_t>(row.action)], message_of(row, incident), fields.all());
}

}  // namespace quell::daemon

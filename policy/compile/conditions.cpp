// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/conditions.h"

#include "policy/check/field_table.h"

namespace quell::policy {
namespace {

// Fields whose path counts only if the file there was put there by the host's
// owner or the image.
bool is_executable(std::uint32_t field) {
    return field == QUELL_FIELD_EXE || field == QUELL_FIELD_PARENT || field == QUELL_FIELD_ANCESTOR;
}

class Adder {
public:
    Adder(std::vector<quell_condition>& all, quell_rule& value, const Asking& asking) : all_(all), value_(value), asking_(asking) {}

    void group(const Group& group, bool is_exception, const Condition* finder = nullptr) {
        const std::size_t before = all_.size();
        for (const Condition& condition : group)
            if (&condition != finder) add(condition, is_exception);
        if (all_.size() != before) all_.back().flags |= QUELL_CONDITION_END;
    }

private:
    // Several ranges: one of them, or when negated, each of them not.
    void add(const Condition& condition, bool is_exception) {
        quell_condition value{};
        value.field = condition.field;
        if (condition.negated) value.flags |= QUELL_CONDITION_NOT;
        if (is_exception) value.flags |= QUELL_CONDITION_EXCEPT;
        // both let an operation go: "not by rm" of a rule, and "by rm" of an exception
        if (is_executable(condition.field) && condition.negated != is_exception) value.flags |= QUELL_CONDITION_INTACT;
        const FieldKind kind = kFieldRows[condition.field].kind;
        value_.needs |= need_of(condition.field);
        if (kind == FieldKind::kNetworks) {
            for (const Network& network : condition.networks) asking_.network(network, static_cast<std::uint32_t>(all_.size()));
            all_.push_back(value);
            return;
        }
        if (kind == FieldKind::kNames) {
            value.first = value.last = asking_.identity({condition.field, condition.names});
            all_.push_back(value);
            return;
        }
        if (kind == FieldKind::kPaths) {
            const auto& tell = condition.field == QUELL_FIELD_CGROUP ? asking_.cgroup : asking_.path;
            for (const Pattern& path : condition.paths) tell(path, static_cast<std::uint32_t>(all_.size()));
            all_.push_back(value);
            return;
        }
        if (kind == FieldKind::kTexts) {
            std::vector<Range> outputs;
            for (const std::uint32_t output : asking_.outputs(condition)) outputs.push_back({output, 0});
            // not all of them: one of them not
            return add_each(value, outputs, condition.negated == (condition.field == QUELL_FIELD_ALL_ARGUMENTS));
        }
        add_each(value, condition.ranges, !condition.negated);
    }

    void add_each(quell_condition value, const std::vector<Range>& ranges, bool any) {
        for (std::size_t i = 0; i < ranges.size(); i++) {
            value.first = ranges[i].first;
            value.last = ranges[i].last;
            const bool is_last = i + 1 == ranges.size();
            all_.push_back(value);
            if (!is_last && any) all_.back().flags |= QUELL_CONDITION_OR;
        }
    }

    std::vector<quell_condition>& all_;
    quell_rule& value_;
    const Asking& asking_;
};

}  // namespace

void add_conditions(const Rule& rule, std::vector<quell_condition>& all, quell_rule& value, const Asking& asking) {
    const std::size_t first = all.size();
    Adder adder(all, value, asking);
    adder.group(rule.conditions, false, address_of(rule));
    for (const Group& exception : rule.exceptions) adder.group(exception, true);
    value.condition = static_cast<std::uint32_t>(first);
    value.conditions = static_cast<std::uint32_t>(all.size() - first);
}

}  // namespace quell::policy

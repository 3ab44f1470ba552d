// SPDX-License-Identifier: Apache-2.0
// What a rule may not say although each of its words is right: offers that
// cannot work, or would be turned against Quell, PID 1 or a runtime. The
// kernel side refuses these targets as well; here they are refused where the
// text already names them.
#pragma once

#include "policy/check/checked.h"
#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

// Does the first match all that the second one does?
[[nodiscard]] bool covers(const Pattern& wide, const Pattern& narrow);

// Why the rule never meets a regular file, nullptr where it may. `or_executable`: that of who acts will do, where the
// operation has no path.
[[nodiscard]] const char* no_file(const Rule& rule, bool or_executable);

// `offers`: the nodes of rule.offers, in the same order. Thread-safe.
void guard_offers(const Rule& rule, const std::vector<const Node*>& offers, Findings& findings);

// Paths and exceptions that say less, or more, than their author thinks.
void guard_paths(const Rule& rule, Findings& findings);
// Of the rule's exceptions alone: part of guard_paths, and for those that an override adds.
void guard_exceptions(const Rule& rule, Findings& findings);

// Where a rule refuses: that it can, and whom it would hit on the host.
void guard_deny(const Rule& rule, const Location& where, Findings& findings);

// Has each operation of `on` a path where `match` has one, and may it do
// without where it has none? Asked before the paths are read; both may be nullptr.
void guard_path(const Rule& rule, const Node* on, const Node* match, Findings& findings);

}  // namespace quell::policy

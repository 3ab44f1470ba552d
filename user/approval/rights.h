// SPDX-License-Identifier: Apache-2.0
// Rights: who may do what. Roles are groups of the system, each role can all
// that a lower one can; what a role may approve hangs on the response, the
// severity and the container's labels. Pure: no kernel side, no clock. Thread-safe.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kern/abi.h"

namespace quell::approval {

enum class Role : std::uint8_t { kNone, kViewer, kResponder, kSenior, kAdmin };
inline constexpr std::array<std::string_view, 5> kRoleWords = {"none", "viewer", "responder", "senior", "admin"};
[[nodiscard]] inline std::string_view role_word(Role role) { return kRoleWords[static_cast<std::size_t>(role) % kRoleWords.size()]; }

// Of a caller, as its socket tells: never by /proc.
struct Caller {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    std::span<const gid_t> groups;
};

struct Groups {
    std::vector<std::pair<gid_t, Role>> roles;
    std::vector<gid_t> break_glass;
};

// The highest that one of his groups has; root is admin. Whoever may break the glass may look, too.
[[nodiscard]] Role role_of(const Caller& caller, const Groups& groups);
// Root, or a member of one of those groups.
[[nodiscard]] bool may_break_glass(const Caller& caller, const Groups& groups);

// The least role that may call the method of io.quell at all; admin for one that has no row. What an approval, a
// rejection or an undo takes beyond that is role_needed().
[[nodiscard]] Role least_role(std::string_view method);

// What is to be decided, as far as rights and guards ask. Texts are raw.
struct Matter {
    quell_response response = QUELL_RESPONSE_COUNT;
    std::uint32_t severity = 0;  // position in kSeverityWords
    bool is_container = false;   // the subject; else the host
    std::string id, name;        // the incident's id; the container's name, "" unknown
    const std::string* image = nullptr;                // nullptr: not known; both are the incident's
    const std::vector<std::string>* labels = nullptr;  // "name=value"
    bool is_own_pod = false;     // of the pod that Quell itself runs in
    std::uint32_t containers = 1;  // how many are acted on at once
};

// One way to be allowed: the role, up to this severity, on containers that bear all these labels.
struct Grant {
    Role role = Role::kAdmin;
    std::uint32_t severity_up_to = 4;
    std::vector<std::string> labels;

    bool operator==(const Grant&) const = default;
};

// Of each response that the configuration names. For the others: a responder may what can be undone, and what
// cannot up to the severity high, beyond it a senior.
using Rights = std::map<quell_u32, std::vector<Grant>>;

// The lowest role that a grant gives the right; admin where none does.
[[nodiscard]] Role role_needed(const Rights& rights, const Matter& matter);
// For the incident's rejection: who may approve none of its offers may not wave it away either.
[[nodiscard]] Role role_to_reject(const Rights& rights, Matter matter, std::span<const quell_u32> offers);

}  // namespace quell::approval

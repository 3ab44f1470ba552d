// SPDX-License-Identifier: Apache-2.0
// Falco's event types -> operations of ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/import/falco/normal_form.h"
#include "policy/import/falco/translate/draft.h"

namespace quell::policy::falco {

// One operation that stands for one event type.
struct Act {
    enum class Kind {
        kExec,     // what the rule says of the process is said of the program that begins
        kFile,     // has a path
        kNetwork,  // has addresses
        kStream,   // dup: seen at the next execution, as its standard input or output
        kOther,
    };
    std::string_view event;
    std::string_view operation;
    Kind kind{};
    // Only if the rule asks for it: what an open creates, the new
    // name of a rename, a user namespace or whatever else unshare makes, a unix socket's path.
    enum class When { kAlways, kCreates, kNewName, kNewUser, kNotNewUser, kNamed } when = When::kAlways;
    std::string_view condition;  // that the operation must meet to be it: "type: fifo,socket", or ""
    std::string_view note;       // how it differs, or ""
};

struct Acts {
    std::vector<Act> acts;
    std::vector<Note> notes;
    std::string reason;  // why there are none
};

// What the literals say of the event's type. `fields`: those that the rule
// names anywhere, for one that names no type. Thread-safe.
[[nodiscard]] Acts acts_of(const std::vector<Literal>& literals);

// Whether its descriptor may be that of a file, of a connection, of anything.
[[nodiscard]] bool takes_any_descriptor(const Act& act);

// Whether the check is one that acts_of() has dealt with.
[[nodiscard]] bool is_event_type(const Check& check);
// Of a check that is_event_type(): whether it holds for that event; nothing where that is not known.
[[nodiscard]] std::optional<bool> holds_for(const Check& check, std::string_view event);

}  // namespace quell::policy::falco

// SPDX-License-Identifier: Apache-2.0
// Definitions: the lists and macros of one file, and putting them where its
// rules name them. They are values and maps, never text: what comes out is a
// document that could have been written so, and is checked like one. Only
// `use` keeps a list of maps, as a key may be said by several of them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/document/node.h"
#include "policy/finding.h"

namespace quell::policy {

class Definitions {
public:
    // `lists` and `macros`: the values of these keys, nullptr where there are
    // none; they and `room` must outlive this. `room` counts down the values
    // that all files may still stand for. What is wrong with the definitions
    // themselves is found here, used or not.
    Definitions(const Node* lists, const Node* macros, std::size_t& room, Findings& findings);

    // Whether a part of it is a list's or a macro's name.
    [[nodiscard]] static bool refers(const Node& node);

    // Puts `{list: name}` and `use: [name]` in `node` in their places; of a rule
    // whose `match` has no path, the first path of a macro that `match` uses becomes its own.
    // False: a name could not be followed, and findings say why.
    [[nodiscard]] bool expand(Node& node);

    // What it calls one of its two kinds in findings, and their codes.
    struct Kind {
        const char* word;
        Code unknown;
        Code cycle;
    };

    // After all rules: what no rule, list or macro refers to.
    void warn_of_unused();

private:
    enum class State { kNew, kOpen, kDone, kFailed };
    struct Definition {
        const Entry* entry = nullptr;
        State state = State::kNew;
        unsigned depth = 1;  // of names within names
        bool is_used = false;
        std::vector<Node> values;  // a list's
        Node body;                 // a macro's
    };
    using Named = std::map<std::string, Definition, std::less<>>;

    void collect(const Node* map, const Kind& kind, Named& named);
    // The definition that `name`, text, stands for; nullptr after a finding.
    Definition* find(const Node& name, const Kind& kind, Named& named);
    void resolve(Definition& definition, const Kind& kind);
    bool resolve_list(Definition& list);
    bool resolve_macro(Definition& macro);
    bool walk(Node& node, bool takes_lists, bool is_negated);
    bool put_lists(Node& list);
    bool put_macros(Entry& use, bool is_negated);
    bool spend(std::size_t values, const Location& where);

    std::size_t& room_;
    Findings& findings_;
    Named lists_;
    Named macros_;
    unsigned deepest_ = 0;  // of what the definition that is resolved refers to
    unsigned open_ = 0;     // definitions that are being resolved
};

}  // namespace quell::policy

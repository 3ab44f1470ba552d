// SPDX-License-Identifier: Apache-2.0
// The map image: what the policy compiler makes and user/bpf loads. Plain
// values of kern/abi.h; names are kept as text, because their hashes are
// keyed by a secret of the running kernel side. Node ids and set ids are local to
// the image; the loader adds the generation's half.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kern/abi.h"
#include "policy/check/checked.h"
#include "policy/check/network.h"
#include "policy/identity/named.h"

namespace quell::policy {

// One edge of the trie, or of the automaton of paths with wildcards, whose
// nodes are QUELL_WILD_NODE(state). `name` is empty for STAR, COVER, ROOT,
// BELOW and OTHER; for ANY it is the operation's word, for PAIR and PAIR_LEAF
// the numbers of two pieces (compile/wild.h).
struct ImageEdge {
    std::uint32_t node = 0;
    std::uint32_t kind = QUELL_EDGE_NAME;
    std::string name;
    quell_edge value{};
};

// A piece of names that a state of the automaton of paths with wildcards knows.
struct ImagePiece {
    std::uint32_t state = 0;
    std::uint32_t kind = 0;  // 0, 1: of directories, how they begin, how they end; 2, 3: of entries
    std::string text;        // of an end read backwards, as the kernel has it
    quell_piece value{};
};

// An interned set: ascending indexes into Image::rules. Ids start at 1. Sets
// of the ASK roots have ids too, but are no ImageSet: of them the kernel only
// asks whether {set, condition} is among Image::members.
struct ImageSet {
    std::uint64_t id = 0;
    std::vector<std::uint32_t> rules;
};

struct ImageMember {
    std::uint64_t set = 0;        // at a path in the ASK roots
    std::uint32_t condition = 0;  // index into Image::conditions
};

// An address or network of the rules about one kind of subject.
struct ImageNetwork {
    std::uint32_t root = 0;  // QUELL_NODE_CONTAINER or QUELL_NODE_HOST
    Network network;
    quell_network value{};
};

// The automaton of all patterns over texts, as the kernel's map has it; without
// words where no rule asks for texts. The generation is the loader's.
struct ImageTexts {
    quell_text_head head{};
    std::vector<std::uint32_t> words;
};

// A rule and what only people need of it.
struct ImageRule {
    quell_rule value{};
    std::string policy;  // metadata.name
    std::string id;
    std::string name;
    std::vector<std::string> tags;
    std::vector<std::uint32_t> offers;  // in the order the policy gives
    std::optional<Automatic> automatic = {};
    std::uint64_t follow_ns = 0;   // what is approved follows its workload for so long, 0: it does not
    bool two_persons = false;      // must approve
    bool reason_required = false;  // of who approves
    std::string file;                   // where it was written, "" for a built-in rule

    // One that Quell adds by itself.
    [[nodiscard]] bool is_builtin() const { return value.flags & QUELL_RULE_SILENT; }
};

// Rule 0 is the built-in canary (see compile/compile.h); each root has a ROOT edge.
struct Image {
    std::vector<ImageRule> rules;
    std::vector<ImageEdge> edges;
    std::vector<ImagePiece> pieces;
    std::vector<ImageSet> sets;
    std::vector<quell_condition> conditions;  // of one rule after the other
    std::vector<ImageMember> members;
    std::vector<ImageNetwork> networks;
    std::vector<Identity> identities;  // that conditions ask for, by index; sorted, no two equal
    ImageTexts texts;
    std::uint64_t operations = 0;  // union over rules
    std::string digest;            // sha256 of the image's meaning, hex: equal digest, nothing to do

    // How many rules the policies have; the built-in ones are not theirs.
    [[nodiscard]] std::size_t own_rules() const {
        std::size_t own = 0;
        for (const auto& rule : rules) own += !rule.is_builtin();
        return own;
    }
};

// Mask of QUELL_TEXTS_…: at which operations rules ask for texts.
[[nodiscard]] inline std::uint32_t texts_asked(const Image& image) {
    std::uint32_t mask = 0;
    for (const ImageRule& rule : image.rules) {
        if ((rule.value.needs & QUELL_NEED_TEXTS) == 0) continue;
        if (rule.value.operations & QUELL_OP_BIT(QUELL_OP_EXEC)) mask |= QUELL_TEXTS_EXEC;
        if (rule.value.operations & QUELL_OP_BIT(QUELL_OP_SYMLINK)) mask |= QUELL_TEXTS_TARGET;
        if (rule.value.operations & QUELL_OP_BIT(QUELL_OP_MOUNT)) mask |= QUELL_TEXTS_SOURCE;
    }
    return mask;
}

// Mask of QUELL_BIT(QUELL_RESPONSE_…): what rules want at once, without anybody's approval. Its hooks stay attached.
[[nodiscard]] inline std::uint32_t kept_responses(const Image& image) {
    std::uint32_t mask = 0;
    for (const ImageRule& rule : image.rules) {
        mask |= rule.value.wanted;
        if (rule.automatic && !rule.automatic->dry_run) mask |= QUELL_BIT(rule.automatic->response);
    }
    return mask;
}

}  // namespace quell::policy

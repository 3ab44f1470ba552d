// SPDX-License-Identifier: Apache-2.0
#include "interpreter.h"

#include "walk_texts.h"

#include <algorithm>
#include <stdexcept>

#include "policy/check/field_table.h"
#include "policy/compile/wild.h"
#include "user/base/vocabulary.h"

namespace quell::policy::test {
namespace {

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> parts;
    for (std::string_view part : components(path)) parts.emplace_back(part);
    return parts;
}

}  // namespace

Interpreter::Interpreter(const Image& image) : image_(image) {
    for (const ImageEdge& item : image.edges)
        if (!edges_.emplace(std::tuple{item.node, item.kind, item.name}, item.value).second)
            throw std::logic_error("two edges with one key");
    for (const ImageSet& set : image.sets)
        if (!sets_.emplace(set.id, &set).second) throw std::logic_error("two sets with one id");
    for (const ImagePiece& piece : image.pieces)
        if (!pieces_.emplace(std::tuple{piece.state, piece.kind, piece.text}, &piece).second) throw std::logic_error("a piece is there twice");
    for (const ImageMember& member : image.members) members_.emplace(member.set, member.condition);
}

const quell_edge* Interpreter::edge(std::uint32_t node, std::uint32_t kind, const std::string& name) const {
    const auto found = edges_.find({node, kind, name});
    return found == edges_.end() ? nullptr : &found->second;
}

Interpreter::Directory Interpreter::root(std::uint32_t id) const {
    const quell_edge* found = edge(id, QUELL_EDGE_ROOT, "");
    if (found == nullptr) return {};
    return {found->child, found->cover, found->flags, found->next};
}

const ImagePiece* Interpreter::piece(std::uint32_t state, std::uint32_t kind, const std::string& name) const {
    const std::string text = kind % 2 == 0 ? name : std::string(name.rbegin(), name.rend());
    for (std::size_t length = std::min<std::size_t>(text.size(), QUELL_PIECE_BYTES); length > 0; length--)
        if (const auto found = pieces_.find({state, kind, text.substr(0, length)}); found != pieces_.end()) return found->second;
    return nullptr;
}

// States below QUELL_WILD_STAY must not be asked: the kernel does not.
std::uint32_t Interpreter::wild_step(std::uint32_t reference, const std::string& name) const {
    std::uint32_t state = QUELL_WILD_ID(reference);
    if (state == 0) return 0;
    if (state < QUELL_WILD_STAY) return QUELL_WILD_REFERENCE(state, (QUELL_WILD_FLAGS(reference) & QUELL_DIR_WILD) | (state >= QUELL_WILD_STAY_ALL ? QUELL_DIR_ALL : 0u));
    std::uint32_t result = 0;
    for (int turn = 0; turn < 2 && state != 0; turn++) {
        if (const quell_edge* found = edge(QUELL_WILD_NODE(state), QUELL_EDGE_NAME, name)) return found->child;
        const quell_edge& other = *edge(QUELL_WILD_NODE(state), QUELL_EDGE_OTHER, "");
        if (turn == 0) result = other.child;
        const ImagePiece* head = other.flags & QUELL_WILD_HEADS ? piece(state, 0, name) : nullptr;
        const ImagePiece* tail = other.flags & QUELL_WILD_TAILS ? piece(state, 1, name) : nullptr;
        if (const quell_edge* found = edge(QUELL_WILD_NODE(state), QUELL_EDGE_PAIR, pair_name(head ? head->value.id : 0, tail ? tail->value.id : 0))) return found->child;
        state = other.cover;
    }
    return result;
}

void Interpreter::wild_sets(std::uint32_t reference, const std::string& name, SetIds& found) const {
    std::uint32_t state = QUELL_WILD_ID(reference);
    if (QUELL_WILD_FLAGS(reference) == 0) return;
    for (int turn = 0; turn < QUELL_WILD_CHAIN && state != 0; turn++) {
        const quell_edge& other = *edge(QUELL_WILD_NODE(state), QUELL_EDGE_OTHER, "");
        if (const quell_edge* leaf = edge(QUELL_WILD_NODE(state), QUELL_EDGE_LEAF, name)) {
            found.push_back(leaf->set);
        } else {
            const ImagePiece* head = other.flags & QUELL_WILD_LEAF_HEADS ? piece(state, 2, name) : nullptr;
            const ImagePiece* tail = other.flags & QUELL_WILD_LEAF_TAILS ? piece(state, 3, name) : nullptr;
            const quell_edge* pair = head && tail && head->value.id && tail->value.id ? edge(QUELL_WILD_NODE(state), QUELL_EDGE_PAIR_LEAF, pair_name(head->value.id, tail->value.id)) : nullptr;
            if (pair) {
                found.push_back(pair->set);
            } else if ((head && head->value.set) || (tail && tail->value.set)) {
                found.push_back(head ? head->value.set : 0);
                found.push_back(tail ? tail->value.set : 0);
            } else {
                found.push_back(other.set);
            }
        }
        state = other.next;
    }
    if (state != 0) throw std::logic_error("more states follow one another than the kernel asks");
}

Interpreter::Directory Interpreter::step(const Directory& from, const std::string& name) const {
    if (from.node != 0)
        if (const quell_edge* found = edge(from.node, QUELL_EDGE_NAME, name))
            return {found->child, found->cover, found->flags, wild_step(from.wild, name)};
    return {0, from.cover, from.cover != 0 ? QUELL_DIR_ALL : 0u, wild_step(from.wild, name)};
}

std::uint64_t Interpreter::entry(const Directory& in, const std::string& name) const {
    if (in.flags & QUELL_DIR_LEAVES)
        if (const quell_edge* found = edge(in.node, QUELL_EDGE_LEAF, name)) return found->set;
    if ((in.flags & QUELL_DIR_ALL) == 0) return 0;
    if (in.node != 0)
        if (const quell_edge* found = edge(in.node, QUELL_EDGE_STAR, "")) return found->set;
    return in.cover == 0 ? 0 : edges_.at({in.cover, QUELL_EDGE_COVER, ""}).set;
}

Interpreter::SetIds Interpreter::entry_at(std::uint32_t root_id, const std::string& path) const {
    std::vector<std::string> parts = split(path);
    if (parts.empty()) return {};
    Directory at = root(root_id);
    for (std::size_t i = 0; i + 1 < parts.size(); i++) at = step(at, parts[i]);
    SetIds found{entry(at, parts.back())};
    wild_sets(at.wild, parts.back(), found);
    std::erase(found, 0);
    return found;
}

std::uint64_t Interpreter::below_at(std::uint32_t root_id, const std::string& path) const {
    Directory at = root(root_id);
    for (const std::string& part : split(path)) at = step(at, part);
    const quell_edge* found = at.node == 0 ? nullptr : edge(at.node, QUELL_EDGE_BELOW, "");
    return found == nullptr ? 0 : found->set;
}

// The longest prefix alone, as the kernel's trie gives it.
const quell_network* Interpreter::network_at(std::uint32_t root_id, const reference::Act& act) const {
    const ImageNetwork* longest = nullptr;
    for (const ImageNetwork& one : image_.networks)
        if (act.address && one.root == root_id && one.network.holds(*act.address) && (longest == nullptr || longest->network.length < one.network.length)) longest = &one;
    return longest != nullptr ? &longest->value : nullptr;
}

Truth Interpreter::holds(std::uint32_t index, const reference::Act& act, const std::vector<SetIds>& asked) const {
    const quell_condition& c = image_.conditions.at(index);
    if (QUELL_FIELD_IS_IDENTITY(c.field)) {
        const quell_named named = named_bits(image_.identities, act.subject == QUELL_SUBJECT_HOST ? ContainerNames::none() : act.names);
        const auto bit = [&](const quell_u64* words) { return (words[c.first / 64] >> c.first % 64 & 1) != 0; };
        const Truth truth = !bit(named.known) ? Truth::kUnknown : bit(named.holds) ? Truth::kHolds : Truth::kFails;
        return c.flags & QUELL_CONDITION_NOT ? opposite(truth) : truth;
    }
    if (c.field >= QUELL_FIELD_ARGUMENTS && c.field <= QUELL_FIELD_SOURCE)
        return outputs_.contains(c.first) != ((c.flags & QUELL_CONDITION_NOT) != 0) ? Truth::kHolds : Truth::kFails;
    const auto member = [&](std::size_t which) {
        if ((c.flags & QUELL_CONDITION_INTACT) && which < 9 && !(which < act.executables.size() && act.executables[which].is_intact))
            return false;
        return std::any_of(asked.at(which).begin(), asked[which].end(), [&](std::uint64_t set) { return members_.contains({set, index}); });
    };
    bool is_held = false;
    if (c.field == QUELL_FIELD_EXE) {
        is_held = member(0);
    } else if (c.field == QUELL_FIELD_PARENT) {
        is_held = member(1);
    } else if (c.field == QUELL_FIELD_ANCESTOR) {
        for (std::size_t above = 1; above <= 8; above++) is_held = is_held || member(above);
    } else if (c.field == QUELL_FIELD_PATH) {
        is_held = member(9);
    } else if (c.field == QUELL_FIELD_ADDRESS) {
        is_held = member(11);
    } else if (c.field == QUELL_FIELD_TARGET_EXE) {
        is_held = member(10);
    } else if (c.field == QUELL_FIELD_CGROUP) {
        is_held = member(12);
    } else if (c.field == QUELL_FIELD_HOLDS) {
        is_held = (act.capabilities >> c.first & 1) != 0;
    } else if (is_mask(kFieldRows[c.field].kind)) {
        is_held = (act.numbers[c.field] & c.first) != 0;
    } else {
        is_held = act.numbers[c.field] >= c.first && act.numbers[c.field] <= c.last;
    }
    return is_held != ((c.flags & QUELL_CONDITION_NOT) != 0) ? Truth::kHolds : Truth::kFails;
}

Truth Interpreter::ask(const quell_rule& rule, const reference::Act& act, const std::vector<SetIds>& asked, Doubt& doubt) const {
    Truth clause = Truth::kFails, group = Truth::kHolds;
    bool is_sure = true;
    Doubt of_group;
    for (std::uint32_t n = 0; n < rule.conditions; n++) {
        const std::uint32_t flags = image_.conditions.at(rule.condition + n).flags;
        const Truth truth = holds(rule.condition + n, act, asked);
        if (truth == Truth::kUnknown) of_group.conditions[n / 64] |= 1ull << n % 64;
        clause = std::max(clause, truth);
        if (flags & QUELL_CONDITION_OR) continue;
        group = std::min(group, clause);
        clause = Truth::kFails;
        if ((flags & QUELL_CONDITION_END) == 0) continue;
        if (group == (flags & QUELL_CONDITION_EXCEPT ? Truth::kHolds : Truth::kFails)) return Truth::kFails;
        if (group == Truth::kUnknown) {
            is_sure = false;
            for (std::size_t i = 0; i < 2; i++) doubt.conditions[i] |= of_group.conditions[i];
        }
        group = Truth::kHolds;
        of_group = {};
    }
    return is_sure ? Truth::kHolds : Truth::kUnknown;
}

std::vector<Interpreter::SetIds> Interpreter::asked_of(const reference::Act& act) const {
    const std::uint32_t asked_root = act.subject == QUELL_SUBJECT_HOST ? QUELL_NODE_ASK_HOST : QUELL_NODE_ASK_CONTAINER;
    std::vector<SetIds> asked;
    for (const reference::Executable& exe : act.executables)
        asked.push_back(exe.path.empty() || asked.size() > 8 ? SetIds{} : entry_at(asked_root, exe.path));
    asked.resize(9);
    asked.push_back(entry_at(asked_root, act.path));
    asked.push_back(act.target.empty() ? SetIds{} : entry_at(asked_root, act.target));
    const quell_network* network = network_at(act.subject == QUELL_SUBJECT_HOST ? QUELL_NODE_HOST : QUELL_NODE_CONTAINER, act);
    asked.push_back(network != nullptr && network->asked != 0 ? SetIds{network->asked} : SetIds{});
    asked.push_back(act.cgroup.empty() ? SetIds{} : entry_at(QUELL_NODE_ASK_CGROUP, act.cgroup));
    return asked;
}

std::optional<Interpreter::Doubt> Interpreter::doubt(std::uint32_t rule, const reference::Act& act) const {
    Doubt doubt;
    if (ask(image_.rules.at(rule).value, act, asked_of(act), doubt) != Truth::kUnknown) return std::nullopt;
    return doubt;
}

std::set<std::string> Interpreter::matches(const reference::Act& act) const {
    std::set<std::string> fired;
    for (const std::string& rule : judge(act)) fired.insert(rule.substr(0, rule.find('?')));
    return fired;
}

std::set<std::string> Interpreter::judge(const reference::Act& act) const {
    const bool host = act.subject == QUELL_SUBJECT_HOST;
    const std::uint32_t root_id = host ? QUELL_NODE_HOST : QUELL_NODE_CONTAINER;
    SetIds found = entry_at(root_id, act.path);
    if (is_place(act.operation)) found.push_back(below_at(root_id, act.path));
    if (const quell_edge* any = edge(root_id, QUELL_EDGE_ANY, std::string(kOperationWords[act.operation]))) found.push_back(any->set);
    const std::vector<SetIds> asked = asked_of(act);
    const quell_network* network = network_at(root_id, act);
    if (network != nullptr) found.push_back(network->set);
    outputs_ = image_.texts.words.empty() ? std::set<std::uint32_t>{} : walk_texts(image_.texts, act);
    std::set<std::string> fired;
    for (std::uint64_t set : found) {
        if (set == 0) continue;
        for (std::uint32_t index : sets_.at(set)->rules) {
            const ImageRule& rule = image_.rules.at(index);
            if ((rule.value.operations & QUELL_OP_BIT(act.operation)) == 0) continue;
            Doubt unused;
            const Truth truth = ask(rule.value, act, asked, unused);
            if (truth != Truth::kFails) fired.insert(rule.policy + "/" + rule.id + (truth == Truth::kUnknown ? "?" : ""));
        }
    }
    return fired;
}

}  // namespace quell::policy::test

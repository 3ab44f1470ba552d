// SPDX-License-Identifier: Apache-2.0
#include "interpreter.h"

#include <stdexcept>

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
    for (const ImageExcept& except : image.excepts) excepts_.emplace(except.set, except.rule);
}

const quell_edge* Interpreter::edge(std::uint32_t node, std::uint32_t kind, const std::string& name) const {
    const auto found = edges_.find({node, kind, name});
    return found == edges_.end() ? nullptr : &found->second;
}

Interpreter::Directory Interpreter::root(std::uint32_t id) const {
    const quell_edge* found = edge(id, QUELL_EDGE_ROOT, "");
    if (found == nullptr) return {};
    return {found->child, found->cover, found->flags};
}

Interpreter::Directory Interpreter::step(const Directory& from, const std::string& name) const {
    if (from.node != 0)
        if (const quell_edge* found = edge(from.node, QUELL_EDGE_NAME, name))
            return {found->child, found->cover, found->flags};
    return {0, from.cover, from.cover != 0 ? QUELL_DIR_ALL : 0u};
}

std::uint64_t Interpreter::entry(const Directory& in, const std::string& name) const {
    if (in.flags & QUELL_DIR_LEAVES)
        if (const quell_edge* found = edge(in.node, QUELL_EDGE_LEAF, name)) return found->set;
    if ((in.flags & QUELL_DIR_ALL) == 0) return 0;
    if (in.node != 0)
        if (const quell_edge* found = edge(in.node, QUELL_EDGE_STAR, "")) return found->set;
    return in.cover == 0 ? 0 : edges_.at({in.cover, QUELL_EDGE_COVER, ""}).set;
}

std::uint64_t Interpreter::entry_at(std::uint32_t root_id, const std::string& path) const {
    std::vector<std::string> parts = split(path);
    if (parts.empty()) return 0;
    Directory at = root(root_id);
    for (std::size_t i = 0; i + 1 < parts.size(); i++) at = step(at, parts[i]);
    return entry(at, parts.back());
}

std::uint64_t Interpreter::below_at(std::uint32_t root_id, const std::string& path) const {
    Directory at = root(root_id);
    for (const std::string& part : split(path)) at = step(at, part);
    const quell_edge* found = at.node == 0 ? nullptr : edge(at.node, QUELL_EDGE_BELOW, "");
    return found == nullptr ? 0 : found->set;
}

std::set<std::string> Interpreter::matches(const reference::Act& act) const {
    const bool host = act.subject == QUELL_SUBJECT_HOST;
    const std::uint32_t root_id = host ? QUELL_NODE_HOST : QUELL_NODE_CONTAINER;
    std::vector<std::uint64_t> found{entry_at(root_id, act.path)};
    if (is_place(act.operation)) found.push_back(below_at(root_id, act.path));
    const std::uint64_t exe =
        act.exe.empty() ? 0 : entry_at(host ? QUELL_NODE_EXE_HOST : QUELL_NODE_EXE_CONTAINER, act.exe);
    std::set<std::string> fired;
    for (std::uint64_t set : found) {
        if (set == 0) continue;
        for (std::uint32_t index : sets_.at(set)->rules) {
            const ImageRule& rule = image_.rules.at(index);
            if ((rule.value.operations & QUELL_BIT(act.operation)) == 0) continue;
            if (rule.value.exceptions != 0 && excepts_.contains({exe, index})) continue;
            fired.insert(rule.policy + "/" + rule.id);
        }
    }
    return fired;
}

}  // namespace quell::policy::test

// SPDX-License-Identifier: Apache-2.0
// Reads an image the way the kernel side does (kern/path, kern/match): one
// edge a component, the first of LEAF, STAR and COVER. Independent of the
// compiler's own data.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "policy/image.h"
#include "policy/reference/match.h"

namespace quell::policy::test {

class Interpreter {
public:
    explicit Interpreter(const Image& image);

    // "policy/id" of the rules that fire, with "?" behind those that are not sure.
    [[nodiscard]] std::set<std::string> judge(const reference::Act& act) const;
    // "policy/id" of all of them.
    [[nodiscard]] std::set<std::string> matches(const reference::Act& act) const;
    // Of a rule that is not sure: the conditions that were not known, counted from its first, as the kernel side notes them.
    struct Doubt {
        std::array<std::uint64_t, 2> conditions{};
    };
    [[nodiscard]] std::optional<Doubt> doubt(std::uint32_t rule, const reference::Act& act) const;

private:
    struct Directory {
        std::uint32_t node = 0;
        std::uint32_t cover = 0;
        std::uint32_t flags = 0;
        std::uint32_t wild = 0;  // a reference
    };
    using SetIds = std::vector<std::uint64_t>;
    [[nodiscard]] const quell_edge* edge(std::uint32_t node, std::uint32_t kind, const std::string& name) const;
    [[nodiscard]] Directory root(std::uint32_t id) const;
    [[nodiscard]] Directory step(const Directory& from, const std::string& name) const;
    // The set of an entry, 0 if none.
    [[nodiscard]] std::uint64_t entry(const Directory& in, const std::string& name) const;
    // With those of paths with wildcards.
    [[nodiscard]] SetIds entry_at(std::uint32_t root_id, const std::string& path) const;
    [[nodiscard]] std::uint32_t wild_step(std::uint32_t reference, const std::string& name) const;
    void wild_sets(std::uint32_t reference, const std::string& name, SetIds& found) const;
    // The longest piece of that kind that the name has.
    [[nodiscard]] const ImagePiece* piece(std::uint32_t state, std::uint32_t kind, const std::string& name) const;
    // Whether the conditions of a rule hold; `asked`: the sets at the paths of the executables, and last of the object.
    [[nodiscard]] Truth ask(const quell_rule& rule, const reference::Act& act, const std::vector<SetIds>& asked, Doubt& doubt) const;
    [[nodiscard]] std::vector<SetIds> asked_of(const reference::Act& act) const;
    [[nodiscard]] const quell_network* network_at(std::uint32_t root_id, const reference::Act& act) const;
    [[nodiscard]] Truth holds(std::uint32_t index, const reference::Act& act, const std::vector<SetIds>& asked) const;
    [[nodiscard]] std::uint64_t below_at(std::uint32_t root_id, const std::string& path) const;

    const Image& image_;  // outlives this
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::string>, quell_edge> edges_;
    std::map<std::uint64_t, const ImageSet*> sets_;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::string>, const ImagePiece*> pieces_;
    std::set<std::pair<std::uint64_t, std::uint32_t>> members_;
    mutable std::set<std::uint32_t> outputs_;  // of the texts of the act that is looked at
};

}  // namespace quell::policy::test

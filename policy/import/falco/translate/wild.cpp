// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/wild.h"

#include <algorithm>
#include <vector>

namespace quell::policy::falco {
namespace {

bool byte_matches(const Piece& piece, char c) {
    if (piece.kind == Piece::Kind::kByte) return piece.text[0] == c;
    if (piece.kind == Piece::Kind::kAny) return true;
    const bool negated = piece.text[1] == '!';
    const std::string_view members = std::string_view(piece.text).substr(negated ? 2 : 1, piece.text.size() - (negated ? 3 : 2));
    bool found = false;
    for (std::size_t i = 0; i < members.size(); i++) {
        const bool is_range = i + 2 < members.size() && members[i + 1] == '-';
        found = found || (is_range ? members[i] <= c && c <= members[i + 2] : members[i] == c);
        if (is_range) i += 2;
    }
    return found != negated;
}

}  // namespace

bool wild_matches(const Glob& glob, std::string_view text) {
    // which beginnings of the glob match the text so far
    std::vector<bool> reached(glob.size() + 1, false);
    const auto is_star = [&](std::size_t i) { return glob[i].kind == Piece::Kind::kStar || glob[i].kind == Piece::Kind::kName; };
    const auto skip_stars = [&] {
        for (std::size_t i = 0; i < glob.size(); i++)
            if (reached[i] && is_star(i)) reached[i + 1] = true;
    };
    reached[0] = true;
    skip_stars();
    for (const char c : text) {
        std::vector<bool> next(glob.size() + 1, false);
        for (std::size_t i = 0; i < glob.size(); i++) {
            if (!reached[i]) continue;
            if (is_star(i))
                next[i] = true;
            else if (byte_matches(glob[i], c))
                next[i + 1] = true;
        }
        reached = std::move(next);
        skip_stars();
    }
    return reached[glob.size()];
}

std::string field_name(const Operand& operand) {
    if (operand.field == "evt.arg" && operand.argument) return "evt.arg." + *operand.argument;
    return operand.field;
}

}  // namespace quell::policy::falco

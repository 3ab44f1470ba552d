// SPDX-License-Identifier: Apache-2.0
// Pattern -> segments: what stands between its stars. Every segment has a
// fixed length, so where it ends says where it began.
#pragma once

#include <string>
#include <vector>

#include "policy/automaton/byte_sets.h"
#include "policy/automaton/pattern.h"

namespace quell::policy::automaton {

using Segment = std::vector<Symbol>;  // never empty

// `a*b` is {a}, {b}, closed at both ends; contains "a" is {a}, open at both.
// No segment: the empty argument, or any if it is open.
struct Shape {
    std::vector<Segment> segments;
    bool open_start = false;  // a star stands before the first segment
    bool open_end = false;
};

struct Shaped {
    Shape shape;
    std::string refused;  // why there is no shape, safe to print; empty if there is one
    std::string hint;
};

// Sets go into `sets`. Time and memory are linear in the text.
[[nodiscard]] Shaped shape_of(const ArgumentPattern& pattern, ByteSets& sets);

}  // namespace quell::policy::automaton

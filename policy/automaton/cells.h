// SPDX-License-Identifier: Apache-2.0
// The double array: lists of class and next state, laid into one array so
// that they interlock. Not thread-safe.
#pragma once

#include <map>
#include <vector>

#include "policy/automaton/subsets.h"

namespace quell::policy::automaton {

using ArcList = std::vector<Arc>;  // ascending by class

class Cells {
public:
    // `lists` in the order given, longest first: the large ones need the room. Their bases come in the same order, no two
    // equal; an empty list's base is one that no cell belongs to. False where kMaxAutomatonCells are not enough.
    [[nodiscard]] bool place(const std::vector<const ArcList*>& lists, std::vector<u32>& bases);

    // The array, with room for each class behind each base; its size is a power of two.
    [[nodiscard]] std::vector<u32> take(std::uint32_t classes);
    [[nodiscard]] std::size_t used() const { return used_; }

private:
    u32 free_from(u32 at);
    void take_cell(u32 at, const Arc& arc);
    bool fits(u32 base, const ArcList& list) const;
    u32 find_base(const ArcList& list);
    void grow(std::size_t size);

    std::vector<u32> cells_;
    std::vector<u32> free_;       // where to look for a free cell: itself, if it is free
    std::vector<bool> is_base_;
    std::size_t used_ = 0;
    u32 highest_ = 0;          // base
    u32 end_ = 0;              // behind the last cell in use
    u32 search_from_ = 0;
    std::size_t length_ = 0;   // of the list before
};

}  // namespace quell::policy::automaton

// SPDX-License-Identifier: Apache-2.0
// What an image takes in the kernel's maps, which are allocated as they fill.
#pragma once

#include <cstdint>

#include "policy/image.h"

namespace quell::policy {

// Of a hash map's element, beside key and value: its links, its hash, the allocator's rounding.
inline constexpr std::uint64_t kMapElementBytes = 48;

// Its share of the buckets, of 16 bytes: there are between one and two for each element.
inline constexpr std::uint64_t kMapBucketBytes = 24;

// Bytes, an estimate: the maps of a policy are made as large as it, but for the table of texts, which has one size
// (docs/design/023). While one policy replaces another, both are there. Thread-safe.
[[nodiscard]] inline std::uint64_t map_memory(const Image& image) {
    const auto each = [](std::size_t entries, std::size_t key, std::size_t value) { return entries * (key + value + kMapElementBytes + kMapBucketBytes); };
    std::size_t chunks = 0;
    for (const ImageSet& set : image.sets) chunks += (set.rules.size() + QUELL_SET_CHUNK - 1) / QUELL_SET_CHUNK;
    return each(image.rules.size(), sizeof(quell_rule_key), sizeof(quell_rule)) + each(chunks, sizeof(quell_set_key), sizeof(quell_set)) +
           each(image.conditions.size(), sizeof(quell_condition_key), sizeof(quell_condition)) +
           each(image.members.size(), sizeof(quell_member_key), sizeof(quell_u32)) +
           each(image.networks.size(), sizeof(quell_network_key), sizeof(quell_network)) +
           (image.texts.words.empty() ? 0 : sizeof(quell_text_table)) + each(image.pieces.size(), sizeof(quell_piece_key), sizeof(quell_piece)) +
           each(image.edges.size(), sizeof(quell_edge_key), sizeof(quell_edge));
}

}  // namespace quell::policy

// SPDX-License-Identifier: Apache-2.0
#include "policy/imagefile/places.h"

#include <array>
#include <unordered_map>

namespace quell::policy {
namespace {

constexpr std::array<std::string_view, 5> kRoots = {"?", "container", "host", "ask-container", "ask-host"};
constexpr std::array<std::string_view, 7> kKinds = {"name", "leaf", "star", "cover", "root", "below", "any"};
static_assert(QUELL_NODE_CONTAINER == 1 && QUELL_NODE_HOST == 2 && QUELL_NODE_ASK_CONTAINER == 3 && QUELL_NODE_ASK_HOST == 4);
static_assert(QUELL_EDGE_NAME == 0 && QUELL_EDGE_LEAF == 1 && QUELL_EDGE_STAR == 2 && QUELL_EDGE_COVER == 3 && QUELL_EDGE_ROOT == 4 && QUELL_EDGE_BELOW == 5 && QUELL_EDGE_ANY == 6);

}  // namespace

std::string_view root_word(std::uint32_t root) { return root < kRoots.size() ? kRoots[root] : kRoots[0]; }
std::string_view edge_word(std::uint32_t kind) { return kind < kKinds.size() ? kKinds[kind] : std::string_view{"?"}; }

Result<std::vector<Place>> places(const Image& image) {
    std::unordered_map<std::uint32_t, Place> directories;  // of nodes
    for (std::uint32_t root = QUELL_NODE_CONTAINER; root <= QUELL_NODE_ASK_HOST; root++) directories[root] = Place{root, "/"};
    std::vector<Place> all;
    std::size_t bytes = 0;
    all.reserve(image.edges.size());
    for (const ImageEdge& edge : image.edges) {
        Place place = directories[edge.node];
        switch (edge.kind) {
            case QUELL_EDGE_NAME:
                place.path += edge.name + "/";
                directories[edge.value.child] = place;
                break;
            case QUELL_EDGE_LEAF: place.path += edge.name; break;
            case QUELL_EDGE_STAR: place.path += "*"; break;
            case QUELL_EDGE_COVER: place.path += "**"; break;
            case QUELL_EDGE_ANY: place.path = edge.name; break;
            default: break;
        }
        bytes += place.path.size();
        if (bytes > kMaxPlacesBytes) return Error{"the image's paths are longer than " + std::to_string(kMaxPlacesBytes) + " bytes together", EFBIG, {}};
        all.push_back(std::move(place));
    }
    return all;
}

}  // namespace quell::policy

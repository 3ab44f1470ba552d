// SPDX-License-Identifier: Apache-2.0
#include "policy/imagefile/places.h"

#include <array>
#include <unordered_map>

namespace quell::policy {
namespace {

constexpr std::array<std::string_view, 6> kRoots = {"?", "container", "host", "ask-container", "ask-host", "ask-cgroup"};
constexpr std::array<std::string_view, 10> kKinds = {"name", "leaf", "star", "cover", "root", "below", "any", "other", "pair", "pair-leaf"};
static_assert(QUELL_NODE_CONTAINER == 1 && QUELL_NODE_HOST == 2 && QUELL_NODE_ASK_CONTAINER == 3 && QUELL_NODE_ASK_HOST == 4 && QUELL_NODE_ASK_CGROUP == 5);
static_assert(QUELL_EDGE_NAME == 0 && QUELL_EDGE_LEAF == 1 && QUELL_EDGE_STAR == 2 && QUELL_EDGE_COVER == 3 && QUELL_EDGE_ROOT == 4 && QUELL_EDGE_BELOW == 5 && QUELL_EDGE_ANY == 6);
static_assert(QUELL_EDGE_OTHER == 7 && QUELL_EDGE_PAIR == 8 && QUELL_EDGE_PAIR_LEAF == 9);

}  // namespace

std::string_view root_word(std::uint32_t root) { return root < kRoots.size() ? kRoots[root] : kRoots[0]; }
std::string_view edge_word(std::uint32_t kind) { return kind < kKinds.size() ? kKinds[kind] : std::string_view{"?"}; }

Result<std::vector<Place>> places(const Image& image) {
    std::unordered_map<std::uint32_t, Place> directories;  // of nodes
    for (std::uint32_t root = QUELL_NODE_CONTAINER; root <= QUELL_NODE_ASK_CGROUP; root++) directories[root] = Place{root, "/"};
    // a state of paths with wildcards is shown by the first way that leads to it
    const auto leads_to = [&](std::uint32_t state, const Place& place) {
        if (state != 0) directories.try_emplace(QUELL_WILD_NODE(state), place);
    };
    std::vector<Place> all;
    std::size_t bytes = 0;
    all.reserve(image.edges.size());
    for (const ImageEdge& edge : image.edges) {
        Place place = directories[edge.node];
        switch (edge.kind) {
            case QUELL_EDGE_NAME:
                place.path += edge.name + "/";
                if (edge.node & QUELL_WILD_NODE(0))
                    leads_to(QUELL_WILD_ID(edge.value.child), place);
                else
                    directories[edge.value.child] = place;
                break;
            case QUELL_EDGE_ROOT: leads_to(QUELL_WILD_ID(edge.value.next), place); break;
            case QUELL_EDGE_OTHER:
                leads_to(edge.value.next, place);
                leads_to(edge.value.cover, place);
                place.path += "*";
                leads_to(QUELL_WILD_ID(edge.value.child), Place{place.root, place.path + "/"});
                break;
            case QUELL_EDGE_PAIR:
                place.path += "*" + edge.name + "*/";
                leads_to(QUELL_WILD_ID(edge.value.child), place);
                break;
            case QUELL_EDGE_PAIR_LEAF: place.path += "*" + edge.name + "*"; break;
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

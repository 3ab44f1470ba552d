// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/joint_places.h"

#include <algorithm>
#include <cerrno>

#include "user/response/places.h"

namespace quell::daemon {
namespace {

// Of the paths that are there.
Result<approval::JointPlaces> places_in(bpf::Engine& engine, std::uint64_t container, const std::vector<std::string>& paths) {
    approval::JointPlaces all;
    for (const auto& path : paths) {
        const auto found = response::find_places(engine, container, {path});
        if (!found && found.error().code == ESRCH) continue;
        if (!found) return found.error();
        if (response::add_places(all.places, found->places)) return Error{"these are more than " + std::to_string(QUELL_PLACES_MAX) + " places in one container: name fewer, or narrower ones", E2BIG, {}};
        all.below += (all.below.empty() ? "" : ", ") + found->text;
    }
    return all;
}

}  // namespace

Result<std::vector<approval::JointPlaces>> find_joint_places(bpf::Engine& engine, const std::vector<std::uint64_t>& containers, const std::vector<std::string>& paths) {
    std::vector<approval::JointPlaces> all;
    for (const auto container : containers) {
        auto found = places_in(engine, container, paths);
        if (!found) return found.error();
        all.push_back(*std::move(found));
    }
    return all;
}

std::string placeless_text(const std::vector<approval::JointPlaces>& places, const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(places.size(), names.size()); i++)
        if (!places[i].places.count) text += (text.empty() ? "no path of it is in " : ", ") + names[i];
    return text.empty() ? text : text + ", which may write";
}

}  // namespace quell::daemon

// SPDX-License-Identifier: Apache-2.0
// Joint: one approval for an incident and for others like it: the other
// containers of its pod, the other instances of its file. Who is meant is
// found before (user/daemon/joint.cpp); each is bound by a request of its own
// right before the flips, and has rows of its own. Plain values; loop thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "user/incident/incident.h"

namespace quell::approval {

// Of deny-write, in one of the containers.
struct JointPlaces {
    quell_places places{};  // none: nothing of it lies in there, and it is left out
    std::string below;      // escaped
};

struct Joint {
    std::string what;    // "the pod shop/web-5d3c", escaped
    std::string name;    // what is typed to go over a guard, where it is a plain word: the pod's name
    std::string unseen;  // what could not be looked at, "" nothing; escaped
    // Beside the incident itself. Not bound yet: without an id, `entry` is what the request is made of, and they count as waiting.
    std::vector<incident::Incident> others;
    // Of the incident itself, then of the others; empty: it is about no places.
    std::vector<JointPlaces> places = {};
    // What is different from what was shown under the digest that was given; "": nothing, or it is not known. Escaped.
    std::string changed;
    // Binds one of them, with its row `requested`: its id.
    std::function<Result<std::uint64_t>(const incident::Incident& one)> bind;
};

// Why nothing of it is taken back yet, "": it can be. What is flipped and still being carried out cannot be: it would be passed
// over, and in force afterwards. For half a minute: then it is, and told.
[[nodiscard]] std::string why_not_undone_yet(const incident::Incident& first, std::span<incident::Incident* const> parts, std::uint64_t now_ns);

}  // namespace quell::approval

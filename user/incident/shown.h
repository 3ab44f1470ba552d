// SPDX-License-Identifier: Apache-2.0
// Shown: what the digests that were shown were made of, so that the refusal of
// one that fits no more says what changed, and where to look. In memory only,
// bounded: a daemon that begins knows none, and says so. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "user/incident/digest.h"
#include "user/incident/offers.h"

namespace quell::incident {

inline constexpr std::size_t kShownOfEachMax = 4;          // digests of one response of one incident, the newest
inline constexpr std::size_t kShownIncidentsMax = QUELL_PENDING_MAX;  // the oldest are forgotten first

class Shown {
public:
    // An offer that has a digest. `joint`: what it is of where that is more than the incident ("the pod shop/web"), else "".
    void add(const Incident& incident, const Offer& offer, const std::string& joint = {});
    // The incident is over: nobody approves it any more.
    void forget(std::uint64_t id) { of_.erase(id); }

    // Whether this digest was shown for this response of it.
    [[nodiscard]] bool has(const Incident& incident, quell_response response, const std::string& digest) const;
    // Why it is not offered, and where `digest` was shown for it, that this changed since, and how to look again.
    [[nodiscard]] std::string why_none(const Incident& incident, const Offer& now, const std::string& digest, bool is_joint = false) const;
    // Why `digest` does not fit what is offered now, and how to look again. Escaped.
    [[nodiscard]] std::string why_not(const Incident& incident, const Offer& now, const std::string& digest, const std::string& joint = {}) const;

private:
    struct Bound {
        std::string digest;
        quell_response response;
        std::vector<DigestPart> parts;
        std::string text;  // the offer's target, escaped
        std::string joint;
    };
    [[nodiscard]] const Bound* find(std::uint64_t id, const std::string& digest) const;
    // Of another incident than this one, 0: of none.
    [[nodiscard]] std::uint64_t shown_for_another(std::uint64_t id, const std::string& digest) const;

    std::map<std::uint64_t, std::vector<Bound>> of_;
};

}  // namespace quell::incident

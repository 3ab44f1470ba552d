// SPDX-License-Identifier: Apache-2.0
#include "user/incident/shown.h"

#include <algorithm>

#include "user/base/id.h"
#include "user/base/vocabulary.h"

namespace quell::incident {
namespace {

bool is_number_of_itself(std::string_view what) { return what == "rule" || what == "policy generation"; }

// "the process is another: it was rm (pid 500), it is bash (pid 412) now"
std::string difference_text(const DigestPart& before, const DigestPart& now, const std::string& text_before, const std::string& text_now) {
    const std::string what(before.what);
    if (is_number_of_itself(what)) return "the " + what + " was " + before.value + ", it is " + now.value + " now";
    if (text_before == text_now) return "the " + what + " is another of the same name: " + text_now;
    return "the " + what + " is another: it was " + text_before + ", it is " + text_now + " now";
}

std::string look_again_text(std::uint64_t id, bool is_joint) { return std::string(": look again with quell ") + (is_joint ? "preview " : "show ") + id_text(id); }

}  // namespace

void Shown::add(const Incident& incident, const Offer& offer, const std::string& joint) {
    if (offer.digest.empty()) return;
    if (const auto* known = find(incident.id, offer.digest); known && known->response == offer.response) return;
    if (of_.size() >= kShownIncidentsMax && !of_.contains(incident.id)) of_.erase(of_.begin());
    auto& list = of_[incident.id];
    const auto is_of_it = [&](const Bound& one) { return one.response == offer.response; };
    if (static_cast<std::size_t>(std::ranges::count_if(list, is_of_it)) >= kShownOfEachMax) list.erase(std::ranges::find_if(list, is_of_it));
    list.push_back({offer.digest, offer.response, digest_parts(incident, offer.response, offer.target), offer.target_text, joint});
}

const Shown::Bound* Shown::find(std::uint64_t id, const std::string& digest) const {
    const auto of = of_.find(id);
    if (of == of_.end()) return nullptr;
    const auto found = std::ranges::find_if(of->second, [&](const Bound& one) { return one.digest == digest; });
    return found == of->second.end() ? nullptr : &*found;
}

std::uint64_t Shown::shown_for_another(std::uint64_t id, const std::string& digest) const {
    for (const auto& [other, list] : of_)
        if (other != id && find(other, digest)) return other;
    return 0;
}

bool Shown::has(const Incident& incident, quell_response response, const std::string& digest) const {
    const auto* bound = find(incident.id, digest);
    return bound && bound->response == response;
}

std::string Shown::why_none(const Incident& incident, const Offer& now, const std::string& digest, bool is_joint) const {
    return has(incident, now.response, digest) ? "since it was shown: " + now.reason + look_again_text(incident.id, is_joint) : now.reason;
}

std::string Shown::why_not(const Incident& incident, const Offer& now, const std::string& digest, const std::string& joint) const {
    const auto again = look_again_text(incident.id, !joint.empty());
    const auto* bound = find(incident.id, digest);
    if (!bound) {
        if (const auto other = shown_for_another(incident.id, digest)) return "that digest was shown for incident " + id_text(other) + ", not for this one" + again;
        return "the digest is not that of " + (joint.empty() ? "this target" : joint) + ", and what it was of is not known: it was not shown since the daemon began, or long ago" + again;
    }
    if (bound->response != now.response)
        return "that digest was shown for " + std::string(word_at(kResponseWords, bound->response)) + ", not for " + std::string(word_at(kResponseWords, now.response)) + again;
    if (bound->joint != joint)
        return "that digest was shown for " + (bound->joint.empty() ? "this target alone" : bound->joint) + ", not for " + (joint.empty() ? "this target alone" : joint) + again;
    const auto parts = digest_parts(incident, now.response, now.target);
    std::string text;
    std::string_view told;
    for (std::size_t i = 0; i < std::min(parts.size(), bound->parts.size()); i++) {
        if (parts[i].value == bound->parts[i].value || parts[i].what == told) continue;
        told = parts[i].what;
        text += (text.empty() ? "" : "; ") + difference_text(bound->parts[i], parts[i], bound->text, now.target_text);
    }
    return (text.empty() ? "the digest is not that of " + (joint.empty() ? "this target" : joint) : "since it was shown: " + text) + again;
}

}  // namespace quell::incident

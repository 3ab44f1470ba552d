// SPDX-License-Identifier: Apache-2.0
#include "user/cli/select.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "user/base/escape.h"
#include "user/base/sha256.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"

namespace quell::cli {

namespace {

constexpr std::size_t kDigits = 12;  // as the digest of one

bool is_like(const std::string& pattern, const std::string& text) { return pattern.empty() || ::fnmatch(pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0; }

Error wrong(const std::string& what) { return Error{what, EINVAL, {}}; }

}  // namespace

bool Selection::fits(const Json& incident) const {
    const std::string state = control::string_member(incident, "state");
    if (state != "pending" && state != "arming") return false;
    const Json& container = control::member(incident, "container");
    const std::string id = control::string_member(incident, "rule");
    if (!is_like(rule, id) && !is_like(rule, control::string_member(incident, "policy") + "/" + id)) return false;
    if (!is_like(image, control::string_member(container, "image")) || !is_like(pod_namespace, control::string_member(container, "namespace"))) return false;
    if (!severity.empty() && severity != control::string_member(incident, "severity")) return false;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, control::integer_member(incident, "age_s"))) >= older_ns / static_cast<std::uint64_t>(kNsPerSecond);
}

Result<Selection> parse_selection(std::string_view text) {
    Selection selection;
    std::set<std::string, std::less<>> seen;
    for (;;) {
        const auto end = std::min(text.find(','), text.size());
        const auto part = text.substr(0, end);
        const auto equals = part.find('=');
        if (equals == std::string_view::npos || equals + 1 == part.size()) return wrong("'" + escape_cut(part, 64) + "' is not KEY=VALUE");
        const std::string key(part.substr(0, equals)), value(part.substr(equals + 1));
        if (!seen.insert(key).second) return wrong("'" + escape_cut(key, 64) + "' is there twice");
        if (key == "rule") selection.rule = value;
        else if (key == "image") selection.image = value;
        else if (key == "namespace") selection.pod_namespace = value;
        else if (key == "severity") {
            if (!word_index(kSeverityWords, value)) return wrong("severity: info, low, medium, high or critical");
            selection.severity = value;
        } else if (key == "older") {
            const auto duration = parse_duration(value);
            if (!duration) return wrong("older: a time such as 10m");
            selection.older_ns = *duration;
        } else {
            return wrong("'" + escape_cut(key, 64) + "' is none of rule, image, namespace, severity, older");
        }
        if (end == text.size()) return selection;
        text.remove_prefix(end + 1);
    }
}

std::string digest_of_all(std::string_view response, std::vector<Chosen> chosen) {
    std::ranges::sort(chosen, {}, &Chosen::id);
    std::string text = "quell-digests-v1\n" + std::string(response) + "\n";
    for (const Chosen& one : chosen) text += one.id + " " + one.digest + "\n";
    return sha256_hex(text).substr(0, kDigits);
}

}  // namespace quell::cli

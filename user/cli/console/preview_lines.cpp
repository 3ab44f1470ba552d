// SPDX-License-Identifier: Apache-2.0
// What the daemon says an approval would do and take.
#include "user/cli/ask.h"
#include "user/cli/console/lines.h"

namespace quell::cli::console {

namespace {

using control::member;

constexpr std::size_t kNeedsMax = 16;
constexpr std::size_t kFilesMax = 64;
constexpr std::size_t kPartsMax = 1'024;
// Whoever typed them is to see all of it.
constexpr std::size_t kOptionLinesMax = 256;

std::string container_line(const Json& container) {
    std::string text = text_of(container, "name");
    if (text.empty()) text = text_of(container, "id").substr(0, 12);
    for (const char* name : {"pod", "namespace", "image"})
        if (const std::string value = text_of(container, name); !value.empty()) text += ", " + std::string(name) + " " + value;
    return text;
}

// Of a wider scope: each of the others.
void add_parts(std::vector<Line>& lines, const Json& preview, const Layout& layout) {
    std::size_t count = 0;
    for (const Json& part : member(preview, "parts")) {
        if (count++ == kPartsMax) break;
        const Json& offer = member(part, "offer");
        const std::int64_t hit = control::integer_member(offer, "would_hit_count");
        const Json& container = member(part, "container");
        std::string text = container.is_object() ? container_line(container) : text_of(offer, "target");
        if (hit > 0) text += ", " + std::to_string(hit) + (hit == 1 ? " process now" : " processes now");
        add_line(lines, layout, 4, "and", text);
        if (!control::true_member(offer, "available")) add_line(lines, layout, 4, "not possible", text_of(offer, "reason"), {Tone::Warning, true});
        std::size_t files = 0;
        for (const Json& file : member(part, "files"))
            if (files++ < kFilesMax) add_line(lines, layout, 6, "file", text_of(file, "path") + ", layer " + text_of(file, "layer"));
    }
    if (const std::string unseen = text_of(preview, "unseen"); !unseen.empty()) add_line(lines, layout, 4, "not seen", unseen, {Tone::Warning});
}

}  // namespace

const Json& preview_of(const Json& previews, std::string_view response) {
    static const Json kNone;
    if (!previews.is_array()) return kNone;
    for (const Json& one : previews)
        if (control::string_member(member(one, "offer"), "response") == response) return one;
    return kNone;
}

void add_needs(std::vector<Line>& lines, const Json& preview, const Layout& layout) {
    if (const std::string refused = text_of(member(preview, "asks"), "refused"); !refused.empty())
        return add_line(lines, layout, 4, "you may not", refused, {Tone::Warning, true});
    std::size_t count = 0;
    for (const Json& need : member(preview, "needs"))
        if (need.is_string() && count++ < kNeedsMax) add_line(lines, layout, 4, "needs", safe(need.get<std::string>()), {Tone::Warning});
}

std::vector<Line> preview_lines(const Json& preview, const std::string& options, const std::string& stop, const Layout& layout) {
    std::vector<Line> lines;
    if (!options.empty()) add_line(lines, layout, 4, "options", options, {Tone::Accent, true}, kOptionLinesMax);
    if (!stop.empty()) add_line(lines, layout, 4, "stop", stop, {Tone::Bad, true});
    if (!preview.is_object()) {
        if (stop.empty()) add_line(lines, layout, 4, {}, "asking the daemon what would be hit now", {Tone::Warning});
        return lines;
    }
    if (stop.empty()) add_needs(lines, preview, layout);
    add_line(lines, layout, 4, "risk", text_of(preview, "risk"));
    if (const Json& container = member(preview, "container"); container.is_object()) add_line(lines, layout, 4, "container", container_line(container));
    std::size_t count = 0;
    for (const Json& file : member(preview, "files"))
        if (count++ < kFilesMax) add_line(lines, layout, 4, "file", text_of(file, "path") + " (" + text_of(file, "path_is") + "), layer " + text_of(file, "layer"));
    for (Line& one : offer_lines(member(preview, "offer"), layout)) lines.push_back(std::move(one));
    add_parts(lines, preview, layout);
    return lines;
}

}  // namespace quell::cli::console

// SPDX-License-Identifier: Apache-2.0
#include "policy/automaton/segments.h"

#include <optional>
#include <string_view>

#include "policy/limits.h"

namespace quell::policy::automaton {
namespace {

class GlobReader {
public:
    GlobReader(std::string_view text, ByteSets& sets) : text_(text), sets_(sets) {}

    Shaped run() {
        while (at_ < text_.size() && out_.refused.empty()) {
            const char c = text_[at_++];
            if (c == '*') {
                star();
            } else if (c == '?') {
                add(sets_.intern(any_byte()));
            } else if (c == '[') {
                brackets();
            } else if (c != '\\') {
                add(static_cast<unsigned char>(c));
            } else if (at_ == text_.size()) {
                refuse("a backslash at the end quotes nothing", "write \\\\ for a backslash");
            } else {
                add(static_cast<unsigned char>(text_[at_++]));
            }
        }
        if (!segment_.empty()) out_.shape.segments.push_back(std::move(segment_));
        return std::move(out_);
    }

private:
    static ByteSet any_byte() { return ByteSet().set().reset(0); }

    void add(Symbol symbol) {
        segment_.push_back(symbol);
        out_.shape.open_end = false;
    }
    void star() {
        if (!segment_.empty()) {
            out_.shape.segments.push_back(std::move(segment_));
            segment_.clear();
        } else if (out_.shape.segments.empty()) {
            out_.shape.open_start = true;
        }
        out_.shape.open_end = true;
    }
    void refuse(std::string why, std::string hint) {
        out_.refused = std::move(why);
        out_.hint = std::move(hint);
    }

    // A byte between brackets, quoted or not; nothing after it refused.
    std::optional<unsigned char> member() {
        if (next_is('[') && at_ + 1 < text_.size() && std::string_view(":.=").find(text_[at_ + 1]) != std::string_view::npos) {
            refuse("character classes with a name are not known", "write the bytes out, as in [a-z]");
            return std::nullopt;
        }
        if (next_is('\\')) at_++;
        if (at_ >= text_.size()) {
            refuse("a bracket is not closed", "write \\[ for a bracket");
            return std::nullopt;
        }
        return static_cast<unsigned char>(text_[at_++]);
    }

    void brackets() {
        const bool negated = next_is('!');
        if (negated) at_++;
        if (!negated && next_is('^')) return refuse("[^ means different things to different readers", "write [! or [\\^");
        ByteSet set;
        // a ] that comes first is a member
        for (bool first = true; first || !next_is(']'); first = false) {
            const std::optional<unsigned char> from = member();
            std::optional<unsigned char> to = from;
            if (from && next_is('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
                at_++;
                to = member();
            }
            if (!from || !to) return;
            if (*from > *to) return refuse("a range between brackets runs backwards", "write the lower byte first");
            for (unsigned byte = *from; byte <= *to; byte++) set.set(byte);
        }
        at_++;
        if (negated) set = ~set & any_byte();
        if (set.none()) return refuse("no byte matches what stands between brackets", "leave the pattern out");
        add(sets_.intern(set));
    }

    [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

    std::string_view text_;
    ByteSets& sets_;
    std::size_t at_ = 0;
    Segment segment_;
    Shaped out_;
};

std::string refusal(const ArgumentPattern& pattern) {
    if (pattern.text.find('\0') != std::string::npos) return "no argument holds a NUL byte";
    if (pattern.text.size() > kMaxArgumentPatternBytes)
        return "the pattern has " + std::to_string(pattern.text.size()) + " bytes, at most " +
               std::to_string(kMaxArgumentPatternBytes) + " are accepted";
    if (pattern.places == 0 || (pattern.places & ~kEveryPlace) != 0) return "the pattern stands at no place";
    if (pattern.output >= kMaxArgumentOutputs)
        return "the output " + std::to_string(pattern.output) + " is none of " + std::to_string(kMaxArgumentOutputs);
    return {};
}

}  // namespace

Shaped shape_of(const ArgumentPattern& pattern, ByteSets& sets) {
    Shaped shaped;
    shaped.refused = refusal(pattern);
    if (!shaped.refused.empty()) return shaped;
    using Kind = ArgumentPattern::Kind;
    if (pattern.kind == Kind::kGlob) return GlobReader(pattern.text, sets).run();
    shaped.shape.open_start = pattern.kind == Kind::kSuffix || pattern.kind == Kind::kContains;
    shaped.shape.open_end = pattern.kind == Kind::kPrefix || pattern.kind == Kind::kContains;
    Segment segment;
    for (char c : pattern.text) segment.push_back(static_cast<unsigned char>(c));
    if (!segment.empty())
        shaped.shape.segments.push_back(std::move(segment));
    else
        shaped.shape.open_end = pattern.kind != Kind::kExact;  // whatever ends with nothing is any
    return shaped;
}

}  // namespace quell::policy::automaton

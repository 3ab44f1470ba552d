// SPDX-License-Identifier: Apache-2.0
#include "policy/document/source_text.h"

#include <algorithm>

namespace quell::policy {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

SourceText::SourceText(const Source& source) : source_(&source) {
    starts_.push_back(0);
    for (std::size_t at = source.text.find('\n'); at != std::string::npos; at = source.text.find('\n', at + 1))
        starts_.push_back(at + 1);
}

std::string_view SourceText::line(std::uint32_t number) const {
    if (number == 0 || number > starts_.size()) return {};
    const std::size_t begin = starts_[number - 1];
    const std::size_t end = number < starts_.size() ? starts_[number] - 1 : source_->text.size();
    std::string_view line = text().substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::uint32_t characters(std::string_view text, std::size_t bytes) {
    text = text.substr(0, bytes);
    return static_cast<std::uint32_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string_view cut_text(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && continues(text[bytes])) bytes--;
    return text.substr(0, bytes);
}

}  // namespace quell::policy

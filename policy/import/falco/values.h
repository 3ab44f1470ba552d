// SPDX-License-Identifier: Apache-2.0
// Reading values out of a Falco item: each function says what is wrong with
// the value's shape. `item` is a map everywhere.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/node.h"
#include "policy/finding.h"
#include "policy/import/falco/items.h"

namespace quell::policy::falco {

// Required texts and flags of one item; `failed` is set with each error.
class ItemReader {
public:
    ItemReader(const Node& item, const Lines& lines, Findings& findings)
        : item_(item), lines_(lines), findings_(findings) {}

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool has(std::string_view key) const { return item_.find(key) != nullptr; }
    // Of the key, or of the item where there is no such key.
    [[nodiscard]] Location where(std::string_view key) const;

    // Error where the key is missing. Text is never empty.
    const Node* required(std::string_view key);
    std::string text(std::string_view key);
    PlacedText placed(std::string_view key);

    // Nothing where the key is missing, and after an error.
    std::optional<std::string> text_if(std::string_view key);
    std::optional<PlacedText> placed_if(std::string_view key);
    std::optional<bool> flag_if(std::string_view key);
    std::optional<Priority> priority_if(std::string_view key);
    std::optional<std::vector<std::string>> texts_if(std::string_view key);  // at most kMaxFalcoTags
    // Scalars of a list, which may be empty.
    std::vector<PlacedText> items(std::string_view key);

    void warn_unknown(std::span<const std::string_view> known);
    void fail(Code code, const Location& where, std::string message, std::string hint = {}, std::string_view text = {});
    // Where the error was said already.
    void fail_silently() { failed_ = true; }

    [[nodiscard]] Findings& findings() { return findings_; }
    [[nodiscard]] const Lines& lines() const { return lines_; }
    [[nodiscard]] const Node& node() const { return item_; }

private:
    // The scalar of a key that is not empty, nullptr otherwise.
    const Node* scalar(std::string_view key);
    const std::vector<Node>* sequence(std::string_view key);

    const Node& item_;
    const Lines& lines_;
    Findings& findings_;
    bool failed_ = false;
};

}  // namespace quell::policy::falco

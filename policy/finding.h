// SPDX-License-Identifier: Apache-2.0
// Finding: one thing that is wrong in a policy, and where. Findings collects
// them for one run over all files, up to kMaxFindings, errors before the rest.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/source_text.h"

namespace quell::policy {

enum class Severity { kError, kWarning, kNote };

enum class Code {
#define CODE(code, severity, title, explanation) k##code,
#include "policy/codes.def"
#undef CODE
};

// "Q1001", "too large", and the paragraph behind `quell policy explain Q1001`.
[[nodiscard]] std::string_view code_name(Code code);
[[nodiscard]] std::string_view code_title(Code code);
[[nodiscard]] std::string_view code_explanation(Code code);
[[nodiscard]] Severity code_severity(Code code);
[[nodiscard]] std::string_view severity_word(Severity severity);
// Every code's name, at its number as a Code.
[[nodiscard]] std::span<const std::string_view> code_names();

struct Finding {
    Code code{};
    Severity severity = Severity::kError;
    std::string file;
    std::uint32_t line = 0;    // from 1; 0: the file as a whole, or no file at all
    std::uint32_t column = 0;  // from 1, in characters
    std::uint32_t width = 0;   // characters to underline
    std::string message;       // safe to print
    std::string hint;          // what to do about it, may be empty
    std::string text;          // the offending text, raw and cut
    std::string source_line;   // raw and cut, empty where line is 0
};

class Findings {
public:
    // `sources` must outlive this; locations index into it.
    explicit Findings(std::span<const SourceText> sources) : sources_(sources) {}

    // The same at the same place is kept once.
    void add(Code code, const Location& where, std::string message, std::string hint = {}, std::string_view text = {});
    // About no place in a file.
    void add_general(Code code, std::string message, std::string hint = {});

    [[nodiscard]] bool has_errors() const { return errors_; }
    // Sorted by place. Leaves this empty.
    [[nodiscard]] std::vector<Finding> take();

private:
    // True where there is no room to show one more.
    bool count_only(Code code);
    [[nodiscard]] bool is_said(const Finding& finding) const;
    void push(Finding finding);

    std::span<const SourceText> sources_;
    std::vector<Finding> findings_;
    std::size_t left_out_ = 0;
    bool errors_ = false;
};

// `text` in single quotes, escaped and cut, for messages.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace quell::policy

// SPDX-License-Identifier: Apache-2.0
// Which words of our language the translator may write. A word that is not
// there yet is a row with `known` false: what needs it is reported as "not
// yet". When it lands, the row is switched on; a test tries each row's probe.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace quell::policy::falco {

struct LanguageRow {
    std::string_view word;  // "on signal", a key such as "holds", or a form such as "path globs"
    bool known;
    std::string_view probe;  // the rule below `severity` that uses it
};

[[nodiscard]] std::span<const LanguageRow> language_rows();

// Cheap to copy. Thread-safe.
class Language {
public:
    // What `policy check` accepts, or all that the translator can write.
    [[nodiscard]] static Language now() { return Language(false); }
    [[nodiscard]] static Language whole() { return Language(true); }

    // False for a word without a row.
    [[nodiscard]] bool knows(std::string_view word) const;

private:
    explicit Language(bool whole) : whole_(whole) {}
    bool whole_;
};

}  // namespace quell::policy::falco

// SPDX-License-Identifier: Apache-2.0
// kern/fields.def as a table, and the words that its values have: what may
// stand below `where`, `match` and `except`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kern/abi.h"

namespace quell::policy {

enum class FieldPlace { kSubject, kObject };
enum class FieldKind { kPaths, kNumbers, kYesNo, kTypes, kBits };

struct FieldRow {
    std::string_view word;
    FieldPlace place;
    FieldKind kind;
    std::string_view text;  // for people
};

namespace field_names {
inline constexpr FieldPlace SUBJECT = FieldPlace::kSubject;
inline constexpr FieldPlace OBJECT = FieldPlace::kObject;
inline constexpr FieldKind PATHS = FieldKind::kPaths;
inline constexpr FieldKind NUMBERS = FieldKind::kNumbers;
inline constexpr FieldKind YESNO = FieldKind::kYesNo;
inline constexpr FieldKind TYPES = FieldKind::kTypes;
inline constexpr FieldKind BITS = FieldKind::kBits;
}  // namespace field_names

// In the order of quell_field.
inline constexpr std::array kFieldRows = {
#define FIELD(name, word, place, kind, text) FieldRow{word, field_names::place, field_names::kind, text},
#include "kern/fields.def"
#undef FIELD
};
static_assert(kFieldRows.size() <= 32, "quell_rule.needs has a bit for each");

// A word for a number: of a file's type (i_mode >> 12), or permission bits.
struct NumberWord {
    std::string_view word;
    std::uint32_t number;
};
inline constexpr std::array<NumberWord, 7> kTypeWords = {{{"fifo", 1},
                                                          {"character-device", 2},
                                                          {"directory", 4},
                                                          {"block-device", 6},
                                                          {"file", 8},
                                                          {"symlink", 10},
                                                          {"socket", 12}}};
inline constexpr std::array<NumberWord, 6> kBitWords = {{{"setuid", 04000},
                                                         {"setgid", 02000},
                                                         {"sticky", 01000},
                                                         {"executable", 00111},
                                                         {"group-writable", 00020},
                                                         {"world-writable", 00002}}};
inline constexpr std::array<NumberWord, 2> kYesNoWords = {{{"false", 0}, {"true", 1}}};

}  // namespace quell::policy

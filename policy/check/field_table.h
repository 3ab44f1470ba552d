// SPDX-License-Identifier: Apache-2.0
// kern/fields.def as a table: what may stand below `where`, `match` and
// `except`, what values it has, and which operations have it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "kern/abi.h"
#include "policy/check/field_words.h"

namespace quell::policy {

enum class FieldPlace { kSubject, kObject };
enum class FieldKind {
    kPaths,
    kNumbers,
    kUsers,  // this and the next: numbers, or names of accounts
    kGroups,
    kYesNo,
    kBits,
    kOpenFlags,  // this and the next: a mask, as kBits
    kMountFlags,
    kNetworks,
    kNames,
    kTexts,
    kTypes,  // this and those behind it: one number for each word
    kTraces,
    kModuleSources,
    kCapabilities,
    kSignals,
    kCommands,
    kFamilies,
    kSocketTypes,
    kProtocols,
    kFilesystems,
};

struct FieldRow {
    std::string_view word;
    FieldPlace place;
    FieldKind kind;
    std::uint64_t operations;  // that have it; a mask of QUELL_OP_BIT
    std::string_view text;     // for people
};

// What an operation's path is.
enum class ObjectKind { FILE, PLACE, EITHER, NONE };

inline constexpr std::array kObjectKinds = {
#define OPERATION(name, word, object, hooks) ObjectKind::object,
#include "kern/operations.def"
#undef OPERATION
};

namespace field_names {
inline constexpr FieldPlace SUBJECT = FieldPlace::kSubject;
inline constexpr FieldPlace OBJECT = FieldPlace::kObject;
inline constexpr FieldKind PATHS = FieldKind::kPaths;
inline constexpr FieldKind NUMBERS = FieldKind::kNumbers;
inline constexpr FieldKind USERS = FieldKind::kUsers;
inline constexpr FieldKind GROUPS = FieldKind::kGroups;
inline constexpr FieldKind YESNO = FieldKind::kYesNo;
inline constexpr FieldKind TYPES = FieldKind::kTypes;
inline constexpr FieldKind BITS = FieldKind::kBits;
inline constexpr FieldKind OPEN_FLAGS = FieldKind::kOpenFlags;
inline constexpr FieldKind MOUNT_FLAGS = FieldKind::kMountFlags;
inline constexpr FieldKind NETWORKS = FieldKind::kNetworks;
inline constexpr FieldKind NAMES = FieldKind::kNames;
inline constexpr FieldKind TEXTS = FieldKind::kTexts;
inline constexpr FieldKind TRACES = FieldKind::kTraces;
inline constexpr FieldKind MODULE_SOURCES = FieldKind::kModuleSources;
inline constexpr FieldKind CAPABILITIES = FieldKind::kCapabilities;
inline constexpr FieldKind SIGNALS = FieldKind::kSignals;
inline constexpr FieldKind COMMANDS = FieldKind::kCommands;
inline constexpr FieldKind FAMILIES = FieldKind::kFamilies;
inline constexpr FieldKind SOCKET_TYPES = FieldKind::kSocketTypes;
inline constexpr FieldKind PROTOCOLS = FieldKind::kProtocols;
inline constexpr FieldKind FILESYSTEMS = FieldKind::kFilesystems;
}  // namespace field_names

namespace operation_names {
#define OPERATION(name, word, object, hooks) inline constexpr std::uint64_t name = QUELL_OP_BIT(QUELL_OP_##name);
#include "kern/operations.def"
#undef OPERATION

constexpr std::uint64_t those_with(bool entry) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kObjectKinds.size(); i++)
        if ((kObjectKinds[i] != ObjectKind::NONE) == entry) mask |= QUELL_OP_BIT(i);
    return mask;
}
inline constexpr std::uint64_t FILES = those_with(true);
inline constexpr std::uint64_t ANY = FILES | those_with(false);
inline constexpr std::uint64_t THERE = FILES & ~CREATE & ~SYMLINK;
inline constexpr std::uint64_t TOLD = IO_URING | OVERWRITE;  // by what cannot refuse
inline constexpr std::uint64_t SOCKETS = CONNECT | BIND | LISTEN | ACCEPT | SOCKET;
}  // namespace operation_names

namespace field_rows {
using namespace field_names;
using namespace operation_names;
inline constexpr std::array kAll = {
#define FIELD(name, word, place, kind, of, text) FieldRow{word, field_names::place, field_names::kind, (of), text},
#include "kern/fields.def"
#undef FIELD
};
}  // namespace field_rows

// In the order of quell_field.
inline constexpr auto& kFieldRows = field_rows::kAll;

// The words that a kind's values have; none where they are no words.
[[nodiscard]] constexpr std::span<const NumberWord> words_of(FieldKind kind) {
    switch (kind) {
        case FieldKind::kYesNo: return kYesNoWords;
        case FieldKind::kBits: return kBitWords;
        case FieldKind::kOpenFlags: return kOpenFlagWords;
        case FieldKind::kMountFlags: return kMountFlagWords;
        case FieldKind::kTypes: return kTypeWords;
        case FieldKind::kTraces: return kTraceWords;
        case FieldKind::kModuleSources: return kModuleSourceWords;
        case FieldKind::kCapabilities: return kCapabilityWords;
        case FieldKind::kSignals: return kSignalWords;
        case FieldKind::kCommands: return kCommandWords;
        case FieldKind::kFamilies: return kFamilyWords;
        case FieldKind::kSocketTypes: return kSocketTypeWords;
        case FieldKind::kProtocols: return kProtocolWords;
        case FieldKind::kFilesystems: return kFilesystemWords;
        case FieldKind::kPaths:
        case FieldKind::kNumbers:
        case FieldKind::kUsers:
        case FieldKind::kGroups:
        case FieldKind::kNetworks:
        case FieldKind::kNames:
        case FieldKind::kTexts: break;
    }
    return {};
}
// QUELL_NEED_…: what the kernel side must look up before it can ask for the field.
[[nodiscard]] constexpr std::uint32_t need_of(std::uint32_t field) {
    switch (field) {
        case QUELL_FIELD_EXE:
        case QUELL_FIELD_EXE_INTACT: return QUELL_NEED_EXE;
        case QUELL_FIELD_PARENT: return QUELL_NEED_PARENT;
        case QUELL_FIELD_ANCESTOR: return QUELL_NEED_PARENT | QUELL_NEED_ANCESTORS;
        case QUELL_FIELD_PATH: return QUELL_NEED_OBJECT;
        case QUELL_FIELD_TARGET_EXE: return QUELL_NEED_TARGET;
        case QUELL_FIELD_CGROUP: return QUELL_NEED_CGROUP;
        case QUELL_FIELD_ARGUMENTS:
        case QUELL_FIELD_ALL_ARGUMENTS:
        case QUELL_FIELD_ENVIRONMENT:
        case QUELL_FIELD_TARGET:
        case QUELL_FIELD_SOURCE: return QUELL_NEED_TEXTS;
        default: return 0;
    }
}

// Single numbers and ranges of them.
[[nodiscard]] constexpr bool is_numbers(FieldKind kind) {
    return kind == FieldKind::kNumbers || kind == FieldKind::kUsers || kind == FieldKind::kGroups;
}

// One number for all words: any of their bits.
[[nodiscard]] constexpr bool is_mask(FieldKind kind) {
    return kind == FieldKind::kBits || kind == FieldKind::kOpenFlags || kind == FieldKind::kMountFlags;
}

// One number for each word, and nothing else.
[[nodiscard]] constexpr bool is_one_word_each(FieldKind kind) { return kind >= FieldKind::kTypes; }

}  // namespace quell::policy

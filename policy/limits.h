// SPDX-License-Identifier: Apache-2.0
// Every bound of the policy front end, with its reason. A policy beyond one
// of them is refused with a finding that names the bound; the reference in
// docs/policy.md prints these numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kern/abi.h"

namespace quell::policy {

// 20,000 rules as config management writes them are 5 MiB; yaml-cpp needs at
// worst a third of a second for each MiB.
inline constexpr std::size_t kMaxFileBytes = 8u << 20;
// All files together: what a daemon may hold in memory for one reload.
inline constexpr std::size_t kMaxTotalBytes = 32u << 20;
inline constexpr std::size_t kMaxFiles = 1024;
// A path is at most 4,095 bytes; yaml-cpp's look-ahead is quadratic in a line.
inline constexpr std::size_t kMaxLineBytes = 8192;
// A policy needs 6 levels. Parser and check recurse, so this bounds the stack.
inline constexpr unsigned kMaxDepth = 32;
// 20,000 rules have about 500,000 values; one takes some 100 bytes of memory.
inline constexpr std::size_t kMaxValues = 600'000;
// The longest list is the one of rules.
inline constexpr std::size_t kMaxListEntries = 20'000;
// Shown at once; whoever has more mends these first.
inline constexpr std::size_t kMaxFindings = 100;

inline constexpr std::size_t kMaxRules = 20'000;
inline constexpr std::size_t kMaxPathsPerRule = 4'096;
// Paths of all rules: each makes at least one node.
inline constexpr std::size_t kMaxPaths = 65'536;
inline constexpr std::size_t kMaxExceptionsPerRule = 256;
// Values of one condition: paths, or ranges of numbers.
inline constexpr std::size_t kMaxValuesPerCondition = 256;
// Addresses and networks of one list: block lists are long.
inline constexpr std::size_t kMaxNetworksPerRule = 20'000;
// Of all rules, with what each subject has of its own: the map holds two generations.
inline constexpr std::size_t kMaxNetworks = QUELL_NETWORKS_MAX / 2;
// The kernel asks this many of one rule, ranges counted one by one.
inline constexpr std::size_t kMaxConditionsPerRule = QUELL_RULE_CONDITIONS_MAX;
// Different lists of names, images, labels of all rules: a bit of each is kept for each container.
inline constexpr std::size_t kMaxIdentities = QUELL_IDENTITIES_MAX;
// Longer than any name of an image; what is compared is at most as long as policy and workload together make it.
inline constexpr std::size_t kMaxNamePatternBytes = 512;
// What the kernel's maps of one generation may be made for.
inline constexpr std::size_t kMaxConditions = QUELL_CONDITIONS_MAX;
// Pairs of a condition and the set at a path.
inline constexpr std::size_t kMaxMembers = QUELL_MEMBERS_MAX;
// One edge leads to each node, and one to each name, star and cover in it.
inline constexpr std::size_t kMaxEdges = QUELL_EDGES_MAX;
inline constexpr std::size_t kMaxNodes = QUELL_EDGES_MAX;
static_assert(kMaxNodes <= QUELL_NODE_HALF - QUELL_NODE_FIRST, "node ids have 20 bits, the highest is the generation's half");
// Paths with wildcards: states of their automaton, and pieces of names, of
// which the map holds two generations.
inline constexpr std::size_t kMaxWildStates = QUELL_WILD_MAX - 1;
inline constexpr std::size_t kMaxPieces = QUELL_PIECES_MAX / 2;
// Positions and patterns gone through while it is built: a second.
inline constexpr std::size_t kMaxWildWork = 16'000'000;
// The kernel reads this many rules of one object, then stops.
inline constexpr std::size_t kMaxRulesPerObject = QUELL_SET_CHUNK * QUELL_SET_CHUNKS_MAX;

// Lists and macros. A list may be all the paths of a rule.
inline constexpr std::size_t kMaxListValues = kMaxPathsPerRule;
// Lists of lists, macros of macros; resolving them recurses.
inline constexpr unsigned kMaxDefinitionNesting = 16;
// Below one `use`.
inline constexpr std::size_t kMaxMacrosUsed = 32;
// Of all files, once lists and macros are in their places: as many as one file may write.
inline constexpr std::size_t kMaxExpandedValues = kMaxValues;
// A longer list of names helps nobody.
inline constexpr std::size_t kMaxNamesInHint = 20;

// Override documents' entries, of all files.
inline constexpr std::size_t kMaxOverrides = kMaxRules;

// Of one file for `policy test`: each is matched against every rule.
inline constexpr std::size_t kMaxScenarios = 10'000;

// PATH_MAX without its NUL.
inline constexpr std::size_t kMaxPathBytes = 4'095;
// NAME_MAX: no file system has longer names, so a longer one never matches.
inline constexpr std::size_t kMaxComponentBytes = 255;
// Deeper trees are walked by nobody; the trie's walk is bounded with it.
inline constexpr std::size_t kMaxComponents = 64;

// Patterns over arguments: 3,658 are what a large collection of detection
// rules has, this is four times as many.
inline constexpr std::size_t kMaxArgumentPatterns = 16'384;
// One bit each in a bitmap that is cleared for each exec: 2 KiB.
inline constexpr std::size_t kMaxArgumentOutputs = QUELL_TEXT_OUTPUTS;
// Longer than any single word of a command that is told by its text.
inline constexpr std::size_t kMaxArgumentPatternBytes = 1'024;
// Of all together: 10,000 realistic patterns have 200 KiB.
inline constexpr std::size_t kMaxArgumentTextBytes = 4u << 20;
// argv[0] to argv[7] can be named; what is behind moves with every option.
inline constexpr std::uint32_t kMaxArgumentPosition = 7;
// 10,000 realistic patterns make 71,000. A state takes 4 bytes, and about 12
// in cells.
inline constexpr std::size_t kMaxAutomatonStates = 131'072;
// A state's record has 20 bits for where its cells begin.
inline constexpr std::size_t kMaxAutomatonCells = 1u << 20;
// Of patterns with a star inside; each walk that may run at a time keeps 8
// bytes for each, and 10,000 realistic patterns have 3,900.
inline constexpr std::size_t kMaxAutomatonSteps = QUELL_TEXT_STEPS;
// Outputs and steps of one state: what one byte can cost. A list's length has
// 8 bits.
inline constexpr std::size_t kMaxHitsPerState = 255;
// Of all lists together, 4 bytes each.
inline constexpr std::size_t kMaxAutomatonHits = 1u << 18;
// Edges followed, members and hits merged while states are made: 10,000
// realistic patterns take a tenth. A second, and some 100 MiB of memory.
inline constexpr std::uint64_t kMaxAutomatonWork = 16'000'000;
// What the kernel's map has for the table of one generation.
inline constexpr std::size_t kMaxTextWords = QUELL_TEXT_WORDS;
// A pattern that stands in more lists than that has an output by itself, and
// is a condition more in each of them; else each list costs a hit where it ends.
inline constexpr std::size_t kMaxListsPerPattern = 16;

// Names are printed in tables and used in commands.
inline constexpr std::size_t kMaxNameBytes = 63;
// A date, a number, a commit: one cell of a table.
inline constexpr std::size_t kMaxVersionBytes = 63;
inline constexpr std::size_t kMaxTitleBytes = 128;
inline constexpr std::size_t kMaxDescriptionBytes = 4'096;
inline constexpr std::size_t kMaxTags = 32;
inline constexpr std::size_t kMaxTagBytes = 64;
// Of a finding's text and source line: enough to recognise it.
inline constexpr std::size_t kMaxShownBytes = 160;

// Rules of Falco that are imported. Falco's own rule sets have 200 KiB and 400
// items in all; lists of addresses are what makes a file large.
inline constexpr std::size_t kMaxFalcoFileBytes = 2u << 20;
// An output or a list on one line; yaml-cpp's time grows with its square.
inline constexpr std::size_t kMaxFalcoLineBytes = 32u << 10;
inline constexpr std::size_t kMaxFalcoDocuments = 64;
// Lists, macros, rules and changes of them, in all files.
inline constexpr std::size_t kMaxFalcoItems = 20'000;
// Of one condition with what was appended and its exceptions, and of all that
// are read: an exception repeats its fields' names for each of its values.
inline constexpr std::size_t kMaxFalcoConditionBytes = 256u << 10;
inline constexpr std::size_t kMaxFalcoConditionsBytes = 16u << 20;
// Parentheses and transformers within each other, macros and lists likewise,
// and the levels of what they stand for: all of them are walked recursively.
inline constexpr std::uint32_t kMaxFalcoNesting = 64;
inline constexpr std::uint32_t kMaxFalcoTreeDepth = 256;
// Parts of a rule's condition once its macros are written out. Falco's longest
// has 200; two macros that each use the one before twice double it with each pair.
inline constexpr std::uint32_t kMaxFalcoTreeNodes = 16'384;
// Of all rules together, each of which is walked several times.
inline constexpr std::size_t kMaxFalcoTotalNodes = 2'000'000;
// Values that one list stands for; values and names of lists and macros of all
// lists, comparisons and rules together, and what they have in bytes.
inline constexpr std::size_t kMaxFalcoListValues = 65'536;
inline constexpr std::size_t kMaxFalcoValues = 500'000;
inline constexpr std::size_t kMaxFalcoValueBytes = 32u << 20;
// Of a list or macro: each rule names those that it uses.
inline constexpr std::size_t kMaxFalcoNameBytes = 256;
// Of one rule, with those that were appended.
inline constexpr std::size_t kMaxFalcoTags = 256;
// Fields of one exception.
inline constexpr std::size_t kMaxFalcoFields = 16;
// Of one rule's normal form: alternatives (each becomes a rule of ours), their
// exceptions, and the comparisons in all of these together.
inline constexpr std::size_t kMaxFalcoAlternatives = 256;
inline constexpr std::size_t kMaxFalcoExceptions = 1'024;
inline constexpr std::size_t kMaxFalcoFormLiterals = 16'384;
// What a rule is while its alternatives are taken one by one, before those that
// differ in one list are put together; and the rules of ours that one becomes.
inline constexpr std::size_t kMaxFalcoParts = 512;
inline constexpr std::size_t kMaxFalcoRulesPerRule = 64;
// Bytes of values that are read and written to translate all rules:
// alternatives repeat what is common to them.
inline constexpr std::size_t kMaxFalcoWork = 32u << 20;

inline constexpr std::uint64_t kSecond = 1'000'000'000;
inline constexpr std::uint64_t kMinExpiresNs = kSecond;
// A containment prepared a week ago says nothing about today.
inline constexpr std::uint64_t kMaxExpiresNs = 7 * 86'400 * kSecond;
inline constexpr std::uint64_t kDefaultExpiresNs = 3'600 * kSecond;
// Of `follow: workload`: what a shift can look after.
inline constexpr std::uint64_t kDefaultFollowNs = 8 * 3'600 * kSecond;
// Events of a threshold: more than a million within a week is no threshold.
inline constexpr std::uint32_t kMaxThreshold = 1'000'000;
// Responses of one rule that nobody has looked at: more an hour is no guard.
inline constexpr std::uint32_t kMaxAutomaticPerHour = 100;

}  // namespace quell::policy

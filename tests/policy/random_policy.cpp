// SPDX-License-Identifier: Apache-2.0
#include "random_policy.h"

#include <algorithm>
#include <array>

#include "policy/check/conditions.h"
#include "policy/check/pattern.h"
#include "policy/check/texts.h"
#include "random_below.h"

namespace quell::policy::test {
namespace {

std::string random_path(std::mt19937& random, unsigned shortest, unsigned longest) {
    static constexpr std::array<const char*, 7> kNames = {"a", "b", "c", "ab", "aab", "bab", "ba"};
    std::string path;
    for (unsigned left = shortest + below(random, longest - shortest + 1); left > 0; left--)
        path += std::string("/") + kNames[below(random, kNames.size())];
    return path.empty() ? "/" : path;
}

// Names and parts of names that overlap, so that many hold at once.
Pattern random_wild(std::mt19937& random) {
    static constexpr std::array<const char*, 16> kParts = {"a", "b", "ab", "**", "**", "**", "*", "*", "a*", "*b", "a*b", "ab*", "*ab", "a*ab", "b*", "b*a"};
    std::string path;
    for (unsigned left = 1 + below(random, 4); left > 0; left--) path += std::string("/") + kParts[below(random, kParts.size())];
    return make_pattern(path, {});
}

Pattern random_pattern(std::mt19937& random) {
    switch (below(random, 5)) {
        case 3:
        case 4: return random_wild(random);
        case 0: return {Pattern::Kind::kExact, random_path(random, 1, 4), {}};
        case 1: return {Pattern::Kind::kStar, random_path(random, 0, 3), {}};
        default: return {Pattern::Kind::kCover, random_path(random, 0, 3), {}};
    }
}

std::vector<Pattern> random_patterns(std::mt19937& random, unsigned shortest, unsigned longest) {
    std::vector<Pattern> patterns;
    for (unsigned left = shortest + below(random, longest - shortest + 1); left > 0; left--)
        patterns.push_back(random_pattern(random));
    return patterns;
}

std::uint32_t random_number(std::mt19937& random, FieldKind kind) {
    switch (kind) {
        case FieldKind::kYesNo: return below(random, 2);
        case FieldKind::kBits: return below(random, 07777);
        case FieldKind::kOpenFlags: return random() & 024777777u;
        case FieldKind::kMountFlags: return random() & 0x1fffffu;
        case FieldKind::kUsers:
        case FieldKind::kGroups:
        case FieldKind::kNumbers: return below(random, 12) == 0 ? 0xffffffffu : below(random, 14);
        default: break;
    }
    const auto words = words_of(kind);
    return words.empty() ? 0 : words[below(random, static_cast<std::uint32_t>(words.size()))].number;
}

std::vector<Range> random_ranges(std::mt19937& random, FieldKind kind) {
    if (kind == FieldKind::kBits) return {{1 + below(random, 07777), 0}};
    if (kind == FieldKind::kOpenFlags || kind == FieldKind::kMountFlags) return {{words_of(kind)[below(random, 10)].number | words_of(kind)[below(random, 10)].number, 0}};
    if (is_one_word_each(kind)) {
        std::vector<Range> words;
        for (const NumberWord& word : words_of(kind))
            if (words.empty() || below(random, 4) == 0) words.push_back({word.number, word.number});
        std::sort(words.begin(), words.end());
        return words;
    }
    std::vector<Range> ranges;
    std::uint32_t at = below(random, 3);
    for (unsigned left = kind == FieldKind::kYesNo ? 1 : 1 + below(random, 3); left > 0; left--) {
        const std::uint32_t last = is_numbers(kind) ? at + below(random, 3) : at;
        ranges.push_back({at, last});
        at = last + 2 + below(random, 3);
    }
    return ranges;
}

// One that all of these operations have.
std::uint32_t random_field(std::mt19937& random, std::uint64_t operations) {
    for (;;) {
        const std::uint32_t field = below(random, QUELL_FIELD_COUNT);
        if (QUELL_FIELD_IS_IDENTITY(field) && below(random, 2) == 0) continue;  // seven of one kind
        if ((operations & ~kFieldRows[field].operations) == 0) return field;
    }
}

// Of entries, all of them or some; or of what has no path; or of what may have one.
std::uint64_t random_operations(std::mt19937& random, bool& has_path) {
    std::uint64_t with = 0, without = 0, either = 0, mask = 0;
    for (std::size_t i = 0; i < kObjectKinds.size(); i++)
        (kObjectKinds[i] == ObjectKind::NONE ? without : kObjectKinds[i] == ObjectKind::EITHER ? either : with) |= QUELL_OP_BIT(i);
    has_path = below(random, 3) != 0;
    const std::uint64_t all = has_path ? with | either : without | either;
    const unsigned how = below(random, 5);
    while (mask == 0) mask = all & (how == 0 ? QUELL_OP_BIT(below(random, QUELL_OP_COUNT)) : how == 1 ? (std::uint64_t{random()} << 32 | random()) : ~0ull);
    return mask;
}

// Few bits, so that they hold one another and addresses are in them.
Network random_network(std::mt19937& random, bool address) {
    Network network;
    network.six = below(random, 3) == 0;
    const std::uint32_t most = network.six ? 128 : 32;
    network.length = address ? most : std::min(most, below(random, 5) == 0 ? most : below(random, 5));
    const auto byte = static_cast<std::uint8_t>(below(random, 8) << 5);
    network.bytes[0] = network.length < 8 ? static_cast<std::uint8_t>(byte & ~(0xffu >> network.length)) : byte;
    return network;
}

std::vector<Network> random_networks(std::mt19937& random) {
    std::vector<Network> networks;
    for (unsigned left = 1 + below(random, 3); left > 0; left--) networks.push_back(random_network(random, false));
    std::sort(networks.begin(), networks.end());
    networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
    return networks;
}

// Few letters and stars, so that they match often.
std::vector<std::string> random_names(std::mt19937& random, std::uint32_t field, bool patterns) {
    const bool is_pair = field == QUELL_FIELD_CONTAINER_LABELS || field == QUELL_FIELD_CONTAINER_ANNOTATIONS;
    std::vector<std::string> names;
    for (unsigned left = (patterns ? 1 : 0) + below(random, 3); left > 0; left--) {
        std::string name = is_pair ? (below(random, 2) ? "a=" : "b=") : "";
        for (unsigned letters = 1 + below(random, 4); letters > 0; letters--) {
            const bool star = patterns && below(random, 3) == 0 && !name.ends_with('*');
            name += star ? '*' : "ab/"[below(random, 3)];
        }
        names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string random_text(std::mt19937& random, unsigned longest) {
    std::string text;
    for (unsigned left = below(random, longest + 1); left > 0; left--) text += "aab-"[below(random, 4)];
    return text;
}

std::vector<TextPattern> random_texts(std::mt19937& random, std::uint32_t field) {
    std::vector<TextPattern> patterns;
    for (unsigned left = 1 + below(random, 3); left > 0; left--) {
        TextPattern pattern;
        for (unsigned parts = 1 + below(random, 3); parts > 0; parts--) {
            pattern.glob += random_text(random, 2);
            if (below(random, 2) == 0) pattern.glob += "*?"[below(random, 2)];
        }
        if (pattern.glob.find_first_not_of('*') == std::string::npos) pattern.glob += "a";
        if (field < QUELL_FIELD_ENVIRONMENT && below(random, 3) == 0) pattern.at = below(random, 8);
        patterns.push_back(std::move(pattern));
    }
    normalise(patterns);
    return patterns;
}

Group random_group(std::mt19937& random, std::uint64_t operations) {
    Group group;
    for (unsigned left = 1 + below(random, 3); left > 0; left--) {
        Condition condition;
        condition.field = random_field(random, operations);
        condition.negated = below(random, 3) == 0;
        const FieldKind kind = kFieldRows[condition.field].kind;
        if (kind == FieldKind::kPaths)
            condition.paths = random_patterns(random, 1, 3);
        else if (kind == FieldKind::kNetworks)
            condition.networks = random_networks(random);
        else if (kind == FieldKind::kNames)
            condition.names = random_names(random, condition.field, true);
        else if (kind == FieldKind::kTexts)
            condition.texts = random_texts(random, condition.field);
        else
            condition.ranges = random_ranges(random, kind);
        group.push_back(std::move(condition));
    }
    return group;
}

}  // namespace

Checked random_policy(std::mt19937& random) {
    Checked checked;
    const unsigned count = 1 + below(random, 8);
    for (unsigned i = 0; i < count; i++) {
        Rule rule;
        rule.policy = "random";
        rule.id = "r" + std::to_string(i);
        rule.where.line = 1;
        bool has_path = true;
        rule.operations = random_operations(random, has_path);
        rule.subjects = 1 + below(random, 3);
        rule.severity = below(random, 5);
        if (has_path) rule.paths = random_patterns(random, 1, 4);
        if (below(random, 2) == 0) rule.conditions = random_group(random, rule.operations);
        for (unsigned left = below(random, 3); left > 0; left--) rule.exceptions.push_back(random_group(random, rule.operations));
        normalise(rule.exceptions);
        checked.rules.push_back(std::move(rule));
    }
    return checked;
}

reference::Act random_act(std::mt19937& random) {
    reference::Act act;
    act.operation = below(random, QUELL_OP_COUNT);
    act.subject = below(random, 2) == 0 ? QUELL_SUBJECT_HOST : QUELL_SUBJECT_CONTAINER;
    const ObjectKind object = kObjectKinds[act.operation];
    if (object != ObjectKind::NONE && (object != ObjectKind::EITHER || below(random, 4) != 0))
        act.path = random_path(random, is_place(act.operation) ? 0 : 1, 5);
    if (below(random, 3) != 0) act.target = random_path(random, 1, 4);
    if (below(random, 3) != 0) act.cgroup = random_path(random, 1, 4);
    if (below(random, 4) != 0) act.address = random_network(random, true);
    for (unsigned left = below(random, below(random, 4) == 0 ? 12 : 4); left > 0; left--) act.arguments.push_back(random_text(random, 5));
    for (unsigned left = below(random, 3); left > 0; left--) act.environment.push_back(random_text(random, 5));
    act.link_target = random_text(random, 5);
    act.mount_source = random_text(random, 5);
    act.capabilities = std::uint64_t{random()} << 32 | random();
    for (unsigned left = below(random, 11); left > 0; left--)
        act.executables.push_back({below(random, 3) != 0 ? random_path(random, 1, 4) : "", below(random, 2) == 0});
    for (std::uint32_t field = QUELL_FIELD_CONTAINER_NAME; field <= QUELL_FIELD_CONTAINER_CGROUP; field++)
        if (below(random, 3) != 0) act.names.of(field) = random_names(random, field, false);
    for (std::uint32_t field = 0; field < QUELL_FIELD_COUNT; field++) act.numbers[field] = random_number(random, kFieldRows[field].kind);
    return act;
}

}  // namespace quell::policy::test

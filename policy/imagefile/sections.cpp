// SPDX-License-Identifier: Apache-2.0
#include "policy/imagefile/sections.h"

#include <algorithm>
#include <array>

#include "policy/imagefile/image_file.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

// ---- what is of the image as a whole ----

constexpr std::size_t kDigestBytes = 64;

std::uint32_t write_summary(const Image& image, Writer& to) {
    to.text(image.digest);
    to.u64(image.operations);
    return 1;
}

void read_summary(Reader& from, std::uint32_t entries, Image& image) {
    if (entries != 1) from.fail();
    image.digest = from.text(kDigestBytes);
    image.operations = from.u64();
}

// ---- rules ----

constexpr std::size_t kLeastRuleBytes = 108;

std::uint32_t write_rules(const Image& image, Writer& to) {
    for (const ImageRule& rule : image.rules) {
        to.u64(rule.value.id);
        to.u64(rule.value.expires_ns);
        for (const std::uint64_t number : {rule.value.operations, rule.value.within_ns, rule.value.once_ns, rule.follow_ns}) to.u64(number);
        for (const std::uint32_t number : {rule.value.subjects, rule.value.offers, rule.value.flags, rule.value.severity, rule.value.condition,
                                           rule.value.conditions, rule.value.needs, rule.value.threshold, rule.value.wanted})
            to.u32(number);
        for (const std::string* text : {&rule.policy, &rule.id, &rule.name, &rule.file}) to.text(*text);
        to.u32(static_cast<std::uint32_t>(rule.tags.size()));
        for (const std::string& tag : rule.tags) to.text(tag);
        to.u32(static_cast<std::uint32_t>(rule.offers.size()));
        for (const std::uint32_t offer : rule.offers) to.u32(offer);
    }
    return static_cast<std::uint32_t>(image.rules.size());
}

void read_rules(Reader& from, std::uint32_t entries, Image& image) {
    image.rules.resize(from.count(entries, kLeastRuleBytes, kMaxRules + 1));
    for (ImageRule& rule : image.rules) {
        rule.value.id = from.u64();
        rule.value.expires_ns = from.u64();
        for (quell_u64* number : {&rule.value.operations, &rule.value.within_ns, &rule.value.once_ns}) *number = from.u64();
        rule.follow_ns = from.u64();
        for (quell_u32* number : {&rule.value.subjects, &rule.value.offers, &rule.value.flags, &rule.value.severity, &rule.value.condition,
                                  &rule.value.conditions, &rule.value.needs, &rule.value.threshold, &rule.value.wanted})
            *number = from.u32();
        rule.policy = from.text(kMaxNameBytes);
        rule.id = from.text(kMaxNameBytes);
        rule.name = from.text(kMaxTitleBytes);
        rule.file = from.text(kMaxPathBytes);
        rule.tags.resize(from.count(from.u32(), sizeof(std::uint32_t), kMaxTags));
        for (std::string& tag : rule.tags) tag = from.text(kMaxTagBytes);
        rule.offers.resize(from.count(from.u32(), sizeof(std::uint32_t), QUELL_RESPONSE_COUNT));
        for (std::uint32_t& offer : rule.offers) offer = from.u32();
    }
}

// ---- edges ----

constexpr std::size_t kLeastEdgeBytes = 36;

std::uint32_t write_edges(const Image& image, Writer& to) {
    for (const ImageEdge& edge : image.edges) {
        to.u32(edge.node);
        to.u32(edge.kind);
        to.text(edge.name);
        to.u32(edge.value.child);
        to.u32(edge.value.cover);
        to.u32(edge.value.flags);
        to.u32(edge.value.next);
        to.u64(edge.value.set);
    }
    return static_cast<std::uint32_t>(image.edges.size());
}

void read_edges(Reader& from, std::uint32_t entries, Image& image) {
    image.edges.resize(from.count(entries, kLeastEdgeBytes, kMaxImageEdges));
    for (ImageEdge& edge : image.edges) {
        edge.node = from.u32();
        edge.kind = from.u32();
        edge.name = from.text(kMaxComponentBytes);
        edge.value.child = from.u32();
        edge.value.cover = from.u32();
        edge.value.flags = from.u32();
        edge.value.next = from.u32();
        edge.value.set = from.u64();
    }
}

// ---- sets ----

std::uint32_t write_sets(const Image& image, Writer& to) {
    for (const ImageSet& set : image.sets) {
        to.u64(set.id);
        to.u32(static_cast<std::uint32_t>(set.rules.size()));
        for (const std::uint32_t rule : set.rules) to.u32(rule);
    }
    return static_cast<std::uint32_t>(image.sets.size());
}

void read_sets(Reader& from, std::uint32_t entries, Image& image) {
    image.sets.resize(from.count(entries, sizeof(std::uint64_t) + sizeof(std::uint32_t), kMaxImageEdges));
    for (ImageSet& set : image.sets) {
        set.id = from.u64();
        set.rules.resize(from.count(from.u32(), sizeof(std::uint32_t), kMaxRulesPerObject));
        for (std::uint32_t& rule : set.rules) rule = from.u32();
    }
}

// ---- conditions, and the sets of paths that they speak of ----

std::uint32_t write_conditions(const Image& image, Writer& to) {
    for (const quell_condition& condition : image.conditions)
        for (const std::uint32_t number : {condition.field, condition.flags, condition.first, condition.last}) to.u32(number);
    return static_cast<std::uint32_t>(image.conditions.size());
}

void read_conditions(Reader& from, std::uint32_t entries, Image& image) {
    image.conditions.resize(from.count(entries, sizeof(quell_condition), kMaxConditions));
    for (quell_condition& condition : image.conditions)
        for (quell_u32* number : {&condition.field, &condition.flags, &condition.first, &condition.last}) *number = from.u32();
}

std::uint32_t write_members(const Image& image, Writer& to) {
    for (const ImageMember& member : image.members) {
        to.u64(member.set);
        to.u32(member.condition);
    }
    return static_cast<std::uint32_t>(image.members.size());
}

void read_members(Reader& from, std::uint32_t entries, Image& image) {
    image.members.resize(from.count(entries, sizeof(std::uint64_t) + sizeof(std::uint32_t), kMaxMembers));
    for (ImageMember& member : image.members) {
        member.set = from.u64();
        member.condition = from.u32();
    }
}

// ---- networks ----

constexpr std::size_t kNetworkBytes = 3 * sizeof(std::uint32_t) + 4 * sizeof(std::uint64_t);

std::uint32_t write_networks(const Image& image, Writer& to) {
    for (const ImageNetwork& one : image.networks) {
        for (const std::uint32_t number : {one.root, std::uint32_t{one.network.six}, one.network.length}) to.u32(number);
        for (const std::size_t half : {0, 8}) {
            std::uint64_t bytes = 0;
            for (std::size_t i = 8; i > 0; i--) bytes = bytes << 8 | one.network.bytes[half + i - 1];
            to.u64(bytes);
        }
        to.u64(one.value.set);
        to.u64(one.value.asked);
    }
    return static_cast<std::uint32_t>(image.networks.size());
}

void read_networks(Reader& from, std::uint32_t entries, Image& image) {
    image.networks.resize(from.count(entries, kNetworkBytes, kMaxNetworks));
    for (ImageNetwork& one : image.networks) {
        one.root = from.u32();
        const std::uint32_t six = from.u32();
        one.network.six = six == 1;
        one.network.length = six > 1 ? ~0u : from.u32();
        for (const std::size_t half : {0, 8}) {
            const std::uint64_t bytes = from.u64();
            for (std::size_t i = 0; i < 8; i++) one.network.bytes[half + i] = static_cast<std::uint8_t>(bytes >> 8 * i);
        }
        one.value.set = from.u64();
        one.value.asked = from.u64();
    }
}

// ---- what containers are called ----

std::uint32_t write_identities(const Image& image, Writer& to) {
    for (const Identity& one : image.identities) {
        to.u32(one.field);
        to.u32(static_cast<std::uint32_t>(one.names.size()));
        for (const std::string& name : one.names) to.text(name);
    }
    return static_cast<std::uint32_t>(image.identities.size());
}

void read_identities(Reader& from, std::uint32_t entries, Image& image) {
    image.identities.resize(from.count(entries, 2 * sizeof(std::uint32_t), kMaxIdentities));
    for (Identity& one : image.identities) {
        one.field = from.u32();
        one.names.resize(from.count(from.u32(), sizeof(std::uint32_t), kMaxValuesPerCondition));
        for (std::string& name : one.names) name = from.text(kMaxNamePatternBytes);
    }
}

// ---- what rules do by themselves ----

constexpr std::size_t kAutomaticBytes = 4 * sizeof(std::uint32_t);

std::uint32_t write_automatic(const Image& image, Writer& to) {
    std::uint32_t count = 0;
    for (std::uint32_t index = 0; index < image.rules.size(); index++) {
        const auto& automatic = image.rules[index].automatic;
        if (!automatic) continue;
        for (const std::uint32_t number : {index, automatic->response, automatic->per_hour, std::uint32_t{automatic->dry_run}}) to.u32(number);
        count++;
    }
    return count;
}

// By ascending index: one way to write an image.
void read_automatic(Reader& from, std::uint32_t entries, Image& image) {
    std::uint32_t next = 0;
    for (std::uint32_t left = from.count(entries, kAutomaticBytes, kMaxRules + 1); left > 0; left--) {
        const std::uint32_t index = from.u32();
        const Automatic automatic{from.u32(), from.u32(), false};
        const std::uint32_t dry_run = from.u32();
        if (!from.ok() || index < next || index >= image.rules.size() || dry_run > 1) return from.fail();
        image.rules[index].automatic = Automatic{automatic.response, automatic.per_hour, dry_run == 1};
        next = index + 1;
    }
}

// ---- what rules ask of those who approve ----

constexpr std::uint32_t kTwoPersons = 1, kReasonRequired = 2;

std::uint32_t write_asked(const Image& image, Writer& to) {
    std::uint32_t count = 0;
    for (std::uint32_t index = 0; index < image.rules.size(); index++) {
        const ImageRule& rule = image.rules[index];
        const std::uint32_t asked = (rule.two_persons ? kTwoPersons : 0u) | (rule.reason_required ? kReasonRequired : 0u);
        if (asked == 0) continue;
        to.u32(index);
        to.u32(asked);
        count++;
    }
    return count;
}

void read_asked(Reader& from, std::uint32_t entries, Image& image) {
    std::uint32_t next = 0;
    for (std::uint32_t left = from.count(entries, 2 * sizeof(std::uint32_t), kMaxRules + 1); left > 0; left--) {
        const std::uint32_t index = from.u32(), asked = from.u32();
        if (!from.ok() || index < next || index >= image.rules.size() || asked == 0 || asked > (kTwoPersons | kReasonRequired)) return from.fail();
        image.rules[index].two_persons = (asked & kTwoPersons) != 0;
        image.rules[index].reason_required = (asked & kReasonRequired) != 0;
        next = index + 1;
    }
}

// ---- texts ----

// What is written of the head; the generation is the loader's.
template <typename Head>
auto numbers_of(Head& head) {
    return std::array{&head.places, &head.start, &head.hitting, &head.row_shift, &head.states, &head.cells, &head.rows, &head.lists, &head.hits, &head.steps};
}

std::uint32_t write_texts(const Image& image, Writer& to) {
    if (image.texts.words.empty()) return 0;
    const quell_text_head& head = image.texts.head;
    for (const quell_u32* number : numbers_of(head)) to.u32(*number);
    to.text({reinterpret_cast<const char*>(head.classes), sizeof head.classes});
    for (const std::uint32_t word : image.texts.words) to.u32(word);
    return static_cast<std::uint32_t>(image.texts.words.size());
}

void read_texts(Reader& from, std::uint32_t entries, Image& image) {
    if (entries == 0) return;
    quell_text_head& head = image.texts.head;
    for (quell_u32* number : numbers_of(head)) *number = from.u32();
    const std::string classes = from.text(sizeof head.classes);
    if (classes.size() != sizeof head.classes) return from.fail();
    std::copy(classes.begin(), classes.end(), head.classes);
    image.texts.words.resize(from.count(entries, sizeof(std::uint32_t), kMaxTextWords));
    for (std::uint32_t& word : image.texts.words) word = from.u32();
}

// ---- pieces of names, of paths with wildcards ----

constexpr std::size_t kLeastPieceBytes = 24;

std::uint32_t write_pieces(const Image& image, Writer& to) {
    for (const ImagePiece& piece : image.pieces) {
        to.u32(piece.state);
        to.u32(piece.kind);
        to.text(piece.text);
        to.u64(piece.value.set);
        to.u32(piece.value.id);
    }
    return static_cast<std::uint32_t>(image.pieces.size());
}

void read_pieces(Reader& from, std::uint32_t entries, Image& image) {
    image.pieces.resize(from.count(entries, kLeastPieceBytes, kMaxPieces));
    for (ImagePiece& piece : image.pieces) {
        piece.state = from.u32();
        piece.kind = from.u32();
        piece.text = from.text(QUELL_PIECE_BYTES);
        piece.value.set = from.u64();
        piece.value.id = from.u32();
    }
}

constexpr std::array kSections = {
    Section{1, "summary", write_summary, read_summary},
    Section{2, "rules", write_rules, read_rules},
    Section{3, "edges", write_edges, read_edges},
    Section{4, "sets", write_sets, read_sets},
    Section{5, "conditions", write_conditions, read_conditions},
    Section{6, "members", write_members, read_members},
    Section{7, "networks", write_networks, read_networks},
    Section{8, "texts", write_texts, read_texts},
    Section{9, "identities", write_identities, read_identities},
    Section{10, "automatic", write_automatic, read_automatic},
    Section{11, "pieces", write_pieces, read_pieces},
    Section{12, "approvers", write_asked, read_asked},
};

}  // namespace

std::span<const Section> sections() { return kSections; }

}  // namespace quell::policy

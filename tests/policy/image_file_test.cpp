// SPDX-License-Identifier: Apache-2.0
// Image files: what is written is read again and means the same; whatever
// else is in a file is refused.
#include "policy/imagefile/image_file.h"

#include <gtest/gtest.h>

#include "interpreter.h"
#include "policy/compile/compile.h"
#include "policy/imagefile/codec.h"
#include "policy/imagefile/places.h"
#include "policy/imagefile/sections.h"
#include "policy/limits.h"
#include "spelling.h"
#include "random_policy.h"
#include "support.h"
#include "user/base/sha256.h"

namespace quell::policy::test {
namespace {

Image compiled(const std::string& text) {
    CompileResult result = compile_text(text);
    EXPECT_TRUE(result.image) << summary(result.findings);
    return std::move(*result.image);
}

Image pack() { return compiled(slurp(QUELL_SOURCE_DIR "/policy/packs/notable-events.yaml")); }

Image small() { return compiled(policy(rule("a", "/x/**, /x/y, /z/*", "delete, unmount", "any", "except: [{exe: [/e/f, /e/**]}]\n      respond: {offer: [deny-write], while-pending: [isolate-network], follow: {workload: 2h}}") + rule("b", "/x/y", "rename", "host", "except: [{exe: [/e/g]}]\n      respond: {offer: [kill-process], two-persons: true, reason-required: true}"))); }

std::string written(const Image& image) {
    const auto bytes = write_image(image);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return bytes ? *bytes : "";
}

// The content with a header that fits it.
std::string with_header(const std::string& content, std::uint32_t version = kImageVersion, std::uint32_t count = static_cast<std::uint32_t>(sections().size())) {
    Writer file;
    file.bytes() += kImageMagic;
    file.u32(version);
    file.u32(count);
    file.u64(content.size());
    const std::string hex = sha256_hex(content);
    for (std::size_t i = 0; i < hex.size(); i += 2) file.bytes() += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return file.bytes() + content;
}

std::string content_of(const std::string& file) { return file.substr(kImageHeaderBytes); }

std::string refusal(const std::string& bytes) {
    const auto image = read_image(bytes);
    return image ? "" : image.error().message;
}

TEST(ImageFile, WhatIsWrittenIsRead) {
    for (const Image& image : {pack(), small()}) {
        const std::string bytes = written(image);
        const auto read = read_image(bytes);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(written(*read), bytes);
        EXPECT_EQ(read->digest, image.digest);
        ASSERT_EQ(read->rules.size(), image.rules.size());
        for (std::size_t i = 0; i < image.rules.size(); i++) {
            EXPECT_EQ(read->rules[i].name, image.rules[i].name);
            EXPECT_EQ(read->rules[i].tags, image.rules[i].tags);
            EXPECT_EQ(read->rules[i].offers, image.rules[i].offers);
            EXPECT_EQ(read->rules[i].file, image.rules[i].file);
            EXPECT_EQ(read->rules[i].automatic, image.rules[i].automatic);
            EXPECT_EQ(read->rules[i].follow_ns, image.rules[i].follow_ns);
            EXPECT_EQ(read->rules[i].two_persons, image.rules[i].two_persons);
            EXPECT_EQ(read->rules[i].reason_required, image.rules[i].reason_required);
            EXPECT_EQ(std::memcmp(&read->rules[i].value, &image.rules[i].value, sizeof(quell_rule)), 0);
        }
        ASSERT_EQ(read->edges.size(), image.edges.size());
        for (std::size_t i = 0; i < image.edges.size(); i++) {
            EXPECT_EQ(read->edges[i].name, image.edges[i].name);
            EXPECT_EQ(std::memcmp(&read->edges[i].value, &image.edges[i].value, sizeof(quell_edge)), 0);
        }
    }
    EXPECT_EQ(written(pack()), written(pack()));
}

TEST(ImageFile, AReadImageMeansWhatItsPoliciesSay) {
    std::mt19937 random(4711);
    const std::vector<Source> nowhere{{"random.yaml", ""}};
    const std::vector<SourceText> texts{SourceText(nowhere[0])};
    std::size_t fired = 0;
    for (unsigned round = 0; round < 400; round++) {
        const Checked checked = random_rules(random);
        Findings findings(texts);
        const auto image = read_image(written(compile_image(checked, texts, findings)));
        ASSERT_TRUE(image) << image.error().message;
        const Interpreter interpreter(*image);
        for (unsigned i = 0; i < 30; i++) {
            const reference::Act act = random_act(random);
            std::set<std::string> expected;
            for (const Rule* one : reference::matches(checked.rules, act)) expected.insert(one->policy + "/" + one->id);
            ASSERT_EQ(interpreter.matches(act), expected);
            fired += expected.empty() ? 0 : 1;
        }
    }
    EXPECT_GT(fired, 1'000u);
}

TEST(ImageFile, HeaderIsChecked) {
    const std::string bytes = written(small());
    const std::string content = content_of(bytes);
    EXPECT_EQ(with_header(content), bytes) << "the test knows the header";
    EXPECT_NE(refusal("").find("does not begin with QUELLIMG"), std::string::npos);
    EXPECT_NE(refusal(bytes.substr(0, 20)).find("ends within its header"), std::string::npos);
    EXPECT_NE(refusal(with_header(content, kImageVersion + 1)).find("of version 12, this command reads 11"), std::string::npos);
    EXPECT_NE(refusal(with_header(content, kImageVersion, 4)).find("4 sections"), std::string::npos);
    EXPECT_NE(refusal(bytes.substr(0, bytes.size() - 1)).find("bytes behind its header"), std::string::npos);
    EXPECT_NE(refusal(bytes + "x").find("bytes behind its header"), std::string::npos);
    for (std::size_t at = kImageHeaderBytes; at < bytes.size(); at += 7) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_NE(refusal(changed).find("its sum"), std::string::npos) << at;
    }
}

TEST(ImageFile, SectionsAreChecked) {
    const std::string content = content_of(written(small()));
    EXPECT_NE(refusal(with_header(content + "x")).find("follows its last section"), std::string::npos);
    EXPECT_NE(refusal(with_header("")).find("must be"), std::string::npos);
    std::string other = content;
    other[0] = 9;
    EXPECT_NE(refusal(with_header(other)).find("section 9 is where 'summary' must be"), std::string::npos);
    for (std::size_t size = 0; size < content.size(); size++) EXPECT_NE(refusal(with_header(content.substr(0, size))), "") << size;
}

// Any other byte at any place, with a sum that fits: refused, or an image that
// is valid and the only one with these bytes.
TEST(ImageFile, EveryByteCounts) {
    const std::string content = content_of(written(small()));
    std::size_t accepted = 0;
    for (std::size_t at = 0; at < content.size(); at++)
        for (const int flip : {1, 2, 0x10, 0x80, 0xff}) {
            std::string changed = content;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            const std::string bytes = with_header(changed);
            const auto image = read_image(bytes);
            if (!image) continue;
            accepted++;
            ASSERT_EQ(written(*image), bytes) << at;
            ASSERT_NO_THROW((void)Interpreter(*image).matches({QUELL_OP_UNMOUNT, QUELL_SUBJECT_HOST, "/x/y", {{"/e/f", true}}, {}})) << at;
            ASSERT_TRUE(places(*image));
        }
    EXPECT_GT(accepted, 100u) << "names and other texts may be changed";
    EXPECT_LT(accepted, content.size() * 5 / 2);
}

// One wrong number each, written by the section's own writer.
TEST(ImageFile, EveryIndexIsChecked) {
    const auto refused = [](const char* what, const auto& change) {
        Image image = small();
        change(image);
        EXPECT_FALSE(valid_image(image)) << what;
        EXPECT_FALSE(write_image(image)) << what;
        Writer content;
        for (const Section& section : sections()) {
            Writer entries;
            const std::uint32_t count = section.write(image, entries);
            content.u32(section.number);
            content.u32(count);
            content.u64(entries.bytes().size());
            content.bytes() += entries.bytes();
        }
        EXPECT_NE(refusal(with_header(content.bytes())), "") << what;
    };
    const auto edge = [](Image& image, std::uint32_t kind, std::uint32_t root = 0) -> ImageEdge& {
        for (ImageEdge& one : image.edges)
            if (one.kind == kind && (root == 0 || one.node == root)) return one;
        throw std::logic_error("no such edge");
    };
    ASSERT_TRUE(valid_image(small()));
    refused("no digest", [](Image& image) { image.digest.clear(); });
    refused("digest", [](Image& image) { image.digest[0] = 'g'; });
    refused("operations", [](Image& image) { image.operations ^= QUELL_OP_BIT(QUELL_OP_LINK); });
    refused("no rules", [](Image& image) { image.rules.clear(); });
    refused("no canary", [](Image& image) { image.rules[0].value.flags = 0; });
    refused("rule id", [](Image& image) { image.rules[1].value.id++; });
    refused("rule name", [](Image& image) { image.rules[1].id = "A"; });
    refused("title", [](Image& image) { image.rules[1].name = "a\x1b"; });
    refused("no title", [](Image& image) { image.rules[1].name.clear(); });
    refused("long file", [](Image& image) { image.rules[1].file = std::string(kMaxPathBytes + 1, 'a'); });
    refused("long title", [](Image& image) { image.rules[1].name = std::string(kMaxTitleBytes + 1, 'a'); });
    refused("tag", [](Image& image) { image.rules[1].tags = {"a\n"}; });
    refused("many tags", [](Image& image) { image.rules[1].tags.assign(kMaxTags + 1, "t"); });
    refused("rule operations", [](Image& image) { image.rules[1].value.operations |= QUELL_OP_BIT(QUELL_OP_COUNT), image.operations |= QUELL_OP_BIT(QUELL_OP_COUNT); });
    refused("no operations", [](Image& image) { image.rules[1].value.operations = 0; });
    refused("subjects", [](Image& image) { image.rules[1].value.subjects = 4; });
    refused("no subjects", [](Image& image) { image.rules[1].value.subjects = 0; });
    refused("held by what cannot", [](Image& image) { image.rules[1].value.wanted = QUELL_BIT(QUELL_RESPONSE_KILL_CONTAINER); });
    refused("the host held", [](Image& image) { image.rules[1].value.subjects = QUELL_SUBJECT_HOST, image.rules[1].value.wanted = QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK); });
    refused("offers", [](Image& image) { image.rules[1].value.offers = 1; });
    refused("offer", [](Image& image) { image.rules[1].offers = {QUELL_RESPONSE_COUNT}; });
    refused("offer twice", [](Image& image) { image.rules[1].offers = {1, 1}, image.rules[1].value.offers = 2; });
    refused("automatic response that is not offered", [](Image& image) { image.rules[1].automatic = Automatic{QUELL_RESPONSE_KILL_CONTAINER, 1, false}, image.rules[1].offers.clear(), image.rules[1].value.offers = 0; });
    refused("automatic response that is none", [](Image& image) { image.rules[1].automatic = Automatic{QUELL_RESPONSE_COUNT, 1, false}; });
    for (const std::uint32_t bound : {0u, kMaxAutomaticPerHour + 1})
        refused("automatic bound", [bound](Image& image) { image.rules[1].automatic = Automatic{image.rules[1].offers.empty() ? 0 : image.rules[1].offers[0], bound, false}; });
    refused("a term beyond its bounds", [](Image& image) { image.rules[1].follow_ns = kMaxExpiresNs + 1; });
    refused("the host follows nothing", [](Image& image) { image.rules[2].follow_ns = kMaxExpiresNs; });
    refused("two persons and none at once", [](Image& image) { image.rules[2].automatic = Automatic{QUELL_RESPONSE_KILL_PROCESS, 1, false}; });
    refused("flags", [](Image& image) { image.rules[1].value.flags = 4; });
    refused("severity", [](Image& image) { image.rules[1].value.severity = 5; });
    refused("expires", [](Image& image) { image.rules[1].value.expires_ns = kMaxExpiresNs + 1; });
    refused("a rule's first condition", [](Image& image) { image.rules[1].value.condition = 1; });
    refused("a rule's number of conditions", [](Image& image) { image.rules[1].value.conditions = 0; });
    refused("more conditions than there are", [](Image& image) { image.rules[2].value.conditions = 0xffffffff; });
    refused("a rule's needs", [](Image& image) { image.rules[1].value.needs = 0; });
    refused("set id", [](Image& image) { image.sets[0].id = 2; });
    refused("empty set", [](Image& image) { image.sets[0].rules.clear(); });
    refused("set's rule", [](Image& image) { image.sets[0].rules = {3}; });
    refused("set's order", [](Image& image) { image.sets[0].rules = {2, 1}; });
    refused("set twice", [](Image& image) { image.sets[0].rules = {1, 1}; });
    refused("edge kind", [&](Image& image) { edge(image, QUELL_EDGE_BELOW).kind = 7; });
    refused("edge node", [&](Image& image) { edge(image, QUELL_EDGE_LEAF).node = 15; });
    refused("edge child", [&](Image& image) { edge(image, QUELL_EDGE_NAME).value.child = 5; });
    refused("large child", [&](Image& image) { edge(image, QUELL_EDGE_NAME).value.child = QUELL_NODE_FIRST + kMaxNodes; });
    refused("child of itself", [&](Image& image) { edge(image, QUELL_EDGE_NAME).value.child = QUELL_NODE_CONTAINER; });
    refused("edge cover", [&](Image& image) { edge(image, QUELL_EDGE_NAME).value.cover = 99; });
    refused("edge flags", [&](Image& image) { edge(image, QUELL_EDGE_NAME).value.flags = 4; });
    refused("edge set", [&](Image& image) { edge(image, QUELL_EDGE_LEAF).value.set = image.sets.size() + 1; });
    refused("no edge set", [&](Image& image) { edge(image, QUELL_EDGE_LEAF).value.set = 0; });
    refused("executables' set", [&](Image& image) { edge(image, QUELL_EDGE_ROOT, QUELL_NODE_ASK_HOST).value.set = 1; });
    refused("set of a name", [&](Image& image) { edge(image, QUELL_EDGE_NAME).value.set = 1; });
    refused("child of a leaf", [&](Image& image) { edge(image, QUELL_EDGE_LEAF).value.child = 16; });
    refused("edge twice", [&](Image& image) { image.edges.push_back(edge(image, QUELL_EDGE_LEAF)); });
    refused("no root", [&](Image& image) { edge(image, QUELL_EDGE_ROOT, QUELL_NODE_HOST).node = 5; });
    for (const char* name : {"", ".", "..", "a/b"}) refused(name, [&](Image& image) { edge(image, QUELL_EDGE_LEAF).name = name; });
    refused("NUL", [&](Image& image) { edge(image, QUELL_EDGE_LEAF).name = std::string(1, '\0'); });
    refused("name of a star", [&](Image& image) { edge(image, QUELL_EDGE_STAR).name = "x"; });
    refused("long name", [&](Image& image) { edge(image, QUELL_EDGE_LEAF).name = std::string(kMaxComponentBytes + 1, 'a'); });
    refused("member's set", [](Image& image) { image.members[0].set = 1; });
    refused("member's unknown set", [](Image& image) { image.members.back().set = 999; });
    refused("member's condition", [](Image& image) { image.members.back().condition = 3; });
    refused("member twice", [](Image& image) { image.members.push_back(image.members.back()); });
    refused("members' order", [](Image& image) { std::swap(image.members.front(), image.members.back()); });
    refused("condition's field", [](Image& image) { image.conditions[0].field = QUELL_FIELD_COUNT; });
    refused("a number as a path's condition", [](Image& image) { image.conditions[0].field = QUELL_FIELD_UID; });
    refused("condition's flags", [](Image& image) { image.conditions[0].flags |= 1u << 5; });
    refused("a clause without its end", [](Image& image) { image.conditions[0].flags |= QUELL_CONDITION_OR; });
    refused("a group without its end", [](Image& image) { image.conditions[0].flags &= ~QUELL_CONDITION_END; });
    refused("a condition of no rule", [](Image& image) { image.conditions.push_back(image.conditions.back()); });
}

TEST(ImageFile, EdgesAreBounded) {
    Image image = small();
    image.edges.resize(kMaxImageEdges + 1, image.edges.back());
    const auto bytes = write_image(image);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().message, "the image is not valid: 131073 edges, of which the kernel's map takes 131072");
}

TEST(ImageFile, DepthIsBounded) {
    std::string path;
    for (std::size_t i = 0; i < kMaxComponents; i++) path += "/a";
    Image image = compiled(policy(rule("a", path)));
    EXPECT_TRUE(valid_image(image));
    for (const ImageEdge& edge : image.edges)
        if (edge.kind == QUELL_EDGE_LEAF && edge.node != QUELL_NODE_HOST) {
            ImageEdge deeper = edge;
            deeper.kind = QUELL_EDGE_NAME;
            deeper.name = "b";
            deeper.value = {};
            deeper.value.child = QUELL_NODE_FIRST + 60'000;
            image.edges.push_back(deeper);
            ImageEdge below = edge;
            below.node = deeper.value.child;
            image.edges.push_back(below);
            break;
        }
    const auto valid = valid_image(image);
    ASSERT_FALSE(valid);
    EXPECT_NE(valid.error().message.find("edge"), std::string::npos);
}

TEST(ImageFile, CountsMakeNoRoomForWhatIsNotThere) {
    Writer content;
    Writer summary;
    summary.text(std::string(64, '0'));
    summary.u64(0);
    content.u32(1);
    content.u32(1);
    content.u64(summary.bytes().size());
    content.bytes() += summary.bytes();
    content.u32(2);
    content.u32(0xffffffff);
    content.u64(4);
    content.u32(0xffffffff);
    EXPECT_NE(refusal(with_header(content.bytes())).find("the section 'rules' does not hold what it says"), std::string::npos);
}

TEST(ImageFile, PlacesArePaths) {
    const Image image = small();
    const auto all = places(image);
    ASSERT_TRUE(all);
    std::set<std::string> found;
    for (std::size_t i = 0; i < image.edges.size(); i++)
        found.insert(std::string(root_word((*all)[i].root)) + " " + std::string(edge_word(image.edges[i].kind)) + " " + (*all)[i].path);
    for (const char* expected : {"container root /", "host name /x/", "host cover /x/**", "container leaf /x/y", "container star /z/*", "ask-host leaf /e/f", "ask-container cover /e/**", "host below /"})
        EXPECT_TRUE(found.contains(expected)) << expected;
}

}  // namespace
}  // namespace quell::policy::test

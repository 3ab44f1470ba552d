// SPDX-License-Identifier: Apache-2.0
// Numbers that documents repeat of the kernel side: sizes of maps, the ABI's.
#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "kern/abi.h"

namespace quell {
namespace {

std::string document(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(std::string(QUELL_SOURCE_DIR "/docs/") + name).rdbuf();
    EXPECT_FALSE(text.str().empty()) << name;
    return text.str();
}

// The first line of a table that begins with this cell.
std::string row(const std::string& text, const std::string& cell) {
    const auto at = text.find("\n| " + cell + " |");
    return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

std::string grouped(std::uint32_t number) {
    auto text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

struct Documents : testing::Test {
    void SetUp() override {
        libbpf_set_print(nullptr);
        object.reset(bpf_object__open_file(QUELL_BPF_OBJECT, nullptr));
        ASSERT_TRUE(object);
    }
    [[nodiscard]] const bpf_map* map(const char* name) const { return bpf_object__find_map_by_name(object.get(), name); }

    std::unique_ptr<bpf_object, void (*)(bpf_object*)> object{nullptr, bpf_object__close};
};

TEST_F(Documents, TheArchitectureHasEveryMapWithItsSizes) {
    const auto text = document("architecture.md");
    int hashes = 0;
    const bpf_map* one = nullptr;
    bpf_object__for_each_map(one, object.get()) {
        const std::string name = bpf_map__name(one);
        if (name.find('.') != std::string::npos) continue;  // sections: globals, caches
        const auto line = row(text, "`" + name + "`");
        const auto has = [&](const std::string& what) { return line.find(what) != std::string::npos; };
        if (name == "listeners" || name == "peers") continue;  // one row for both
        EXPECT_FALSE(line.empty()) << name;
        const auto type = bpf_map__type(one);
        if (type == BPF_MAP_TYPE_RINGBUF) continue;
        if (const bpf_map* of = bpf_map__inner_map(const_cast<bpf_map*>(one))) {  // as large as the policy
            for (const auto size : {bpf_map__key_size(of), bpf_map__value_size(of)}) EXPECT_TRUE(has("(" + std::to_string(size) + ")")) << size << ": " << line;
            EXPECT_TRUE(has("to size")) << line;
            continue;
        }
        EXPECT_TRUE(has("(" + std::to_string(bpf_map__value_size(one)) + ")")) << bpf_map__value_size(one) << ": " << line;
        if (type != BPF_MAP_TYPE_HASH && type != BPF_MAP_TYPE_LRU_HASH) continue;
        hashes++;
        EXPECT_TRUE(has("(" + std::to_string(bpf_map__key_size(one)) + ")")) << bpf_map__key_size(one) << ": " << line;
        EXPECT_TRUE(has("| " + grouped(bpf_map__max_entries(one)))) << bpf_map__max_entries(one) << ": " << line;
    }
    EXPECT_GE(hashes, 12);
}

TEST_F(Documents, OperationsNamesTheBounds) {
    const auto text = document("operations.md");
    EXPECT_NE(row(text, "members-full").find(grouped(bpf_map__max_entries(map("members")))), std::string::npos);
    EXPECT_NE(row(text, "files-full").find(grouped(bpf_map__max_entries(map("contained_files")))), std::string::npos);
    EXPECT_NE(row(text, "home-not-ready").find(grouped(bpf_map__max_entries(map("containers")))), std::string::npos);
    EXPECT_NE(row(text, "pending-full").find(grouped(QUELL_PENDING_MAX)), std::string::npos);
    EXPECT_NE(row(text, "pending-subject").find(grouped(QUELL_PENDING_PER_SUBJECT)), std::string::npos);
    EXPECT_NE(row(text, "rules-overflow").find(grouped(QUELL_SET_CHUNK * QUELL_SET_CHUNKS_MAX)), std::string::npos);
}

TEST_F(Documents, ThePinsHaveTheAbisNumber) {
    EXPECT_NE(document("architecture.md").find("`version-" + std::to_string(QUELL_ABI_VERSION) + "`"), std::string::npos);
}

}  // namespace
}  // namespace quell

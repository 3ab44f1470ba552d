// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/store.h"

#include "tests/evidence/made.h"
#include "user/base/sha256.h"

namespace quell::evidence {
namespace {

class StoreTest : public testing::Test {
protected:
    Store open() {
        auto store = Store::open(limits_);
        EXPECT_TRUE(store) << store.error().message;
        return std::move(store).value();
    }
    static Json manifest(const std::string& taken = "2026-03-01T09:00:00.000000Z") {
        return {{"incident", "00012"}, {"response", "acquire-file"}, {"taken", taken}, {"file", {{"path", "/etc/\\x1b"}}}, {"notes", {"one"}},
                {"content", {{"name", "content"}, {"size", 5u}, {"stored", 4096u}, {"sha256", sha256_hex("bytes")}}}};
    }
    static void make(Store& store, const std::string& name, const std::string& taken = "2026-03-01T09:00:00.000000Z") {
        auto draft = store.begin(name);
        ASSERT_TRUE(draft) << draft.error().message;
        auto file = draft->create("content");
        ASSERT_TRUE(file);
        ASSERT_TRUE(write_all(file->get(), "bytes"));
        const auto hash = draft->commit(manifest(taken));
        ASSERT_TRUE(hash) << hash.error().message;
        EXPECT_EQ(*hash, sha256_hex(whole(store.directory() + "/" + name + "/manifest.json")));
    }
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(limits_.dir), std::filesystem::directory_iterator()));
    }

    TempDir dir_;
    Limits limits_{dir_ / "state/evidence", 1u << 30, 1u << 30, 60};
};

TEST_F(StoreTest, AnItemIsThereWhenItIsWholeAndNotBefore) {
    auto store = open();
    EXPECT_EQ(stat_of(limits_.dir).st_mode & 07777, 0700u);
    {
        auto draft = store.begin("00012-acquire-file");
        ASSERT_TRUE(draft);
        ASSERT_TRUE(draft->create("content"));
        EXPECT_TRUE(store.list()->empty());
        EXPECT_EQ(entries(), 1u);
    }
    EXPECT_EQ(entries(), 0u) << "what was not committed is removed";
    make(store, "00012-acquire-file");
    const auto item = store.read("00012-acquire-file");
    ASSERT_TRUE(item) << item.error().message;
    EXPECT_EQ(item->incident, "00012");
    EXPECT_EQ(item->path, "/etc/\\x1b");
    EXPECT_EQ(item->size, 5u);
    EXPECT_EQ(item->stored, 4096u);
    EXPECT_EQ(item->notes, std::vector<std::string>{"one"});
    EXPECT_EQ(sha256_of(store.content(*item)->get()).value(), item->sha256);
    EXPECT_EQ(stat_of(limits_.dir + "/00012-acquire-file/content").st_mode & 07777, 0600u);
}

TEST_F(StoreTest, NewestFirstAndWhatIsBrokenIsSaidToBe) {
    auto store = open();
    make(store, "00012-acquire-file", "2026-03-01T09:00:00.000000Z");
    make(store, "00024-capture", "2026-03-02T09:00:00.000000Z");
    make(store, "00036-capture", "2026-03-03T09:00:00.000000Z");
    put(limits_.dir + "/00036-capture/manifest.json", "{\"content\": 7}");
    put(limits_.dir + "/stray", "");
    const auto items = store.list();
    ASSERT_TRUE(items);
    ASSERT_EQ(items->size(), 4u);
    EXPECT_EQ((*items)[0].name, "00024-capture");
    EXPECT_EQ((*items)[1].name, "00012-acquire-file");
    for (std::size_t i : {2u, 3u}) EXPECT_FALSE((*items)[i].broken.empty()) << (*items)[i].name;
}

TEST_F(StoreTest, RemovesAnItemAndWhatADeadProcessLeft) {
    auto store = open();
    make(store, "00012-acquire-file");
    std::filesystem::create_directories(limits_.dir + "/.00024-capture");
    put(limits_.dir + "/.00024-capture/content", "half");
    store.remove_drafts();
    EXPECT_EQ(entries(), 1u);
    ASSERT_TRUE(store.remove("00012-acquire-file"));
    EXPECT_EQ(entries(), 0u);
    EXPECT_EQ(store.remove("00012-acquire-file").error().code, ENOENT);
}

TEST_F(StoreTest, ADraftOfADeadProcessIsNotInTheWayAndAnItemIsNotReplaced) {
    auto store = open();
    std::filesystem::create_directories(limits_.dir + "/.00012-acquire-file");
    put(limits_.dir + "/.00012-acquire-file/content", "half");
    make(store, "00012-acquire-file");
    EXPECT_EQ(store.begin("00012-acquire-file").error().code, EEXIST);
}

TEST_F(StoreTest, NamesLeadNowhereElse) {
    auto store = open();
    put(dir_ / "secret", "x");
    std::filesystem::create_directory_symlink(dir_.path(), limits_.dir + "/00012-link");
    for (const char* name : {"..", "../secret", "/etc", "", ".", ".hidden", "A", "00012-link"}) {
        EXPECT_FALSE(store.read(name)) << name;
        EXPECT_FALSE(store.remove(name)) << name;
    }
    EXPECT_TRUE(std::filesystem::exists(dir_ / "secret"));
}

TEST_F(StoreTest, KeepsOthersOut) {
    std::filesystem::create_directories(limits_.dir);
    ::chmod(limits_.dir.c_str(), 0755);
    (void)open();
    EXPECT_EQ(stat_of(limits_.dir).st_mode & 07777, 0700u);
}

TEST_F(StoreTest, TheRoomIsTheLeastOfItsLimits) {
    limits_ = {limits_.dir, 1000, 100'000, 60};
    auto store = open();
    auto room = store.room();
    ASSERT_TRUE(room);
    EXPECT_EQ(room->bytes, 1000u);
    EXPECT_GT(room->reserve, 0u);
    make(store, "00012-acquire-file");
    put(limits_.dir + "/00012-acquire-file/more", std::string(99'000, 'x'));
    room = store.room();
    ASSERT_TRUE(room);
    EXPECT_LT(room->bytes, 1000u);
    EXPECT_NE(room->why.find("for all evidence"), std::string::npos) << room->why;
}

}  // namespace
}  // namespace quell::evidence

// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <map>

#include "tests/evidence/made.h"
#include "user/base/sha256.h"
#include "user/evidence/archive.h"
#include "user/evidence/take.h"

namespace quell::evidence {
namespace {

using Members = std::map<std::string, std::string>;

Members members_of(const std::string& path) {
    Members members;
    archive* reader = archive_read_new();
    archive_read_support_filter_zstd(reader);
    archive_read_support_format_tar(reader);
    EXPECT_EQ(archive_read_open_filename(reader, path.c_str(), 65536), ARCHIVE_OK) << archive_error_string(reader);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        std::string bytes(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
        EXPECT_EQ(archive_read_data(reader, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
        EXPECT_TRUE(members.emplace(archive_entry_pathname(entry), bytes).second) << archive_entry_pathname(entry);
    }
    archive_read_free(reader);
    return members;
}

class CaptureTest : public testing::Test {
protected:
    Taken take() { return capture(order_, store_); }
    std::string item(const std::string& file) const { return order_.limits.dir + "/00012-capture/" + file; }

    TempDir dir_;
    Order order_ = an_order(dir_, QUELL_RESPONSE_CAPTURE);
    Store store_ = Store::open(order_.limits).value();
};

TEST_F(CaptureTest, HasEachProcessAndSaysTheHashOfEachMember) {
    Child parent([] { ::prctl(PR_SET_NAME, "evil\n\x1b[31m"); });
    Child gone([] {});
    order_.processes = {process_of(parent.pid()), process_of(gone.pid())};
    order_.processes_in_all = 3;
    const auto ended = std::to_string(gone.pid());
    gone.end();
    const auto taken = take();
    ASSERT_TRUE(taken.is_whole) << taken.text;
    EXPECT_EQ(taken.text, "1 processes captured");
    const auto manifest = Json::parse(whole(item("manifest.json")));
    const auto bytes = whole(item("capture.tar.zst"));
    EXPECT_EQ(manifest["content"]["sha256"], sha256_hex(bytes));
    EXPECT_EQ(taken.item["manifest_sha256"], sha256_hex(whole(item("manifest.json"))));
    auto members = members_of(item("capture.tar.zst"));
    for (const Json& one : manifest["members"]) EXPECT_EQ(one["sha256"], sha256_hex(members[one["name"]])) << one["name"];
    EXPECT_EQ(members.size(), manifest["members"].size() + 1) << "and the manifest itself";
    const auto number = std::to_string(parent.pid());
    EXPECT_EQ(members["processes/" + number + "/comm"], "evil\n\x1b[31m\n");
    EXPECT_NE(members["tree.txt"].find(number + " uid " + std::to_string(::getuid()) + " evil\\x0a\\x1b[31m"), std::string::npos) << members["tree.txt"];
    EXPECT_EQ(members["tree.txt"].find('\x1b'), std::string::npos);
    EXPECT_TRUE(members.contains("incident.json"));
    const std::string notes = manifest["notes"].dump();
    EXPECT_NE(notes.find("process " + ended + " had ended"), std::string::npos) << notes;
    EXPECT_NE(notes.find("of 3 processes 2 were looked at"), std::string::npos) << notes;
    bool has_sockets = false;
    for (const auto& [name, content] : members) has_sockets = has_sockets || (name.starts_with("network/") && name.ends_with("/unix"));
    EXPECT_TRUE(has_sockets);
}

TEST_F(CaptureTest, WhenItsTimeIsOverWhatThereIsIsKeptAndCalledCut) {
    Child child([] {});
    order_.processes = {process_of(child.pid())};
    order_.deadline_ns = 1;
    const auto taken = take();
    EXPECT_FALSE(taken.is_whole);
    EXPECT_EQ(taken.item["cut"], "its time was over");
    EXPECT_EQ(store_.read("00012-capture")->cut, "its time was over");
    EXPECT_TRUE(members_of(item("capture.tar.zst")).contains("incident.json"));
}

TEST_F(CaptureTest, ThatOutgrowsItsRoomIsCut) {
    order_.limits.max_item_bytes = 100'000;
    store_ = Store::open(order_.limits).value();
    order_.recent = std::string(200'000, 'x');
    const auto taken = take();
    EXPECT_FALSE(taken.is_whole);
    EXPECT_NE(taken.text.find("100000"), std::string::npos) << taken.text;
    EXPECT_LT(stat_of(item("capture.tar.zst")).st_size, 100'000);
}

TEST_F(CaptureTest, ADiskThatTakesNoMoreLeavesNothing) {
    order_.history = Json::array();
    std::string noise;
    for (unsigned i = 0, x = 1; i < 1'000'000; i++) noise += static_cast<char>('0' + ((x = x * 1664525 + 1013904223) >> 24) % 64);
    order_.recent = noise;
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{200'000, 200'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto taken = take();
        ::_exit(!taken.is_whole && taken.item.is_null() ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(store_.list()->empty());
    EXPECT_TRUE(std::filesystem::is_empty(order_.limits.dir));
}

}  // namespace
}  // namespace quell::evidence

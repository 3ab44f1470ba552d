// SPDX-License-Identifier: Apache-2.0
// quell evidence, against a real store and a daemon that tells where it is.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/cli/fake_daemon.h"
#include "user/base/files.h"
#include "user/base/sha256.h"
#include "user/evidence/store.h"

namespace quell::cli {
namespace {

class EvidenceCli : public FakeDaemon {
protected:
    void SetUp() override {
        auto store = evidence::Store::open({store_dir_.path() + "/evidence", 1u << 30, 1u << 30, 60});
        ASSERT_TRUE(store);
        auto draft = store->begin("00012-acquire-file");
        ASSERT_TRUE(draft);
        ASSERT_TRUE(write_all(draft->create("content")->get(), "bytes"));
        manifest_hash_ = draft->commit({{"incident", "00012"}, {"content", {{"name", "content"}, {"size", 5u}, {"stored", 4096u}, {"sha256", sha256_hex("bytes")}}}}).value();
        item_ = {{"name", "00012-acquire-file"}, {"incident", "00012"}, {"response", "acquire-file"}, {"taken", "2026-03-01T09:08:07.123456Z"}, {"path", "/etc/\\x1b[31m"},
                     {"content", "content"}, {"size", 5}, {"stored", 4096}, {"sha256", sha256_hex("bytes")}, {"notes", {"changed \x1b[31m"}},
                     {"manifest", "{}"}, {"manifest_sha256", manifest_hash_}, {"recorded", manifest_hash_}};
        will_reply("Evidence", {{"directory", store_dir_.path() + "/evidence"}, {"items", {item_}}});
    }
    Ran quell_evidence(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "evidence");
        return quell(arguments);
    }
    std::string at(const std::string& file) const { return store_dir_.path() + "/evidence/00012-acquire-file/" + file; }
    static std::string whole(const std::string& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    TempDir store_dir_;
    std::string manifest_hash_;
    Json item_;
};

TEST_F(EvidenceCli, ListAndShowSayWhatThereIsAndDriveNoTerminal) {
    start();
    const Ran list = quell_evidence({"list"}), show = quell_evidence({"show", "00012"});
    EXPECT_EQ(list.code, 0) << list.err;
    EXPECT_NE(list.out.find("00012"), std::string::npos) << list.out;
    EXPECT_EQ(show.code, 0);
    EXPECT_NE(show.out.find("as the history has it"), std::string::npos) << show.out;
    EXPECT_NE(show.out.find("00012-acquire-file: whole"), std::string::npos) << show.out;
    EXPECT_EQ((list.out + show.out).find('\x1b'), std::string::npos);
}

TEST_F(EvidenceCli, VerifyComparesContentManifestAndHistory) {
    start();
    EXPECT_EQ(quell_evidence({"verify", "00012"}).code, 0);
    std::ofstream(at("content")) << "byteZ";
    const Ran changed = quell_evidence({"verify", "00012", "--json"});
    EXPECT_EQ(changed.code, 1);
    EXPECT_NE(Json::parse(changed.out)["items"][0]["detail"].get<std::string>().find("not the one that was taken"), std::string::npos) << changed.out;
    std::ofstream(at("content")) << "bytes";
    std::ofstream(at("manifest.json"), std::ios::app) << " ";
    const Ran forged = quell_evidence({"verify", "00012"});
    EXPECT_EQ(forged.code, 1);
    EXPECT_NE(forged.out.find("not the one that the history has"), std::string::npos) << forged.out;
}

TEST_F(EvidenceCli, ExportsContentAndManifestAndReplacesNothing) {
    start();
    const std::string to = store_dir_.path() + "/to";
    EXPECT_EQ(quell_evidence({"export", "00012", to}).code, 0);
    EXPECT_EQ(whole(to + "/00012-acquire-file/content"), "bytes");
    EXPECT_EQ(sha256_hex(whole(to + "/00012-acquire-file/manifest.json")), manifest_hash_);
    struct stat info {};
    ASSERT_EQ(::stat((to + "/00012-acquire-file/content").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    EXPECT_EQ(quell_evidence({"export", "00012", to}).code, 1);
    std::ofstream(at("content")) << "byteZ";
    EXPECT_EQ(quell_evidence({"export", "00012", to + "2"}).code, 1);
}

// A manifest vouches for its content, whoever wrote it; for the manifest only the history does.
TEST_F(EvidenceCli, WhatTheHistoryDoesNotKnowIsNotVerified) {
    Json item = item_;
    item.erase("recorded");
    will_reply("Evidence", {{"directory", store_dir_.path() + "/evidence"}, {"items", {item}}});
    start();
    const Ran ran = quell_evidence({"verify", "00012"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("the history has no row of it"), std::string::npos) << ran.out;
}

TEST_F(EvidenceCli, FailuresAreOneValue) {
    will_reply("Evidence", {{"directory", store_dir_.path() + "/nothing"}, {"items", Json::array()}});
    start();
    for (const auto& verb : std::vector<std::vector<std::string>>{{"verify", "00012", "--json"}, {"export", "00012", store_dir_.path() + "/to", "--json"}}) {
        const Ran ran = quell_evidence(verb);
        EXPECT_EQ(ran.code, 1);
        EXPECT_EQ(Json::parse(ran.out)["error"], "io.quell.Failed") << ran.out;
    }
}

TEST_F(EvidenceCli, OfNobodyIsAFailure) {
    will_reply("Evidence", {{"directory", store_dir_.path() + "/evidence"}, {"items", Json::array()}});
    start();
    for (const char* verb : {"show", "verify"}) EXPECT_EQ(quell_evidence({verb, "00012"}).code, 1) << verb;
    EXPECT_EQ(quell_evidence({"list"}).out, "No evidence.\n");
}

}  // namespace
}  // namespace quell::cli

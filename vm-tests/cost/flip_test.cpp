// SPDX-License-Identifier: Apache-2.0
// From a request on the socket to the flip, response by response: so many instructions, and no disk before it.
#include <gtest/gtest.h>

#include "vm-tests/cost/figures.h"
#include "vm-tests/cost/trace.h"

namespace quell::guest {
namespace {

constexpr std::int64_t kMostToFlip = 150'000;

class Request : public testing::TestWithParam<ResponseRow> {
protected:
    static bool is_disk(const Traced& one) {
        for (const char* what : {"sys_fsync(", "sys_fdatasync(", "sys_pwrite64(", "sys_sync_file_range(", "block_bio_queue: "})
            if (one.what.rfind(what, 0) == 0) return true;
        return false;
    }
    static std::vector<std::string> events() {
        auto all = kFlipEvents;
        for (const char* name : {"fsync", "fdatasync", "pwrite64", "sync_file_range"}) all.push_back(std::string("syscalls/sys_enter_") + name);
        all.push_back("block/block_bio_queue");
        return all;
    }
};

TEST_P(Request, ReachesTheFlipWithin150000InstructionsAndWithoutADisk) {
    const std::string word = GetParam().word;
    apply_offering(word);
    Container victim("flip");
    victim.start();
    const auto id = incident_by_one_who_stays(victim, "flip");
    const auto text = message("Approve", approval(id, word));
    must("sync; sleep 3");  // what came before has its rows, and nobody is at a disk for it
    RawClient client;
    (void)call(client, "Version");
    Trace trace(events());
    const auto asked = now();
    EXPECT_TRUE(client.call(text));
    const auto reply = answer(client, 300'000);
    must("sleep 2");  // its rows are written
    const auto traced = trace.end();
    const std::string state = reply.contains("incident") ? reply["incident"].value("state", "") : "";
    EXPECT_TRUE(state == "enforcing" || state == "done") << reply;
    const auto flip = flip_of(traced, asked, GetParam().refuses());
    ASSERT_TRUE(flip) << "no flip among " << traced.size() << " events";
    bool is_written_later = false;
    for (const auto& one : traced) {
        if (one.comm.rfind("quell", 0) != 0 || !is_disk(one)) continue;  // quelld, and its threads: quell-history, quelld-sweep…
        is_written_later |= one.at > flip->done;
        EXPECT_TRUE(one.at < asked || one.at > flip->done) << one.comm << " is at the disk before the flip: " << one.what;
    }
    EXPECT_TRUE(is_written_later) << "its rows are not seen, so a disk before the flip would not be";
    const auto said_us = reply.contains("incident") ? reply["incident"].value("latency", Json::object()).value("approved_to_flipped_us", std::int64_t{-1}) : -1;
    EXPECT_GE(said_us, 0);
    EXPECT_LE(said_us * 1000, static_cast<std::int64_t>(flip->done - asked)) << "another one's flip";
    figure("request-to-flip-" + word, static_cast<std::int64_t>(flip->done - asked), "request on the socket -> flip, traced, " + word, kMostToFlip);
    if (state == "enforcing") must("quell undo " + id + " --reason measured");
    reject_all();
}

INSTANTIATE_TEST_SUITE_P(Responses, Request, testing::ValuesIn(response_rows()), [](const auto& test) { return test_name(test.param); });

}  // namespace
}  // namespace quell::guest

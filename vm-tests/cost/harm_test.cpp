// SPDX-License-Identifier: Apache-2.0
// What a hundred processes still do after the flip of a kill: nothing that has a hook. What has none is counted until the sweep.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

#include "vm-tests/cost/figures.h"
#include "vm-tests/cost/harm.h"
#include "vm-tests/cost/trace.h"

namespace quell::guest {
namespace {

constexpr std::array<const char*, HARM_KINDS> kNames = {"open", "exec", "fork", "unlink", "connect", "write"};

// Read, and not mapped: it is of a container that is about to go.
std::unique_ptr<harm> read_harm(const std::string& file) {
    auto all = std::make_unique<harm>();
    std::ifstream in(file, std::ios::binary);
    in.read(reinterpret_cast<char*>(all.get()), sizeof(harm));
    return in.gcount() == sizeof(harm) ? std::move(all) : nullptr;
}

// Each of them has done its thing this often.
bool is_everybody_at_it(const harm* all, std::uint64_t times) {
    for (const auto& lane : all->lanes)
        if (lane.done < times) return false;
    return true;
}

TEST(Harm, EndsWithTheFlip) {
    apply_offering("kill-container");
    Container victim("harm");
    must("cp /w/cost_harm " + victim.directory() + "/lower/bin/harm && echo root >" + victim.directory() + "/lower/etc/passwd");
    victim.start();
    victim.begin("exec /bin/harm /tmp 2>/tmp/said");
    const auto file = victim.directory() + "/rootfs/tmp/harm";
    EXPECT_TRUE(eventually([&] { const auto all = read_harm(file); return all && is_everybody_at_it(all.get(), 3); }, std::chrono::seconds(120))) << "somebody does nothing; " << run("cd " + victim.directory() + "; cat rootfs/tmp/said ended").text;
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("harm", "truncate");
    const auto text = message("Approve", approval(id, "kill-container"));
    (void)run("renice -n 0 $(cat /sys/fs/cgroup" + victim.cgroup() + "/cgroup.procs)");
    // at nice 19 they would do less harm than anybody's do
    EXPECT_TRUE(eventually([] { return run("ps -o ni= -C harm | sort -un | tr -d ' '").text == "0\n"; })) << run("ps -o pid,ni,args -C harm").text;
    RawClient client;
    (void)call(client, "Version");
    Trace trace(kFlipEvents);
    const auto asked = now();
    EXPECT_TRUE(client.call(text));
    const auto reply = answer(client);
    const auto flip = flip_of(trace.end(), asked);
    EXPECT_EQ(reply.contains("incident") ? reply["incident"].value("state", "") : "", "done") << reply;
    ASSERT_TRUE(flip);
    const auto all = read_harm(file);
    ASSERT_TRUE(all);

    std::array<std::int64_t, HARM_KINDS> after{}, in_flight{}, before{};
    std::uint64_t last = flip->done;
    for (int lane = 0; lane < HARM_LANES; lane++) {
        const auto& one = all->lanes[lane];
        const int kind = lane % HARM_KINDS;
        std::int64_t kept_after = 0;
        for (const auto& deed : one.last) {
            if (!deed.ended) continue;
            if (deed.ended <= flip->begun) {
                before[kind]++;
            } else if (deed.began <= flip->done) {
                in_flight[kind] += deed.ended > flip->done;
            } else {
                kept_after++;
                last = std::max(last, deed.ended);
            }
        }
        EXPECT_LT(kept_after, HARM_KEPT) << kNames[kind] << ": it did more than is kept";
        after[kind] += kept_after;
    }
    std::int64_t all_in_flight = 0;
    for (int kind = 0; kind < HARM_KINDS; kind++) {
        const std::string name = kNames[kind];
        EXPECT_GT(before[kind], 0) << name << ": nobody did it before";
        const bool has_hook = kind != HARM_CONNECT && kind != HARM_WRITE;
        figure("harm-" + name, after[kind], name + (has_hook ? ": begun after the flip, and worked" : ", on an old descriptor: after the flip and until the sweep"),
               has_hook ? std::optional<std::int64_t>(0) : std::nullopt);
        if (has_hook) all_in_flight += in_flight[kind];
    }
    figure("harm-in-flight", all_in_flight, "of those four: begun before the flip, and past their hook by then: one a CPU", sysconf(_SC_NPROCESSORS_ONLN));
    figure("harm-until", static_cast<std::int64_t>(last - flip->done), "flip -> the last thing that anybody did, by the CPU's counter");
    reject_all();
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// isolate-network on the wire: nothing that is said after the flip arrives. What lay in the send queue does, and what the kernel
// itself answers.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

#include "vm-tests/cost/figures.h"
#include "vm-tests/cost/trace.h"
#include "vm-tests/cost/wire.h"

namespace quell::guest {
namespace {

constexpr const char* kFile = "/run/wire";
constexpr int kPort = 7300;
constexpr std::uint8_t kReset = 4;

std::unique_ptr<wire> read_wire() {
    auto heard = std::make_unique<wire>();
    std::ifstream in(kFile, std::ios::binary);
    in.read(reinterpret_cast<char*>(heard.get()), sizeof(wire));
    return heard;
}

std::uint64_t real_ns() {
    timespec at{};
    clock_gettime(CLOCK_REALTIME, &at);
    return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(at.tv_nsec);
}

TEST(Wire, HasNothingThatWasSaidAfterTheFlip) {
    apply_offering("isolate-network");
    Container victim("wire");
    must("cp /w/cost_wire " + victim.directory() + "/lower/bin/wire");
    victim.start();
    const auto init = must("crun --cgroup-manager=cgroupfs state wire | jq -j .pid");
    must(std::string("rm -f ") + kFile + "*; setsid /w/cost_wire hear /proc/" + init + "/ns/net " + kFile + " " + std::to_string(kPort) + " >/run/wire.out 2>&1 </dev/null &");
    ASSERT_TRUE(eventually([] { return std::filesystem::exists(std::string(kFile) + ".ready"); })) << run("cat /run/wire.out").text;
    victim.begin("exec /bin/wire talk " + std::to_string(kPort));
    ASSERT_TRUE(eventually([] { const auto heard = read_wire(); return heard->tcp_bytes > 20'000 && heard->udp_bytes > 10'000; })) << run("cat /run/wire.out").text;
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("wire", "truncate");
    const auto text = message("Approve", approval(id, "isolate-network"));
    RawClient client;
    (void)call(client, "Version");
    const auto denied_before = denied("socket_sendmsg");
    Trace trace(kFlipEvents);
    const auto asked_real = real_ns();  // a moment apart, and of one CPU whose counter goes in nanoseconds
    const auto asked = now();
    EXPECT_TRUE(client.call(text));
    const auto reply = answer(client);
    must("sleep 5");  // what was queued has come, and nothing else
    const auto flip = flip_of(trace.end(), asked);
    ASSERT_TRUE(flip);
    EXPECT_EQ(reply.contains("incident") ? reply["incident"].value("state", "") : "", "enforcing") << reply;
    EXPECT_GT(denied("socket_sendmsg"), denied_before) << "nobody has gone on talking";
    const auto heard = read_wire();
    EXPECT_GT(heard->tcp_last, 0u);
    EXPECT_GT(heard->udp_last, 0u);
    figure("said-after-tcp", heard->tcp_last > flip->done, "a record that was said after the flip arrived by TCP", 0);
    figure("said-after-udp", heard->udp_last > flip->done, "a record that was said after the flip arrived by UDP", 0);

    const auto flipped_real = asked_real + (flip->done - asked);
    std::int64_t bytes = 0, datagrams = 0, resets = 0, acknowledgements = 0;
    EXPECT_LT(heard->packets, std::uint64_t{WIRE_PACKETS});
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(heard->packets, WIRE_PACKETS); i++) {
        const auto& one = heard->last[i];
        if (one.real_ns <= flipped_real) continue;
        if (one.protocol == IPPROTO_UDP) datagrams += one.payload;
        else if (one.payload) bytes += one.payload;
        else if (one.flags & kReset) resets++;
        else acknowledgements++;
    }
    const std::string note = reply.contains("incident") ? reply["incident"].value("note", "") : "";
    const auto at = note.find(" bytes in the send queues of ");
    const auto space = at == std::string::npos ? at : note.rfind(' ', at - 1);
    EXPECT_NE(at, std::string::npos) << "it is not said what is queued: " << note;
    figure("queued-told", at == std::string::npos ? 0 : std::atoll(note.c_str() + space + 1), "bytes in its send queues, as the approval's answer tells");
    figure("queued-left", bytes, "bytes of TCP payload that left after the flip: what was queued, at most its send buffer", 2 * WIRE_QUEUE);
    figure("datagrams-left", datagrams, "bytes of UDP payload on the wire after the flip: one datagram that was past its hook", WIRE_RECORD);
    figure("resets", resets, "segments with RST from it after the flip");
    figure("acknowledgements", acknowledgements, "segments without payload from it after the flip: the other side goes on talking");
    must("quell undo " + id + " --reason measured; pkill -x -f '/w/cost_wire hear .*'");
    reject_all();
}

}  // namespace
}  // namespace quell::guest

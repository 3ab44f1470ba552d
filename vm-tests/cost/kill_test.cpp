// SPDX-License-Identifier: Apache-2.0
// A kill beside a bare write to cgroup.kill, and beside those of the container runtimes: in turns, in one run, the medians.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "vm-tests/cost/crowd.h"

namespace quell::guest {
namespace {

constexpr int kFew = 20;
constexpr std::int64_t kMostOfABareOne = 1050, kLeastFaster = 20;

void bare_kill(const std::string& cgroup_path) {
    const int fd = open((cgroup_path + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(::write(fd, "1", 1), 1);
    close(fd);
}

// As in the container that has an incident: who acted, of whom nothing is detected here, and a parent that stays.
void act_aside(const Crowded& crowd) { crowd.begin("attack truncate /tmp/other; sleep 1000; :"); }

std::int64_t bare(int count) {
    const Crowded crowd("bare", count);
    act_aside(crowd);
    must("sync; sleep 2");
    return until_gone(crowd.cgroup_path(), count, [&] { bare_kill(crowd.cgroup_path()); });
}

struct Contained {
    std::int64_t from_socket = 0, from_flip = 0;
};

// `cgroup_path` is watched, to know when to look.
Contained contain(const std::string& id, const std::string& cgroup_path, int count) {
    const auto text = message("Approve", approval(id, "kill-container"));
    must("sync; sleep 2");
    RawClient client;
    (void)call(client, "Version");
    auto events = kFlipEvents;
    events.emplace_back("sched/sched_process_exit");
    Trace trace(events);
    const auto asked = now();
    EXPECT_TRUE(client.call(text));
    const auto reply = answer(client);
    expect_empty(cgroup_path);
    const auto traced = trace.end();
    EXPECT_EQ(reply.contains("incident") ? reply["incident"].value("state", "") : "", "done") << reply;
    const auto flip = flip_of(traced, asked);
    const auto last = last_gone(traced, count);
    if (!flip || last <= flip->begun) {
        ADD_FAILURE() << "no flip, or nobody has gone after it";
        return {};
    }
    return {static_cast<std::int64_t>(last - asked), static_cast<std::int64_t>(last - flip->begun)};
}

Contained contained(int count) {
    const Crowded crowd("crowd", count);
    return contain(incident_by_one_who_stays(crowd, "crowd"), crowd.cgroup_path(), count);
}

class Kill : public testing::Test {
protected:
    void SetUp() override { apply_offering("kill-container"); }
    void TearDown() override { reject_all(); }

    static void beside_a_bare_one(int count, int turns) {
        std::vector<std::int64_t> with, without;
        for (int turn = 0; turn < turns; turn++) {
            with.push_back(contained(count).from_flip);
            without.push_back(bare(count));
        }
        const std::string of = std::to_string(count);
        figure("bare-kill-" + of, median(without), "a bare write to cgroup.kill -> the last of " + of + " has gone");
        figure("kill-" + of, median(with), "flip -> the last of " + of + " has gone");
        figure("kill-" + of + "-per-mille", per_mille(median(with), median(without)), "the two, in thousandths", kMostOfABareOne);
    }
};

TEST_F(Kill, OfTwentyTakesWhatABareOneTakes) { beside_a_bare_one(kFew, 5); }

TEST_F(Kill, OfAThousandTakesWhatABareOneTakes) { beside_a_bare_one(1000, 3); }

// The floor: what the kernel takes to end them, whoever asks.
TEST_F(Kill, BesideCrunAndAWaitForTheCgroup) {
    std::vector<std::int64_t> ours, theirs, floor;
    for (int turn = 0; turn < 3; turn++) {
        ours.push_back(contained(kFew).from_socket);
        const Crowded crowd("crun", kFew);
        act_aside(crowd);
        theirs.push_back(until_gone(crowd.cgroup_path(), kFew, [] { must_run({"crun", "--cgroup-manager=cgroupfs", "kill", "crun", "KILL"}); }));
        floor.push_back(bare(kFew));
    }
    const auto teardown = median(floor);
    figure("socket-to-gone-20", median(ours), "request on the socket -> the last of 20 has gone");
    figure("crun-kill-20", median(theirs), "crun kill, from its start -> the last of 20 has gone");
    figure("teardown-20", teardown, "of each, what the kernel takes to end 20: the bare write");
    figure("crun-per-mille", per_mille(median(theirs), median(ours)), "crun's, in thousandths of Quell's");
    figure("crun-beyond-teardown", std::max<std::int64_t>(median(theirs) - teardown, 0), "crun's without the floor");
    figure("socket-beyond-teardown", std::max<std::int64_t>(median(ours) - teardown, 0), "Quell's without the floor");
}

TEST_F(Kill, IsTwentyTimesFasterThanPodmans) {
    const std::string podman = "podman --cgroup-manager cgroupfs ", quiet = " </dev/null >/tmp/podman.out 2>&1 || { cat /tmp/podman.out; false; }";
    must("rm -rf /srv/image && cp -a /usr/share/quell-vm/rootfs /srv/image && cp /w/attack /srv/image/bin/ && cp /w/cost_events /srv/image/bin/events && echo line >/srv/image/var/log/b.log && "
         "tar -C /srv/image -c . | podman import - localhost/figures");
    std::vector<std::int64_t> ours, theirs;
    for (int turn = 0; turn < 6; turn++) {
        must(podman + "run -d --name podcrowd --network none localhost/figures /bin/events crowd 19" + quiet);
        const auto cgroup = must("echo -n /sys/fs/cgroup$(cut -d: -f3 /proc/$(podman inspect -f '{{.State.Pid}}' podcrowd)/cgroup)");
        EXPECT_TRUE(eventually([&] { return std::atoi(run("wc -l <" + cgroup + "/cgroup.procs").text.c_str()) == kFew; }));
        if (turn % 2) {
            theirs.push_back(until_gone(cgroup, kFew, [] { must_run({"podman", "--cgroup-manager", "cgroupfs", "kill", "podcrowd"}); }));
        } else {
            must("podman exec podcrowd attack truncate /var/log/b.log" + quiet);
            ours.push_back(contain(pending_id("podcrowd", "truncate"), cgroup, kFew).from_socket);
        }
        must(podman + "rm -f -t 0 podcrowd" + quiet);
    }
    figure("podman-kill-20", median(theirs), "podman kill, from its start -> the last of 20 has gone");
    figure("podman-socket-to-gone-20", median(ours), "the same container: request on the socket -> the last of 20 has gone");
    figure_at_least("podman-ratio", per_mille(median(theirs), median(ours)) / 1000, "so many times faster", kLeastFaster);
    must("podman rmi -f localhost/figures >/dev/null; rm -rf /srv/image");
}

}  // namespace
}  // namespace quell::guest

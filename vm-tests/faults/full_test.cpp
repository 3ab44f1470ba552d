// SPDX-License-Identifier: Apache-2.0
// The maps of what is in force are filled to the last place: what finds none
// has failed, loudly, what holds goes on, nobody else is met, and when one is
// taken back there is room. No system call writes into these maps: they are
// filled as an approval fills them, of containers in which nobody lives.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>

#include "user/base/id.h"
#include "vm-tests/faults/rows.h"
#include "vm-tests/harness/kernel_side.h"
#include "vm-tests/harness/losses.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

using Actions = std::vector<std::string>;

constexpr std::size_t kRoom = QUELL_PENDING_MAX, kEntries = 2 * kRoom;  // of each of these maps, and of `pending`: kern/maps.h
constexpr std::chrono::seconds kMany{120};                             // for a thousand rows
const std::string kRule = std::string(kPolicyDirectory) + "/held-at-once.yaml";

// Cgroups that are called as a runtime calls its containers'. They go with it, and what is in force of them.
class BareContainers {
public:
    explicit BareContainers(std::size_t count) {
        must("mkdir -p /sys/fs/cgroup/kubepods.slice");
        for (std::size_t i = 0; i < count; i++) {
            struct stat made {};
            const auto path = "/sys/fs/cgroup/kubepods.slice/crio-" + random_hex(64) + ".scope";
            if (mkdir(path.c_str(), 0755) || stat(path.c_str(), &made)) {
                ADD_FAILURE() << path << ": " << errno;
                return;
            }
            paths_.push_back(path);
            ids_.push_back(made.st_ino);
        }
    }
    ~BareContainers() {
        for (const auto& path : paths_) EXPECT_EQ(rmdir(path.c_str()), 0) << path;
    }
    BareContainers(const BareContainers&) = delete;
    BareContainers& operator=(const BareContainers&) = delete;
    [[nodiscard]] const std::vector<std::uint64_t>& ids() const { return ids_; }

private:
    std::vector<std::string> paths_;
    std::vector<std::uint64_t> ids_;
};

std::size_t entries_of(const std::string& map) {
    const int fd = bpf_obj_get(("/sys/fs/bpf/quell/maps/" + map).c_str());
    EXPECT_GE(fd, 0) << map;
    alignas(8) std::array<char, 512> key{};  // larger than each
    std::size_t count = 0;
    for (int error = bpf_map_get_next_key(fd, nullptr, key.data()); error == 0; error = bpf_map_get_next_key(fd, key.data(), key.data()))
        if (++count > kEntries) break;
    if (fd >= 0) close(fd);
    return count;
}

const Row& row_called(const std::string& response) {
    for (const auto& row : kRows)
        if (row.response == response) return row;
    ADD_FAILURE() << "no row of " << response;
    return kRows[0];
}

std::string text_of(const std::string& id, const std::string& action) {
    const auto history = quell("history --incident " + id);
    for (const auto& row : history["rows"])
        if (row["action"] == action) return row["result"];
    return "no row " + action;
}

std::string id_of(const bpf::PendingEntry& entry) { return id_text(QUELL_WORD_INCIDENT(entry.value.word)); }

class FilledMap : public testing::Test {
protected:
    void TearDown() override {
        if (!daemon_pid()) start_daemon();
        reject_all();
    }
    static void approve_now(Case& one) {
        one.request();
        const auto output = one.approve();
        EXPECT_EQ(output.status, 0) << output.text;
        EXPECT_TRUE(one.in_force());
    }
    // Of each container something as `like` is, until one is refused.
    static std::vector<bpf::PendingEntry> fill(KernelSide& kernel, const bpf::PendingEntry& like, quell_response response, const BareContainers& bare, quell_state end) {
        std::vector<bpf::PendingEntry> made;
        for (const auto id : bare.ids()) {
            made.push_back(kernel.bring_about(like, response, id, end));
            if (!made.back().key.container) break;
        }
        return made;
    }
    // It waited before there was no room.
    static void expect_failed_loudly(Case& beyond) {
        EXPECT_EQ(beyond.state(), "pending") << show(beyond.id()).dump(1);
        const auto before = counter("files-full");
        const auto output = beyond.approve();
        EXPECT_EQ(output.status, 1) << output.text;
        EXPECT_NE(output.text.find("no room for one more"), std::string::npos) << output.text;
        EXPECT_EQ(counter("files-full"), before + 1);
        EXPECT_FALSE(beyond.in_force());
        EXPECT_EQ(beyond.state(), "failed");
        EXPECT_TRUE(eventually([&] { return actions_of(beyond.id()) == (Actions{"requested", "approved", "failed"}); })) << Json(actions_of(beyond.id()));
        EXPECT_NE(text_of(beyond.id(), "failed").find("nothing could be contained"), std::string::npos) << text_of(beyond.id(), "failed");
        const auto warnings = quell("status")["status"]["warnings"].dump();
        EXPECT_NE(warnings.find("containments that found no room"), std::string::npos) << warnings;
        const auto undone = run("quell undo " + beyond.id() + " --reason over");
        EXPECT_NE(undone.status, 0) << "nothing of it is in force: " << undone.text;
        EXPECT_EQ(actions_of(beyond.id()).back(), "refused");
    }
    // Not each of the thousand.
    static void reject_what_waits() {
        for (const auto& one : incidents())
            if (one["state"] == "pending" || one["state"] == "arming") must("quell reject " + one["id"].get<std::string>() + " --reason seen");
    }
    static void undo(const bpf::PendingEntry& one) {
        const auto output = run("quell undo " + id_of(one) + " --reason room");
        EXPECT_EQ(output.status, 0) << output.text;
    }
    // What one incident is about is in force, a second waits, and all other places are taken.
    static void expect_full_is_told(const std::string& response, quell_response which, const char* map, const std::function<void()>& meanwhile = {}) {
        allow_counter("files-full");
        Container neighbour("neighbour");
        neighbour.start();
        Case held(row_called(response)), beyond(row_called(response), "beyond-");
        approve_now(held);
        beyond.request();
        must("sleep 2");  // the rows until here are on the disk
        {
            const BareContainers bare(kRoom - 1);
            std::vector<bpf::PendingEntry> made;
            {
                KernelSide kernel;
                made = fill(kernel, kernel.find(held.id()), which, bare, QUELL_STATE_ENFORCING);
            }
            ASSERT_EQ(made.size(), kRoom - 1);
            ASSERT_EQ(entries_of(map), kRoom);
            expect_failed_loudly(beyond);
            if (meanwhile) meanwhile();
            EXPECT_EQ(entries_of(map), kRoom) << "nobody's place was taken";
            EXPECT_TRUE(held.in_force());
            EXPECT_EQ(held.state(), "enforcing");
            if (*held.row().refused) {
                EXPECT_NE(neighbour.exec(held.row().refused).status, EPERM) << "nobody else is meant";
            }

            undo(made.front());
            EXPECT_EQ(entries_of(map), kRoom - 1);
            EXPECT_EQ(actions_of(id_of(made.front())), (Actions{"requested", "approved", "enforcing", "undone"}));
            EXPECT_EQ(show(id_of(made.back()))["state"], "enforcing");
            approve_now(beyond);
            EXPECT_EQ(entries_of(map), kRoom);
            beyond.expect_whole();
        }
        EXPECT_TRUE(eventually([&] { return entries_of(map) == 2; }, kMany)) << entries_of(map) << " instead of those two";
        held.expect_undone();
        beyond.expect_undone();
        EXPECT_EQ(entries_of(map), 0u);
        EXPECT_TRUE(eventually([] { return incidents().empty(); }, kMany)) << incidents().size();
        EXPECT_EQ(run("quell history verify").status, 0);
    }
};

// And who waits is not cut off, which is told.
TEST_F(FilledMap, OfContainersWhoseNetworkIsCut) {
    write(kRule,
          "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: at-once}\nspec:\n  rules:\n    - id: at-once\n      severity: high\n      on: [delete]\n      where: {subject: container}\n"
          "      match: {path: [/var/log/c.log]}\n      respond: {offer: [kill-container, isolate-network], while-pending: [isolate-network], expires: 1h}\n");
    must("quell policy apply");
    allow_counter("holds-full");
    {
        Container unheld("unheld");
        unheld.start();
        expect_full_is_told("isolate-network", QUELL_RESPONSE_ISOLATE_NETWORK, "isolations", [&] {
            const auto before = counter("holds-full");
            EXPECT_EQ(attack(unheld, "unlink /var/log/c.log"), 0);
            EXPECT_GT(counter("holds-full"), before);
            EXPECT_NE(unheld.exec("acts bind 0.0.0.0 4000").status, EPERM);
            const auto found = wait_for_pending([](const Json& one) { return one["rule"] == "at-once"; });
            ASSERT_TRUE(found);
            const std::string id = (*found)["id"];
            EXPECT_TRUE(eventually([&] { return text_of(id, "not-held").find("there is no room for one more") != std::string::npos; })) << text_of(id, "not-held");
            reject_what_waits();
        });
    }
    must("rm " + kRule);
    apply_pack();
}

TEST_F(FilledMap, OfContainersWhoseWritesAreDenied) { expect_full_is_told("deny-write", QUELL_RESPONSE_DENY_WRITE, "write_denials"); }

TEST_F(FilledMap, OfExecutablesThatAreDenied) { expect_full_is_told("deny-exec", QUELL_RESPONSE_DENY_EXEC, "denied_executables"); }

// A kill that is done gives its place back: full it is of those that failed, which go on refusing.
TEST_F(FilledMap, OfProcessesThatDidNotDie) {
    allow_counter("files-full");
    Case beyond(row_called("kill-process"));
    beyond.request();
    must("sleep 2");
    {
        const BareContainers bare(kRoom);
        std::vector<bpf::PendingEntry> made;
        {
            KernelSide kernel;
            made = fill(kernel, kernel.find(beyond.id()), QUELL_RESPONSE_KILL_PROCESS, bare, QUELL_STATE_FAILED);
        }
        ASSERT_EQ(made.size(), kRoom);
        ASSERT_EQ(entries_of("contained_actors"), kRoom);
        expect_failed_loudly(beyond);
        undo(made.front());
        EXPECT_EQ(entries_of("contained_actors"), kRoom - 1);
        beyond.request();
        const auto output = beyond.approve();
        EXPECT_EQ(output.status, 0) << output.text;
        beyond.expect_whole();
        // they hold until somebody takes them back, also without their container
        KernelSide kernel;
        for (auto at = made.begin() + 1; at != made.end(); ++at) {
            auto request = approval_of(*at, QUELL_RESPONSE_COUNT);
            request.from = QUELL_STATE_FAILED;
            request.to = QUELL_STATE_NONE;
            EXPECT_EQ(kernel.transition(request).error, 0);
        }
    }
    EXPECT_EQ(entries_of("contained_actors"), 0u);
    EXPECT_EQ(run("quell history verify").status, 0);
}

// Of each that waits two objects are held: so these are full before there are too many that wait.
TEST_F(FilledMap, OfWhatIsHeldWhileNobodyHasDecided) {
    allow_counter("holds-full");
    write(kRule,
          "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: at-once}\nspec:\n  rules:\n    - id: at-once\n      severity: high\n      on: [open-write]\n      where: {subject: container}\n"
          "      match: {path: [/srv/each/*/file]}\n      respond: {offer: [deny-write, deny-exec], while-pending: [deny-write, deny-exec], expires: 1h}\n");
    must("quell policy apply");
    const auto before = counter("holds-full");
    constexpr std::size_t kWriters = QUELL_PENDING_PER_SUBJECT, kHolding = kRoom / 2 / kWriters;
    {
        std::vector<std::unique_ptr<Jail>> jails;
        const auto writers = [&](std::size_t count) {
            jails.push_back(std::make_unique<Jail>("holds" + std::to_string(jails.size())));
            const auto result = jails.back()->run({"many-writers", "/srv/each", std::to_string(count)});
            EXPECT_EQ(result["failed"], 0) << result;
        };
        const auto refused = [](const Jail& jail, const std::string& file) { return jail.run({"act", "unlink", file})["failed"] != 0; };
        const auto held_of = [](const Jail& jail) {
            return std::ranges::count_if(incidents(), [&](const Json& one) { return is_of(one, jail) && one["state"] == "pending"; });
        };
        while (jails.size() < kHolding) writers(kWriters);
        ASSERT_EQ(entries_of("held_objects"), kRoom);
        EXPECT_EQ(counter("holds-full"), before);
        const auto& first = *jails.front();
        EXPECT_TRUE(refused(first, "/srv/each/0/new"));

        writers(2);
        EXPECT_GE(counter("holds-full"), before + 4) << "each match of theirs tries anew, and so does the daemon";
        EXPECT_EQ(entries_of("held_objects"), kRoom) << "nobody's place was taken";
        EXPECT_TRUE(refused(first, "/srv/each/0/new"));
        const auto& beyond = *jails.back();
        EXPECT_FALSE(refused(beyond, "/srv/each/0/new"));
        EXPECT_TRUE(eventually([&] { return held_of(beyond) == 2; }, kMany));
        for (const auto& one : incidents()) {
            if (!is_of(one, beyond)) continue;
            const std::string id = one["id"];
            EXPECT_TRUE(eventually([&] { return text_of(id, "not-held").find("there is no room for one more") != std::string::npos; })) << text_of(id, "not-held");
        }
        const auto warnings = quell("status")["status"]["warnings"].dump();
        EXPECT_NE(warnings.find("found no room"), std::string::npos) << warnings;

        // two places for who comes next, once one of them is decided on
        EXPECT_TRUE(eventually([&] { return held_of(first) == static_cast<long>(kWriters); }, kMany));
        const auto all = incidents();
        const auto one = std::ranges::find_if(all, [&](const Json& each) { return is_of(each, first); });
        ASSERT_NE(one, all.end());
        must("quell reject " + (*one)["id"].get<std::string>() + " --reason seen");
        EXPECT_EQ(entries_of("held_objects"), kRoom - 2);
        writers(1);
        EXPECT_EQ(entries_of("held_objects"), kRoom);
        EXPECT_TRUE(refused(*jails.back(), "/srv/each/0/new"));
        reject_what_waits();
        EXPECT_EQ(entries_of("held_objects"), 0u);
        EXPECT_FALSE(refused(first, "/srv/each/1/new"));
    }
    must("rm " + kRule);
    apply_pack();
    EXPECT_EQ(run("quell history verify").status, 0);
}

// Twice as many as may wait: all of it holds.
TEST_F(FilledMap, OfAllThatIsInForce) {
    allow_counter("pending-full");
    Case victim(row_called("pause-container"));
    Case cut(row_called("isolate-network")), denied(row_called("deny-write"));
    approve_now(cut);
    approve_now(denied);
    must("sleep 2");
    {
        const BareContainers bare(kRoom - 1);
        std::vector<bpf::PendingEntry> made;
        {
            KernelSide kernel;
            made = fill(kernel, kernel.find(cut.id()), QUELL_RESPONSE_ISOLATE_NETWORK, bare, QUELL_STATE_ENFORCING);
            const auto more = fill(kernel, kernel.find(denied.id()), QUELL_RESPONSE_DENY_WRITE, bare, QUELL_STATE_ENFORCING);
            ASSERT_EQ(made.size() + more.size(), kEntries - 2);
            ASSERT_EQ(entries_of("pending"), kEntries) << "those that are over made room";
        }
        auto before = counter("pending-full");
        const auto output = run("quell respond pause-container --container " + victim.container().id() + " --reason full --yes");
        EXPECT_NE(output.status, 0) << output.text;
        EXPECT_NE(output.text.find("there is no room for one more"), std::string::npos) << output.text;
        EXPECT_GT(counter("pending-full"), before);
        EXPECT_FALSE(victim.in_force());
        EXPECT_TRUE(eventually([] {
            const auto history = quell("history --limit 20");
            return std::ranges::any_of(history["rows"], [](const Json& row) { return row["action"] == "refused" && row["result"].get<std::string>().find("no room for one more") != std::string::npos; });
        })) << quell("history --limit 20").dump(1);

        before = counter("pending-full");
        const auto matched = matches();
        EXPECT_EQ(attack(victim.container(), "unlink /var/log/dpkg.log"), 0);
        EXPECT_GT(matches(), matched);
        EXPECT_GT(counter("pending-full"), before);
        const auto warnings = quell("status")["status"]["warnings"].dump();
        EXPECT_NE(warnings.find("incidents that found no room among the pending"), std::string::npos) << warnings;
        EXPECT_EQ(entries_of("pending"), kEntries) << "nobody's place was taken";
        EXPECT_TRUE(cut.in_force() && denied.in_force());

        undo(made.front());
        approve_now(victim);
        victim.expect_whole();
        victim.expect_undone();
    }
    EXPECT_TRUE(eventually([] { return entries_of("isolations") == 1 && entries_of("write_denials") == 1; }, kMany)) << entries_of("isolations") << " " << entries_of("write_denials");
    cut.expect_undone();
    denied.expect_undone();
    EXPECT_EQ(run("quell history verify").status, 0);
}

}  // namespace
}  // namespace quell::guest

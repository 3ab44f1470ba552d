// SPDX-License-Identifier: Apache-2.0
// 1,024 incidents that wait and 10,000 rows of history: what the list, one incident and an approval take of the daemon, and
// a thousand approvals by one call.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "vm-tests/cost/figures.h"
#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

constexpr std::size_t kPerContainer = 64, kFull = 12, kAll = 1024, kSome = 2 * kPerContainer;  // kern/abi.h: 768 before the rest is for newcomers
constexpr int kRows = 10'000, kCalls = 20, kTasks = 1'600;
// "Linear" and "constant" to a quarter: one is a list in JSON, the others look one thing up among many.
constexpr std::int64_t kMostOfAFew = 1250;

// Showing whom kill-process would hit walks all tasks of the host, and each actor is one. So that what is compared is what
// waits, and not what runs, there are as many tasks each time: the rest of them sleep, and have done nothing.
class Sleepers {
public:
    Sleepers() {
        for (int i = tasks(); i < kTasks; i++) {
            const pid_t child = fork();
            if (child == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;) pause();
            }
            EXPECT_GT(child, 0) << i;
            if (child < 0) break;
            all_.push_back(child);
        }
        EXPECT_NEAR(tasks(), kTasks, kTasks / 50);
    }
    ~Sleepers() {
        for (const pid_t child : all_) kill(child, SIGKILL);
        for (const pid_t child : all_) waitpid(child, nullptr, 0);
    }
    Sleepers(const Sleepers&) = delete;
    Sleepers& operator=(const Sleepers&) = delete;

private:
    static int tasks() { return std::stoi(must("sed 's:.*/\\([0-9]*\\) .*:\\1:' /proc/loadavg")); }
    std::vector<pid_t> all_;
};

void apply_actors() {
    must(std::string("rm -f ") + kPolicyDirectory + "/*");
    write(std::string(kPolicyDirectory) + "/figures.yaml",
          "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: figures}\nspec:\n  rules:\n    - {id: actors, name: Actors, severity: high, on: [delete], where: {subject: container}, "
          "match: {path: [/var/log/**]}, respond: {offer: [kill-process], expires: 12h}}\n");
    must("quell policy apply");
}

// A jail whose processes are of actors.c.
std::unique_ptr<Jail> jail_of_actors(const std::string& name, std::size_t actors) {
    auto jail = std::make_unique<Jail>(name, [] { return bind_in("/w/cost_actors", "racer"); });
    EXPECT_EQ(jail->run({"act", "/var/log/a", std::to_string(actors)})["acted"], actors) << name;
    return jail;
}

// All known to the daemon, and none of them still being armed.
std::vector<Json> settled(std::size_t count) {
    std::vector<Json> list;
    EXPECT_TRUE(eventually([&] {
        list = incidents();
        return list.size() == count && std::ranges::all_of(list, [](const Json& one) { return one["state"] == "pending"; });
    }, std::chrono::seconds(120))) << list.size() << " instead of " << count;
    return list;
}

// The median of single calls: what the daemon does each second is in few of them.
std::int64_t cost_of(const std::function<void()>& one, int times) {
    const auto daemon = daemon_pid();
    must("sync; sleep 2");
    std::vector<std::int64_t> took;
    for (int i = 0; i < times; i++) {
        const auto before = instructions_of(daemon);
        one();
        took.push_back(instructions_of(daemon) - before);
    }
    return median(took);
}

struct Costs {
    std::int64_t list_each = 0, show = 0, approve = 0;
};

std::int64_t show_cost(const Json& incident) {
    RawClient client;
    return cost_of([&] { (void)call(client, "Show", {{"id", incident["id"]}}); }, kCalls);
}

// Approves some of them: the last ones of the list.
Costs costs(std::vector<Json> list) {
    Costs costs;
    RawClient client;
    const auto count = static_cast<std::int64_t>(list.size());
    costs.list_each = cost_of([&] { EXPECT_EQ(call(client, "Incidents", {{"all", false}})["incidents"].size(), list.size()); }, 5) / std::max<std::int64_t>(count, 1);
    costs.show = show_cost(list.front());
    std::vector<std::int64_t> to_flip;
    for (int i = 0; i < kCalls && !list.empty(); i++) {
        auto reply = call(client, "Approve", approval(list.back()["id"], "kill-process"));
        list.pop_back();
        EXPECT_EQ(reply["incident"]["state"], "done") << reply;
        to_flip.push_back(reply["incident"].value("latency", Json::object()).value("approved_to_flipped_us", std::int64_t{0}) * 1000);
    }
    costs.approve = median(to_flip);
    return costs;
}

TEST(Many, TheListIsLinearOneOfThemAndAnApprovalAreNot) {
    apply_actors();
    std::vector<std::unique_ptr<Jail>> jails;
    while (jails.size() * kPerContainer < kSome) jails.push_back(jail_of_actors("full" + std::to_string(jails.size()), kPerContainer));
    auto few_list = settled(kSome);
    const auto show_alone = show_cost(few_list.front());
    const auto few = [&] {
        const Sleepers sleepers;
        return costs(few_list);
    }();

    std::size_t waiting = kSome - kCalls;
    while (jails.size() < kFull) {
        jails.push_back(jail_of_actors("full" + std::to_string(jails.size()), kPerContainer));
        waiting += kPerContainer;
    }
    for (; waiting < kAll; waiting++) jails.push_back(jail_of_actors("one" + std::to_string(jails.size()), 1));
    auto list = settled(kAll);
    ASSERT_EQ(list.size(), kAll);
    // rows: each call that changes nothing is one
    auto tried = approval(list.front()["id"], "kill-process");
    tried["dry_run"] = true;
    RawClient trying;
    for (int i = 0; i < kRows; i++) (void)call(trying, "Approve", tried);
    // the newest has a number once it is on the disk
    EXPECT_TRUE(eventually([] { return quell("history --limit 1")["rows"][0].value("row", 0) > kRows; }, std::chrono::seconds(120)));
    const auto many = [&] {
        const Sleepers sleepers;
        return costs(list);
    }();

    figure("list-each-128", few.list_each, "the daemon's for one incident of a list of 128");
    figure("list-each-1024", many.list_each, "the same of 1,024, with 10,000 rows of history");
    figure("list-each-per-mille", per_mille(many.list_each, few.list_each), "the two, in thousandths: the list is linear", kMostOfAFew);
    figure("show-alone", show_alone, "the daemon's for showing one incident that offers kill-process, 128 wait, no other tasks");
    figure("show-128", few.show, "the same with 1,600 tasks on the host, all of which are walked");
    figure("show-1024", many.show, "the same with as many tasks, 1,024 wait, with 10,000 rows");
    figure("show-per-mille", per_mille(many.show, few.show), "the two, in thousandths: constant", kMostOfAFew);
    figure("approve-128", few.approve, "request received -> flip, 128 wait, to the microsecond");
    figure("approve-1024", many.approve, "the same, 1,024 wait, with 10,000 rows");
    figure("approve-per-mille", per_mille(many.approve, few.approve), "the two, in thousandths: constant", kMostOfAFew);

    // and all that still wait, by one command
    const std::string command = "quell approve --select rule=figures/actors kill-process --reason many --json";
    const auto told = Json::parse(must(command + " --dry-run 2>/dev/null"), nullptr, false);
    ASSERT_TRUE(told.contains("digest")) << told;
    const auto pid = daemon_pid();
    const auto before = instructions_of(pid);
    const auto began = now();
    const auto done = Json::parse(must(command + " --digest " + told["digest"].get<std::string>() + " 2>/dev/null"), nullptr, false);
    const auto took = static_cast<std::int64_t>(now() - began);
    const auto daemon = instructions_of(pid) - before;
    ASSERT_TRUE(told.contains("results") && done.contains("results")) << told;
    const auto ok = std::ranges::count_if(done["results"], [](const Json& one) { return one.value("ok", false); });
    figure_at_least("bulk", ok, "approvals by one call that were carried out", 1000);
    EXPECT_EQ(static_cast<std::size_t>(ok), done["results"].size());
    figure("bulk-each", took / std::max<std::int64_t>(ok, 1), "an approval of these, with everything: until its process has gone");
    figure("bulk-each-daemon", daemon / std::max<std::int64_t>(ok, 1), "of it the daemon's");
    EXPECT_TRUE(incidents().empty());
    reject_all();
}

}  // namespace
}  // namespace quell::guest

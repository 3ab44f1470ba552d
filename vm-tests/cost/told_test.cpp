// SPDX-License-Identifier: Apache-2.0
// How long a detection takes to be seen by who watches, and to have its container frozen where the rule says so: with nothing else to
// do, and while 10,000 matches of another rule come.
#include <gtest/gtest.h>

#include "vm-tests/cost/figures.h"
#include "vm-tests/cost/trace.h"

namespace quell::guest {
namespace {

constexpr int kTurns = 5;
constexpr std::int64_t kMatches = 10'000;

// As `quell watch`: rows as they are made.
class Watcher {
public:
    Watcher() {
        EXPECT_TRUE(client_.call(R"({"method":"io.quell.Watch","parameters":{},"more":true})"));
        EXPECT_TRUE(client_.get()) << "the first answer has no row";
    }
    // The counter when the row of this action of that rule comes; 0 and a failure when it does not.
    std::uint64_t sees(const std::string& rule, const std::string& action) {
        for (;;) {
            const auto text = client_.get(60'000);
            const auto at = now();
            if (!text) {
                ADD_FAILURE() << "no row " << action << " of " << rule;
                return 0;
            }
            const auto told = Json::parse(*text, nullptr, false);
            const auto parameters = told.is_object() ? told.value("parameters", Json::object()) : Json::object();
            if (!parameters.contains("row") || parameters["row"].value("action", "") != action) continue;
            if (parameters.value("incident", Json::object()).value("rule", "") == rule) return at;
        }
    }

private:
    RawClient client_;
};

// Another container, whose matches of another rule go on until it is destroyed. Forty actors after each other, so that new incidents are among them.
class Load {
public:
    Load() : busy_("busy") {
        must("cp /w/cost_events " + busy_.directory() + "/lower/bin/events && echo x >" + busy_.directory() + "/lower/etc/asked");
        busy_.start();
        const auto before = matches();
        busy_.begin("exec /bin/events open /etc/asked 40 200000");
        EXPECT_TRUE(eventually([&] { return matches() - before >= kMatches; }, std::chrono::seconds(60)));
        seen_ = matches();
    }
    // It has not ended, and there were as many more matches.
    void expect_going_on() {
        EXPECT_NE(run("test -s " + busy_.directory() + "/ended").status, 0) << "it has ended";
        EXPECT_GT(matches(), seen_);
        seen_ = matches();
    }

private:
    Container busy_;
    std::int64_t seen_ = 0;
};

void apply_rules(const std::string& while_pending) {
    must(std::string("rm -f ") + kPolicyDirectory + "/*");
    write(std::string(kPolicyDirectory) + "/figures.yaml",
          "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: figures}\nspec:\n  rules:\n"
          "    - {id: log, name: Log, severity: high, on: [truncate], where: {subject: any}, match: {path: [/var/log/b.log]}, respond: {offer: [kill-container, pause-container, isolate-network]" +
              (while_pending.empty() ? "" : ", while-pending: [" + while_pending + "]") + "}}\n"
          "    - {id: asked, name: Asked, severity: low, on: [open-read], where: {subject: any}, match: {path: [/etc/asked]}, respond: {offer: [kill-container]}}\n");
    must("quell policy apply");
}

// From the truncation's return, in the container that was acted in.
std::int64_t until_seen(Load* load) {
    std::vector<std::int64_t> took;
    for (int turn = 0; turn < kTurns; turn++) {
        Container fresh("told" + std::to_string(turn));
        fresh.start();
        Watcher watcher;
        Trace trace({"syscalls/sys_exit_truncate"});
        fresh.begin("attack truncate /var/log/b.log; sleep 1000; :");
        const auto seen = watcher.sees("log", "detected");
        std::uint64_t happened = 0;
        for (const auto& one : trace.end())
            if (one.comm == "attack") happened = one.at;
        EXPECT_GT(happened, 0u);
        if (load) load->expect_going_on();
        // under a load the daemon may be faster than the return
        if (seen && happened) took.push_back(seen > happened ? static_cast<std::int64_t>(seen - happened) : 0);
    }
    return median(took);
}

TEST(Told, WhoWatchesSeesADetection) {
    apply_rules("");
    figure("event-to-watch", until_seen(nullptr), "the operation's return -> its row at who watches, nothing else to do");
    Load load;
    figure("event-to-watch-load", until_seen(&load), "the same while matches of another rule come, one after the other");
    reject_all();
}

// In microseconds, as the incident tells it: the freeze is the daemon's.
std::int64_t until_held(const std::string& response, Load* load) {
    std::vector<std::int64_t> took;
    for (int turn = 0; turn < kTurns; turn++) {
        Container fresh("held" + std::to_string(turn));
        fresh.start();
        Watcher watcher;
        fresh.begin("attack truncate /var/log/b.log; sleep 1000; :");
        EXPECT_GT(watcher.sees("log", "held"), 0u);
        if (load) load->expect_going_on();
        const auto found = wait_for([&](const Json& one) { return one["rule"] == "log" && one["container"].value("name", "") == "held" + std::to_string(turn); });
        if (!found) {
            ADD_FAILURE() << "no incident";
            continue;
        }
        for (const auto& hold : found->value("while_pending", Json::array()))
            if (hold["response"] == response) {
                EXPECT_TRUE(hold["state"] == "frozen" || hold["state"] == "in force") << hold;
                took.push_back(hold.value("after_us", std::int64_t{-1}) * 1000);
            }
        must("quell reject " + (*found)["id"].get<std::string>() + " --reason measured");
    }
    EXPECT_EQ(took.size(), static_cast<std::size_t>(kTurns)) << "somebody was not held";
    return median(took);
}

TEST(Told, WhoIsHeldIsHeld) {
    for (const std::string response : {"pause-container", "isolate-network"}) {
        apply_rules(response);
        const std::string text = response == "pause-container" ? "the event -> frozen" : "the event -> its network is cut: by the kernel side, in the event";
        const auto limit = response == "pause-container" ? std::nullopt : std::optional<std::int64_t>(0);
        figure("event-to-" + response, until_held(response, nullptr), text + ", nothing else to do, to the microsecond", limit);
        Load load;
        figure("event-to-" + response + "-load", until_held(response, &load), "the same while matches of another rule come, one after the other", limit);
        reject_all();
    }
}

}  // namespace
}  // namespace quell::guest

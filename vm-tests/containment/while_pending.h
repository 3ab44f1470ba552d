// SPDX-License-Identifier: Apache-2.0
// What tests of while-pending have in common: policies of a rule or two, and
// what is seen of a container that is held.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

using Actions = std::vector<std::string>;

inline const std::string kRuleFile = std::string(kPolicyDirectory) + "/while.yaml";

class WhilePending : public testing::Test {
protected:
    static void SetUpTestSuite() { must(std::string("rm -f ") + kPolicyDirectory + "/*"); }
    static void TearDownTestSuite() {
        must("rm -f " + kRuleFile);
        apply_pack();
    }
    void TearDown() override {
        if (const auto pid = daemon_pid()) (void)::kill(pid, SIGCONT);
        else start_daemon();
        reject_all();
    }

    // Two rules on logs, so that two incidents of one container can hold it.
    static void apply(const std::string& words, const std::string& expires = "1h", const std::string& where = "{subject: any}") {
        std::string rules;
        for (const char* log : {"b.log", "c.log"})
            rules += std::string("    - id: ") + log[0] + "-log\n      severity: high\n      on: [delete]\n      where: " + where + "\n      match: {path: [/var/log/" + log +
                     "]}\n      respond: {offer: [kill-container, isolate-network, pause-container, stop-container], while-pending: [" + words + "], expires: " + expires + "}\n";
        write(kRuleFile, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n" + rules);
        must("quell policy apply");
    }
    // A rule on an executable: of /tmp/tool, which runs (255) or is refused.
    static void apply_on_tool(const std::string& words) {
        write(kRuleFile, "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: site}\nspec:\n  rules:\n    - id: tool\n      severity: high\n      on: [exec]\n      where: {subject: container}\n"
                         "      match: {path: [/tmp/tool]}\n      respond: {offer: [kill-container, deny-exec], while-pending: [" + words + "], expires: 1h}\n");
        must("quell policy apply");
    }
    static void lay_tool_into(const Container& victim) {
        const auto tmp = victim.directory() + "/rootfs/tmp";
        must("cp /w/attack " + tmp + "/tool; ln " + tmp + "/tool " + tmp + "/link; cp /w/attack " + tmp + "/copy");
    }
    static ContainerOptions counting() {
        ContainerOptions options;
        options.command = "while :; do echo x >>/tmp/beat; sleep 0.05; done";
        return options;
    }
    // How often it did something within a while.
    static long beats(const Container& victim) {
        const auto count = "stat -c %s " + victim.directory() + "/rootfs/tmp/beat";
        return std::stol(must("a=$(" + count + "); sleep 1; b=$(" + count + "); echo $((b - a))"));
    }
    static bool frozen(const Container& victim) { return run("grep -qx 'frozen 1' /sys/fs/cgroup" + victim.cgroup() + "/cgroup.events").status == 0; }
    static int connects(const Container& victim, const std::string& address = "127.0.0.1") { return victim.exec("acts connect " + address + " 7000").status; }
    // Who removes a log is frozen with the others: it is not waited for.
    static void remove(const Container& victim, const std::string& log = "b.log") { victim.begin("rm /var/log/" + log); }
    static std::string incident(const std::string& name, const std::string& rule = "b-log") {
        std::string id = "0";  // also of one that is over by now
        EXPECT_TRUE(eventually([&] {
            for (const auto& one : incidents(true))
                if (one["rule"] == rule && one.contains("container") && one["container"].value("name", "") == name) id = one["id"];
            return id != "0";
        })) << name << " " << run("quell incidents --all").text;
        return id;
    }
    static Json hold(const std::string& id, const std::string& response) {
        const auto shown = show(id);
        for (const auto& one : shown.value("while_pending", Json::array()))
            if (one["response"] == response) return one;
        return {{"state", "none"}};
    }
    static std::string result(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const auto& row : history["rows"])
            if (row["action"] == action) return row["result"];
        return "no row " + action;
    }
    static bool has(const std::string& id, const std::string& action) {
        const auto actions = actions_of(id);
        return std::ranges::find(actions, action) != actions.end();
    }
    static void expect_actions(const std::string& id, const Actions& expected) {
        EXPECT_TRUE(eventually([&] { return actions_of(id) == expected; })) << testing::PrintToString(actions_of(id)) << " instead of " << testing::PrintToString(expected);
    }
    static bool attached(const std::string& hook) {
        for (const Json all = quell("status")["status"]["hooks"]; const auto& one : all)
            if (one["name"] == hook) return one["attached"];
        return false;
    }
};

}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// What the tests of pause-container and stop-container share.
#pragma once

#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

// Containers whose removals of logs are offered all that ends or halts them.
class Halted : public testing::Test {
protected:
    static void SetUpTestSuite() { apply_pack("s/offer: .*]/offer: [kill-container, pause-container, stop-container]/"); }
    static void TearDownTestSuite() { apply_pack(); }
    void TearDown() override { reject_all(); }

    // What it does is an incident of its own for each log: of another parent.
    [[nodiscard]] static std::string incident_of(const Container& victim, const std::string& name, const std::string& log = "b.log") {
        std::string before;
        for (const auto& one : incidents()) before += one["id"].get<std::string>() + " ";
        EXPECT_EQ(victim.exec("rm /var/log/" + log).status, 0);
        const auto found = wait_for_pending([&](const Json& one) {
            return one["operation"] == "delete" && one["container"].value("name", "") == name && before.find(one["id"].get<std::string>()) == std::string::npos;
        });
        EXPECT_TRUE(found) << run("quell incidents --all").text;
        return found ? (*found)["id"].get<std::string>() : "0";
    }
    [[nodiscard]] static std::string result_of(const std::string& id, const std::string& action) {
        const auto history = quell("history --incident " + id);
        for (const auto& row : history["rows"])
            if (row["action"] == action) return row["result"];
        return "no row " + action;
    }
    [[nodiscard]] static std::string path(const Container& victim, const std::string& file) { return "/sys/fs/cgroup" + victim.cgroup() + "/" + file; }
    [[nodiscard]] static bool frozen(const Container& victim) { return run("grep -qx 'frozen 1' " + path(victim, "cgroup.events")).status == 0; }
    [[nodiscard]] static Json offer(const std::string& id, const std::string& response) {
        const auto incident = show(id);
        for (const auto& one : incident["offers"])
            if (one["response"] == response) return one;
        return {};
    }
};

}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// The console in a real terminal, against a real server with canned answers.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/cli/console_fixture.h"
#include "tests/cli/tmux.h"
#include "user/cli/terminal.h"

namespace quell::cli::console {

class ConsoleTerminal : public FakeDaemon {
protected:
    void SetUp() override {
        will_reply("Incidents", list({sample_incident()}));
        will_reply("Show", {{"incident", sample_incident()}});
        will_reply("History", {{"rows", {sample_row("detected", "00012")}}});
        will_reply("ListPolicies", {{"generation", 4}, {"policies", Json::array()}});
        will_reply("Status", {{"status", status()}});
        will_reply("Preview", previews(sample_preview()));
        will_reply("WhoAmI", sample_me());
    }
    // sh's text that runs the console, and says at its end how it ended: tmux itself does not always know.
    [[nodiscard]] std::string command(const std::string& options = "", const std::string& environment = "LC_ALL=C.UTF-8") const {
        return "env -i PATH=/usr/bin:/bin TZ=UTC TERM=\"$TERM\" " + environment + " " QUELL_PROGRAM " --socket " + socket + " console " + options + "; echo left with $?; exec sleep 1000";
    }
    [[nodiscard]] std::unique_ptr<Tmux> open(const std::string& options = "", int columns = 80, int rows = 24) const {
        return std::make_unique<Tmux>(dir.path(), columns, rows, command(options));
    }
    static Json status() {
        return {{"state", "ready"}, {"version", "0.1.0"}, {"kernel", "6.12"}, {"pid", 7}, {"since", "2026-03-01T09:00:00.000000Z"}, {"canary", "denied"}, {"canary_checked", ""},
                {"generation", 4}, {"policies", 1}, {"rules", 2}, {"hooks", Json::array()}, {"containers", 3}, {"pending", 1}, {"arming", 0}, {"approved", 0}, {"enforcing", 0},
                {"counters", Json::array()}, {"warnings", Json::array()}};
    }
    // The calls of these methods, with their parameters.
    std::vector<std::string> calls_of(const std::vector<std::string>& methods) {
        std::vector<std::string> found;
        for (const std::string& one : calls())
            if (std::ranges::find(methods, one.substr(0, one.find(' '))) != methods.end()) found.push_back(one);
        return found;
    }
    // Those that decide something.
    std::vector<std::string> decisions() { return calls_of({"Approve", "Reject", "Undo"}); }
    // Of the last row: a page says how help is got, help how one gets back.
    static bool has_hints(const std::string& row) { return row.find(" help") != std::string::npos || row.find(" Esc back") != std::string::npos; }
    // No row is wider than the screen, and title and hints stand where they belong.
    static void expect_whole(const Tmux& tmux, std::size_t columns, std::size_t rows) {
        auto shown = tmux.rows();
        // The terminal tells of a new size when it likes, and a frame arrives in parts.
        for (int tries = 0; tries < 500 && (shown.size() != rows || !has_hints(shown[rows - 1])); tries++) {
            usleep(20'000);
            shown = tmux.rows();
        }
        ASSERT_EQ(shown.size(), rows) << tmux.screen();
        for (const std::string& row : shown) EXPECT_LE(width_of(row), columns) << row;
        EXPECT_TRUE(shown[0].starts_with(" Quell")) << tmux.screen();
        EXPECT_TRUE(has_hints(shown[rows - 1])) << tmux.screen();
    }
};

}  // namespace quell::cli::console

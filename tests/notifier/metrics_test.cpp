// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace quell::notifier {
namespace {

Json status() {
    return {{"state", "ready"}, {"version", "0.1.0"}, {"kernel", "6.12 \"x\"\\\n"}, {"generation", 4}, {"policies", 2}, {"rules", 30}, {"containers", 5},
            {"pending", 3}, {"arming", 1}, {"approved", 0}, {"enforcing", 2}, {"warnings", {"one"}},
            {"hooks", {{{"name", "file_open"}, {"role", "detect"}, {"attached", true}, {"matched", 10}, {"denied", 7}}, {{"name", "inode_unlink"}, {"role", "detect"}, {"attached", false}, {"matched", 0}, {"denied", 0}}}},
            {"counters", {{{"name", "ring-dropped"}, {"value", 9}}}}};
}

OwnNumbers own() {
    OwnNumbers numbers;
    numbers.targets["soc"] = {4, 10, 3, 2, 1};
    numbers.last_sent_s["soc"] = 1'772'356'087;
    numbers.queue_max = 100;
    numbers.connected = true;
    numbers.cursor = 77;
    return numbers;
}

bool has(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

TEST(Metrics, TellTheStatusAndTheQueues) {
    const auto text = metrics_text(status(), own());
    for (const char* line : {"quell_up 1", "quell_ready 1", "quell_state{state=\"ready\"} 1", "quell_state{state=\"blind\"} 0", "quell_incidents_pending 3", "quell_enforcing 2",
                             "quell_operations_denied_total{hook=\"file_open\"} 7", "quell_operations_matched_total{hook=\"file_open\"} 10", "quell_hook_attached{hook=\"inode_unlink\"} 0",
                             "quell_counted_total{counter=\"ring-dropped\"} 9", "quell_warnings 1", "quell_notifier_queue_length{target=\"soc\"} 4",
                             "quell_notifier_messages_sent_total{target=\"soc\"} 10", "quell_notifier_attempts_failed_total{target=\"soc\"} 3",
                             "quell_notifier_messages_refused_total{target=\"soc\"} 2", "quell_notifier_messages_dropped_total{target=\"soc\"} 1", "quell_notifier_connected 1",
                             "quell_notifier_history_row 77", "quell_notifier_last_sent_timestamp_seconds{target=\"soc\"} 1772356087",
                             "quell_info{version=\"0.1.0\",kernel=\"6.12 \\\"x\\\"\\\\\\n\"} 1"})
        EXPECT_TRUE(has(text, line)) << line << "\nin\n" << text;
}

TEST(Metrics, WithoutTheDaemonTheySaySo) {
    const auto text = metrics_text(std::nullopt, own());
    EXPECT_TRUE(has(text, "quell_up 0"));
    EXPECT_TRUE(has(text, "quell_notifier_queue_length{target=\"soc\"} 4"));
    EXPECT_EQ(text.find("quell_enforcing"), std::string::npos) << "what is not known is absent";
}

// The format: each line is a comment of its family or a sample of it, each family once.
TEST(Metrics, AreWellFormed) {
    const std::regex help("# HELP ([a-z_]+) [^\\n]+\\."), type("# TYPE ([a-z_]+) (gauge|counter)"),
        sample("([a-z_]+)(\\{[a-z]+=\"([^\"\\\\\\n]|\\\\[\\\\\"n])*\"(,[a-z]+=\"([^\"\\\\\\n]|\\\\[\\\\\"n])*\")*\\})? -?[0-9]+");
    const std::string text = metrics_text(status(), own());
    EXPECT_EQ(text.back(), '\n');
    std::istringstream lines(text);
    std::string family, kind;
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (std::regex_match(line, found, help)) {
            family = found[1];
            EXPECT_TRUE(seen.insert(family).second) << family;
        } else if (std::regex_match(line, found, type)) {
            EXPECT_EQ(found[1], family);
            kind = found[2];
            EXPECT_EQ(kind == "counter", family.ends_with("_total")) << family;
        } else {
            ASSERT_TRUE(std::regex_match(line, found, sample)) << line;
            EXPECT_EQ(found[1], family) << line;
        }
    }
    EXPECT_GT(seen.size(), 20u);
}

// What the example alerts ask for is what is told.
TEST(Metrics, AlertsNameNothingElse) {
    std::ifstream file(QUELL_SOURCE_DIR "/deploy/quell-alerts.yaml");
    const std::string alerts{std::istreambuf_iterator<char>(file), {}};
    const std::string text = metrics_text(status(), own());
    const std::regex name("\\bquell_[a-z_]+");
    std::size_t count = 0;
    for (std::sregex_iterator at(alerts.begin(), alerts.end(), name), end; at != end; ++at, count++)
        EXPECT_NE(text.find("# TYPE " + at->str() + " "), std::string::npos) << at->str();
    EXPECT_GT(count, 10u);
}

// What must be 0 on a healthy host raises an alert, and what is counted is explained.
TEST(Metrics, EachLossHasAnAlertAndEachCounterItsWords) {
    const auto whole = [](const char* path) {
        std::ifstream file(path);
        return std::string{std::istreambuf_iterator<char>(file), {}};
    };
    const std::string alerts = whole(QUELL_SOURCE_DIR "/deploy/quell-alerts.yaml"), manual = whole(QUELL_SOURCE_DIR "/docs/operations.md");
    constexpr bool LOUD = true, QUIET = false;
    const std::vector<std::pair<std::string, bool>> counters = {
#define COUNTER(name, loud, text) {#name, loud},
#include "kern/counters.def"
#undef COUNTER
    };
    ASSERT_TRUE(LOUD && !QUIET);
    for (const auto& [name, is_loud] : counters) {
        std::string word;
        for (const char c : name) word += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        EXPECT_TRUE(std::regex_search(manual, std::regex("\n\\| ([a-z-]+, )*" + word + "(, [a-z-]+)* \\|"))) << word;
        EXPECT_TRUE(!is_loud || word == "protected" || std::regex_search(alerts, std::regex("[\"|]" + word + "[\"|]"))) << word;  // by that one nothing is lost
    }
}

}  // namespace
}  // namespace quell::notifier

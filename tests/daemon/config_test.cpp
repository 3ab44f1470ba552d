// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/base/temp_dir.h"

namespace quell::daemon {
namespace {

std::string error_of(std::string_view text) {
    const auto config = parse_config(text, "q.yaml");
    return config ? "valid" : config.error().message;
}

void expect_defaults(const Config& config) {
    const Config defaults;
    EXPECT_EQ(config.operators_group, defaults.operators_group);
    EXPECT_EQ(config.responses, defaults.responses);
    EXPECT_EQ(config.keep_armed_s, defaults.keep_armed_s);
    EXPECT_EQ(config.automatic, defaults.automatic);
    EXPECT_EQ(config.history_path, defaults.history_path);
    EXPECT_EQ(config.history_keep_rows, defaults.history_keep_rows);
    EXPECT_EQ(config.evidence.dir, defaults.evidence.dir);
    EXPECT_EQ(config.evidence.max_item_bytes, defaults.evidence.max_item_bytes);
    EXPECT_EQ(config.evidence.max_total_bytes, defaults.evidence.max_total_bytes);
    EXPECT_EQ(config.evidence.max_seconds, defaults.evidence.max_seconds);
    EXPECT_EQ(config.policy_dir, defaults.policy_dir);
    EXPECT_EQ(config.socket_path, defaults.socket_path);
    EXPECT_EQ(config.socket_mode, defaults.socket_mode);
    EXPECT_EQ(config.log_level, defaults.log_level);
}

TEST(Config, MissingEmptyAndShippedFilesAreTheDefaults) {
    const TempDir dir;
    for (const std::string& path : {dir / "none", std::string(QUELL_DEFAULT_CONFIG)}) {
        const auto config = load_config(path);
        ASSERT_TRUE(config) << config.error().message;
        expect_defaults(*config);
    }
    for (const char* text : {"", "# nothing\n", "---\n", "log:\n"}) expect_defaults(parse_config(text, "q").value());
}

TEST(Config, EveryKey) {
    const auto config = parse_config(R"(operators: {group: quell}
responses: {enabled: [kill-process], keep_armed_s: 5, automatic: off}
history: {path: /h.db, keep_rows: 5000}
evidence: {dir: /e, max_item_bytes: 2000000, max_total_bytes: 3000000, max_seconds: 7}
policy: {dir: /p}
socket: {path: /s, mode: 0660}
log: {level: debug}
)", "q");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->operators_group, "quell");
    EXPECT_EQ(config->responses, QUELL_BIT(QUELL_RESPONSE_KILL_PROCESS));
    EXPECT_EQ(config->keep_armed_s, 5u);
    EXPECT_FALSE(config->automatic);
    EXPECT_EQ(config->history_path, "/h.db");
    EXPECT_EQ(config->history_keep_rows, 5000u);
    EXPECT_EQ(config->evidence.dir, "/e");
    EXPECT_EQ(config->evidence.max_item_bytes, 2'000'000u);
    EXPECT_EQ(config->evidence.max_total_bytes, 3'000'000u);
    EXPECT_EQ(config->evidence.max_seconds, 7u);
    EXPECT_EQ(config->policy_dir, "/p");
    EXPECT_EQ(config->socket_path, "/s");
    EXPECT_EQ(config->socket_mode, 0660u);
    EXPECT_EQ(config->log_level, log::Level::Debug);
    EXPECT_EQ(parse_config("responses: {enabled: []}", "q")->responses, 0u);
}

TEST(Config, ErrorsHaveTheirPlace) {
    EXPECT_EQ(error_of("log:\n  level: loud\n"), "q.yaml:2:10: expected debug, info, warn or error");
    EXPECT_EQ(error_of("log: {level: info}\nlogs: 1\n"), "q.yaml:2:1: unknown key 'logs'");
    EXPECT_EQ(error_of("log: {}\nlog: {}\n"), "q.yaml:2:1: duplicate key 'log'");
    EXPECT_EQ(error_of("socket:\n  path: /a\n  path: /b\n"), "q.yaml:3:3: duplicate key 'path'");
    EXPECT_EQ(error_of("responses:\n  enabled: [kill-process, shoot]\n"), "q.yaml:2:27: unknown response 'shoot'");
    EXPECT_EQ(error_of("responses: {enabled: [kill-process, kill-process]}"), "q.yaml:1:37: 'kill-process' is there twice");
    EXPECT_EQ(error_of("[1]"), "q.yaml:1:1: expected a mapping");
    EXPECT_EQ(error_of("policy: {dir: relative}"), "q.yaml:1:15: expected an absolute path");
    EXPECT_EQ(error_of("socket: {mode: 0777}"), "q.yaml:1:16: expected 0600, 0660 or 0666");
    EXPECT_EQ(error_of("history: {keep_rows: 1}").substr(0, 14), "q.yaml:1:22: e");
    EXPECT_EQ(error_of("responses: {keep_armed_s: 0}"), "q.yaml:1:27: expected seconds from 1 to 86400");
    EXPECT_EQ(error_of("--- \n{}\n---\n{}\n").substr(0, 7), "q.yaml:");
}

TEST(Config, HostileText) {
    for (const std::string& text : {std::string(60'000, '['), std::string("\0\0", 2), std::string("a: \xff"), std::string("? [a]\n: 1"), std::string("a: *x"),
                                    std::string("? \x1b[31m\n: 1"), std::string("socket: {path: /") + std::string(200, 'x') + "}"}) {
        const std::string error = error_of(text);
        EXPECT_NE(error, "valid");
        EXPECT_EQ(error.find('\x1b'), std::string::npos);
    }
    std::string nested;
    for (int i = 0; i < 30'000; i++) nested += "- ";
    EXPECT_NE(error_of(nested + "x"), "valid");
}

TEST(Config, UnreadableAndOversizedFilesAreErrors) {
    const TempDir dir;
    std::ofstream(dir / "big") << std::string(kConfigSizeMax + 1, '#');
    EXPECT_EQ(load_config(dir / "big").error().code, EFBIG);
    EXPECT_FALSE(load_config(dir.path()));
}

}  // namespace
}  // namespace quell::daemon

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
    EXPECT_TRUE(config.roles.empty() && config.break_glass.empty() && config.rights.empty() && config.guards == defaults.guards);
    EXPECT_EQ(config.responses, defaults.responses);
    EXPECT_EQ(config.keep_armed_s, defaults.keep_armed_s);
    EXPECT_EQ(config.stop_grace_s, defaults.stop_grace_s);
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

// Evidence alone: what hits somebody is switched on by who runs the host.
TEST(Config, TheShippedFileContainsNothing) {
    auto config = load_config(QUELL_DEFAULT_CONFIG);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->responses, QUELL_RESPONSES_EVIDENCE);
    config->responses = Config{}.responses;
    expect_defaults(*config);
}

TEST(Config, MissingAndEmptyFilesAreTheDefaults) {
    const TempDir dir;
    const auto missing = load_config(dir / "none");
    ASSERT_TRUE(missing) << missing.error().message;
    expect_defaults(*missing);
    for (const char* text : {"", "# nothing\n", "---\n", "log:\n"}) expect_defaults(parse_config(text, "q").value());
}

TEST(Config, EveryKey) {
    const auto config = parse_config(R"(operators: {group: quell}
responses: {enabled: [kill-process], keep_armed_s: 5, stop_grace_s: 7, automatic: off}
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
    EXPECT_EQ(config->stop_grace_s, 7u);
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
    EXPECT_EQ(error_of("responses: {stop_grace_s: 121}"), "q.yaml:1:27: expected seconds from 1 to 120");
    EXPECT_EQ(error_of("--- \n{}\n---\n{}\n").substr(0, 7), "q.yaml:");
}

TEST(Config, RolesAndRights) {
    const auto config = parse_config(R"(operators: {group: quell, break_glass: [oncall]}
roles: {viewer: [staff, audit], responder: [soc], senior: [lead], admin: [sec]}
rights:
  kill-container: {role: responder, severity_up_to: high, labels: [env=test]}
  kill-process:
    - {role: responder, severity_up_to: low}
    - {role: senior}
)", "q");
    ASSERT_TRUE(config) << config.error().message;
    using approval::Role;
    EXPECT_EQ(config->break_glass, std::vector<std::string>{"oncall"});
    EXPECT_EQ(config->roles, (std::map<Role, std::vector<std::string>>{{Role::kViewer, {"staff", "audit"}}, {Role::kResponder, {"soc"}}, {Role::kSenior, {"lead"}}, {Role::kAdmin, {"sec"}}}));
    EXPECT_EQ(config->rights, (approval::Rights{{QUELL_RESPONSE_KILL_CONTAINER, {{Role::kResponder, 3, {"env=test"}}}},
                                                {QUELL_RESPONSE_KILL_PROCESS, {{Role::kResponder, 1, {}}, {Role::kSenior, 4, {}}}}}));
    EXPECT_EQ(error_of("roles: {boss: [x]}"), "q.yaml:1:9: unknown key 'boss'");
    EXPECT_EQ(error_of("roles: {viewer: x}").substr(0, 26), "q.yaml:1:17: expected a li");
    EXPECT_EQ(error_of("roles: {viewer: []}").substr(0, 26), "q.yaml:1:17: expected a li");
    EXPECT_EQ(error_of("rights: {shoot: {role: senior}}"), "q.yaml:1:10: unknown key 'shoot'");
    EXPECT_EQ(error_of("rights: {kill-process: {role: viewer}}"), "q.yaml:1:31: expected responder, senior or admin");
    EXPECT_EQ(error_of("rights: {kill-process: {role: chief}}"), "q.yaml:1:31: expected responder, senior or admin");
    EXPECT_EQ(error_of("rights: {kill-process: {severity_up_to: high}}"), "q.yaml:1:24: a right says its role");
    EXPECT_EQ(error_of("rights: {kill-process: {role: senior, severity_up_to: bad}}"), "q.yaml:1:55: expected info, low, medium, high or critical");
    EXPECT_EQ(error_of("rights: {kill-process: {role: senior, labels: [x]}}"), "q.yaml:1:48: expected a label, name=value");
    EXPECT_EQ(error_of("rights: {kill-process: []}"), "q.yaml:1:24: expected a mapping with a role, or a list of them");
}

TEST(Config, Guards) {
    const auto config = parse_config("guards: {containers: 5, per: 1h, protected_labels: [a=b, \"c=\"], protected_images: [\"x/*\"]}", "q");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->guards, (approval::GuardRules{5, 3'600'000'000'000, {"a=b", "c="}, {"x/*"}}));
    EXPECT_EQ(error_of("guards: {containers: 0}"), "q.yaml:1:22: expected a number from 1 to 10000");
    for (const char* per : {"0s", "25h", "soon"}) EXPECT_EQ(error_of(std::string("guards: {per: ") + per + "}"), "q.yaml:1:15: expected a time from 1s to 1d, such as 10m") << per;
    EXPECT_EQ(error_of("guards: {protected_labels: [x]}"), "q.yaml:1:29: expected a label, name=value");
    EXPECT_EQ(error_of("guards: {protected-labels: [a=b]}"), "q.yaml:1:10: unknown key 'protected-labels'");
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

// A bracket that nothing opened is a document to yaml-cpp, and the next one, without end.
TEST(Config, OneDocumentAndAnEnd) {
    EXPECT_EQ(error_of(", >-\n  folded\n  ]xxxx\n"), "q.yaml:1:1: a second document");
    EXPECT_EQ(error_of("{}\n---\n  ]x\n"), "q.yaml:3:3: illegal flow end");
    EXPECT_EQ(error_of("---\n---\n{log: {level: info}}\n"), "q.yaml:3:1: a second document");  // the first one is empty, and was all that was read
    EXPECT_EQ(error_of("%YAML 99999999999999999999.1\n---\n{}\n"), "q.yaml:1:1: bad YAML version: 99999999999999999999.1");
    EXPECT_EQ(error_of("{}\n---\n"), "valid");  // an empty one at the end
    std::string many;
    for (int i = 0; i < 1000; i++) many += "---\n";
    EXPECT_EQ(error_of(many), "q.yaml:9:1: a second document");
}

TEST(Config, UnreadableAndOversizedFilesAreErrors) {
    const TempDir dir;
    std::ofstream(dir / "big") << std::string(kConfigSizeMax + 1, '#');
    EXPECT_EQ(load_config(dir / "big").error().code, EFBIG);
    EXPECT_FALSE(load_config(dir.path()));
}

}  // namespace
}  // namespace quell::daemon

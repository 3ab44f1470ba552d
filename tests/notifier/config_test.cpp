// SPDX-License-Identifier: Apache-2.0
#include "user/notifier/config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/base/temp_dir.h"
#include "user/base/files.h"

namespace quell::notifier {
namespace {

std::string wrong(const std::string& text) {
    const auto config = parse_config(text, "f");
    return config ? "" : config.error().message;
}

TEST(NotifierConfig, TheShippedOneIsTheDefault) {
    const auto text = read_file(QUELL_SOURCE_DIR "/deploy/notifier.yaml", kConfigSizeMax);
    ASSERT_TRUE(text);
    const auto shipped = parse_config(*text, "notifier.yaml");
    ASSERT_TRUE(shipped) << shipped.error().message;
    const Config none;
    EXPECT_EQ(shipped->daemon_socket, none.daemon_socket);
    EXPECT_EQ(shipped->queue_path, none.queue_path);
    EXPECT_EQ(shipped->queue_max, none.queue_max);
    EXPECT_EQ(shipped->metrics_socket, none.metrics_socket);
    EXPECT_EQ(shipped->metrics_port, none.metrics_port);
    EXPECT_TRUE(shipped->targets.empty());
    // what is commented out is right, too
    std::string used = *text;
    for (std::size_t at = 0; (at = used.find("\n#  ", at)) != std::string::npos;) used.replace(at, 4, "\n   ");
    used.replace(used.find("targets: []"), 11, "targets:   ");
    used.replace(used.find("# port"), 6, "port");
    const auto whole = parse_config(used, "notifier.yaml");
    ASSERT_TRUE(whole) << whole.error().message << "\n" << used;
    ASSERT_EQ(whole->targets.size(), 2u);
    EXPECT_EQ(whole->metrics_port, 9475);
    EXPECT_EQ(whole->targets[0].secret_file, "/etc/quell/notifier.secret");
    EXPECT_EQ(whole->targets[1].format, Format::Chat);
    EXPECT_EQ(whole->targets[1].severity, 3u);
    EXPECT_EQ(whole->targets[1].actions, (std::set<std::string>{"detected", "approved", "failed"}));
}

TEST(NotifierConfig, SaysWhereItIsWrong) {
    const std::string target = "targets: [{name: a, url: 'https://h/'";
    EXPECT_EQ(wrong("queues: {}\n"), "f:1:1: unknown key 'queues'");
    EXPECT_EQ(wrong("queue: {max: 1}\n"), "f:1:14: expected a number from 10 to 1000000");
    EXPECT_EQ(wrong("queue: {max: 10, max: 10}\n"), "f:1:18: duplicate key 'max'");
    EXPECT_EQ(wrong("metrics: {port: 65536}\n"), "f:1:17: expected a number from 1 to 65535");
    EXPECT_EQ(wrong("metrics: {socket: here}\n"), "f:1:19: expected an absolute path");
    EXPECT_EQ(wrong("metrics: {socket: off}\n"), "");
    EXPECT_EQ(wrong(target + "}]\n"), "");
    EXPECT_EQ(wrong("targets: [{name: a}]\n"), "f:1:11: a target has a name and a url");
    EXPECT_EQ(wrong("targets: [{name: A, url: 'https://h/'}]\n"), "f:1:18: a name has lower-case letters, digits and dashes, at most 32");
    for (const char* url : {"file:///etc/passwd", "ftp://h/", "https://h/ x", "h", "gopher://h"})
        EXPECT_NE(wrong("targets: [{name: a, url: '" + std::string(url) + "'}]\n"), "") << url;
    EXPECT_EQ(wrong(target + "}, {name: a, url: 'http://h/'}]\n").substr(4), "41: two targets have the name 'a'");
    EXPECT_NE(wrong(target + ", format: xml}]\n"), "");
    EXPECT_NE(wrong(target + ", severity: worst}]\n"), "");
    EXPECT_NE(wrong(target + ", actions: []}]\n"), "");
    EXPECT_NE(wrong(target + ", actions: [nothing]}]\n"), "");
    EXPECT_NE(wrong(target + ", timeout_s: 0}]\n"), "");
    std::string many = "targets: [";
    for (std::size_t i = 0; i <= kTargetsMax; i++) many += "{name: t" + std::to_string(i) + ", url: 'http://h/'}, ";
    EXPECT_EQ(wrong(many + "]\n"), "f:1:10: at most 16 targets");
}

TEST(NotifierConfig, ASecretIsForItsOwnerAlone) {
    const TempDir dir;
    const auto path = dir / "secret";
    EXPECT_EQ(read_secret(path).error().code, ENOENT);
    ASSERT_TRUE(write_file_atomic(path, "a secret\n", 0600));
    EXPECT_EQ(*read_secret(path), "a secret");
    ASSERT_TRUE(write_file_atomic(path, "\n", 0600));
    EXPECT_EQ(read_secret(path).error().code, EINVAL);
    ASSERT_EQ(chmod(path.c_str(), 0640), 0);
    EXPECT_EQ(read_secret(path).error().code, EPERM);
    EXPECT_EQ(read_secret(path).error().hint, "chmod 600 " + path);
}

}  // namespace
}  // namespace quell::notifier

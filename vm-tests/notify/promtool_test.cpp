// SPDX-License-Identifier: Apache-2.0
// Prometheus' own judgement of what is shipped and of what is exported.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/notify/notifier.h"

namespace quell::guest {
namespace {

TEST(Promtool, TakesTheExampleAlerts) {
    const auto output = run("promtool check rules /usr/share/quell/quell-alerts.yaml");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_NE(output.text.find("rules found"), std::string::npos) << output.text;
    must("sed 's/quell_up == 0/quell_up ==/' /usr/share/quell/quell-alerts.yaml >/tmp/wrong.yaml");
    EXPECT_NE(run("promtool check rules /tmp/wrong.yaml").status, 0) << "it does look";
}

TEST(Promtool, TakesTheMetricsOfARealRun) {
    Container victim("promtool");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    ASSERT_EQ(approve(pending_id("promtool", "truncate"), "quarantine-file").status, 0);
    expect_refused(victim, "read /var/log/b.log");
    configure_notifier("http://127.0.0.1:1/");
    must("setsid quell-notifier >/var/log/notifier.console 2>&1 </dev/null &");
    EXPECT_TRUE(eventually([] { return metrics().find("\nquell_notifier_connected 1\n") != std::string::npos; })) << run("cat /var/log/notifier.console").text;
    const auto text = metrics();
    EXPECT_NE(text.find("\nquell_enforcing 1\n"), std::string::npos) << text;
    EXPECT_NE(text.find("quell_operations_denied_total{hook=\"file_open\"} " + std::to_string(denied("file_open")) + "\n"), std::string::npos) << text;
    write("/tmp/metrics.txt", text);
    const auto output = run("promtool check metrics </tmp/metrics.txt");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(output.text, "") << "nor does it find fault with a name";
    EXPECT_NE(run("sed 's/^quell_up 1/quell_up one/' /tmp/metrics.txt | promtool check metrics").status, 0) << "it does look";
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// What a workload can call itself and its files: shown with nothing in it
// that a terminal, a reader of lines or a JSON parser would take for more
// than text.
#include <gtest/gtest.h>

#include <csignal>

#include "vm-tests/harness/hostile_text.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Text : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        expect_harmless(run("cat /var/log/quelld.console").text, "the daemon's log");
    }
    // In the kernel's count, in the history, and wherever else it is shown.
    void expect_told_harmlessly(const std::string& id) const {
        expect_told(show(id), before_, id);
        expect_shown_harmlessly(id);
    }

    const std::int64_t before_ = matches();
};

TEST_F(Text, OfAFileAProcessAndItsArgumentsInAContainer) {
    Container container("nasty");
    container.start();
    container.begin("sleep 1000");
    const std::string program = quoted("/tmp/" + kNasty), file = quoted("/var/log/" + kNasty);
    ASSERT_EQ(container.exec("cp /bin/attack " + program + " && echo x >" + file + " && " + program + " unlink " + file + " " + quoted(kNasty)).status, 0);
    const auto id = pending_id("nasty", "delete");
    const auto incident = show(id);
    EXPECT_EQ(incident["file"]["path"], std::string("/var/log/") + kNastyShown);
    EXPECT_EQ(incident["executable"], std::string("/tmp/") + kNastyShown);
    EXPECT_EQ(incident["process"]["comm"], "a\\x0astate  done\\x1b[");  // 15 bytes of it
    ASSERT_GE(incident["arguments"].size(), 4u) << incident;
    EXPECT_EQ(incident["arguments"][0], std::string("/tmp/") + kNastyShown);
    EXPECT_EQ(incident["arguments"][3], kNastyShown);
    expect_told_harmlessly(id);
    EXPECT_NE(run("quell show " + id).text.find(kNastyShown), std::string::npos) << "shown, not left out";
    const auto output = run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason " + quoted(kNasty));
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(container.ended(), 128 + SIGKILL);
    expect_harmless(output.text, "quell approve");
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    expect_shown_harmlessly(id);
    EXPECT_TRUE(eventually([&] { return run("grep -q 'history head.*" + id + "' /var/log/quelld.console").status == 0; })) << "the log has it, too";
}

TEST_F(Text, OfAFileThatIsRenamedOnTheHost) {
    const std::string from = "/var/log/" + kNasty, to = "/srv/" + kNasty;
    write(from, "line\n");
    ASSERT_EQ(rename(from.c_str(), to.c_str()), 0);
    const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "rename"; });
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)["file"]["path"], std::string("/var/log/") + kNastyShown);
    EXPECT_EQ((*found)["file"]["renamed_to"], std::string("/srv/") + kNastyShown);
    expect_told_harmlessly((*found)["id"]);
    unlink(to.c_str());
}

TEST_F(Text, OfAReasonThatSomebodyGives) {
    Container container("reason");
    container.start();
    ASSERT_EQ(attack(container, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("reason", "delete");
    EXPECT_EQ(run("quell reject " + id + " --reason " + quoted(kNasty)).status, 0);
    expect_told_harmlessly(id);
    const auto rows = quell("history --incident " + id)["rows"];
    ASSERT_FALSE(rows.empty());
    EXPECT_NE(rows[0].value("reason", "").find("\\x1b[31m"), std::string::npos) << rows[0];
    EXPECT_EQ(run("quell history verify").status, 0);
}

TEST_F(Text, OfArgumentsWithoutEnd) {
    Container container("long");
    container.start();
    // every byte but NUL, 200 times over
    ASSERT_EQ(container.exec("n=0; while [ $n -lt 255 ]; do n=$((n + 1)); printf \"\\\\$(printf %o $n)\"; done >/tmp/all; a=$(cat /tmp/all); b=; n=0; "
                             "while [ $n -lt 200 ]; do n=$((n + 1)); b=$b$a; done; attack unlink /var/log/b.log \"$b\"").status, 0);
    const auto id = pending_id("long", "delete");
    const auto incident = show(id);
    ASSERT_GE(incident["arguments"].size(), 4u) << incident;
    EXPECT_TRUE(incident["arguments"].back().get<std::string>().ends_with("…")) << "what is cut says so";
    expect_told_harmlessly(id);
}

}  // namespace
}  // namespace quell::guest

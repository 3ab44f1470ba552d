// SPDX-License-Identifier: Apache-2.0
// What a workload can call itself and its files: shown with nothing in it
// that a terminal, a reader of lines or a JSON parser would take for more
// than text.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// A line of its own, a coloured word, a cleared screen, half a character, a direction mark, a backslash and a quote.
const std::string kNasty = "a\nstate  done\x1b[31m\x1b[2J\xff\xc3\xe2\x80\xae\"\\\x7f";
constexpr const char* kNastyShown = "a\\x0astate  done\\x1b[31m\\x1b[2J\\xff\\xc3\\xe2\\x80\\xae\"\\\\\\x7f";

// As escape() promises: printable, and no byte that is not part of a character.
void expect_harmless(const std::string& text, const std::string& what) {
    for (const char c : text)
        if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
            ADD_FAILURE() << what << " has the byte " << static_cast<int>(c) << "\n" << text;
            break;
        }
    EXPECT_FALSE(Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore)).get<std::string>() != text) << what << " is no UTF-8";
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << what << " turns its reader's direction";
    EXPECT_EQ(("\n" + text).find("\nstate  done"), std::string::npos) << what << " has a line that somebody put there\n" << text;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

class Text : public testing::Test {
protected:
    void TearDown() override { reject_all(); }
    // Every way in which an incident is shown.
    static void expect_shown_harmlessly(const std::string& id) {
        for (const std::string& command : {"show " + id, std::string("incidents"), std::string("incidents --all"), "history --incident " + id, std::string("history"), std::string("status")}) {
            const auto text = run("quell " + command);
            EXPECT_EQ(text.status, 0) << command;
            expect_harmless(text.text, command);
            const auto json = run("quell " + command + " --json");
            EXPECT_FALSE(Json::parse(json.text, nullptr, false).is_discarded()) << command << "\n" << json.text;
            expect_harmless(json.text, command + " --json");
        }
    }
};

TEST_F(Text, OfAFileAProcessAndItsArgumentsInAContainer) {
    Container container("nasty");
    container.start();
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
    expect_shown_harmlessly(id);
    EXPECT_NE(run("quell show " + id).text.find(kNastyShown), std::string::npos) << "shown, not left out";
}

TEST_F(Text, OfAFileThatIsRenamedOnTheHost) {
    const std::string from = "/var/log/" + kNasty, to = "/srv/" + kNasty;
    write(from, "line\n");
    ASSERT_EQ(rename(from.c_str(), to.c_str()), 0);
    const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "rename"; });
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)["file"]["path"], std::string("/var/log/") + kNastyShown);
    EXPECT_EQ((*found)["file"]["renamed_to"], std::string("/srv/") + kNastyShown);
    expect_shown_harmlessly((*found)["id"]);
    unlink(to.c_str());
}

TEST_F(Text, OfAReasonThatSomebodyGives) {
    Container container("reason");
    container.start();
    ASSERT_EQ(attack(container, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("reason", "delete");
    EXPECT_EQ(run("quell reject " + id + " --reason " + quoted(kNasty)).status, 0);
    expect_shown_harmlessly(id);
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
    expect_shown_harmlessly(id);
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// All of it: a control server, the notifier, a target.
#include "user/notifier/notifier.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <set>

#include "tests/base/temp_dir.h"
#include "tests/notifier/fake_history.h"
#include "tests/notifier/http_target.h"
#include "user/base/fd.h"
#include "user/notifier/queue.h"

namespace quell::notifier {
namespace {

class NotifierTest : public testing::Test {
protected:
    NotifierTest() {
        config.daemon_socket = dir / "quell.sock";
        config.queue_path = dir / "queue.db";
        config.metrics_socket = dir / "metrics.sock";
        Target target;
        target.name = "t";
        target.url = http.url();
        config.targets = {target};
    }
    ~NotifierTest() override { end(); }
    void launch() {
        stop = Fd(eventfd(0, EFD_CLOEXEC));
        thread = std::thread([this] {
            const auto ran = run(config, stop.get());
            EXPECT_TRUE(ran) << ran.error().message;
        });
    }
    void begin() {
        launch();
        for (int i = 0; i < 6000 && metrics().find("quell_notifier_connected 1") == std::string::npos; i++) usleep(10'000);
    }
    // What is on its way at an end may be sent again, and these tests count: so it ends when nothing is.
    void end_idle() {
        EXPECT_TRUE(told("quell_notifier_queue_length{target=\"t\"} 0"));
        end();
    }
    void end() {
        if (!thread.joinable()) return;
        eventfd_write(stop.get(), 1);
        thread.join();
    }
    std::string get(const std::string& request) const {
        const Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        config.metrics_socket.copy(address.sun_path, sizeof address.sun_path - 1);
        if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
        const std::string text = request + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        (void)!write(fd.get(), text.data(), text.size());
        std::string answer;
        char buffer[4096];
        for (ssize_t got; (got = read(fd.get(), buffer, sizeof buffer)) > 0;) answer.append(buffer, static_cast<std::size_t>(got));
        return answer;
    }
    std::string metrics() const { return get("GET /metrics"); }
    // Within a minute, as HttpTarget::received(): each message takes commits.
    bool told(const std::string& line) const {
        for (int i = 0; i < 6000; i++, usleep(10'000))
            if (metrics().find("\n" + line + "\n") != std::string::npos) return true;
        return false;
    }
    // The numbers of the rows that the target got, in their order, each once: one that was ended before it knew that a
    // message had arrived sends it again, under the same id.
    std::vector<int> rows(std::size_t count) {
        for (std::size_t wanted = count;; wanted++) {
            std::vector<int> numbers;
            std::set<std::string> ids;
            const auto got = http.received(wanted);
            for (const auto& one : got)
                if (ids.insert(one.header("X-Quell-Id")).second) numbers.push_back(one.json()["row"]["row"]);
            if (numbers.size() >= count || got.size() < wanted) return numbers;
        }
    }

    TempDir dir;
    HttpTarget http;
    FakeHistory history{dir / "quell.sock"};
    Config config;
    Fd stop;
    std::thread thread;
};

TEST_F(NotifierTest, SendsWhatHappensFromItsFirstStartOn) {
    history.add();
    history.add();
    begin();
    history.add("approved");
    history.add("done");
    ASSERT_EQ(rows(2), (std::vector<int>{3, 4}));
    const auto first = http.received(1)[0].json();
    EXPECT_EQ(first["row"]["action"], "approved");
    EXPECT_EQ(first["incident"]["severity"], "high");
    EXPECT_EQ(first["id"], http.received(1)[0].header("X-Quell-Id"));
    EXPECT_TRUE(http.no_more_than(2, std::chrono::milliseconds(300)));
}

TEST_F(NotifierTest, LosesNothingWhileItIsAway) {
    begin();
    history.add();
    EXPECT_EQ(rows(1), (std::vector<int>{1}));
    end_idle();
    for (int i = 0; i < 600; i++) history.add();  // more than are asked for at once
    begin();
    std::vector<int> all(601);
    for (int i = 0; i < 601; i++) all[static_cast<std::size_t>(i)] = i + 1;
    EXPECT_EQ(rows(601), all) << "each once, in their order";
}

TEST_F(NotifierTest, LosesNothingWhileTheDaemonIsAway) {
    begin();
    history.add();
    EXPECT_EQ(rows(1).size(), 1u);
    history.stop();
    EXPECT_TRUE(told("quell_up 0"));
    history.add();
    history.start();
    history.add();
    EXPECT_EQ(rows(3), (std::vector<int>{1, 2, 3}));
    EXPECT_TRUE(told("quell_up 1"));
}

TEST_F(NotifierTest, LosesNothingWhileTheTargetAndItselfAreAway) {
    http.stop();
    begin();
    for (int i = 0; i < 5; i++) history.add();
    EXPECT_TRUE(told("quell_notifier_queue_length{target=\"t\"} 5"));
    end();
    http.start();
    begin();
    EXPECT_EQ(rows(5), (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(NotifierTest, ARowThatWaitsForTheDiskIsSentOnceAndAtOnce) {
    begin();
    history.add("detected", true);
    EXPECT_EQ(rows(1), (std::vector<int>{0}));
    history.add("approved", true);
    EXPECT_EQ(rows(2), (std::vector<int>{0, 0}));
    history.add("done");  // the disk takes all of them
    EXPECT_EQ(rows(3), (std::vector<int>{0, 0, 3}));
    EXPECT_TRUE(http.no_more_than(3, std::chrono::milliseconds(300)));
    EXPECT_TRUE(told("quell_notifier_history_row 3"));
}

TEST_F(NotifierTest, AllThatWaitForTheDiskAreSentAtOnce) {
    begin();
    history.add();
    EXPECT_EQ(rows(1), (std::vector<int>{1}));
    history.add("detected", true, 600);  // more than are asked for at once
    const auto got = rows(601);
    ASSERT_EQ(got.size(), 601u);
    EXPECT_EQ(std::count(got.begin(), got.end(), 0), 600);
    history.add("done");  // the disk takes all of them
    EXPECT_EQ(rows(602).back(), 602);
    EXPECT_TRUE(told("quell_notifier_history_row 602"));
    EXPECT_TRUE(http.no_more_than(602, std::chrono::milliseconds(300)));
}

TEST_F(NotifierTest, BeginsBehindTheNewestRowThatTheDiskHas) {
    for (int i = 0; i < 3; i++) history.add();
    history.add("approved", true);
    begin();
    EXPECT_TRUE(told("quell_notifier_history_row 3"));
    EXPECT_EQ(rows(1), (std::vector<int>{0})) << "what waited is newer";
    history.add("done");
    EXPECT_EQ(rows(2), (std::vector<int>{0, 5}));
    EXPECT_TRUE(http.no_more_than(2, std::chrono::milliseconds(300)));
}

TEST_F(NotifierTest, BeginsNowhereBeforeItKnowsWhereTheHistoryEnds) {
    for (int i = 0; i < 3; i++) history.add();
    history.add("approved", true);
    history.hide(true);
    launch();
    for (int i = 0; i < 6000 && history.asked() < 2; i++) usleep(10'000);
    EXPECT_TRUE(http.no_more_than(0, std::chrono::milliseconds(300)));
    EXPECT_TRUE(told("quell_notifier_connected 0"));
    history.hide(false);
    EXPECT_TRUE(told("quell_notifier_history_row 3"));
    EXPECT_EQ(rows(1), (std::vector<int>{0}));
    EXPECT_TRUE(http.no_more_than(1, std::chrono::milliseconds(300)));
}

TEST_F(NotifierTest, AFullQueueKeepsDecisionsAndCounts) {
    config.queue_max = 10;
    http.stop();
    begin();
    history.add("approved");
    for (int i = 0; i < 30; i++) history.add();
    EXPECT_TRUE(told("quell_notifier_history_row 31"));
    EXPECT_TRUE(told("quell_notifier_queue_length{target=\"t\"} 10"));
    EXPECT_TRUE(told("quell_notifier_messages_dropped_total{target=\"t\"} 21"));
    http.start();
    const auto got = rows(10);
    EXPECT_EQ(got.front(), 1) << "the decision";
    EXPECT_EQ(got.back(), 31);
}

TEST_F(NotifierTest, WhatRetentionTookIsCounted) {
    begin();
    history.add();
    EXPECT_EQ(rows(1).size(), 1u);
    end_idle();
    for (int i = 0; i < 9; i++) history.add();
    history.trim(4);
    begin();
    EXPECT_EQ(rows(5), (std::vector<int>{1, 7, 8, 9, 10}));
    EXPECT_TRUE(told("quell_notifier_rows_missed_total 5"));
}

TEST_F(NotifierTest, AHistoryThatBeganAnewIsReadFromItsBeginning) {
    begin();
    for (int i = 0; i < 5; i++) history.add();
    EXPECT_EQ(rows(5).size(), 5u);
    end_idle();
    history.begin_anew();
    history.add("started");
    begin();
    EXPECT_EQ(rows(6).back(), 1);
    EXPECT_EQ(http.received(6).back().json()["row"]["action"], "started");
}

TEST_F(NotifierTest, TwoTargetsOneOfWhichTakesNothing) {
    HttpTarget other;
    Target second = config.targets[0];
    second.name = "other";
    second.url = other.url();
    second.actions = {"approved"};
    second.format = Format::Chat;
    config.targets.push_back(second);
    http.stop();
    begin();
    history.add();
    history.add("approved");
    const auto got = other.received(1);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].json()["text"], "*approved* (high) `00012` `p/r` on `" + std::string([] {
                  static char name[256];
                  gethostname(name, sizeof name - 1);
                  return name;
              }()) + "`: `web`: `r`");
    EXPECT_TRUE(other.no_more_than(1, std::chrono::milliseconds(200)));
    EXPECT_TRUE(told("quell_notifier_queue_length{target=\"t\"} 2"));
}

TEST_F(NotifierTest, MetricsAreServedToWhoMayOpenTheSocketAndNothingElseIs) {
    begin();
    struct stat info {};
    ASSERT_EQ(stat(config.metrics_socket.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
    const auto text = metrics();
    EXPECT_EQ(text.substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_NE(text.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << text;
    EXPECT_NE(text.find("\nquell_incidents_pending 3\n"), std::string::npos);
    EXPECT_EQ(get("GET /").substr(0, 12), "HTTP/1.1 404");
    EXPECT_EQ(get("DELETE /metrics").substr(0, 12), "HTTP/1.1 405");
    end();
    EXPECT_NE(stat(config.metrics_socket.c_str(), &info), 0) << "it takes its socket along";
}

TEST_F(NotifierTest, APortIsOfLoopbackAlone) {
    HttpTarget free;  // a port that nobody has
    config.metrics_port = static_cast<std::uint16_t>(std::stoi(free.url("").substr(17)));
    free.stop();
    begin();
    const auto connects = [&](const char* address) {
        const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(config.metrics_port);
        inet_pton(AF_INET, address, &to.sin_addr);
        return connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    };
    EXPECT_TRUE(connects("127.0.0.1"));
    EXPECT_FALSE(connects("127.0.0.2")) << "one address, not all";
}

TEST(Notifier, SaysWhatItCannotUse) {
    const TempDir dir;
    Config config;
    config.queue_path = dir / "none" + "/queue.db";
    config.metrics_socket.clear();
    EXPECT_EQ(run(config, -1).error().code, ENOENT);
    config.queue_path = dir / "queue.db";
    config.metrics_socket = dir / "none" + "/a/metrics.sock";
    EXPECT_FALSE(run(config, -1));
}

}  // namespace
}  // namespace quell::notifier

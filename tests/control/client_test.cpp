// SPDX-License-Identifier: Apache-2.0
#include "user/control/client.h"

#include "tests/control/fixture.h"

namespace quell::control {
namespace {

TEST_F(ServerTest, ClientGetsRepliesAndErrors) {
    start();
    Client client(path);
    const auto version = client.call("Version", Json::object());
    EXPECT_EQ(version.outcome, CallOutcome::Reply);
    EXPECT_EQ(version.parameters["abi"], 1);
    const auto missing = client.call("Show", {{"id", "7"}});
    EXPECT_EQ(missing.outcome, CallOutcome::Remote);
    EXPECT_EQ(missing.error, errors::kNoSuchIncident);
}

TEST_F(ServerTest, ClientGivesUpInTimeAndIsNotFooledByALateAnswer) {
    start();
    Client client(path);
    const auto late = client.call("Approve", {{"id", "1"}, {"digest", "d"}, {"response", "kill-container"}}, 100);
    EXPECT_EQ(late.outcome, CallOutcome::Unreachable);
    EXPECT_EQ(late.message, "no answer within 100ms");
    in_loop([&] { service.kept.at(0).reply({{"late", 1}}); });
    EXPECT_EQ(client.call("Version", Json::object()).parameters["abi"], 1);
}

TEST(Client, NobodyThere) {
    const TempDir dir;
    EXPECT_EQ(Client(dir / "none").call("Version", Json::object()).outcome, CallOutcome::Unreachable);
    EXPECT_EQ(Client(std::string(300, 'x')).call("Version", Json::object()).outcome, CallOutcome::Unreachable);
}

TEST(Client, AHungDaemonIsUnreachable) {  // accepts nothing, answers nothing
    const TempDir dir;
    const auto listener = Listener::create(dir / "s", 0600, {});
    ASSERT_TRUE(listener);
    EXPECT_EQ(Client(dir / "s").call("Version", Json::object(), 100).outcome, CallOutcome::Unreachable);
}

TEST(Client, NonsenseAndHangUp) {
    const TempDir dir;
    const auto listener = Listener::create(dir / "s", 0600, {});
    ASSERT_TRUE(listener);
    const auto against = [&](const std::string& answer) {
        std::thread other([&] {
            pollfd one{listener->fd(), POLLIN, 0};
            poll(&one, 1, 3000);
            const Fd fd(accept(listener->fd(), nullptr, nullptr));
            char buffer[4096];
            [[maybe_unused]] const ssize_t got = recv(fd.get(), buffer, sizeof buffer, 0);
            for (std::size_t at = 0; at < answer.size();) {
                const ssize_t sent = send(fd.get(), answer.data() + at, answer.size() - at, MSG_NOSIGNAL);
                if (sent <= 0) break;
                at += static_cast<std::size_t>(sent);
            }
        });
        const auto result = Client(dir / "s").call("Version", Json::object(), 2000);
        other.join();
        return result.outcome;
    };
    EXPECT_EQ(against(std::string("[]\0", 3)), CallOutcome::Nonsense);
    EXPECT_EQ(against(std::string("\0", 1)), CallOutcome::Nonsense);
    EXPECT_EQ(against("{\"parameters\":"), CallOutcome::Unreachable);
    EXPECT_EQ(against(""), CallOutcome::Unreachable);
    EXPECT_EQ(against(std::string(17 << 20, '[')), CallOutcome::Nonsense);
}

}  // namespace
}  // namespace quell::control

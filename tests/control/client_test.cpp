// SPDX-License-Identifier: Apache-2.0
#include "user/control/client.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/control/fixture.h"
#include "user/base/time.h"

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

TEST(Client, EndsWhenItIsCancelled) {
    const TempDir dir;
    const auto listener = Listener::create(dir / "s", 0600, {});
    ASSERT_TRUE(listener);
    const auto ends = [&](std::vector<Fd>& waiting) {
        const Fd cancel(eventfd(0, EFD_CLOEXEC));
        std::thread other([&] {
            usleep(50'000);
            const std::uint64_t one = 1;
            EXPECT_EQ(write(cancel.get(), &one, sizeof one), 8);
        });
        const auto before = boottime_ns();
        EXPECT_EQ(Client(dir / "s", cancel.get()).call("Version", Json::object()).outcome, CallOutcome::Unreachable) << waiting.size();
        other.join();
        EXPECT_LT(boottime_ns() - before, 1'500'000'000u) << waiting.size();
    };
    std::vector<Fd> waiting;
    ends(waiting);  // while it waits for the answer
    for (;;) {      // while it waits to be let in
        Fd one(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, (dir / "s").c_str());
        if (connect(one.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) break;
        waiting.push_back(std::move(one));
        ASSERT_LT(waiting.size(), 5'000u);
    }
    ends(waiting);
    for (const std::uint64_t timeout_ms : {std::uint64_t{0}, std::uint64_t{100}}) {  // and it ends by itself
        const auto before = boottime_ns();
        EXPECT_EQ(Client(dir / "s").call("Version", Json::object(), timeout_ms).outcome, CallOutcome::Unreachable);
        EXPECT_LT(boottime_ns() - before, 2'000'000'000u);
    }
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

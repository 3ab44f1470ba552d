// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/helper.h"

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <vector>

#include "user/base/time.h"
#include "user/evidence/channel.h"

extern char** environ;

namespace quell::evidence {
namespace {

constexpr std::uint64_t kGraceNs = 2'000'000'000;  // for an item that was cut when its time was over to be kept
constexpr std::uint64_t kLookNs = 200'000'000;      // at whether the daemon ends

struct Helper {
    pid_t pid = 0;
    Fd socket;

    void end() const {
        static std::mutex mutex;
        static std::vector<pid_t> left;  // asleep in the kernel when they were killed
        (void)::kill(pid, SIGKILL);
        const std::lock_guard lock(mutex);
        left.push_back(pid);
        for (int i = 0; i < 100; i++) {
            std::erase_if(left, [](pid_t one) { return ::waitpid(one, nullptr, WNOHANG) != 0; });
            if (std::ranges::find(left, pid) == left.end()) return;
            (void)::poll(nullptr, 0, 10);
        }
    }
};

Result<Helper> start(const std::string& program) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) return errno_error("cannot make a socket for " + program);
    Helper helper;
    helper.socket = Fd(ends[0]);
    const Fd theirs(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
    // the daemon takes its signals by a descriptor, and has them blocked
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const char* arguments[] = {program.c_str(), nullptr};
    const int error = posix_spawn(&helper.pid, program.c_str(), &actions, &attributes, const_cast<char**>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error) return errno_error("cannot start " + program, error);
    return helper;
}

// The next of what it says.
Result<Json> hear(Channel& channel, std::uint64_t deadline_ns, const std::atomic<bool>* ending) {
    for (;;) {
        const auto now = boottime_ns();
        auto said = channel.receive(std::min(deadline_ns, now + kLookNs));
        if (said || said.error().code != ETIMEDOUT || now >= deadline_ns) return said;
        if (ending && *ending) return Error{"the daemon ended: the next one begins anew", ECANCELED, {}};
    }
}

// What the helper says, until it says what came of it.
Result<Json> serve(const Helper& helper, Channel& channel, const Order& order, const IsObjectOf& is_object, const std::atomic<bool>* ending) {
    const auto deadline_ns = order.deadline_ns + kGraceNs;
    if (auto sent = channel.send(order_json(order), deadline_ns); !sent) return sent.error();
    for (;;) {
        auto said = hear(channel, deadline_ns, ending);
        if (!said) return said.error();
        if (said->contains("taken")) return (*said)["taken"];
        const int fd = said->value("is_object", -1);
        const auto same = fd < 0 ? Result<bool>(Error{"what the helper said is not understood", EPROTO, {}}) : is_object(helper.pid, fd);
        if (fd < 0) return same.error();
        if (auto sent = channel.send(same ? Json(*same) : Json(), deadline_ns); !sent) return sent.error();
    }
}

}  // namespace

Taken take_by_helper(const std::string& program, const Order& order, const IsObjectOf& is_object, const std::atomic<bool>* ending) {
    auto helper = start(program);
    if (!helper) return {false, helper.error().message, {}};
    Channel channel(std::move(helper->socket));
    auto said = serve(*helper, channel, order, is_object, ending);
    helper->end();
    Taken taken;
    if (said && said->is_object()) {
        taken.is_whole = said->value("is_whole", false);
        taken.text = said->value("text", std::string{});
        taken.item = said->value("item", Json());
        return taken;
    }
    const int code = said ? 0 : said.error().code;
    taken.text = said                 ? "what the helper said is not understood"
                 : code == ETIMEDOUT  ? "it was not done within its time, and what there was of it was removed"
                 : code == ECANCELED  ? said.error().message
                                      : "the helper ended: " + said.error().message;
    if (auto store = Store::open(order.limits)) store->remove_drafts();
    return taken;
}

}  // namespace quell::evidence

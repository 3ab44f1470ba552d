// SPDX-License-Identifier: Apache-2.0
// quell-evidence: takes evidence for quelld, which starts it for one item and
// talks to it over its standard input. A process of its own: what a workload's
// file systems and memory may do to a reader they do to this one, which is
// killed when its time is over; its memory and its libraries are not the
// daemon's (docs/design/027-evidence.md). It keeps what the daemon has kept of
// capabilities, and its system calls are those of the daemon's unit.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <mutex>

#include "user/base/time.h"
#include "user/evidence/channel.h"
#include "user/evidence/take.h"

namespace quell::evidence {
namespace {

constexpr std::uint64_t kOrderLimitNs = 60'000'000'000;  // the daemon has it at hand

// The daemon says what a descriptor of ours is of: the kernel side knows.
class Asker {
public:
    Asker(Channel& channel, std::uint64_t deadline_ns) : channel_(channel), deadline_ns_(deadline_ns) {}

    Result<bool> is_object(int fd) {
        const std::lock_guard lock(mutex_);
        if (auto sent = channel_.send({{"is_object", fd}}, deadline_ns_); !sent) return sent.error();
        auto answer = channel_.receive(deadline_ns_);
        if (!answer) return answer.error();
        if (!answer->is_boolean()) return Error{"the kernel side cannot be asked which file it is", EPROTO, {}};
        return answer->get<bool>();
    }

private:
    std::mutex mutex_;
    Channel& channel_;
    std::uint64_t deadline_ns_;
};

Taken take(const Order& order, Asker& asker) {
    auto store = Store::open(order.limits);
    if (!store) return {false, store.error().message, {}};
    if (order.what == QUELL_RESPONSE_CAPTURE) return capture(order, *store);
    return acquire_file(order, *store, [&asker](int fd) { return asker.is_object(fd); });
}

// What it reads may need more memory than there is: then it goes, and not the daemon, whose protection it has inherited.
void be_first_to_go() {
    const Fd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (score) (void)!::write(score.get(), "900", 3);
}

int run() {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)::setpriority(PRIO_PROCESS, 0, 10);
    be_first_to_go();
    (void)::signal(SIGXFSZ, SIG_IGN);  // a file that may not become larger is a disk that is full
    ::umask(077);
    Channel channel{Fd(STDIN_FILENO)};
    auto json = channel.receive(boottime_ns() + kOrderLimitNs);
    auto order = json ? parse_order(*json) : Result<Order>(json.error());
    if (!order) {
        std::fprintf(stderr, "quell-evidence: %s\n", order.error().message.c_str());
        return 1;
    }
    Asker asker(channel, order->deadline_ns);
    const auto taken = take(*order, asker);
    constexpr std::uint64_t kTellNs = 5'000'000'000;
    const auto told = channel.send({{"taken", {{"is_whole", taken.is_whole}, {"text", taken.text}, {"item", taken.item}}}}, order->deadline_ns + kTellNs);
    return told && taken.is_whole ? 0 : 1;
}

}  // namespace
}  // namespace quell::evidence

int main() {
    int status = 1;
    try {
        status = quell::evidence::run();
    } catch (const std::exception& thrown) {
        std::fprintf(stderr, "quell-evidence: %s\n", thrown.what());
    }
    std::fflush(nullptr);
    ::_exit(status);  // a thread that hangs in the kernel keeps nobody waiting
}

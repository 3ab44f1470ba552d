// SPDX-License-Identifier: Apache-2.0
// quarantine-file: the hooks do all of it. It holds until it is undone, or
// until the file's last link and holder are gone.
//
// A file of the image's lower layer may have been copied up between the event
// and the flip, by the very operation that was seen. Its entry moves to the
// upper's identity when a hook meets the file. So that it meets it now, the
// daemon opens the path that the event had: what lies there by now does not
// matter, the hook goes by identity.
#include "user/response/response.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "user/base/fd.h"
#include "user/base/log.h"

namespace quell::response {
namespace {

// Fails when the daemon could not look; that nothing lies there, or that the container has ended, is no failure.
Status meet(bpf::Engine& engine, const Target& target) {
    const auto container = engine.container(target.key.container);
    if (!container || target.path.empty() || target.path.front() != '/') return success();
    Fd root(::open(("/proc/" + std::to_string(container->init_pid) + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return errno == ENOENT || errno == ESRCH ? success() : Status(errno_error("its copy in the container's layer was not looked for"));
    // the container's links lead nowhere else; a FIFO of that name must not hold the daemon up
    open_how how{};
    how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    engine.globals().adopting = 1;
    Fd file(static_cast<int>(::syscall(SYS_openat2, root.get(), target.path.c_str(), &how, sizeof(how))));
    engine.globals().adopting = 0;
    return success();
}

class QuarantineFile final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target&) const override {
        return std::unique_ptr<Prepared>(std::make_unique<Prepared>());
    }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        const auto met = target.entry.object_flags & QUELL_OBJECT_LOWER ? meet(engine, target) : success();
        if (!met) log::error("quarantine-file: " + met.error().message);
        const auto now = engine.find(target.key);
        if (now && engine.file(now->file))
            return {QUELL_STATE_ENFORCING, met ? "every access to the file is refused" : "the file is refused by its path in the container; " + met.error().message, {}, 0};
        return {QUELL_STATE_FAILED, "the kernel side does not hold the file", {}, 0};
    }
};

}  // namespace

const Response& quarantine_file() {
    static const QuarantineFile instance;
    return instance;
}

}  // namespace quell::response

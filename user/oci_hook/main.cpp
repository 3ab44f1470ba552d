// SPDX-License-Identifier: Apache-2.0
// quell-oci-hook: a runtime starts it at createRuntime, when a container's
// first process is in its cgroup and has executed nothing. It tells quelld who
// that is, and returns when it is contained, where its workload is followed
// (see quell-oci-hook(8)).
#include <getopt.h>
#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/oci_hook/hook.h"

namespace quell::oci {
namespace {

constexpr const char* kUsage =
    "usage: quell-oci-hook [--require] [--socket PATH]   the state of an OCI runtime on standard input\n"
    "       quell-oci-hook --version\n";

enum Option { kRequire = 256, kSocket, kVersion, kHelp };

const option kOptions[] = {{"require", no_argument, nullptr, kRequire}, {"socket", required_argument, nullptr, kSocket},
                           {"version", no_argument, nullptr, kVersion}, {"help", no_argument, nullptr, kHelp},
                           {nullptr, 0, nullptr, 0}};

// To its end: a runtime closes it.
Result<std::string> read_state(std::uint64_t deadline_ns) {
    std::string text;
    std::array<char, 16 * 1024> buffer;
    for (;;) {
        pollfd one{STDIN_FILENO, POLLIN, 0};
        const auto ms = left_ms(deadline_ns);
        const int ready = ms ? ::poll(&one, 1, static_cast<int>(ms)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return Error{"no state came on standard input in time", ETIMEDOUT, {}};
        const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno_error("cannot read the state from standard input");
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > kStateBytesMax) return Error{"the state on standard input is too long", EFBIG, {}};
    }
}

Verdict decide(const std::string& socket, bool required) {
    const auto deadline_ns = boottime_ns() + kDeadlineMs * 1'000'000;
    const auto text = read_state(deadline_ns);
    if (!text) return verdict_of(text.error(), required);
    const auto state = parse_state(*text);
    if (!state) return verdict_of(state.error(), required);
    const auto files = TrustedFiles::open();
    const auto identity = files ? identity_of(*files, *state) : ContainerIdentity{};
    const auto root = files ? root_of(*files, *state) : std::string();
    return verdict_of(ask(socket, told(*state, identity, root), deadline_ns), *state, required);
}

int finish(const Verdict& verdict) {
    if (!verdict.text.empty()) {
        ::openlog("quell-oci-hook", LOG_PID, LOG_DAEMON);
        ::syslog(verdict.is_trouble ? LOG_ERR : LOG_NOTICE, "%s", verdict.text.c_str());
        std::fprintf(stderr, "quell-oci-hook: %s\n", verdict.text.c_str());
    }
    return verdict.starts ? 0 : 1;
}

}  // namespace

int start(int argc, char** argv) {
    std::string socket = "/run/quell/quell.sock";
    bool required = false;
    for (int option; (option = getopt_long(argc, argv, "h", kOptions, nullptr)) != -1;) switch (option) {
            case kRequire: required = true; break;
            case kSocket: socket = optarg; break;
            case kVersion: std::printf("quell-oci-hook %s\n", QUELL_VERSION); return 0;
            case 'h':
            case kHelp: std::fputs(kUsage, stdout); return 0;
            default: std::fputs(kUsage, stderr); return 2;
        }
    if (optind != argc) {
        std::fprintf(stderr, "quell-oci-hook: unknown argument '%s'\n%s", escape(argv[optind]).c_str(), kUsage);
        return 2;
    }
    return finish(decide(socket, required));
}

}  // namespace quell::oci

// What a library throws is no reason to hold a container up, unless it was asked for.
int main(int argc, char** argv) {
    try {
        return quell::oci::start(argc, argv);
    } catch (const std::exception& thrown) {
        bool required = false;
        for (int i = 1; i < argc; i++) required = required || std::string_view(argv[i]) == "--require";
        std::fprintf(stderr, "quell-oci-hook: %s\n", quell::escape(thrown.what()).c_str());
        return required ? 1 : 0;
    }
}

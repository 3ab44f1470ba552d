// SPDX-License-Identifier: Apache-2.0
// quell-notifier: tells others what the daemon writes into its history, by
// HTTP, and gives its status to Prometheus. Without privilege but to ask the
// daemon (see quell-notifier(8)).
#include <getopt.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "user/base/escape.h"
#include "user/base/fd.h"
#include "user/base/log.h"
#include "user/notifier/notifier.h"
#include "user/notify/service.h"

namespace quell::notifier {
namespace {

constexpr const char* kUsage =
    "usage: quell-notifier [--config FILE]\n"
    "       quell-notifier --check-config [--config FILE]   say whether the configuration is right\n"
    "       quell-notifier --version\n";

enum Option { kConfig = 256, kCheckConfig, kVersion, kHelp };

const option kOptions[] = {{"config", required_argument, nullptr, kConfig}, {"check-config", no_argument, nullptr, kCheckConfig},
                           {"version", no_argument, nullptr, kVersion},     {"help", no_argument, nullptr, kHelp},
                           {nullptr, 0, nullptr, 0}};

int fail(const Error& error) {
    std::fprintf(stderr, "quell-notifier: %s\n", error.message.c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "quell-notifier: hint: %s\n", error.hint.c_str());
    return 1;
}

// With the secrets that it names.
Result<Config> whole_config(const std::string& path) {
    auto config = load_config(path);
    if (!config) return config;
    for (const auto& target : config->targets)
        if (!target.secret_file.empty())
            if (auto secret = read_secret(target.secret_file); !secret) return secret.error();
    return config;
}

// Before the first thread: each of them has them blocked, too.
Fd stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // libmicrohttpd and a client that hangs up
    return Fd(signalfd(-1, &set, SFD_CLOEXEC));
}

int run_with(const std::string& path) {
    const auto config = whole_config(path);
    if (!config) return fail(config.error());
    log::set_level(config->log_level);
    const Fd stop = stop_signals();
    const auto service = notify::Service::from_environment();
    (void)service.ready(std::to_string(config->targets.size()) + " targets");
    const auto ran = run(*config, stop.get());
    (void)service.stopping();
    return ran ? 0 : fail(ran.error());
}

}  // namespace

int start(int argc, char** argv) {
    std::string path = kConfigPath;
    int action = 0;
    for (int option; (option = getopt_long(argc, argv, "h", kOptions, nullptr)) != -1;) switch (option) {
            case kConfig: path = optarg; break;
            case 'h':
            case kHelp: std::fputs(kUsage, stdout); return 0;
            case '?': std::fputs(kUsage, stderr); return 2;
            default: action = option;
        }
    if (optind != argc) {
        std::fprintf(stderr, "quell-notifier: unknown argument '%s'\n%s", escape(argv[optind]).c_str(), kUsage);
        return 2;
    }
    if (path != kConfigPath && ::access(path.c_str(), F_OK) != 0) return fail(errno_error("cannot read " + path));
    switch (action) {
        case kCheckConfig: {
            const auto config = whole_config(path);
            return config ? 0 : fail(config.error());
        }
        case kVersion: std::printf("quell-notifier %s\n", QUELL_VERSION); return 0;
        default: return run_with(path);
    }
}

}  // namespace quell::notifier

int main(int argc, char** argv) {
    try {
        return quell::notifier::start(argc, argv);
    } catch (const std::exception& thrown) {
        std::fprintf(stderr, "quell-notifier: %s\n", quell::escape(thrown.what()).c_str());
        return 1;
    }
}

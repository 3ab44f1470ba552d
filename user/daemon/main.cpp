// SPDX-License-Identifier: Apache-2.0
// quelld: the controller. Without arguments it runs until SIGTERM; the other
// ways to start it end at once (see quelld(8)).
#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "kern/abi.h"
#include "user/base/escape.h"
#include "user/base/log.h"
#include "user/bpf/engine.h"
#include "user/bpf/loader.h"
#include "user/bpf/loader_process.h"
#include "user/daemon/config.h"
#include "user/daemon/daemon.h"
#include "user/daemon/privileges.h"

namespace quell::daemon {
namespace {

constexpr const char* kUsage =
    "usage: quelld [--config FILE]\n"
    "       quelld --check-config [--config FILE]   say whether the configuration is right\n"
    "       quelld --check-kernel [--json]          try the verifier on every program\n"
    "       quelld --unload                         detach everything and give up every containment\n"
    "       quelld --version\n";

int fail(const Error& error) {
    std::fprintf(stderr, "quelld: %s\n", error.message.c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "quelld: hint: %s\n", error.hint.c_str());
    return 1;
}

int finish(const Status& status) { return status ? 0 : fail(status.error()); }

int check_kernel(bool json) {
    const auto begins = [json](const std::string& name) {
        if (json) return;
        std::printf("%-32s ", name.c_str());
        std::fflush(stdout);
    };
    const auto ends = [json](const bpf::ProgramCheck& check) {
        if (!json) std::printf("%s\n", check.loads ? "loads" : escape(check.reason).c_str());
    };
    auto checks = bpf::check_programs(begins, ends);
    if (!checks) return fail(checks.error());
    bool all = true;
    auto list = nlohmann::json::array();
    for (const auto& check : *checks) {
        all = all && check.loads;
        list.push_back({{"name", check.name}, {"loaded", check.loads}, {"detail", escape(check.reason)}});
    }
    if (json) std::printf("%s\n", nlohmann::json{{"programs", list}}.dump().c_str());
    return all ? 0 : 1;
}

int learn_overlay(const std::string& root) {
    auto known = bpf::learn_overlay_layout(root);
    return known ? 0 : fail(known.error());
}

enum Option { kConfig = 256, kCheckConfig, kCheckKernel, kJson, kUnload, kVersion, kHelp, kLoad, kLoader, kLearnOverlay };

const option kOptions[] = {
    {"config", required_argument, nullptr, kConfig},     {"check-config", no_argument, nullptr, kCheckConfig},
    {"check-kernel", no_argument, nullptr, kCheckKernel}, {"json", no_argument, nullptr, kJson},
    {"unload", no_argument, nullptr, kUnload},           {"version", no_argument, nullptr, kVersion},
    {"help", no_argument, nullptr, kHelp},
    // how the daemon calls itself: the loader's memory is not the daemon's
    {"load", required_argument, nullptr, kLoad},         {"loader", required_argument, nullptr, kLoader},
    {"learn-overlay", required_argument, nullptr, kLearnOverlay},
    {nullptr, 0, nullptr, 0}};

// Where there is none at its usual place, the defaults hold; one that was named has to be there.
Result<Config> configuration(const std::string& path) {
    if (path != kConfigPath && ::access(path.c_str(), F_OK)) return errno_error("cannot read " + path);
    return load_config(path);
}

bool is_root() { return geteuid() == 0; }
const Error kNeedsRoot{"quelld needs root", EPERM, "start it as a service: systemctl start quelld"};

int run(const std::string& config_path) {
    auto config = configuration(config_path);
    if (!config) return fail(config.error());
    log::set_level(config->log_level);
    return is_root() ? Daemon::run(*config) : fail(kNeedsRoot);
}

}  // namespace

int start(int argc, char** argv) {
    std::string config_path = kConfigPath;
    int action = 0;
    bool json = false;
    for (int option; (option = getopt_long(argc, argv, "h", kOptions, nullptr)) != -1;) switch (option) {
            case kConfig: config_path = optarg; break;
            case kJson: json = true; break;
            case kLoad: return finish(bpf::load_and_pin(optarg));
            case kLoader: {
                const auto kept = keep_privileges_for_loading();
                return kept ? bpf::serve_loader(optarg, STDIN_FILENO) : fail(kept.error());
            }
            case kLearnOverlay: return learn_overlay(optarg);
            case 'h':
            case kHelp: std::fputs(kUsage, stdout); return 0;
            case '?': std::fputs(kUsage, stderr); return 2;
            default: action = option;
        }
    if (optind != argc) {
        std::fprintf(stderr, "quelld: unknown argument '%s'\n%s", escape(argv[optind]).c_str(), kUsage);
        return 2;
    }
    switch (action) {
        case kCheckConfig: {
            auto config = configuration(config_path);
            return config ? 0 : fail(config.error());
        }
        case kCheckKernel: return check_kernel(json);
        case kUnload: {
            if (!is_root()) return fail({"quelld --unload needs root", EPERM, {}});
            auto config = configuration(config_path);
            return finish(Daemon::unload(config ? *config : Config{}));  // not hindered by a broken one
        }
        case kVersion: std::printf("quelld %s (abi %u)\n", QUELL_VERSION, QUELL_ABI_VERSION); return 0;
        default: return run(config_path);
    }
}

}  // namespace quell::daemon

// What a library throws, out of memory for one, ends with a message and not with an abort: pins go on without a daemon.
int main(int argc, char** argv) {
    try {
        return quell::daemon::start(argc, argv);
    } catch (const std::exception& thrown) {
        std::fprintf(stderr, "quelld: %s\n", thrown.what());
        return 1;
    }
}

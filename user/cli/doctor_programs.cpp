// SPDX-License-Identifier: Apache-2.0
// The verifier's word on each program, by way of quelld: only it carries them.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "user/base/fd.h"
#include "user/base/files.h"
#include "user/cli/ask.h"
#include "user/cli/doctor_checks.h"

namespace quell::cli {

namespace {

// Beside this program, or in the sbin beside its bin. Never by $PATH: it runs
// as root.
std::string quelld_path() {
    std::error_code error;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const auto& candidate : {own / "quelld", own.parent_path() / "sbin" / "quelld", own.parent_path() / "daemon" / "quelld"})
        if (access(candidate.c_str(), X_OK) == 0) return candidate;
    return {};
}

}  // namespace

std::vector<Check> programs_from(std::string_view output, int status) {
    const auto parsed = control::parse_json(output);
    const Json programs = parsed ? control::member(*parsed, "programs") : Json();
    std::vector<Check> checks;
    bool all = true;
    for (const Json& program : programs) {
        const bool loads = control::true_member(program, "loaded");
        all = all && loads;
        const std::string name = "program " + text_of(program, "name");
        if (loads)
            checks.push_back({name, Health::Good, "accepted by the verifier", {}, true});
        else
            checks.push_back({name, Health::Bad, text_of(program, "detail"), "report it with the kernel's version; this kernel's verifier refuses the program"});
    }
    if (!all) return checks;
    if (programs.empty() || status != 0)
        checks.push_back({"programs", Health::Bad, "quelld --check-kernel failed (" + std::to_string(status) + ")", "run it by hand to see why"});
    else
        checks.push_back({"programs", Health::Good, std::to_string(programs.size()) + " accepted by the verifier", {}});
    return checks;
}

std::vector<Check> check_programs() {
    if (geteuid() != 0) return {{"programs", Health::Unknown, "only root may load them", "run `quell doctor` as root"}};
    const std::string path = quelld_path();
    if (path.empty()) return {{"programs", Health::Bad, "quelld is not installed beside quell", "install quelld"}};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {{"programs", Health::Unknown, errno_error("pipe").message, {}}};
    const Fd from(ends[0]);
    Fd to(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::string arguments[] = {path, "--check-kernel", "--json"};
    char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(), nullptr};
    pid_t pid = 0;
    const int failed = posix_spawn(&pid, path.c_str(), &actions, nullptr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    to.reset();
    if (failed != 0) return {{"programs", Health::Bad, errno_error("cannot run " + path, failed).message, "install quelld"}};
    const auto output = read_all(from.get(), 1 << 20);
    int status = 0;
    waitpid(pid, &status, 0);
    return programs_from(output ? *output : std::string{}, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

}  // namespace quell::cli

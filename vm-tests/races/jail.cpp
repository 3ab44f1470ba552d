// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/races/jail.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>

#include "vm-tests/harness/losses.h"
#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

constexpr const char* kSlice = "/sys/fs/cgroup/kubepods.slice";

bool write_word(const std::string& path, const char* word) {
    const int fd = open(path.c_str(), O_WRONLY);
    const bool done = fd >= 0 && ::write(fd, word, std::char_traits<char>::length(word)) > 0;
    if (fd >= 0) close(fd);
    return done;
}

// In the child: into the cgroup first and then into the root, as a runtime does.
bool enter(const std::string& procs, const std::string& root, const Jail::Mounts& mounts) {
    return write_word(procs, "0") && !unshare(CLONE_NEWNS) && !mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) && !chdir(root.c_str()) && mounts() &&
           !mount("proc", "proc", "proc", 0, nullptr) && !syscall(SYS_pivot_root, ".", ".") && !umount2(".", MNT_DETACH) && !chdir("/");
}

Child spawn(const std::vector<std::string>& words, const char* program, const std::function<bool()>& before) {
    static const int globals = races::open_pin("/sys/fs/bpf/quell/maps/globals");
    int output[2];
    EXPECT_EQ(pipe2(output, O_CLOEXEC), 0);
    std::vector<char*> arguments = {const_cast<char*>("racer")};
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t pid = fork();
    if (!pid) {
        if (dup2(output[1], 1) >= 0 && dup2(globals, races::kGlobalsFd) >= 0 && before()) execv(program, arguments.data());
        perror("the racer did not start");
        _exit(124);
    }
    close(output[1]);
    return {pid, output[0]};
}

}  // namespace

Json Child::result() {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(output_, buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<std::size_t>(n));
    close(output_);
    int status = 0;
    waitpid(pid_, &status, 0);
    auto json = Json::parse(text, nullptr, false);
    EXPECT_EQ(status, 0) << text;
    EXPECT_TRUE(json.is_object()) << text;
    return json.is_object() ? json : Json::object();
}

Child start_racer(const std::vector<std::string>& words) { return spawn(words, "/w/racer", [] { return true; }); }

bool bind_to(const std::string& from, const std::string& to) { return !mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr); }

bool bind_in(const std::string& from, const std::string& to) {
    std::error_code error;
    if (std::filesystem::is_directory(from, error)) {
        std::filesystem::create_directories(to, error);
    } else {
        std::filesystem::create_directories(std::filesystem::path(to).parent_path(), error);
        write(to, "");
    }
    return bind_to(from, to);
}

Jail::Jail(std::string name, Mounts mounts)
    : name_(std::move(name)),
      directory_("/srv/jails/" + name_),
      id_(random_hex(64)),
      cgroup_(std::string(kSlice) + "/crio-" + id_ + ".scope"),
      mounts_(std::move(mounts)) {
    must("rm -rf " + directory_ + "; mkdir -p " + directory_ + "/lower " + directory_ + "/upper " + directory_ + "/work " + directory_ + "/root && cd " + directory_ +
         "/lower && mkdir -p var/log tmp etc proc && echo x > etc/shadow && cp /w/racer . && mount -t overlay overlay -o lowerdir=" + directory_ +
         "/lower,upperdir=" + directory_ + "/upper,workdir=" + directory_ + "/work " + directory_ + "/root && mkdir -p " + cgroup_);
    auto first = start({"sleep"});
    init_ = first.pid();
    EXPECT_TRUE(eventually([&] { return guest::run("readlink /proc/" + std::to_string(init_) + "/exe | grep -qx /racer").status == 0; })) << name_;
}

Jail::~Jail() {
    write_word(cgroup_ + "/cgroup.kill", "1");
    kill(init_, SIGKILL);  // somebody may have moved it
    waitpid(init_, nullptr, 0);
    EXPECT_TRUE(eventually([&] { return rmdir(cgroup_.c_str()) == 0; })) << cgroup_;
    (void)guest::run("umount " + directory_ + "/root; rm -rf " + directory_);
}

Child Jail::start(const std::vector<std::string>& words, const std::string& below) const {
    return spawn(words, "/racer", [&] { return enter(cgroup_ + below + "/cgroup.procs", directory_ + "/root", mounts_); });
}

bool is_of(const Json& incident, const Jail& jail) { return incident.contains("container") && incident["container"].value("id", "") == jail.id(); }

void expect_matched(const Json& result, int matched, const std::string& what) {
    EXPECT_EQ(result["failed"], 0) << what;
    EXPECT_EQ(result["matched"], matched) << what;
}

void expect_told_of(const Jail& jail, std::int64_t matches_before) {
    expect_told(wait_for([&](const Json& one) { return is_of(one, jail); }), matches_before, jail.id());
}

void expect_nothing_lost(const std::vector<std::string>& but) {
    for (const auto& name : but) allow_counter(name);
    static std::map<std::string, std::int64_t> before;  // what earlier tests have left
    static const std::vector<std::string> lost = {"walk-overflow", "walk-unreached", "home-not-ready", "home-overflow", "home-full",    "scratch-full",
                                                  "members-full",  "task-storage",   "rules-overflow", "pending-full",  "pending-subject", "ring-dropped"};
    std::size_t found = 0;
    const auto status = quell("status")["status"];
    for (const auto& one : status["counters"]) {
        const std::string name = one["name"];
        if (std::ranges::find(lost, name) == lost.end()) continue;
        found++;
        const std::int64_t value = one["value"];
        if (std::ranges::find(but, name) == but.end()) {
            EXPECT_EQ(value, before[name]) << name;
        }
        before[name] = value;
    }
    EXPECT_EQ(found, lost.size());
}

void expect_loud(const std::string& text) {
    const auto warnings = quell("status")["status"]["warnings"].dump();
    EXPECT_NE(warnings.find(text), std::string::npos) << warnings;
}

}  // namespace quell::guest

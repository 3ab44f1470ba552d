// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/races/jail.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <map>

#include "vm-tests/races/racer/globals.h"

namespace quell::guest {
namespace {

constexpr int kGlobalsFd = 9;
constexpr const char* kSlice = "/sys/fs/cgroup/kubepods.slice";

bool write_word(const std::string& path, const char* word) {
    const int fd = open(path.c_str(), O_WRONLY);
    const bool done = fd >= 0 && ::write(fd, word, std::char_traits<char>::length(word)) > 0;
    if (fd >= 0) close(fd);
    return done;
}

// In the child: into the cgroup first and then into the root, as a runtime does.
bool enter(const std::string& procs, const std::string& root) {
    return write_word(procs, "0") && !unshare(CLONE_NEWNS) && !mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) && !chdir(root.c_str()) &&
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
        dup2(output[1], 1);
        dup2(globals, kGlobalsFd);
        if (before()) execv(program, arguments.data());
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

Jail::Jail(std::string name)
    : name_(std::move(name)), directory_("/srv/jails/" + name_), id_(random_hex(64)), cgroup_(std::string(kSlice) + "/crio-" + id_ + ".scope") {
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

Child Jail::start(const std::vector<std::string>& words) const {
    return spawn(words, "/racer", [&] { return enter(procs(), directory_ + "/root"); });
}

void expect_nothing_lost(bool floods) {
    static std::map<std::string, std::int64_t> flooded;  // what earlier floods have left
    for (const char* name : {"walk-overflow", "walk-unreached", "home-not-ready", "home-overflow", "home-full", "scratch-full", "members-full", "task-storage", "rules-overflow"})
        EXPECT_EQ(counter(name), 0) << name;
    for (const char* name : {"pending-full", "pending-subject", "ring-dropped"}) {
        if (floods) flooded[name] = counter(name);
        EXPECT_EQ(counter(name), flooded[name]) << name;
    }
}

}  // namespace quell::guest

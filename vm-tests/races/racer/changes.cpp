// SPDX-License-Identifier: Apache-2.0
// Races against a change of what is watched: moved directories, mounts, reloads.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "vm-tests/races/racer/commands.h"
#include "vm-tests/races/racer/race.h"

namespace quell::races {
namespace {

std::string name_of(unsigned n) { return "f" + std::to_string(n); }

void make_file(int directory, unsigned n) { close(openat(directory, name_of(n).c_str(), O_CREAT | O_WRONLY, 0600)); }

bool open_and_close(int directory, const char* name, int flags) {
    const int fd = openat(directory, name, flags, 0600);
    return fd >= 0 && close(fd) == 0;
}

// What is done again and again in a directory that moves.
struct Way {
    const char* name;
    quell_hook hook;
    void (*prepare)(int directory, unsigned n);
    bool (*operate)(int directory, unsigned n);
};

constexpr Way kWays[] = {
    {"unlink", QUELL_HOOK_inode_unlink, make_file, [](int directory, unsigned n) { return unlinkat(directory, name_of(n).c_str(), 0) == 0; }},
    {"rename", QUELL_HOOK_inode_rename,
     [](int directory, unsigned n) {
         unlinkat(directory, "renamed", 0);  // a name that exists is judged, too
         make_file(directory, n);
     },
     [](int directory, unsigned n) { return renameat(directory, name_of(n).c_str(), directory, "renamed") == 0; }},
    {"truncate", QUELL_HOOK_inode_setattr,
     [](int directory, unsigned) {
         const int fd = openat(directory, "emptied", O_CREAT | O_WRONLY, 0600);
         (void)!write(fd, "x", 1);
         close(fd);
     },
     [](int directory, unsigned) { return open_and_close(directory, "emptied", O_WRONLY | O_TRUNC); }},
    // one file, so that what is known of it is from before the move
    {"open", QUELL_HOOK_file_open, [](int directory, unsigned n) { if (!n) open_and_close(directory, "secret", O_CREAT | O_WRONLY); },
     [](int directory, unsigned) { return open_and_close(directory, "secret", O_RDONLY); }},
};

const Way& way_of(const std::string& name) {
    for (const auto& way : kWays)
        if (name == way.name) return way;
    std::exit(2);
}

// Operations below a descriptor, with somebody beside them who looks at the same directory and does what the rule is not about.
Race operations(int directory, const Way& way, unsigned changes) {
    Race race;
    race.changes = changes;
    race.enough = changes / 20;
    race.hook = way.hook;
    race.prepare = [=](unsigned n) { way.prepare(directory, n); };
    race.operate = [=](unsigned n) { return way.operate(directory, n); };
    if (way.hook == QUELL_HOOK_file_open)
        race.noise.push_back([=] {
            open_and_close(directory, "noise", O_CREAT | O_WRONLY);
            unlinkat(directory, "noise", 0);
        });
    else
        race.noise.push_back([=] { open_and_close(directory, "steady", O_CREAT | O_RDWR); });
    return race;
}

// `quell policy apply`, without the time that it takes to start it.
bool apply(const std::string& file) {
    const sockaddr_un address = {AF_UNIX, "/run/quell/quell.sock"};
    const std::string call = R"({"method":"io.quell.ApplyPolicy","parameters":{"files":[")" + file + R"("],"dry_run":false,"allow_empty":false}})";
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::string reply;
    char bytes[4096];
    if (!connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) && write(fd, call.c_str(), call.size() + 1) > 0)
        for (ssize_t n; (n = read(fd, bytes, sizeof(bytes))) > 0;) {
            reply.append(bytes, static_cast<std::size_t>(n));
            if (reply.back() == '\0') break;
        }
    close(fd);
    return reply.find("\"changed\":true") != std::string::npos;
}

}  // namespace

int race_renames(const Globals& globals, const Words& words) {
    const std::string inside = words.at(0), outside = words.at(1), below = "/a/b";
    const auto& way = way_of(words.size() > 3 ? words[3] : "unlink");
    mkdir(outside.c_str(), 0700);
    mkdir((outside + "/a").c_str(), 0700);
    mkdir((outside + below).c_str(), 0700);
    const int directory = open((outside + below).c_str(), O_RDONLY | O_DIRECTORY);
    if (directory < 0) return perror("open"), 1;
    auto race = operations(directory, way, static_cast<unsigned>(std::stoul(words.at(2))));
    race.change_matches = way.hook == QUELL_HOOK_inode_rename;
    race.change = [&](bool in) { return rename((in ? outside : inside).c_str(), (in ? inside : outside).c_str()) == 0; };
    race.noise.push_back([&] {
        open_and_close(AT_FDCWD, (inside + below + "/steady").c_str(), O_RDONLY);
        open_and_close(AT_FDCWD, (outside + below + "/steady").c_str(), O_RDONLY);
    });
    return report(run_race(race, globals));
}

// One file of two names, opened by what it is and not by a name.
int race_names(const Globals& globals, const Words& words) {
    const std::string watched = words.at(0), other = words.at(1);
    close(open(other.c_str(), O_CREAT | O_WRONLY, 0600));
    const int file = open(other.c_str(), O_PATH);
    if (file < 0) return perror("open"), 1;
    const std::string again = "/proc/self/fd/" + std::to_string(file);
    Race race;
    race.changes = static_cast<unsigned>(std::stoul(words.at(2)));
    race.enough = race.changes / 20;
    race.hook = QUELL_HOOK_file_open;
    race.change = [&](bool in) { return rename((in ? other : watched).c_str(), (in ? watched : other).c_str()) == 0; };
    race.prepare = [](unsigned) {};
    race.operate = [&](unsigned) { return open_and_close(AT_FDCWD, again.c_str(), O_RDONLY); };
    return report(run_race(race, globals));
}

int race_mounts(const Globals& globals, const Words& words) {
    const std::string source = words.at(0), mountpoint = words.at(1);
    mkdir(source.c_str(), 0700);
    mkdir(mountpoint.c_str(), 0700);
    const int directory = open(source.c_str(), O_RDONLY | O_DIRECTORY);
    if (directory < 0) return perror("open"), 1;
    auto race = operations(directory, kWays[0], static_cast<unsigned>(std::stoul(words.at(2))));
    race.enough = 0;
    race.pause_us = words.size() > 3 ? static_cast<unsigned>(std::stoul(words[3])) : 4000;
    race.change = [&](bool in) {
        return in ? mount(source.c_str(), mountpoint.c_str(), nullptr, MS_BIND, nullptr) == 0 : umount2(mountpoint.c_str(), MNT_DETACH) == 0;
    };
    return report(run_race(race, globals));
}

int race_reloads(const Globals& globals, const Words& words) {
    Race race;
    race.always = words.at(0) == "both";
    race.changes = static_cast<unsigned>(std::stoul(words.at(1)));
    race.hook = QUELL_HOOK_file_open;
    race.pause_us = 10'000;
    race.change = [&](bool in) { return apply(words.at(in ? 2 : 3)); };
    const std::string file = "/srv/reload/" + words.at(0) + "/file";
    race.prepare = [](unsigned) {};
    race.operate = [&](unsigned) {
        const int fd = open(file.c_str(), O_RDONLY);
        return fd >= 0 && close(fd) == 0;
    };
    race.noise.push_back([] { open_and_close(AT_FDCWD, "/srv/reload/none/file", O_RDONLY); });
    return report(run_race(race, globals));
}

// Held: the removed file is opened once more when its directory is removed, too. No other directory is removed then until the
// next one is there.
int reuse_directories(const Globals& globals, const Words& words) {
    const bool held = words.size() > 3 && words[3] == "held";
    Tally tally;
    const auto hits = [&](const std::string& directory) {
        const std::string file = directory + "/file";
        mkdir(directory.c_str(), 0700);
        const int fd = open(file.c_str(), O_CREAT | O_WRONLY, 0600);
        if (!held) close(fd);
        const auto before = globals.matched(QUELL_HOOK_inode_unlink);
        tally.failed += unlink(file.c_str()) != 0;
        const auto matches = globals.matched(QUELL_HOOK_inode_unlink) - before;
        tally.failed += rmdir(directory.c_str()) != 0;
        if (held) {
            const int again = open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY);
            tally.failed += again < 0;
            close(again);
            close(fd);
            usleep(30'000);  // the kernel gives its memory back after a grace period
        }
        return matches;
    };
    for (unsigned long i = 0, rounds = std::stoul(words.at(2)); i < rounds; i++) {
        tally.out++;
        tally.false_alarms += hits(words.at(1) + "/reused") != 0;
        tally.in++;
        tally.missed += hits(words.at(0) + "/reused") != 1;
    }
    return report(tally);
}

}  // namespace quell::races

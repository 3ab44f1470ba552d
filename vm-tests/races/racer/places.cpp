// SPDX-License-Identifier: Apache-2.0
// Operations at places that are hard to judge: no race, each has one right answer.
#include <fcntl.h>
#include <sys/stat.h>

#include "vm-tests/races/racer/commands.h"
#include "vm-tests/races/racer/race.h"

namespace quell::races {
namespace {

bool truncate_full(const std::string& file) {
    int fd = open(file.c_str(), O_CREAT | O_WRONLY, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || close(fd)) return false;
    fd = open(file.c_str(), O_WRONLY | O_TRUNC);
    return fd >= 0 && close(fd) == 0;
}

bool unlink_fresh_at(int directory) {
    const int fd = openat(directory, "fresh", O_CREAT | O_WRONLY, 0600);
    return fd >= 0 && close(fd) == 0 && unlinkat(directory, "fresh", 0) == 0;
}

// By a directory's descriptor: judged once, and as it should be.
void tally_at(const Globals& globals, Tally& tally, int directory, bool in) {
    const auto before = globals.matched(QUELL_HOOK_inode_unlink);
    tally.failed += !unlink_fresh_at(directory);
    const auto matches = globals.matched(QUELL_HOOK_inode_unlink) - before;
    (in ? tally.in : tally.out)++;
    (in ? tally.missed : tally.false_alarms) += matches != (in ? 1 : 0);
}

void tally_in(const Globals& globals, Tally& tally, const std::string& path, bool in) {
    const int directory = open(path.c_str(), O_PATH | O_DIRECTORY);
    tally_at(globals, tally, directory, in);
    close(directory);
}

struct Handle : file_handle {
    unsigned char bytes[MAX_HANDLE_SZ];
};

// A directory of which the kernel knows nothing any more, by its handle.
int open_forgotten(Handle& handle) {
    const int fd = open("/proc/sys/vm/drop_caches", O_WRONLY), root = open("/", O_RDONLY | O_DIRECTORY);
    (void)!write(fd, "2", 1);
    close(fd);
    const int directory = open_by_handle_at(root, &handle, O_RDONLY | O_DIRECTORY);
    close(root);
    return directory;
}

}  // namespace

int act(const Globals& globals, const Words& words) {
    const bool unlinks = words.at(0) == "unlink";
    const auto hook = unlinks ? QUELL_HOOK_inode_unlink : QUELL_HOOK_inode_setattr;
    unsigned long failed = 0;
    const auto before = globals.matched(hook);
    for (unsigned long n = 0, count = words.size() > 2 ? std::stoul(words[2]) : 1; n < count; n++) {
        const std::string file = words.at(1) + (words.size() > 2 ? std::to_string(n) : "");
        failed += !(unlinks ? unlink_fresh(file) : truncate_full(file));
    }
    std::printf("{\"matched\":%lu,\"failed\":%lu}\n", static_cast<unsigned long>(globals.matched(hook) - before), failed);
    return 0;
}

// More than the cache of directories holds, from the first to the last, and then some of the first once more.
int directories(const Globals& globals, const Words& words) {
    Tally tally;
    const unsigned long count = std::stoul(words.at(2));
    for (int round = 0; round < 2; round++)
        for (unsigned long n = 0; n < (round ? count / 8 : count); n++)
            for (const bool in : {true, false}) {
                const std::string directory = words.at(in ? 0 : 1) + "/" + std::to_string(n);
                if (!round) mkdir(directory.c_str(), 0700);
                tally_in(globals, tally, directory, in);
            }
    return report(tally);
}

// A directory of an overlay is moved in the layer below, and found by the overlay under its new name: one that moves by a look-up.
int splice(const Globals& globals, const Words& words) {
    Tally tally;
    const std::string upper = words.at(0), in = "/var/log/spliced", out = "/tmp/spliced";
    unlink_fresh("/var/log/first");  // both directories are in the upper layer from now on
    mkdir(out.c_str(), 0700);
    const int directory = open(out.c_str(), O_RDONLY | O_DIRECTORY);
    tally_at(globals, tally, directory, false);
    tally.failed += rename((upper + out).c_str(), (upper + in).c_str()) != 0;
    struct stat found;
    tally.failed += stat(in.c_str(), &found) != 0;
    char path[64] = {};
    tally.failed += readlink(("/proc/self/fd/" + std::to_string(directory)).c_str(), path, sizeof(path) - 1) < 0;
    tally.changes = in == path;  // by the look-up alone
    tally_at(globals, tally, directory, true);
    return report(tally);
}

int by_handle(const Globals& globals, const Words& words) {
    Tally tally;
    const std::string inside = words.at(0) + "/handle", outside = words.at(1) + "/handle";
    mkdir(outside.c_str(), 0700);
    mkdir((outside + "/below").c_str(), 0700);
    Handle handle{};
    handle.handle_bytes = MAX_HANDLE_SZ;
    int mount = 0;
    tally.failed += name_to_handle_at(AT_FDCWD, (outside + "/below").c_str(), &handle, &mount, 0) != 0;
    for (const bool in : {false, true, false, true}) {
        if (in) tally.failed += rename(outside.c_str(), inside.c_str()) != 0;
        const int directory = open_forgotten(handle);
        tally_at(globals, tally, directory, in);
        if (in) tally.failed += rename(inside.c_str(), outside.c_str()) != 0;
        tally_at(globals, tally, directory, false);
        close(directory);
    }
    return report(tally);
}

}  // namespace quell::races

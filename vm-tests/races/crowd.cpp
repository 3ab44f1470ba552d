// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/races/crowd.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "vm-tests/races/jail.h"

namespace quell::guest {
namespace {

void make(Of what, const std::string& path) {
    if (what == Of::kFiles)
        write(path, "");
    else
        (void)mkdir(path.c_str(), 0700);
}

bool mount_one(Of what, const std::string& source, const std::string& spare, const std::string& place) {
    if (what == Of::kSuperblocks) return !mount("tmpfs", place.c_str(), "tmpfs", 0, nullptr);
    if (what != Of::kOverlays) return bind_to(source, place);
    make(what, source + "/upper");
    make(what, source + "/work");
    const std::string options = "lowerdir=" + spare + ",upperdir=" + source + "/upper,workdir=" + source + "/work";
    return !mount("overlay", place.c_str(), "overlay", 0, options.c_str());
}

}  // namespace

Crowd::Crowd(std::string directory, Of what, int count) : directory_(std::move(directory)) {
    // nothing of it is handed on to other namespaces, or each mount would be made in all of them
    must("mkdir -p " + directory_ + " && mount -t tmpfs -o nr_inodes=100k tmpfs " + directory_ + " && mount --make-private " + directory_ + " && mkdir " + sources() + " " +
         places());
    for (int i = 0; i < count; i++) {
        const std::string source = sources() + "/" + std::to_string(i), spare = sources() + "/spare" + std::to_string(i), place = places() + "/" + std::to_string(i);
        for (const auto& path : {source, spare, place}) make(what, path);
        if (!mount_one(what, source, spare, place)) {
            ADD_FAILURE() << place << ": " << errno;
            return;
        }
    }
}

Crowd::~Crowd() { must("umount -l " + directory_); }

}  // namespace quell::guest

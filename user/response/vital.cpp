// SPDX-License-Identifier: Apache-2.0
#include "user/response/vital.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "user/base/time.h"

namespace quell::response {
namespace {

constexpr std::array kPaths = {"/proc/1/exe", "/proc/self/exe", "/usr/bin/quell", "/usr/sbin/quelld"};

}  // namespace

void VitalFiles::look() {
    looked_ns_ = boottime_ns();
    for (std::size_t i = 0; i < kPaths.size(); i++) {
        struct stat file {};
        files_[i] = {};
        // the kernel's own numbers of devices are packed in another way
        if (::stat(kPaths[i], &file) == 0) files_[i] = {file.st_ino, major(file.st_dev) << 20 | minor(file.st_dev)};
    }
}

void VitalFiles::refresh() {
    if (boottime_ns() - looked_ns_ >= kFreshNs / 2) look();
}

bool VitalFiles::has(const quell_pending& entry) {
    if (!looked_ns_ || boottime_ns() - looked_ns_ >= kFreshNs) look();  // also within two seconds of a boot
    const auto device = entry.overlay_device ? entry.overlay_device : entry.device;
    return std::ranges::any_of(files_, [&](const File& file) { return file.inode && file.inode == entry.inode && file.device == device; });
}

}  // namespace quell::response

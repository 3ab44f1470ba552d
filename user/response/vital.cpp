// SPDX-License-Identifier: Apache-2.0
#include "user/response/vital.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>

#include "user/base/own_programs.h"
#include "user/base/time.h"

namespace quell::response {
namespace {

constexpr std::array kRunning = {"/proc/1/exe", "/proc/self/exe"};

}  // namespace

void VitalFiles::look() {
    looked_ns_ = boottime_ns();
    files_.clear();
    const auto add = [this](const char* path) {
        struct stat file {};
        // the kernel's own numbers of devices are packed in another way
        if (::stat(path, &file) == 0) files_.push_back({file.st_ino, major(file.st_dev) << 20 | minor(file.st_dev)});
    };
    std::ranges::for_each(kRunning, add);
    std::ranges::for_each(kOwnPrograms, add);
}

void VitalFiles::refresh() {
    if (boottime_ns() - looked_ns_ >= kFreshNs / 2) look();
}

bool VitalFiles::has(const quell_pending& entry) {
    if (!looked_ns_ || boottime_ns() - looked_ns_ >= kFreshNs) look();  // also within two seconds of a boot
    const auto device = entry.overlay_device ? entry.overlay_device : entry.device;
    return std::ranges::any_of(files_, [&](const File& file) { return file.inode == entry.inode && file.device == device; });
}

}  // namespace quell::response

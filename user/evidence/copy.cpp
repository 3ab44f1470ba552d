// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "user/base/sha256.h"
#include "user/base/time.h"

namespace quell::evidence {
namespace {

constexpr std::size_t kChunk = 1u << 20;
constexpr std::uint64_t kLookAtDisk = 64u << 20;  // so much is written between two looks at what is free

// A copy that goes on from `at`.
struct Course {
    int from, to;  // to: -1 where only the hash is wanted
    const Room& room;
    std::uint64_t deadline_ns;
    Copied& copied;
    Sha256 hash{};
    std::vector<char> buffer = std::vector<char>(kChunk);
    std::uint64_t looked_at = 0;

    bool is_late() {
        if (boottime_ns() < deadline_ns) return false;
        copied.cut = "its time was over";
        return true;
    }

    Status put(const char* data, std::size_t size) {
        for (std::size_t done = 0; done < size;) {
            const auto n = ::pwrite(to, data + done, size - done, static_cast<off_t>(copied.size + done));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) {
                auto error = errno_error("cannot write");
                if (error.code == EDQUOT || error.code == EFBIG) error.code = ENOSPC;
                return error;
            }
            done += static_cast<std::size_t>(n);
        }
        if (copied.data - looked_at < kLookAtDisk) return success();
        looked_at = copied.data;
        struct statvfs disk {};
        if (!::fstatvfs(to, &disk) && disk.f_bavail * disk.f_frsize < room.reserve) return Error{"the disk is nearly full", ENOSPC, {}};
        return success();
    }

    // Zeros up to `end`, for the hash only.
    bool hole(std::uint64_t end) {
        std::fill(buffer.begin(), buffer.end(), '\0');
        while (copied.size < end) {
            if (is_late()) return false;
            const auto size = std::min<std::uint64_t>(buffer.size(), end - copied.size);
            hash.update({buffer.data(), static_cast<std::size_t>(size)});
            copied.size += size;
        }
        return true;
    }

    // False: it ends here.
    Result<bool> data(std::uint64_t end) {
        while (copied.size < end) {
            if (is_late()) return false;
            auto size = std::min<std::uint64_t>(buffer.size(), end - copied.size);
            if (to >= 0) size = std::min(size, room.bytes - std::min(room.bytes, copied.data));
            if (size == 0) {
                copied.cut = room.why;
                return false;
            }
            const auto n = ::pread(from, buffer.data(), size, static_cast<off_t>(copied.size));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return errno_error("cannot read");
            if (n == 0) return false;  // it has become shorter
            copied.data += static_cast<std::uint64_t>(n);
            if (to >= 0)
                if (auto written = put(buffer.data(), static_cast<std::size_t>(n)); !written) return written.error();
            hash.update({buffer.data(), static_cast<std::size_t>(n)});
            copied.size += static_cast<std::uint64_t>(n);
        }
        return true;
    }

    Status run(std::uint64_t size) {
        while (copied.size < size) {
            const auto at = static_cast<off_t>(copied.size);
            const auto found = ::lseek(from, at, SEEK_DATA);
            if (found < 0 && errno == ENXIO) return (void)hole(size), success();
            const auto begin = found < 0 ? at : std::min(found, static_cast<off_t>(size));  // a file system that knows no holes
            if (!hole(static_cast<std::uint64_t>(begin))) return success();
            auto end = found < 0 ? static_cast<off_t>(-1) : ::lseek(from, begin, SEEK_HOLE);
            if (end <= begin || static_cast<std::uint64_t>(end) > size) end = static_cast<off_t>(size);
            auto more = data(static_cast<std::uint64_t>(end));
            if (!more) return more.error();
            if (!*more) return success();
        }
        return success();
    }
};

}  // namespace

bool differs(const struct stat& before, const struct stat& after) {
    const auto same = [](const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; };
    return before.st_size != after.st_size || !same(before.st_mtim, after.st_mtim) || !same(before.st_ctim, after.st_ctim);
}

Result<Copied> copy_content(int from, int to, const Room& room, std::uint64_t deadline_ns) {
    struct stat before {}, after {};
    if (::fstat(from, &before)) return errno_error("cannot look at the file");
    Copied copied;
    copied.is_cloned = static_cast<std::uint64_t>(before.st_blocks) * 512 <= room.bytes && !::ioctl(to, FICLONE, from);
    Course course{copied.is_cloned ? to : from, copied.is_cloned ? -1 : to, room, deadline_ns, copied};
    if (copied.is_cloned && ::fstat(to, &before)) return errno_error("cannot look at the copy");
    const auto size = static_cast<std::uint64_t>(before.st_size);
    if (auto ran = course.run(size); !ran) return ran.error();
    copied.sha256 = course.hash.finish_hex();
    if (::ftruncate(to, static_cast<off_t>(copied.size))) return errno_error("cannot write");
    if (copied.is_cloned) return copied;
    if (::fstat(from, &after)) return errno_error("cannot look at the file");
    copied.has_changed = differs(before, after) || (copied.size < size && copied.cut.empty());
    return copied;
}

}  // namespace quell::evidence

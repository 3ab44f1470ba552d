// SPDX-License-Identifier: Apache-2.0
#include "user/base/files.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace quell {
namespace {

// An entry of a group with many members can be large; beyond this it counts
// as unknown.
constexpr std::size_t kEntryMax = 1 << 20;

// Calls a getXXX_r function with a growing buffer; true when it found one.
template <typename Call>
bool look_up(Call call) {
    for (std::size_t size = 4096; size <= kEntryMax; size *= 4) {
        std::vector<char> buffer(size);
        bool found = false;
        const int error = call(buffer, found);
        if (error == EINTR) {
            size /= 4;
            continue;
        }
        if (error != ERANGE) return error == 0 && found;
    }
    return false;
}

}  // namespace

Result<std::string> read_all(int fd, std::size_t max_bytes) {
    std::string text;
    for (;;) {
        const std::size_t have = text.size();
        // One byte more than allowed is how a longer file shows.
        const std::size_t want = std::min<std::size_t>(max_bytes + 1 - have, std::max<std::size_t>(have, 4096));
        text.resize(have + want);
        const ssize_t got = ::read(fd, text.data() + have, want);
        if (got < 0 && errno == EINTR) {
            text.resize(have);
            continue;
        }
        if (got < 0) return errno_error("cannot read");
        text.resize(have + static_cast<std::size_t>(got));
        if (got == 0) return text;
        if (text.size() > max_bytes) return Error{"longer than " + std::to_string(max_bytes) + " bytes", EFBIG, {}};
    }
}

Result<std::string> read_file_at(int dir, const std::string& path, std::size_t max_bytes, int flags) {
    const Fd fd(::openat(dir, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags));
    if (!fd) return errno_error("cannot open " + path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return errno_error("cannot stat " + path);
    if (!S_ISREG(info.st_mode)) return Error{path + " is no regular file", EINVAL, {}};
    auto text = read_all(fd.get(), max_bytes);
    if (!text) return Error{path + ": " + text.error().message, text.error().code, {}};
    return text;
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    return read_file_at(AT_FDCWD, path, max_bytes);
}

Status write_all(int fd, std::string_view data) {
    while (!data.empty()) {
        const ssize_t put = ::write(fd, data.data(), data.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno_error("cannot write");
        data.remove_prefix(static_cast<std::size_t>(put));
    }
    return success();
}

namespace {

// Mode and, where given, owner are set before anybody can open the new file by its name.
Status write_beside(const std::string& path, std::string_view data, mode_t mode, const struct stat* owner) {
    const std::size_t slash = path.rfind('/');
    const std::string dir = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    std::string temporary = path + ".XXXXXX";
    Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) return errno_error("cannot create " + temporary);
    const auto fail = [&](Error error) -> Status {
        ::unlink(temporary.c_str());
        return error;
    };
    // chown takes set-id bits away, so it comes first
    if (owner != nullptr && ::fchown(fd.get(), owner->st_uid, owner->st_gid) != 0) return fail(errno_error("cannot keep the owner of " + path));
    if (::fchmod(fd.get(), mode) != 0) return fail(errno_error("cannot chmod " + temporary));
    if (auto written = write_all(fd.get(), data); !written)
        return fail(Error{path + ": " + written.error().message, written.error().code, {}});
    if (::fsync(fd.get()) != 0) return fail(errno_error("cannot fsync " + temporary));
    fd.reset();
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail(errno_error("cannot rename to " + path));
    const Fd parent(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent || ::fsync(parent.get()) != 0) return errno_error("cannot fsync " + dir);
    return success();
}

}  // namespace

Status write_file_atomic(const std::string& path, std::string_view data, mode_t mode) { return write_beside(path, data, mode, nullptr); }

Status replace_file(const std::string& path, std::string_view expected, std::string_view data) {
    char* const resolved = ::realpath(path.c_str(), nullptr);
    if (resolved == nullptr) return errno_error("cannot find " + path);
    const std::string real = resolved;
    std::free(resolved);
    struct stat info {};
    if (::lstat(real.c_str(), &info) != 0) return errno_error("cannot stat " + real);
    if (info.st_nlink > 1) return Error{real + " has " + std::to_string(info.st_nlink) + " names; the others would keep the old text", EMLINK, {}};
    const auto held = read_file(real, expected.size());
    if (!held && held.error().code != EFBIG) return held.error();
    if (!held || *held != expected) return Error{real + " was changed in the meantime", EBUSY, {}};
    return write_beside(real, data, info.st_mode & 07777, &info);
}

std::string user_name(uid_t uid) {
    std::string name = "unknown";
    look_up([&](std::vector<char>& buffer, bool& found) {
        passwd entry{};
        passwd* result = nullptr;
        const int error = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &result);
        found = result != nullptr;
        if (found) name = entry.pw_name;
        return error;
    });
    return name;
}

std::string group_name(gid_t gid) {
    std::string name = "unknown";
    look_up([&](std::vector<char>& buffer, bool& found) {
        group entry{};
        group* result = nullptr;
        const int error = ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &result);
        found = result != nullptr;
        if (found) name = entry.gr_name;
        return error;
    });
    return name;
}

std::optional<uid_t> user_id(const std::string& name) {
    std::optional<uid_t> id;
    look_up([&](std::vector<char>& buffer, bool& found) {
        passwd entry{};
        passwd* result = nullptr;
        const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &result);
        found = result != nullptr;
        if (found) id = entry.pw_uid;
        return error;
    });
    return id;
}

std::optional<gid_t> group_id(const std::string& name) {
    std::optional<gid_t> id;
    look_up([&](std::vector<char>& buffer, bool& found) {
        group entry{};
        group* result = nullptr;
        const int error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &result);
        found = result != nullptr;
        if (found) id = entry.gr_gid;
        return error;
    });
    return id;
}

}  // namespace quell

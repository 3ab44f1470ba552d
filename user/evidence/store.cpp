// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/sha256.h"

namespace quell::evidence {
namespace {

constexpr std::uint64_t kReserveMax = 1u << 30;
constexpr std::size_t kFilesMax = 64;  // of an item; it has two

std::string draft_name(const std::string& name) { return "." + name; }

// A name of an item, and nothing that leads elsewhere.
bool is_item(std::string_view name) {
    return !name.empty() && name.size() <= 64 && name.front() != '.' &&
           std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Result<Fd> open_directory(int at, const std::string& name) {
    Fd fd(::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return errno_error("cannot open " + name);
    return fd;
}

// Each name but "." and "..".
Status for_each_name(int directory, std::size_t max, const std::function<void(const std::string&)>& visit) {
    auto again = open_directory(directory, ".");
    if (!again) return again.error();
    const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(again->get()), ::closedir);
    if (!list) return errno_error("cannot list the evidence");
    (void)again->release();
    for (std::size_t count = 0; count < max;) {
        const dirent* entry = ::readdir(list.get());
        if (entry == nullptr) return success();
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        count++;
        visit(name);
    }
    return success();
}

Status remove_directory(int store, const std::string& name) {
    auto directory = open_directory(store, name);
    if (!directory) return directory.error();
    std::vector<std::string> files;
    if (auto listed = for_each_name(directory->get(), kFilesMax, [&](const auto& file) { files.push_back(file); }); !listed) return listed;
    for (const auto& file : files)
        if (::unlinkat(directory->get(), file.c_str(), 0)) return errno_error("cannot remove " + file);
    if (::unlinkat(store, name.c_str(), AT_REMOVEDIR)) return errno_error("cannot remove " + name);
    return ::fsync(store) ? Status(errno_error("cannot fsync the evidence")) : success();
}

std::uint64_t used_below(int directory) {
    std::uint64_t used = 0;
    (void)for_each_name(directory, kFilesMax, [&](const auto& file) {
        struct stat info {};
        if (!::fstatat(directory, file.c_str(), &info, AT_SYMLINK_NOFOLLOW)) used += static_cast<std::uint64_t>(info.st_blocks) * 512;
    });
    return used;
}

std::string text(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? escape_controls(found->get<std::string>()) : std::string{};
}

std::uint64_t number(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace

std::string item_name(std::string_view incident, std::string_view response) { return std::string(incident) + "-" + std::string(response); }

Result<std::string> sha256_of(int fd) {
    Sha256 hash;
    std::vector<char> buffer(1u << 20);
    for (off_t at = 0;;) {
        const auto got = ::pread(fd, buffer.data(), buffer.size(), at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno_error("cannot read");
        if (got == 0) return hash.finish_hex();
        hash.update({buffer.data(), static_cast<std::size_t>(got)});
        at += got;
    }
}

Draft::~Draft() {
    if (directory_) (void)remove_directory(store_.get(), draft_name(name_));
}

Result<Fd> Draft::create(const std::string& file) {
    Fd fd(::openat(directory_.get(), file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return errno_error("cannot make " + file);
    return fd;
}

Result<std::string> Draft::commit(const Json& manifest) {
    const std::string written = manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    auto file = create(kManifestName);
    if (!file) return file.error();
    if (auto put = write_all(file->get(), written); !put) return put.error();
    std::vector<std::string> files;
    if (auto listed = for_each_name(directory_.get(), kFilesMax, [&](const auto& name) { files.push_back(name); }); !listed) return listed.error();
    for (const auto& name : files) {
        const Fd fd(::openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        if (!fd || ::fsync(fd.get())) return errno_error("cannot fsync " + name);
    }
    if (::fsync(directory_.get())) return errno_error("cannot fsync the item");
    if (::renameat2(store_.get(), draft_name(name_).c_str(), store_.get(), name_.c_str(), RENAME_NOREPLACE)) return errno_error("cannot keep " + name_);
    directory_.reset();
    if (::fsync(store_.get())) return errno_error("cannot fsync the evidence");
    return sha256_hex(written);
}

Result<Store> Store::open(Limits limits) {
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(limits.dir).parent_path(), failed);
    if (::mkdir(limits.dir.c_str(), 0700) && errno != EEXIST) return errno_error("cannot make " + limits.dir);
    auto directory = open_directory(AT_FDCWD, limits.dir);
    if (!directory) return directory.error();
    struct stat info {};
    if (::fstat(directory->get(), &info)) return errno_error("cannot look at " + limits.dir);
    if (info.st_uid != ::geteuid()) return Error{limits.dir + " belongs to somebody else", EPERM, {}};
    if ((info.st_mode & 077) && ::fchmod(directory->get(), 0700)) return errno_error("cannot keep others out of " + limits.dir);
    return Store(std::move(limits), std::move(directory).value());
}

Result<Room> Store::room() const {
    std::uint64_t used = 0;
    auto listed = for_each_name(directory_.get(), 2 * kItemsMax, [&](const auto& name) {
        if (auto item = open_directory(directory_.get(), name)) used += used_below(item->get());
    });
    if (!listed) return listed.error();
    struct statvfs disk {};
    if (::fstatvfs(directory_.get(), &disk)) return errno_error("cannot see how full the disk is");
    Room room{limits_.max_item_bytes, 0, "an item may have " + std::to_string(limits_.max_item_bytes) + " bytes"};
    const auto total_left = limits_.max_total_bytes - std::min(limits_.max_total_bytes, used);
    if (total_left < room.bytes) {
        room.bytes = total_left;
        room.why = "of the " + std::to_string(limits_.max_total_bytes) + " bytes for all evidence " + std::to_string(total_left) + " are left";
    }
    const std::uint64_t unit = disk.f_frsize, free = disk.f_bavail * unit;
    room.reserve = std::min<std::uint64_t>(disk.f_blocks * unit / 20, kReserveMax);
    const auto disk_left = free - std::min(free, room.reserve);
    if (disk_left < room.bytes) {
        room.bytes = disk_left;
        room.why = "the disk has " + std::to_string(free) + " bytes left, of which " + std::to_string(room.reserve) + " are kept free";
    }
    return room;
}

Result<Draft> Store::begin(const std::string& name) {
    if (!is_item(name)) return Error{"no name of an item", EINVAL, {}};
    if (!::faccessat(directory_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW)) return Error{name + " is there already", EEXIST, {}};
    Fd store(::fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0));
    if (!store) return errno_error("cannot open the evidence");
    (void)remove_directory(store.get(), draft_name(name));  // of one that died
    if (::mkdirat(store.get(), draft_name(name).c_str(), 0700)) return errno_error("cannot make " + name);
    auto directory = open_directory(store.get(), draft_name(name));
    if (!directory) return directory.error();
    return Draft(std::move(store), name, std::move(directory).value());
}

Result<std::vector<Item>> Store::list() const {
    std::vector<Item> items;
    auto listed = for_each_name(directory_.get(), 2 * kItemsMax, [&](const auto& name) {
        if (!is_item(name) || items.size() >= kItemsMax) return;
        auto item = read(name);
        if (item) return items.push_back(std::move(item).value());
        Item broken;
        broken.name = name;
        broken.broken = item.error().message;
        items.push_back(std::move(broken));
    });
    if (!listed) return listed.error();
    std::ranges::sort(items, [](const Item& a, const Item& b) { return std::tie(b.taken, b.name) < std::tie(a.taken, a.name); });
    return items;
}

Result<Item> Store::read(const std::string& name) const {
    if (!is_item(name)) return Error{"there is no such evidence", ENOENT, {}};
    auto directory = open_directory(directory_.get(), name);
    if (!directory) return directory.error();
    auto read = read_file_at(directory->get(), kManifestName, kManifestBytesMax, O_NOFOLLOW);
    if (!read) return read.error();
    const Json json = Json::parse(*read, nullptr, false);
    if (!json.is_object() || !json.contains("content") || !json["content"].is_object()) return Error{name + ": its manifest is none", EINVAL, {}};
    const Json& content = json["content"];
    Item item;
    item.name = name;
    item.incident = text(json, "incident");
    item.response = text(json, "response");
    item.taken = text(json, "taken");
    item.cut = text(json, "cut");
    if (json.contains("file") && json["file"].is_object()) item.path = text(json["file"], "path");
    item.content = text(content, "name");
    item.size = number(content, "size");
    item.stored = number(content, "stored");
    item.sha256 = text(content, "sha256");
    if (json.contains("notes"))
        for (const Json& note : json["notes"])
            if (note.is_string()) item.notes.push_back(escape_controls(note.get<std::string>()));
    item.manifest = *read;
    item.manifest_sha256 = sha256_hex(*read);
    if (item.content.empty() || item.content.find('/') != std::string::npos) return Error{name + ": its manifest names no content", EINVAL, {}};
    return item;
}

Result<Fd> Store::content(const Item& item) const {
    auto directory = open_directory(directory_.get(), item.name);
    if (!directory) return directory.error();
    Fd fd(::openat(directory->get(), item.content.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return errno_error("cannot open the content of " + item.name);
    return fd;
}

Status Store::remove(const std::string& name) {
    if (!is_item(name)) return Error{"there is no such evidence", ENOENT, {}};
    // first the name, so that what is half removed is not taken for evidence
    (void)remove_directory(directory_.get(), draft_name(name));
    if (::renameat2(directory_.get(), name.c_str(), directory_.get(), draft_name(name).c_str(), RENAME_NOREPLACE)) return errno_error("cannot remove " + name);
    return remove_directory(directory_.get(), draft_name(name));
}

void Store::remove_drafts() {
    std::vector<std::string> drafts;
    (void)for_each_name(directory_.get(), 2 * kItemsMax, [&](const auto& name) {
        if (name.starts_with('.') && is_item(name.substr(1))) drafts.push_back(name);
    });
    for (const auto& name : drafts) (void)remove_directory(directory_.get(), name);
}

}  // namespace quell::evidence

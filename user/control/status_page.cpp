// SPDX-License-Identifier: Apache-2.0
#include "user/control/status_page.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/interprocess/mapped_region.hpp>
#include <charconv>
#include <cstring>
#include <exception>
#include <new>

#include "user/base/fd.h"
#include "user/base/files.h"

namespace quell::control {

namespace {

namespace ipc = boost::interprocess;

// "quellpg" and the version of the layout: whoever changes StatusSnapshot
// changes its size, which is compared too.
constexpr std::uint64_t kMagic = 0x00677071656c6c75;
constexpr std::uint64_t kVersion = 2;
constexpr std::size_t kWords = sizeof(StatusSnapshot) / sizeof(std::uint64_t);
constexpr int kReadTries = 1000;

static_assert(std::is_trivially_copyable_v<StatusSnapshot>);
static_assert(sizeof(StatusSnapshot) % sizeof(std::uint64_t) == 0);

struct Page {
    std::atomic<std::uint64_t> magic;
    std::atomic<std::uint64_t> version;
    std::atomic<std::uint64_t> size_bytes;  // compared, never used
    std::atomic<std::uint64_t> sequence;    // odd: being written
    std::array<std::atomic<std::uint64_t>, kWords> words;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock in shared memory can be held for ever");
static_assert(sizeof(Page) <= 4096, "one page, whatever its size");

// Boost maps what has a handle; this one was opened with our own flags.
class Mappable {
public:
    explicit Mappable(int fd) : fd_(fd) {}
    [[nodiscard]] ipc::mapping_handle_t get_mapping_handle() const {
        ipc::mapping_handle_t handle{};
        handle.handle = fd_;
        return handle;
    }

private:
    int fd_;
};

Result<ipc::mapped_region> map(int fd, ipc::mode_t mode) {
    try {
        return ipc::mapped_region(Mappable(fd), mode, 0, sizeof(Page));
    } catch (const std::exception& thrown) {
        return Error{std::string("cannot map the status page: ") + thrown.what(), EIO, {}};
    }
}

}  // namespace

struct StatusPageWriter::Map {
    ipc::mapped_region region;
    std::uint64_t sequence = 0;  // the writer's own: nothing is read back
    [[nodiscard]] Page& page() const { return *static_cast<Page*>(region.get_address()); }
};

StatusPageWriter::StatusPageWriter(std::unique_ptr<Map> map) : map_(std::move(map)) {}
StatusPageWriter::StatusPageWriter(StatusPageWriter&&) noexcept = default;
StatusPageWriter& StatusPageWriter::operator=(StatusPageWriter&&) noexcept = default;
StatusPageWriter::~StatusPageWriter() = default;

Result<StatusPageWriter> StatusPageWriter::create(const std::string& path, std::optional<gid_t> group) {
    const std::string made = path + ".new";
    unlink(made.c_str());
    const Fd fd(open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno_error("cannot make " + made);
    if (ftruncate(fd.get(), sizeof(Page)) != 0) return errno_error("cannot size " + made);
    if (group && fchown(fd.get(), static_cast<uid_t>(-1), *group) != 0) return errno_error("cannot set the group of " + made);
    if (fchmod(fd.get(), 0640) != 0) return errno_error("cannot set the mode of " + made);
    auto region = map(fd.get(), ipc::read_write);
    if (!region) return region.error();
    auto owned = std::make_unique<Map>();
    owned->region = std::move(region).value();
    Page& page = *new (owned->region.get_address()) Page{};
    page.version.store(kVersion, std::memory_order_relaxed);
    page.size_bytes.store(sizeof(Page), std::memory_order_relaxed);
    page.magic.store(kMagic, std::memory_order_release);
    if (rename(made.c_str(), path.c_str()) != 0) return errno_error("cannot put " + path + " in place");
    return StatusPageWriter(std::move(owned));
}

void StatusPageWriter::write(const StatusSnapshot& snapshot) {
    std::array<std::uint64_t, kWords> words;
    std::memcpy(words.data(), &snapshot, sizeof snapshot);
    Page& page = map_->page();
    page.sequence.store(++map_->sequence, std::memory_order_relaxed);
    // Each word's own order, no fence: whoever reads a new word sees the odd sequence before it. The thread sanitizer knows no fences.
    for (std::size_t i = 0; i < kWords; i++) page.words[i].store(words[i], std::memory_order_release);
    page.sequence.store(++map_->sequence, std::memory_order_release);
}

Result<StatusSnapshot> read_status_page(const std::string& path) {
    // Not blocking: a FIFO in its place must not hold the reader.
    const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd) return errno_error("cannot read " + path);
    struct stat found{};
    if (fstat(fd.get(), &found) != 0) return errno_error(path);
    const bool trusted = S_ISREG(found.st_mode) && (found.st_uid == 0 || found.st_uid == geteuid());
    if (!trusted || found.st_size != static_cast<off_t>(sizeof(Page))) return Error{path + " is no status page of this version", EINVAL, {}};
    const auto region = map(fd.get(), ipc::read_only);
    if (!region) return region.error();
    const Page& page = *static_cast<const Page*>(region->get_address());
    if (page.magic.load(std::memory_order_acquire) != kMagic || page.version.load(std::memory_order_relaxed) != kVersion ||
        page.size_bytes.load(std::memory_order_relaxed) != sizeof(Page))
        return Error{path + " is no status page of this version", EINVAL, {}};
    for (int i = 0; i < kReadTries; i++) {
        const std::uint64_t before = page.sequence.load(std::memory_order_acquire);
        if (before == 0 || before % 2 != 0) continue;  // nothing yet, or in the middle
        std::array<std::uint64_t, kWords> words;
        for (std::size_t w = 0; w < kWords; w++) words[w] = page.words[w].load(std::memory_order_acquire);
        if (page.sequence.load(std::memory_order_relaxed) != before) continue;
        StatusSnapshot snapshot;
        std::memcpy(static_cast<void*>(&snapshot), words.data(), sizeof snapshot);
        return snapshot;
    }
    return Error{path + " is half-written: the daemon stopped while it wrote", EAGAIN, {}};
}

std::uint64_t process_start(std::uint64_t pid, char* state) {
    const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    if (!text) return 0;
    // The name in parentheses may hold anything, parentheses too.
    std::size_t at = text->rfind(')');
    if (at == std::string::npos || at + 2 >= text->size()) return 0;
    if (state) *state = (*text)[at + 2];
    for (int field = 2; field < 22 && at != std::string::npos; field++) at = text->find(' ', at + 1);
    std::uint64_t start = 0;
    if (at != std::string::npos) std::from_chars(text->data() + at + 1, text->data() + text->size(), start);
    return start;
}

}  // namespace quell::control

// SPDX-License-Identifier: Apache-2.0
#include "user/evidence/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include "user/base/sha256.h"
#include "user/base/time.h"

namespace quell::evidence {
namespace {

Error trouble(archive* of) {
    const int code = archive_errno(of);
    const char* text = archive_error_string(of);
    return Error{std::string("cannot write the archive: ") + (text ? text : "unknown"), code == EFBIG || code == EDQUOT ? ENOSPC : code, {}};
}

}  // namespace

struct Archive::State {
    archive* writer = nullptr;
    ~State() {
        if (writer) archive_write_free(writer);
    }
};

Archive::Archive(std::unique_ptr<State> state) : state_(std::move(state)) {}
Archive::Archive(Archive&&) noexcept = default;
Archive::~Archive() = default;

Result<Archive> Archive::open(int fd, std::uint64_t max_bytes) {
    auto state = std::make_unique<State>();
    state->writer = archive_write_new();
    if (!state->writer) return Error{"no memory for an archive", ENOMEM, {}};
    if (archive_write_set_format_pax_restricted(state->writer) != ARCHIVE_OK || archive_write_add_filter_zstd(state->writer) != ARCHIVE_OK ||
        archive_write_open_fd(state->writer, fd) != ARCHIVE_OK)
        return trouble(state->writer);
    Archive made(std::move(state));
    made.left_ = max_bytes;
    return made;
}

Status Archive::add(const std::string& name, std::string_view bytes) {
    if (bytes.size() > left_) return Error{"the archive is as large as it may become", EFBIG, {}};
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    if (!entry) return Error{"no memory for an archive", ENOMEM, {}};
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_mtime(entry.get(), wall_ns() / kNsPerSecond, 0);
    if (archive_write_header(state_->writer, entry.get()) != ARCHIVE_OK) return trouble(state_->writer);
    if (!bytes.empty() && archive_write_data(state_->writer, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size())) return trouble(state_->writer);
    left_ -= bytes.size();
    members_.push_back({{"name", name}, {"size", bytes.size()}, {"sha256", sha256_hex(bytes)}});
    return success();
}

Status Archive::close() { return archive_write_close(state_->writer) == ARCHIVE_OK ? success() : Status(trouble(state_->writer)); }

}  // namespace quell::evidence

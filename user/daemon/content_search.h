// SPDX-License-Identifier: Apache-2.0
// ContentSearch: files of a given content below a container's root, read as
// what an attacker may have made of them. Nothing but regular files of local
// file systems is opened: first as a path, then for reading, without waiting.
// No symbolic link is followed, no mount is crossed that was not looked at,
// and all of it together is bounded in names, bytes and time. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/incident/mounts.h"

namespace quell::daemon {

struct SearchLimits {
    std::uint64_t names = 200'000;           // directory entries
    std::uint64_t bytes = std::uint64_t{1} << 30;  // read
    std::uint64_t time_ns = 10'000'000'000;
    std::size_t found = 64;
};

struct Content {
    std::uint64_t size = 0;
    std::string sha256;
};

struct FoundFile {
    std::string path;  // in the container, raw bytes
    Fd file;           // O_PATH
};

// Where is looked.
struct SearchPlace {
    int root = -1;                     // the container's, a directory
    const MountTable* mounts = nullptr;  // as seen from there
    int upper = -1;  // the writable layer of its root, on the host; -1: the root is no overlay and is walked itself
};

class ContentSearch {
public:
    // Time runs from here on.
    explicit ContentSearch(const SearchLimits& limits = {});

    // O_PATH, of a regular file. ELOOP: a symbolic link on the way; EXDEV: it lies on, or behind, a file system that is not read;
    // EINVAL: no regular file; else of openat2(2).
    [[nodiscard]] Result<Fd> open(const SearchPlace& place, const std::string& path) const;
    // EFBIG: longer than may be read.
    [[nodiscard]] Result<Content> content_of(int file);

    // Whether the file at that very path is of this content. `is_same`: without reading it, of a file that is known.
    using IsSame = std::function<bool(int file)>;
    void look_at(const SearchPlace& place, const std::string& path, const Content& wanted, const IsSame& is_same, std::vector<FoundFile>& found);
    // The same of everything in its writable layer and on its other mounts.
    void look_everywhere(const SearchPlace& place, const Content& wanted, const IsSame& is_same, std::vector<FoundFile>& found);

    // Which limit ended it, or what it left out for its depth; "" nothing.
    [[nodiscard]] std::string ended() const;

private:
    [[nodiscard]] bool goes_on();
    void end(const std::string& why);
    void walk(const SearchPlace& place, Fd directory, const std::string& path, const Content& wanted, const IsSame& is_same, std::size_t depth, std::vector<FoundFile>& found);
    [[nodiscard]] bool is_of(int file, const Content& wanted, const IsSame& is_same);

    const SearchLimits limits_;
    const std::uint64_t until_ns_;
    std::uint64_t names_ = 0, bytes_ = 0;
    std::size_t found_ = 0;
    std::string ended_;
    bool too_deep_ = false;
};

// "upperdir" of the overlay that is mounted at "/", from the text of a mountinfo; "" where there is none.
[[nodiscard]] std::string upper_of_root(std::string_view mountinfo);

}  // namespace quell::daemon

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "policy/limits.h"
#include "policy/policy.h"
#include "user/base/files.h"

namespace quell::policy {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> files_of(const std::string& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
    std::vector<std::string> files;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename();
        if (name.starts_with('.') || !name.ends_with(".yaml")) continue;
        if (files.size() >= kMaxFiles)
            return Error{path + " holds more than " + std::to_string(kMaxFiles) + " policy files", E2BIG, {}};
        files.push_back(entry->path());
    }
    if (error) return errno_error("cannot read the directory " + path, error.value());
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

Result<std::vector<Source>> read_sources(std::span<const std::string> paths) {
    std::vector<Source> sources;
    std::size_t bytes = 0;
    for (const std::string& path : paths) {
        auto files = files_of(path);
        if (!files) return files.error();
        for (const std::string& file : *files) {
            auto text = read_file(file, kMaxFileBytes);
            if (!text) return text.error();
            bytes += text->size();
            if (bytes > kMaxTotalBytes || sources.size() >= kMaxFiles)
                return Error{"the policy files are larger than " + std::to_string(kMaxTotalBytes) + " bytes or more than " +
                                 std::to_string(kMaxFiles),
                             EFBIG,
                             {}};
            sources.push_back(Source{file, std::move(*text)});
        }
    }
    return sources;
}

}  // namespace quell::policy

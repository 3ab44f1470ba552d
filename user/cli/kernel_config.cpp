// SPDX-License-Identifier: Apache-2.0
#include "user/cli/kernel_config.h"

#include <zlib.h>

#include <array>
#include <memory>

#include "user/base/files.h"

namespace quell::cli {

namespace {
constexpr std::size_t kConfigMax = 4 << 20;  // Debian's is 280 KiB
}

Result<std::string> read_kernel_config(const std::string& root, const std::string& release) {
    // the second place is where Debian has it since 7.x
    for (const auto& place : {"/boot/config-" + release, "/usr/lib/modules/" + release + "/config"})
        if (auto plain = read_file(root + place, kConfigMax)) return plain;
    // gzread takes plain text too.
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen((root + "/proc/config.gz").c_str(), "rbe"), gzclose);
    if (!file) return Error{"no /boot/config-" + release + ", /usr/lib/modules/" + release + "/config or /proc/config.gz can be read", ENOENT, {}};
    std::string text;
    std::array<char, 65536> buffer;
    for (int got = 0; (got = gzread(file.get(), buffer.data(), buffer.size())) > 0 && text.size() < kConfigMax;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    return text;
}

bool has_option(std::string_view config, std::string_view option) {
    const std::string line = "CONFIG_" + std::string(option) + "=y";
    for (std::size_t at = config.find(line); at != std::string_view::npos; at = config.find(line, at + 1)) {
        const bool begins = at == 0 || config[at - 1] == '\n';
        const std::size_t end = at + line.size();
        if (begins && (end == config.size() || config[end] == '\n')) return true;
    }
    return false;
}

}  // namespace quell::cli

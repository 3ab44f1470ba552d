// SPDX-License-Identifier: Apache-2.0
// The log: one line per call, on standard error. When that is the journal
// (JOURNAL_STREAM names it) each line begins with its priority, "<4>".
// Text that a workload chose must go through escape() first: of what it is
// given the log changes control characters of ASCII only, to \xNN. Thread-safe; spdlog stays behind this header.
#pragma once

#include <optional>
#include <string_view>

namespace quell::log {

enum class Level { Debug, Info, Warn, Error };

// "debug", "info", "warn" or "error"
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);

// Lines below the level are dropped. Before the first call: that of the
// environment's QUELL_LOG_LEVEL, else Info.
void set_level(Level level);

void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

// Whether the stream on `fd` is the one that JOURNAL_STREAM ("device:inode")
// speaks of: a program run from a unit may have redirected it.
[[nodiscard]] bool is_journal(int fd, const char* journal_stream);

}  // namespace quell::log

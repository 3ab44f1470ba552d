// SPDX-License-Identifier: Apache-2.0
#include "user/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "user/base/escape.h"

namespace quell::log {
namespace {

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::Debug: return spdlog::level::debug;
        case Level::Info: return spdlog::level::info;
        case Level::Warn: return spdlog::level::warn;
        case Level::Error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

struct Log {
    bool journal = is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
    spdlog::logger logger{"quell", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

    Log() {
        // The journal has its own time and priority for each line.
        logger.set_pattern(journal ? "%v" : "%Y-%m-%d %H:%M:%S.%e %l %v");
        logger.flush_on(spdlog::level::trace);
        const char* wanted = std::getenv("QUELL_LOG_LEVEL");
        logger.set_level(spdlog_level(parse_level(wanted != nullptr ? wanted : "").value_or(Level::Info)));
    }
};

Log& instance() {
    static Log log;
    return log;
}

void write(Level level, const char* priority, std::string_view message) {
    Log& log = instance();
    const auto spd = spdlog_level(level);
    if (!log.logger.should_log(spd)) return;
    // A newline would begin a line of someone else's making, an escape drive
    // the terminal of whoever reads it.
    const std::string line = (log.journal ? priority : "") + escape_controls(message);
    log.logger.log(spd, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
    if (text == "debug") return Level::Debug;
    if (text == "info") return Level::Info;
    if (text == "warn") return Level::Warn;
    if (text == "error") return Level::Error;
    return std::nullopt;
}

void set_level(Level level) { instance().logger.set_level(spdlog_level(level)); }

void debug(std::string_view message) { write(Level::Debug, "<7>", message); }
void info(std::string_view message) { write(Level::Info, "<6>", message); }
void warn(std::string_view message) { write(Level::Warn, "<4>", message); }
void error(std::string_view message) { write(Level::Error, "<3>", message); }

bool is_journal(int fd, const char* journal_stream) {
    struct stat info {};
    if (journal_stream == nullptr || ::fstat(fd, &info) != 0) return false;
    return journal_stream == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

}  // namespace quell::log

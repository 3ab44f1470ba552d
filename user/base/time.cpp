// SPDX-License-Identifier: Apache-2.0
#include "user/base/time.h"

#include <time.h>

#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>

#include "user/base/files.h"

namespace quell {
namespace {

std::int64_t now_ns(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

struct Unit {
    std::string_view name;
    std::uint64_t ns;
};
constexpr std::array kUnits = {
    Unit{"d", 86'400'000'000'000}, Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000},
    Unit{"s", 1'000'000'000},      Unit{"ms", 1'000'000},        Unit{"us", 1'000},
};
constexpr std::uint64_t kDurationMax = 3650 * kUnits[0].ns;
constexpr std::size_t kParsedUnits = 5;  // us only in output

}  // namespace

std::uint64_t boottime_ns() { return static_cast<std::uint64_t>(now_ns(CLOCK_BOOTTIME)); }

std::int64_t wall_ns() { return now_ns(CLOCK_REALTIME); }

std::int64_t wall_offset_ns() {
    // Between two readings of boottime; the tightest of three, since the
    // thread can be preempted in between.
    std::int64_t best = 0;
    std::int64_t tightest = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        const std::int64_t before = now_ns(CLOCK_BOOTTIME);
        const std::int64_t wall = now_ns(CLOCK_REALTIME);
        const std::int64_t after = now_ns(CLOCK_BOOTTIME);
        if (after - before >= tightest) continue;
        tightest = after - before;
        best = wall - (before + (after - before) / 2);
    }
    return best;
}

std::int64_t wall_from_boottime(std::uint64_t boottime) {
    return static_cast<std::int64_t>(boottime) + wall_offset_ns();
}

const std::string& boot_id() {
    static const std::string id = [] {
        auto text = read_file("/proc/sys/kernel/random/boot_id", 64);
        if (!text) return std::string{};
        return text->substr(0, text->find('\n'));
    }();
    return id;
}

std::string utc_text(std::int64_t wall) {
    std::int64_t seconds = wall / kNsPerSecond;
    std::int64_t rest = wall % kNsPerSecond;
    if (rest < 0) {
        rest += kNsPerSecond;
        seconds--;
    }
    const time_t time = seconds;
    tm parts{};
    ::gmtime_r(&time, &parts);
    char text[32];
    const std::size_t size = ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%06" PRId64 "Z", rest / 1000);
    return std::string(text, size) + fraction;
}

std::string local_text(std::int64_t wall) {
    const time_t time = wall / kNsPerSecond;
    tm parts{};
    ::localtime_r(&time, &parts);
    char text[64];
    return std::string(text, ::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &parts));
}

std::string duration_text(std::int64_t duration_ns) {
    if (duration_ns < 0) return std::string("-").append(duration_text(duration_ns == INT64_MIN ? INT64_MAX : -duration_ns));
    const auto ns = static_cast<std::uint64_t>(duration_ns);
    for (std::size_t i = 0; i < kUnits.size(); i++) {
        const Unit& unit = kUnits[i];
        if (ns < unit.ns) continue;
        const std::string text = std::to_string(ns / unit.ns);
        if (unit.name == "s" && ns % unit.ns >= 1'000'000 && ns < 10 * unit.ns) {
            char fraction[8];
            std::snprintf(fraction, sizeof fraction, ".%03us", static_cast<unsigned>(ns % unit.ns / 1'000'000));
            return text + fraction;
        }
        if (unit.ns > kUnits[3].ns) {
            const std::uint64_t rest = ns % unit.ns / kUnits[i + 1].ns;
            if (rest != 0) return text + std::string(unit.name) + " " + std::to_string(rest) + std::string(kUnits[i + 1].name);
        }
        return text + std::string(unit.name);
    }
    return "0s";
}

Result<std::uint64_t> parse_duration(std::string_view text) {
    const Error wrong{"not a duration: write it like 90s, 15m, 1h or 1d 12h", EINVAL, {}};
    std::uint64_t total = 0;
    std::size_t next_unit = 0;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (*at == ' ' && at != text.data()) at++;
        std::uint64_t number = 0;
        const auto [number_end, error] = std::from_chars(at, end, number);
        if (error != std::errc{}) return wrong;
        const char* unit_end = number_end;
        while (unit_end != end && *unit_end >= 'a' && *unit_end <= 'z') unit_end++;
        const std::string_view name(number_end, static_cast<std::size_t>(unit_end - number_end));
        while (next_unit < kParsedUnits && kUnits[next_unit].name != name) next_unit++;
        if (next_unit == kParsedUnits) return wrong;
        if (number > kDurationMax / kUnits[next_unit].ns) return Error{"longer than 3650 days", ERANGE, {}};
        total += number * kUnits[next_unit++].ns;
        at = unit_end;
    }
    if (total > kDurationMax) return Error{"longer than 3650 days", ERANGE, {}};
    if (total == 0) return wrong;
    return total;
}

}  // namespace quell

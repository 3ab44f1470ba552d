// SPDX-License-Identifier: Apache-2.0
#include "user/cli/show_time.h"

#include <cstdio>
#include <ctime>

#include "user/base/time.h"
#include "user/cli/terminal.h"

namespace quell::cli {

std::optional<std::int64_t> parse_time(std::string_view text) {
    std::tm parts{};
    int used = 0;
    const std::string whole(text.substr(0, 40));
    if (std::sscanf(whole.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
                    &parts.tm_sec, &used) != 6)
        return std::nullopt;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    std::string_view rest = std::string_view(whole).substr(static_cast<std::size_t>(used));
    std::int64_t fraction_ns = 0;
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        for (std::int64_t unit = kNsPerSecond / 10; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; unit /= 10) {
            fraction_ns += unit * (rest.front() - '0');
            rest.remove_prefix(1);
        }
    }
    if (rest != "Z") return std::nullopt;
    return static_cast<std::int64_t>(timegm(&parts)) * kNsPerSecond + fraction_ns;
}

std::string show_time(std::string_view text, bool utc) {
    const auto wall = parse_time(text);
    if (!wall) return safe(text);
    return utc ? utc_text(*wall - *wall % kNsPerSecond).substr(0, 19) + "Z" : local_text(*wall);
}

}  // namespace quell::cli

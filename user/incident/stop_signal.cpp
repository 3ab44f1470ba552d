// SPDX-License-Identifier: Apache-2.0
#include "user/incident/stop_signal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <optional>

namespace quell {
namespace {

// The kernel's first real-time signal that the C library leaves to programs; what runtimes count from.
constexpr int kRealTimeFirst = 34;
constexpr int kRealTimeLast = 64;

struct Name {
    std::string_view word;
    int signal;
};
constexpr std::array kNames = {Name{"HUP", SIGHUP},   Name{"INT", SIGINT},   Name{"QUIT", SIGQUIT}, Name{"ILL", SIGILL},       Name{"TRAP", SIGTRAP},
                               Name{"ABRT", SIGABRT}, Name{"BUS", SIGBUS},   Name{"FPE", SIGFPE},   Name{"KILL", SIGKILL},     Name{"USR1", SIGUSR1},
                               Name{"SEGV", SIGSEGV}, Name{"USR2", SIGUSR2}, Name{"PIPE", SIGPIPE}, Name{"ALRM", SIGALRM},     Name{"TERM", SIGTERM},
                               Name{"CHLD", SIGCHLD}, Name{"TSTP", SIGTSTP}, Name{"TTIN", SIGTTIN}, Name{"TTOU", SIGTTOU},     Name{"URG", SIGURG},
                               Name{"XCPU", SIGXCPU}, Name{"XFSZ", SIGXFSZ}, Name{"VTALRM", SIGVTALRM}, Name{"PROF", SIGPROF}, Name{"WINCH", SIGWINCH},
                               Name{"IO", SIGIO},     Name{"PWR", SIGPWR},   Name{"SYS", SIGSYS}};

std::optional<int> signal_number(std::string_view digits) {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::optional<int> real_time(std::string_view text) {
    constexpr std::string_view kMin = "RTMIN", kMax = "RTMAX";
    const bool from_first = text.starts_with(kMin);
    if (!from_first && !text.starts_with(kMax)) return std::nullopt;
    const auto rest = text.substr(kMin.size());
    if (rest.empty()) return from_first ? kRealTimeFirst : kRealTimeLast;
    if (rest.front() != (from_first ? '+' : '-')) return std::nullopt;
    const auto offset = signal_number(rest.substr(1));
    if (!offset || *offset < 0 || *offset > kRealTimeLast - kRealTimeFirst) return std::nullopt;
    return from_first ? kRealTimeFirst + *offset : kRealTimeLast - *offset;
}

}  // namespace

int stop_signal(std::string_view text) {
    std::string upper;
    for (const char c : text.substr(0, 32)) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    std::string_view word = upper;
    auto found = signal_number(word);
    if (word.starts_with("SIG")) word.remove_prefix(3);
    if (!found) found = real_time(word);
    if (!found)
        for (const auto& name : kNames)
            if (name.word == word) found = name.signal;
    if (!found || *found < 1 || *found > kRealTimeLast || *found == SIGSTOP || *found == SIGCONT) return kStopSignalDefault;
    return *found;
}

std::string stop_signal_text(int signal) {
    const auto name = std::ranges::find(kNames, signal, &Name::signal);
    if (name != kNames.end()) return "SIG" + std::string(name->word);
    if (signal >= kRealTimeFirst) return "SIGRTMIN+" + std::to_string(signal - kRealTimeFirst);
    return "signal " + std::to_string(signal);
}

}  // namespace quell

// SPDX-License-Identifier: Apache-2.0
// What a verb is, and what it gets to work with. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "user/cli/exit_codes.h"
#include "user/cli/terminal.h"

namespace quell::cli {

// "--name" with a value name takes a value, without one it is a flag; a name
// without dashes is positional.
struct Parameter {
    std::string_view name;
    std::string_view value_name;
    std::string_view summary;
    bool required = false;
    bool many = false;
    char letter = '\0';  // of a "--name": "-x" is the same
};

struct Invocation {
    bool json = false;
    int json_indent = 2;  // -1: a value is a line
    bool utc = false;
    std::string socket = "/run/quell/quell.sock";
    std::map<std::string, std::vector<std::string>, std::less<>> values;
    Terminal out;

    [[nodiscard]] bool has(std::string_view name) const { return values.contains(name); }
    // The first value, "" where it was not given.
    [[nodiscard]] std::string value(std::string_view name) const {
        const auto found = values.find(name);
        return found == values.end() || found->second.empty() ? std::string{} : found->second.front();
    }
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const {
        const auto found = values.find(name);
        return found == values.end() ? std::vector<std::string>{} : found->second;
    }
    // The daemon keeps its status page beside its socket.
    [[nodiscard]] std::string status_page() const { return socket.substr(0, socket.rfind('/') + 1) + "status"; }
};

struct Verb {
    std::string_view name;  // "policy check": a verb below `policy`
    std::string_view summary;
    std::vector<Parameter> parameters;
    int (*run)(Invocation& invocation);  // an exit code
};

// user/cli/verbs.cpp
[[nodiscard]] const std::vector<Verb>& verbs();

// Parses the command line and runs its verb (user/cli/parse.cpp).
[[nodiscard]] int run_command_line(int argc, const char* const* argv);

}  // namespace quell::cli

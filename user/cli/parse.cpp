// SPDX-License-Identifier: Apache-2.0
// The only file that includes CLI11, which takes seconds to compile: the
// table of verbs becomes its subcommands.
#include <CLI/CLI.hpp>

#include "user/cli/verb.h"

namespace quell::cli {

namespace {

void add_parameter(CLI::App& app, Invocation& invocation, const Parameter& parameter) {
    const std::string name(parameter.name);
    const std::string summary(parameter.summary);
    std::vector<std::string>& values = invocation.values[name];
    CLI::Option* option = nullptr;
    if (parameter.name.starts_with("--") && parameter.value_name.empty()) {
        option = app.add_flag_callback(name, [&values] { values.emplace_back(); }, summary);
    } else if (parameter.name.starts_with("--")) {
        option = app.add_option_function<std::string>(name, [&values](const std::string& text) { values = {text}; }, summary);
        option->type_name(std::string(parameter.value_name));
    } else {
        // CLI11 wants a plain name; what is shown is ours.
        std::string plain;
        for (const char c : name.substr(0, name.find('['))) plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        option = parameter.many ? app.add_option(plain, values, summary)
                                : app.add_option_function<std::string>(plain, [&values](const std::string& text) { values = {text}; }, summary);
        option->option_text(name + (parameter.many ? "..." : ""));
    }
    if (parameter.required) option->required();
}

CLI::App* subcommand(CLI::App& app, const std::string& name, std::string_view summary) {
    CLI::App* found = app.get_subcommand_no_throw(name);
    return found ? found : app.add_subcommand(name, std::string(summary));
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
    CLI::App app{"Quell: containment in the kernel, on approval", "quell"};
    Invocation invocation;
    app.add_flag("--json", invocation.json, "print the daemon's answer as JSON");
    app.add_flag("--utc", invocation.utc, "print times in UTC");
    app.add_option("--socket", invocation.socket, "the daemon's socket")->type_name("PATH");
    app.set_version_flag("--version", "quell " QUELL_VERSION);
    app.require_subcommand(1);
    app.fallthrough();

    const Verb* chosen = nullptr;
    // Each verb has its own invocation's values: a name may mean another thing.
    std::map<const Verb*, Invocation> invocations;
    for (const Verb& verb : verbs()) {
        const std::string name(verb.name);
        const std::size_t space = name.find(' ');
        CLI::App* parent = &app;
        if (space != std::string::npos) {
            const std::string group = name.substr(0, space);
            const bool fresh = app.get_subcommand_no_throw(group) == nullptr;
            parent = subcommand(app, group, "check, apply and list policies");
            parent->fallthrough();
            parent->require_subcommand(fresh ? 1 : parent->get_require_subcommand_min(), 1);
        }
        CLI::App* own = subcommand(*parent, name.substr(space == std::string::npos ? 0 : space + 1), verb.summary);
        own->fallthrough();
        for (const Parameter& parameter : verb.parameters) add_parameter(*own, invocations[&verb], parameter);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return app.exit(help) == 0 ? kDone : kFailed;
    } catch (const CLI::ParseError& wrong) {
        app.exit(wrong);
        return kUsage;
    }
    for (auto* group : app.get_subcommands())  // the verb that was named deepest
        for (const Verb& verb : verbs()) {
            const auto inner = group->get_subcommands();
            const std::string path = group->get_name() + (inner.empty() ? "" : " " + inner.front()->get_name());
            if (verb.name == path) chosen = &verb;
        }
    if (!chosen) return kUsage;
    for (auto& [name, given] : invocations[chosen].values)
        if (!given.empty()) invocation.values[name] = given;
    return chosen->run(invocation);
}

}  // namespace quell::cli

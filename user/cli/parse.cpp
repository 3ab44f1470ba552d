// SPDX-License-Identifier: Apache-2.0
// The only file that includes CLI11, which takes seconds to compile: the
// table of verbs becomes its subcommands.
#include <CLI/CLI.hpp>

#include "user/cli/command_words.h"

namespace quell::cli {

namespace {

void add_parameter(CLI::App& app, Invocation& invocation, const Parameter& parameter) {
    const std::string name(parameter.name);
    const std::string summary(parameter.summary);
    std::vector<std::string>& values = invocation.values[name];
    CLI::Option* option = nullptr;
    const std::string names = parameter.letter == '\0' ? name : std::string{'-', parameter.letter, ','} + name;
    if (parameter.name.starts_with("--") && parameter.value_name.empty()) {
        option = app.add_flag_callback(names, [&values] { values.emplace_back(); }, summary);
    } else if (parameter.name.starts_with("--") && parameter.many) {
        option = app.add_option(name, values, summary)->allow_extra_args(false);
        option->type_name(std::string(parameter.value_name));
    } else if (parameter.name.starts_with("--")) {
        option = app.add_option_function<std::string>(names, [&values](const std::string& text) { values = {text}; }, summary);
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

    // Each verb has values of its own: a name may mean another thing elsewhere.
    std::map<const Verb*, Invocation> invocations;
    std::map<std::string, CLI::App*> commands;
    for (const Verb& verb : verbs()) {
        const std::string name(verb.name);
        const std::size_t space = name.find(' ');
        CLI::App* parent = &app;
        if (space != std::string::npos) {
            // Below a verb ("history verify"), or in a group that is none ("policy check").
            CLI::App*& group = commands[name.substr(0, space)];
            if (!group) {
                group = app.add_subcommand(name.substr(0, space), "write, check, load and look at policies");
                group->fallthrough();
                group->require_subcommand(1);
            }
            parent = group;
        }
        CLI::App* const own = parent->add_subcommand(space == std::string::npos ? name : name.substr(space + 1), std::string(verb.summary));
        own->fallthrough();
        commands[name] = own;
        for (const Parameter& parameter : verb.parameters) add_parameter(*own, invocations[&verb], parameter);
    }
    const auto words = command_words({argv, static_cast<std::size_t>(argc)}, verbs());
    if (!words) {
        invocation.out.note(safe(words.error().message) + "\n  hint: " + safe(words.error().hint));
        return kUsage;
    }
    std::vector<const char*> pointers;
    for (const std::string& word : *words) pointers.push_back(word.c_str());
    try {
        app.parse(static_cast<int>(pointers.size()), pointers.data());
    } catch (const CLI::Success& help) {
        return app.exit(help) == 0 ? kDone : kFailed;
    } catch (const CLI::ParseError& wrong) {
        // It repeats arguments as they were given, and they may come from a workload.
        invocation.out.prompt(safe(wrong.what()) + "\nRun with --help for more information.\n");
        return kUsage;
    }
    const Verb* chosen = nullptr;
    for (const Verb& verb : verbs())  // the longest name that was given: a row below its verb comes after it
        if (commands[std::string(verb.name)]->parsed()) chosen = &verb;
    if (!chosen) return kUsage;
    for (auto& [name, given] : invocations[chosen].values)
        if (!given.empty()) invocation.values[name] = given;
    return chosen->run(invocation);
}

}  // namespace quell::cli

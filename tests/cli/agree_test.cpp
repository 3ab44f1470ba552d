// SPDX-License-Identifier: Apache-2.0
// --help, the man page and the completions name the same verbs and options.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/cli/run_quell.h"
#include "user/base/files.h"
#include "user/base/vocabulary.h"
#include "user/cli/console/keys.h"
#include "user/cli/verb.h"

namespace quell::cli {
namespace {

using Words = std::set<std::string>;

std::string document(const std::string& path) {
    const auto text = read_file(QUELL_SOURCE_DIR "/docs/" + path, 1 << 20);
    EXPECT_TRUE(text);
    return text ? *text : std::string{};
}

Words matches(const std::string& text, const char* pattern) {
    Words words;
    const std::regex expression(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) words.insert((*at)[1]);
    return words;
}

std::vector<std::string> words_of(std::string_view name) {
    const std::size_t space = name.find(' ');
    if (space == std::string_view::npos) return {std::string(name)};
    return {std::string(name.substr(0, space)), std::string(name.substr(space + 1))};
}

// The part of the man page below `.SS quell VERB`.
std::string man_section(const std::string& man, const std::string& verb) {
    std::smatch found;
    if (!std::regex_search(man, found, std::regex("\\.SS quell " + verb + "( [A-Z\\[][^\\n]*)?\\n"))) return {};
    const std::string rest = found.suffix();
    return rest.substr(0, std::min(rest.find("\n.SS "), rest.find("\n.SH ")));
}

TEST(Agree, HelpAndManPage) {
    std::string man = std::regex_replace(document("man/quell.1"), std::regex("\\\\-"), "-");
    Words man_verbs;
    for (const Verb& verb : verbs()) {
        const std::string name(verb.name);
        const std::string section = man_section(man, name);
        EXPECT_NE(section, "") << name << " is not in the man page";
        auto arguments = words_of(name);
        arguments.push_back("--help");
        const Ran help = run_quell(arguments);
        EXPECT_EQ(help.code, 0);
        Words options = matches(help.out, "(?:^|[\\s,])(--[a-z-]+)");
        options.erase("--help");
        EXPECT_EQ(options, matches(section, "(?:^|\\n)\\.BI? (--[a-z-]+)")) << name;
        Words table;
        for (const Parameter& parameter : verb.parameters)
            if (parameter.name.starts_with("--")) table.insert(std::string(parameter.name));
        EXPECT_EQ(options, table) << name;
    }
    const std::regex heading("\\.SS quell ");
    EXPECT_EQ(std::distance(std::sregex_iterator(man.begin(), man.end(), heading), {}), static_cast<std::ptrdiff_t>(verbs().size()));
    const std::string global = man.substr(man.find(".SH OPTIONS"), man.find(".SH VERBS") - man.find(".SH OPTIONS"));
    EXPECT_EQ(matches(run_quell({"--help"}).out, "(--[a-z-]+)"), matches(global, "(--[a-z-]+)"));
}

TEST(Agree, ConsoleKeys) {
    const std::string section = man_section(std::regex_replace(document("man/quell.1"), std::regex("\\\\-"), "-"), "console");
    std::size_t at = 0;
    for (const console::Binding& one : console::bindings()) {
        std::string line(one.shown);
        line.resize(std::max<std::size_t>(16, line.size()), ' ');
        line = "\n" + line + std::string(one.help) + "\n";
        const std::size_t found = section.find(line, at);
        ASSERT_NE(found, std::string::npos) << line << "is not in the man page, or not in its place";
        at = found + line.size() - 1;
    }
    EXPECT_EQ(section.find("\n.nf", at), std::string::npos) << "keys of a page that is none";
}

TEST(Agree, Completions) {
    for (const char* path : {"completion/quell.bash", "completion/_quell"}) {
        SCOPED_TRACE(path);
        const std::string text = document(path);
        Words verbs_known{"verify"}, options{"--json", "--utc", "--socket", "--version", "--help"}, nouns;
        for (const Verb& verb : verbs()) {
            for (const std::string& word : words_of(verb.name)) nouns.insert(word);
            for (const Parameter& parameter : verb.parameters)
                if (parameter.name.starts_with("--")) options.insert(std::string(parameter.name));
        }
        for (const std::string& noun : nouns) EXPECT_TRUE(std::regex_search(text, std::regex("\\b" + noun + "\\b"))) << noun;
        EXPECT_EQ(matches(text, "[\\s\"'](--[a-z-]+)"), options);
        const Words listed = matches(text, "(status incidents [a-z ]+)");
        std::string all;
        for (const Verb& verb : verbs())
            if (const std::string first = words_of(verb.name)[0]; all.find(first) == std::string::npos) all += (all.empty() ? "" : " ") + first;
        EXPECT_EQ(listed, Words{all});
        for (const std::string_view response : kResponseWords) EXPECT_NE(text.find(response), std::string::npos) << response;
    }
}

// Else the value would be taken for the verb or the incident.
TEST(Agree, BashCompletionSkipsTheValueOfEachOption) {
    const std::string text = document("completion/quell.bash");
    const std::size_t end = text.find(") skip=1 ;;");
    ASSERT_NE(end, std::string::npos);
    const std::size_t begin = text.rfind('\n', end);
    Words with_value{"--socket"};
    for (const Verb& verb : verbs())
        for (const Parameter& parameter : verb.parameters)
            if (parameter.name.starts_with("--") && !parameter.value_name.empty()) with_value.insert(std::string(parameter.name));
    EXPECT_EQ(matches(text.substr(begin, end - begin), "[\\s](--[a-z-]+)"), with_value);
}

TEST(Agree, ConfigurationPageNamesTheResponses) {
    const std::string page = std::regex_replace(document("man/quell.yaml.5"), std::regex("\\\\-"), "-");
    for (const std::string_view response : kResponseWords) EXPECT_NE(page.find(response), std::string::npos) << response;
}

}  // namespace
}  // namespace quell::cli

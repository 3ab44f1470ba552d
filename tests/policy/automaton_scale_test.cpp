// SPDX-License-Identifier: Apache-2.0
// What realistic patterns cost, printed; the bounds that are asserted leave
// room for sanitizers and busy machines.
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

#include "policy/automaton/build.h"
#include "policy/automaton/walk.h"
#include "realistic_arguments.h"
#include "support.h"

namespace quell::policy::test {
namespace {

// Of the processor: others may be busy.
double milliseconds_since(std::clock_t start) { return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

double walk_ns_a_byte(const automaton::Table& table, std::size_t& outputs) {
    const std::vector<std::string> lines = realistic_command_lines(1'000'000);
    automaton::Walk walk(table);
    std::size_t bytes = 0;
    const std::clock_t start = std::clock();
    for (const std::string& line : lines) {
        outputs += walk.run(line).outputs.size();
        bytes += line.size();
    }
    return milliseconds_since(start) * 1e6 / static_cast<double>(bytes);
}

TEST(AutomatonScale, RealisticPatterns) {
    for (std::size_t count : {10u, 100u, 1'000u, 3'658u, 10'000u}) {
        const std::vector<ArgumentPattern> patterns = realistic_patterns(count);
        std::size_t text = 0;
        for (const ArgumentPattern& pattern : patterns) text += pattern.text.size();
        const std::clock_t start = std::clock();
        const automaton::BuildResult result = automaton::build(patterns);
        const double built_ms = milliseconds_since(start);
        ASSERT_TRUE(result.automaton) << count << ": " << result.refusals[0].message;
        const automaton::Statistics& made = result.automaton->statistics;
        std::size_t outputs = 0;
        const double walk_ns = walk_ns_a_byte(result.automaton->table, outputs);
        std::printf("%6zu patterns, %7zu bytes of text: %7zu states %3zu classes %3zu rows %7zu cells %5zu lists (longest %zu) "
                    "%5zu steps %8zu bytes; built in %.0f ms, %.1f ns a byte, %zu outputs, work %llu\n",
                    count, text, made.states, made.classes, made.rows, made.cells, made.lists, made.longest_list, made.steps, made.bytes,
                    built_ms, walk_ns, outputs, static_cast<unsigned long long>(made.work));
        EXPECT_GT(outputs, 0u);
        EXPECT_LT(built_ms, 20'000) << "goals without sanitizers: 500 ms for 3,658, 2 s for 10,000";
        EXPECT_LT(walk_ns, 2'000);
        EXPECT_LT(made.bytes, count <= 3'658 ? 1u << 20 : 3u << 20);
    }
}

// A policy as text to an image: paths of eight kinds, patterns of five, fifty to a rule.
TEST(PolicyScale, TwentyThousandPathsAndTenThousandPatterns) {
    const std::vector<std::string> paths = {"/srv/data@/**", "/opt/app@/secret", "/var/lib/svc@/*", "/**/float@", "/**/*.ending@", "/srv/*/starred@/data*", "/etc/conf.d/c@.conf", "/home/u@/.ssh/**"};
    const std::vector<std::string> patterns = {"--opt-@", "--word@=*", "*-part@*", "*.suffix@", "pre@-*-tail@"};
    const auto fifty = [](const std::vector<std::string>& forms, std::size_t from) {
        std::string list;
        for (std::size_t i = from; i < from + 50; i++) {
            std::string one = forms[i % forms.size()];
            for (std::size_t at = one.find('@'); at != std::string::npos; at = one.find('@', at)) one.replace(at, 1, std::to_string(i));
            list += (list.empty() ? "'" : ", '") + one + "'";
        }
        return list;
    };
    std::string rules;
    for (std::size_t i = 0; i < 400; i++) rules += rule("p" + std::to_string(i), fifty(paths, i * 50), "delete, rename, open-write");
    for (std::size_t i = 0; i < 200; i++)
        rules += "    - {id: a" + std::to_string(i) + ", severity: low, on: [exec], match: {path: [/opt/tool" + std::to_string(i) + "/**], arguments: [" + fifty(patterns, i * 50) + "]}}\n";
    const std::clock_t start = std::clock();
    const CompileResult result = compile_text(policy(rules));
    const double compiled_ms = milliseconds_since(start);
    ASSERT_TRUE(result.image) << summary(result.findings).substr(0, 500);
    std::printf("20,000 paths and 10,000 patterns of arguments, %zu bytes of YAML: compiled in %.0f ms\n", rules.size(), compiled_ms);
    EXPECT_LT(compiled_ms, 20'000) << "goal without sanitizers: 3 s";
}

}  // namespace
}  // namespace quell::policy::test

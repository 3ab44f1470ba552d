// SPDX-License-Identifier: Apache-2.0
// The kernel means what the reference matcher says: random policies that deny, random operations on real files by a process of
// the host and by one of a container. Each operation's errno says whether a rule matched, each rule's count of matches which.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <sstream>

#include "policy/check/check.h"
#include "policy/document/source_text.h"
#include "policy/finding.h"
#include "vm-tests/differential/world.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Counts = std::map<std::string, std::int64_t>;

constexpr const char* kPolicyFile = "/tmp/random.yaml";
constexpr unsigned kDeeds = 200;  // of each policy, on the host and in the container

Counts counts_by_rule() {
    Counts counts;
    for (const Json& incident : incidents(true))
        if (incident["policy"] == "random") counts[incident["rule"]] += incident["count"].get<std::int64_t>();
    return counts;
}

// Rules of a policy that the checker has nothing against; without any the text is not to be applied.
std::vector<policy::Rule> checked(const std::string& text) {
    const policy::Source source{kPolicyFile, text};  // SourceText only looks at it
    const std::vector<policy::SourceText> sources{policy::SourceText(source)};
    policy::Findings findings(sources);
    auto rules = policy::check(sources, {}, findings).rules;
    return findings.has_errors() ? std::vector<policy::Rule>{} : rules;
}

class Differential : public testing::Test {
protected:
    Differential() {
        must("cp /w/doer " + container_.directory() + "/lower/bin/");
        must(world_commands(container_.directory() + "/lower"));
        must(world_commands(""));
        container_.start();
    }
    ~Differential() override { apply_pack(); }

    // What each printed, and which may have fired how often.
    void compare(const std::vector<policy::Rule>& rules, const std::vector<Deed>& deeds, const Container* where, const Counts& before) {
        std::string lines;
        for (const Deed& deed : deeds) lines += deed.line + "\n";
        // through the container's own root: an upper layer is not to be written from outside
        const Output output = where ? where->exec("cat >/tmp/lines <<'END'\n" + lines + "END\n/bin/doer </tmp/lines")
                                    : run("cat >/tmp/lines <<'END'\n" + lines + "END\n/w/doer </tmp/lines");
        ASSERT_EQ(output.status, 0) << output.text;
        std::istringstream said(output.text);
        Counts least, most;
        for (const Deed& deed : deeds) {
            std::string line;
            ASSERT_TRUE(std::getline(said, line)) << deed.line;
            std::string fired;
            for (const auto& act : deed.acts) {
                for (const policy::Rule* rule : policy::reference::matches(rules, act)) {
                    fired += " " + rule->id;
                    most[rule->id]++;
                    if (deed.acts.size() == 1) least[rule->id]++;
                }
            }
            const int error = std::atoi(line.c_str());
            EXPECT_EQ(error == EPERM, !fired.empty()) << deed.line << (where ? " in the container: " : " on the host: ") << error << ", by the reference:" << fired;
            // a directory of a lower layer cannot be renamed
            EXPECT_TRUE(error == 0 || error == EPERM || (where && error == EXDEV)) << deed.line << ": " << error;
            fired_ += fired.empty() ? 0 : 1;
            asked_++;
        }
        Counts now;
        const auto risen = [&](const std::string& rule) { return now[rule] - (before.contains(rule) ? before.at(rule) : 0); };
        EXPECT_TRUE(eventually([&] {
            now = counts_by_rule();
            for (const auto& [rule, count] : least)
                if (risen(rule) < count) return false;
            return true;
        }, std::chrono::seconds(5)));
        for (const policy::Rule& rule : rules) {
            EXPECT_GE(risen(rule.id), least[rule.id]) << rule.id;
            EXPECT_LE(risen(rule.id), most[rule.id]) << rule.id;
        }
    }

    void compare_pairs(unsigned pairs, unsigned seed) {
        std::mt19937 random(seed);
        const Doer host{QUELL_SUBJECT_HOST, "/w/doer", 0xEF53}, inside{QUELL_SUBJECT_CONTAINER, "/bin/doer", 0x794c7630};
        while (asked_ < pairs && !HasFailure()) {
            const std::string text = random_policy_text(random);
            const auto rules = checked(text);
            if (rules.empty()) continue;
            SCOPED_TRACE(text);
            write(kPolicyFile, text);
            must(std::string("quell policy apply ") + kPolicyFile);
            for (const Doer* doer : {&host, &inside}) {
                std::vector<Deed> deeds;
                for (unsigned i = 0; i < kDeeds; i++) deeds.push_back(random_deed(random, *doer));
                compare(rules, deeds, doer == &inside ? &container_ : nullptr, counts_by_rule());
            }
            reject_all();
        }
        std::printf("%u pairs, a rule fired in %u\n", asked_, fired_);
        // one in which nothing, or everything, matches would prove nothing
        EXPECT_GT(fired_, asked_ / 50);
        EXPECT_LT(fired_, asked_ / 2);
    }

    Container container_{"differential"};
    unsigned asked_ = 0, fired_ = 0;
};

// The same policies and operations each time.
TEST_F(Differential, TwoThousandPairs) { compare_pairs(2'000, 20261128); }
TEST_F(Differential, TwentyThousandPairs) { compare_pairs(20'000, 20261129); }

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// Paths as long and as deep as the kernel lets them be are judged like short
// ones; beyond what is judged, that is said.
#include <gtest/gtest.h>

#include "vm-tests/harness/losses.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

// In a directory, `levels` more of names of that length, and there a file that is removed; for any shell.
std::string attack_below(const std::string& directory, int levels, int length, const std::string& program) {
    return "cd " + directory + " && n=0 && while [ $n -lt " + std::to_string(levels) + " ]; do n=$((n + 1)); d=" + std::string(static_cast<std::size_t>(length), 'd') +
           "; mkdir $d && cd -P $d || exit 9; done && echo x >deep.f && " + program + " unlink deep.f";
}

class Path : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        must("rm -rf /var/log/d*");
    }
    Json in_a_container(int levels, int length) {
        container_.start();
        const auto before = matches();
        const auto output = container_.exec(attack_below("/var/log", levels, length, "attack"));
        EXPECT_EQ(output.status, 0) << output.text;
        auto incident = show(pending_id("deep", "delete"));
        expect_told(incident, before, "in a container");
        return incident;
    }
    static Json on_the_host(int levels, int length) {
        const auto before = matches();
        const auto output = run("(" + attack_below("/var/log", levels, length, "/w/attack") + ")");
        EXPECT_EQ(output.status, 0) << output.text;
        const auto found = wait_for_pending([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; });
        expect_told(found, before, "on the host");
        return found.value_or(Json{{"file", {{"path", ""}, {"path_is", ""}}}});
    }
    Container container_{"deep"};
};

TEST_F(Path, OfSixtyFourLevels) {
    std::string path = "/var/log";
    for (int i = 0; i < 62; i++) path += "/ddd";
    for (const auto& incident : {in_a_container(62, 3), on_the_host(62, 3)}) {
        EXPECT_EQ(incident["file"]["path"], path + "/deep.f");
        EXPECT_EQ(incident["file"]["path_is"], "visible");
    }
}

TEST_F(Path, OfFourThousandAndNinetyFiveBytes) {
    for (const auto& incident : {in_a_container(16, 254), on_the_host(16, 254)}) {  // 8 + 16 * 255 + 7
        const std::string path = incident["file"]["path"];
        EXPECT_TRUE(path.ends_with("/" + std::string(254, 'd') + "/deep.f")) << path;
        EXPECT_EQ(incident["file"]["path_is"], "cut") << path;
    }
}

// Further than a walk goes: in neither direction a guess, and never in silence.
TEST_F(Path, BeyondWhatIsJudgedIsCountedAndLoud) {
    allow_counter("walk-overflow");
    container_.start();
    const auto before = counter("walk-overflow"), matches_before = matches();
    EXPECT_EQ(container_.exec(attack_below("/var/log", 200, 1, "attack")).status, 0);
    EXPECT_EQ(run("(" + attack_below("/var/log", 200, 1, "/w/attack") + ")").status, 0);
    EXPECT_GE(counter("walk-overflow"), before + 2);
    EXPECT_EQ(matches(), matches_before);
    EXPECT_EQ(incidents().size(), 0u);
    EXPECT_NE(quell("status")["status"]["warnings"].dump().find("deeper"), std::string::npos);
}

}  // namespace
}  // namespace quell::guest

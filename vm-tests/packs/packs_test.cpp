// SPDX-License-Identifier: Apache-2.0
// Both packs whole, as an operator has them: each rule catches its attack, and
// no rule says anything of the neighbours.
#include <gtest/gtest.h>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"
#include "vm-tests/packs/cases.h"

namespace quell::guest {
namespace {

class Packs : public testing::Test {
protected:
    void SetUp() override { apply_packs(); }
    void TearDown() override {
        apply_pack();
        reject_all();
    }
};

// A real program with what it is linked with, in the container's image.
void bring(const Container& container, const std::string& program) {
    must("cp --parents " + program + " $(ldd " + program + " | grep -o '/[^ ]*') " + container.directory() + "/lower");
}

TEST_F(Packs, EachRuleCatchesItsAttackAndNoNeighbour) {
    ContainerOptions options;  // with terminals
    options.mounts = {{{"destination", "/dev/pts"}, {"type", "devpts"}, {"source", "devpts"}, {"options", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}}}};
    Container container("packs", options);
    const std::string image = container.directory() + "/lower";
    must("mkdir -p " + image + "/root/.aws " + image + "/usr/bin && echo secret >" + image + "/root/.aws/credentials");
    bring(container, "/usr/sbin/debugfs");
    must("cp /w/acts " + image + "/bin/");
    container.start();
    for (const PackCase& one : kPackCases) {
        SCOPED_TRACE(one.rule);
        const Container* where = one.at == At::Container ? &container : nullptr;
        const auto prepared = where ? where->exec(one.prepare) : run(one.prepare);
        EXPECT_EQ(prepared.status, 0) << prepared.text;
        reject_all();
        for (const char* neighbour : one.neighbours) {
            const auto output = expect_unseen(where, neighbour);
            EXPECT_EQ(output.status, 0) << neighbour << "\n" << output.text;
        }
        const auto before = matches();
        const auto output = where ? where->exec(one.attack) : run("PATH=/w:$PATH; " + std::string(one.attack));
        EXPECT_EQ(output.status, 0) << one.attack << "\n" << output.text;
        const auto found = wait_for([&](const Json& incident) {
            return incident["policy"].get<std::string>() + "/" + incident["rule"].get<std::string>() == one.rule;
        });
        expect_told(found, before, one.attack);
        if (found) {
            EXPECT_EQ((*found)["subject"], one.at == At::Host ? "host" : "container");
        }
        reject_all();
    }
}

}  // namespace
}  // namespace quell::guest

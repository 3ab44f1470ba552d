// SPDX-License-Identifier: Apache-2.0
// Rules that ask for the cgroup: by its path in the host's hierarchy, for processes of the host and of containers.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr const char* kTree = "/sys/fs/cgroup";

struct CgroupForm {
    std::string pattern;
    std::vector<std::string> meant, others;
};

const std::vector<CgroupForm>& cgroup_forms() {
    static const std::string longest(240, 'n'), deep = "/quell-c/1/2/3/4/5/6/7/8/9/10/11/12";
    static const std::vector<CgroupForm> all = {
        {"/quell-c/exact", {"/quell-c/exact"}, {"/quell-c/exact/in", "/quell-c", "/quell-c/exactly"}},
        {"/quell-c/*", {"/quell-c/one", "/quell-c/two"}, {"/quell-c", "/quell-c/one/in"}},
        {"/quell-c/tree/**", {"/quell-c/tree/a", "/quell-c/tree/a/b"}, {"/quell-c/tree", "/quell-c/trees"}},
        {"/quell-c/app-*.service", {"/quell-c/app-web.service", "/quell-c/app-.service"}, {"/quell-c/app-web.scope", "/quell-c/app-x.service/in"}},
        {"/**/*.scope", {"/quell-c/session-1.scope", "/quell-c/a/b/x.scope"}, {"/quell-c/x.scope/in", "/quell-c/scope"}},
        {"/**/pod-*/c", {"/quell-c/pod-1/c", "/quell-c/deep/pod-2/c"}, {"/quell-c/pod-1", "/quell-c/pods/c"}},
        {"/quell-c/" + longest, {"/quell-c/" + longest}, {"/quell-c/" + longest + "n"}},
        {"/**/11/*", {deep}, {"/quell-c/1/2/3/4/5/6/7/8/9/10/11"}},
    };
    return all;
}

class Cgroups : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        apply_pack();
        must("rm -rf /srv/c; find /sys/fs/cgroup/quell-c -depth -type d -exec rmdir {} \\; 2>/dev/null; true");
    }

    static void apply_rules(const std::string& rules) {
        write("/tmp/cgroups.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: cgroups}\nspec:\n  rules:\n" + rules);
        must("quell policy apply /tmp/cgroups.yaml");
    }
    // A rule on /srv/c/<id>, which refuses.
    static std::string rule(const std::string& id, const std::string& where, const std::string& more = "") {
        return "    - {id: " + id + ", severity: low, on: [delete], where: {subject: any" + where + "}, match: {path: ['/srv/c/" + id + "/**']}" + more +
               ", respond: {deny: true}}\n";
    }
    // What the removal of a file for the rule ends with, by a process in that cgroup.
    static int unlink_in(const std::string& cgroup, const std::string& id) {
        const std::string directory = kTree + cgroup, file = "/srv/c/" + id + "/f";
        return run("mkdir -p " + directory + " /srv/c/" + id + " && touch " + file + " && echo $$ >" + directory + "/cgroup.procs && exec /w/attack unlink " + file).status;
    }
};

TEST_F(Cgroups, EachForm) {
    std::string rules;
    for (std::size_t i = 0; i < cgroup_forms().size(); i++) rules += rule("form-" + std::to_string(i), ", cgroup: ['" + cgroup_forms()[i].pattern + "']");
    apply_rules(rules);
    for (std::size_t i = 0; i < cgroup_forms().size(); i++) {
        const CgroupForm& form = cgroup_forms()[i];
        SCOPED_TRACE(form.pattern);
        const auto before = matches();
        for (const std::string& cgroup : form.meant) EXPECT_EQ(unlink_in(cgroup, "form-" + std::to_string(i)), EPERM) << cgroup;
        for (const std::string& cgroup : form.others) EXPECT_EQ(unlink_in(cgroup, "form-" + std::to_string(i)), 0) << cgroup;
        EXPECT_EQ(matches() - before, static_cast<std::int64_t>(form.meant.size()));
    }
}

TEST_F(Cgroups, NotInOneAndExceptInOne) {
    apply_rules(rule("not", ", not: {cgroup: [/quell-c/kept]}") + rule("except", "", ", except: [{cgroup: ['/quell-c/a*/**']}]"));
    EXPECT_EQ(unlink_in("/quell-c/kept", "not"), 0);
    EXPECT_EQ(unlink_in("/quell-c/other", "not"), EPERM);
    EXPECT_EQ(unlink_in("", "not"), EPERM) << "the root has no path, and is in none";
    EXPECT_EQ(unlink_in("/quell-c/ab/c", "except"), 0);
    EXPECT_EQ(unlink_in("/quell-c/ab", "except"), EPERM);
}

// The path is the host's, whatever cgroup namespace the container has.
TEST_F(Cgroups, OfAContainer) {
    Container container("cgroups"), other("cgroups-other");
    for (Container* one : {&container, &other}) {
        must("cp /w/attack " + one->directory() + "/lower/bin/attack");
        one->start();
        ASSERT_EQ(one->exec("mkdir -p /srv/c/mine && touch /srv/c/mine/f").status, 0);
    }
    apply_rules(rule("mine", ", cgroup: ['" + container.cgroup() + "']"));
    EXPECT_EQ(other.exec("attack unlink /srv/c/mine/f; exit $?").status, 0);
    const auto before = matches();
    EXPECT_EQ(container.exec("attack unlink /srv/c/mine/f; exit $?").status, EPERM);
    EXPECT_EQ(matches() - before, 1);
    expect_told(wait_for([](const Json& incident) { return incident["rule"] == "mine"; }), before, "mine");
}

}  // namespace
}  // namespace quell::guest

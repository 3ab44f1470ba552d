// SPDX-License-Identifier: Apache-2.0
// A file of an image, named by where its layer lies on the host: refused to
// every container that has it from there, who are listed; and to no other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "vm-tests/containment/quarantined.h"

namespace quell::guest {
namespace {

constexpr const char* kFile = "/srv/shared/var/log/shared.log";

Json users(const Json& incident) { return incident.value("users", Json::array()); }

bool names(const Json& list, const std::string& name) {
    return std::any_of(list.begin(), list.end(), [&](const Json& one) { return one.get<std::string>().starts_with(name + " ("); });
}

TEST(OfAnImage, IsRefusedToAllWhoHaveItAndTheyAreListed) {
    must(std::string("mkdir -p /srv/shared/var/log && echo line >") + kFile);
    {
        const ContainerOptions shared{.layers = {"/srv/shared"}};
        Container first("first", shared), second("second", shared), changed("changed", shared), other("other");
        must(std::string("cp ") + kFile + " " + other.directory() + "/lower/var/log/");
        for (Container* one : {&first, &second, &changed, &other}) one->start();
        EXPECT_EQ(attack(changed, "append /var/log/shared.log"), 0) << "it has a copy of its own from here on";
        second.begin("attack old-read-only /var/log/shared.log /tmp/old");
        EXPECT_TRUE(eventually([&] { return run("test -e " + second.directory() + "/rootfs/tmp/old.ready").status == 0; }));

        const auto output = run(std::string("quell --json respond quarantine-file --file ") + kFile + " --yes --reason image 2>/dev/null");
        EXPECT_EQ(output.status, 0) << output.text;
        const std::string id = Json::parse(output.text)["incident"]["id"];
        for (const auto& incident : {show(id), quell("preview " + id)["incident"]}) {
            EXPECT_EQ(users(incident).size(), 2u) << incident;
            EXPECT_TRUE(names(users(incident), "first") && names(users(incident), "second")) << incident;
        }
        EXPECT_NE(run("quell show " + id).text.find("In the image of\n"), std::string::npos);
        for (Container* one : {&first, &second}) {
            for (const char* how : {"read /var/log/shared.log", "append /var/log/shared.log"}) expect_refused(*one, how);
            EXPECT_EQ(attack(*one, "chmod /var/log/shared.log"), EPERM) << "and not copied up by it";
            EXPECT_EQ(run("test -e " + one->directory() + "/upper/var/log/shared.log").status, 1);
            EXPECT_EQ(attack(*one, "read /var/log/b.log"), 0);
        }
        must("touch " + second.directory() + "/rootfs/tmp/old.go");
        EXPECT_EQ(second.ended(), EPERM);
        expect_refused_on_host(std::string("cat ") + kFile);
        const auto before = denied_anywhere();
        for (Container* one : {&changed, &other}) EXPECT_EQ(attack(*one, "read /var/log/shared.log"), 0);
        EXPECT_EQ(denied_anywhere(), before);

        EXPECT_EQ(run("quell undo " + id + " --reason image").status, 0);
        for (Container* one : {&first, &second, &changed}) EXPECT_EQ(attack(*one, "append /var/log/shared.log"), 0);
        EXPECT_EQ(actions_of(id), (std::vector<std::string>{"requested", "approved", "flipped", "enforcing", "undone"}));
    }
    must("rm -r /srv/shared");
    reject_all();
}

}  // namespace
}  // namespace quell::guest

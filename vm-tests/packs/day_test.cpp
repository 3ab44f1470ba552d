// SPDX-License-Identifier: Apache-2.0
// The ordinary day of a host with both packs in force, by Debian's own
// programs: no part of it raises an incident, and after each part an attack does.
#include <gtest/gtest.h>

#include <chrono>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

constexpr int kContainers = 27;  // and three of podman's, in the script

std::string say_all() {
    std::string text;
    for (const Json& one : incidents()) text += run("quell show " + one["id"].get<std::string>()).text + "\n";
    return text;
}

// One after the other, by both runtimes, each with a volume of the host and one of its own.
void start_containers() {
    must("mkdir -p /srv/shared");
    for (int number = 0; number < kContainers; number++) {
        ContainerOptions options;
        options.runtime = number % 2 ? "runc" : "crun";
        options.privileged = false;
        options.mounts = {{{"destination", "/vol"}, {"type", "bind"}, {"source", "/srv/shared"}, {"options", {"rbind", "rw"}}},
                          {{"destination", "/tmp"}, {"type", "tmpfs"}, {"source", "tmpfs"}}};
        Container container("day-" + std::to_string(number), options);
        container.start();
        const auto output = container.exec("hostname >>/vol/names && hostname >>/var/log/app.log && cp /var/log/app.log /tmp/copy && cat /etc/os-release");
        EXPECT_EQ(output.status, 0) << output.text;
    }
    EXPECT_EQ(must("wc -l </srv/shared/names"), std::to_string(kContainers) + "\n");
}

void script(const std::string& part) { must("/w/day.sh " + part); }

struct Part {
    const char* name;
    std::function<void()> happens;
};

TEST(Day, RaisesNothing) {
    const Part parts[] = {
        {"packages", [] { script("packages"); }}, {"users", [] { script("users"); }},       {"logins", [] { script("logins"); }},
        {"compile", [] { script("compile"); }},   {"logs", [] { script("logs"); }},         {"services", [] { script("services"); }},
        {"podman", [] { script("containers"); }}, {"containers", [] { start_containers(); }}, {"timed", [] { script("timed"); }},
        {"removal", [] { script("removal"); }},
    };
    script("before");
    apply_packs();
    const auto excepted = counter("excepted");
    std::size_t attacks = 0;
    for (const Part& part : parts) {
        SCOPED_TRACE(part.name);
        const auto began = std::chrono::steady_clock::now();
        auto before = matches();
        part.happens();
        EXPECT_EQ(matches(), before) << say_all();
        EXPECT_EQ(incidents(true).size(), attacks) << say_all();
        std::printf("%s: %lld s\n", part.name, static_cast<long long>(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count()));
        reject_all();

        // What it says nothing of is not what nobody looked at.
        before = matches();
        must("echo text >/var/log/attacked && rm /var/log/attacked");
        expect_told(wait_for([](const Json& one) { return one["rule"] == "clear-log-activities"; }), before, "the attack");
        EXPECT_EQ(matches(), before + 1);
        reject_all();
        attacks = incidents(true).size();
    }
    EXPECT_EQ(attacks, std::size(parts)) << "more was raised than attacks";
    EXPECT_GT(counter("excepted"), excepted) << "no rule was about any of it";
}

}  // namespace
}  // namespace quell::guest

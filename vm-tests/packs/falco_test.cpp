// SPDX-License-Identifier: Apache-2.0
// Rules in Falco's language, imported and in force: each catches what the
// shipped packs' own rules catch, and says nothing of an innocent neighbour.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"
#include "vm-tests/packs/cases.h"

namespace quell::guest {
namespace {

struct FalcoCase {
    const char* rule;  // its name in Falco's file
    At at;
    const char* prepare;  // may be seen
    const char* attack;
    const char* neighbour;  // must not be seen by that rule
};

// Falco's stable rules. Those that no hook sees stand in docs/packs.md with the reason. Programs are called by their paths: a
// busybox shell runs what it has itself, and executes nothing.
constexpr FalcoCase kStable[] = {
    {"Read sensitive file untrusted", At::Container, "true", "/bin/cat /etc/shadow", "/bin/cat /etc/os-release"},
    {"Run shell untrusted", At::Host, "cp /usr/bin/dash /usr/sbin/nginx", "/usr/sbin/nginx -c '/usr/bin/dash -c true; true'", "/usr/sbin/nginx -c '/usr/bin/id; true'"},
    {"System user interactive", At::Host, "cp /usr/bin/dash /usr/sbin/sshd", "/usr/sbin/sshd -c 'setpriv --reuid=33 --regid=33 --clear-groups id; true'",
     "dash -c 'setpriv --reuid=33 --regid=33 --clear-groups id; true'"},
    {"Terminal shell in container", At::IntoContainer, "true", TERMINAL(INTO "/bin/sh -c true"), TERMINAL(INTO "/bin/attack read /etc/os-release")},
    {"Netcat Remote Code Execution in Container", At::Container, "true", "/bin/nc -e /bin/true; true", "/bin/nc --help; true"},
    {"Search Private Keys or Passwords", At::Container, "true", "/bin/find /etc -name id_rsa", "/bin/find /etc -name hosts"},
    {"Clear Log Activities", At::Container, "true", ": >/var/log/auth.log", "/bin/cat /var/log/b.log"},
    {"Remove Bulk Data from Disk", At::Host, "echo text >/tmp/secret", "shred -u /tmp/secret", "rm -f /tmp/nothing"},
    {"Create Symlink Over Sensitive Files", At::Container, "true", "/bin/ln -s /etc/shadow /tmp/symbolic", "/bin/ln -s /etc/os-release /tmp/innocent"},
    {"Create Hardlink Over Sensitive Files", At::Container, "true", "/bin/ln /etc/shadow /tmp/hard", "/bin/ln /etc/os-release /tmp/release"},
    {"Packet socket created in container", At::Container, "true", "/bin/acts packet-socket", "/bin/acts raw-socket"},
    {"Redirect STDOUT/STDIN to Network Connection in Container", At::Container, "true", "/bin/acts with-socket /bin/sh -c true", "/bin/sh -c true"},
    {"Linux Kernel Module Injection Detected", At::Container, "true", "/bin/acts module-of-file /bin/acts; true", "/bin/cat /proc/modules"},
    {"Debugfs Launched in Privileged Container", At::Container, "true", "/usr/sbin/debugfs -V", "ls -l /usr/sbin/debugfs"},
    {"Detect release_agent File Container Escapes", At::Container, "true", "echo /bin/true >/tmp/release_agent", "echo text >/tmp/release"},
    {"PTRACE attached to process", At::Host, "true", "acts attach", "acts look"},
    {"PTRACE anti-debug attempt", At::Host, "true", "acts traceme", "acts look"},
    {"Find AWS Credentials", At::Container, "true", "/bin/grep aws_access_key_id /etc/os-release; true", "/bin/grep NAME /etc/os-release; true"},
    {"Execution from /dev/shm", At::Host, "cp /w/attack /dev/shm/run", "/dev/shm/run read /etc/hostname", "/w/attack read /etc/hostname"},
    {"Drop and execute new binary in container", At::Container, "cp /bin/attack /tmp/dropped", "/tmp/dropped read /etc/os-release", "/bin/attack read /etc/os-release"},
    {"Disallowed SSH Connection Non Standard Port", At::Host, "cp /usr/bin/socat /usr/bin/ssh", "/usr/bin/ssh -u /dev/null TCP:203.0.113.1:443; true",
     "/usr/bin/ssh -u /dev/null TCP:203.0.113.1:2222; true"},
    {"Fileless execution via memfd_create", At::Container, "true", "/bin/acts execute-memory", "/bin/acts nothing"},
};

// The project's own, in the manner of a team's.
constexpr FalcoCase kOwn[] = {
    {"Log removed", At::Container, "true", "rm /var/log/b.log", "cat /var/log/c.log"},
    {"Attack tool", At::Container, "true", "/bin/acts nothing", "/bin/attack read /etc/os-release"},
    {"Odd port", At::Host, "true", "acts connect 127.0.0.1 4444", "acts connect 127.0.0.1 4445"},
};

// What became of each rule that was translated.
using Imported = std::map<std::string, std::set<std::string>>;

Imported import(const std::string& rules) {
    must("rm -rf /tmp/imported /etc/quell/policy.d/*");
    const Json told = Json::parse(must("quell policy import --from falco " + rules + " -o /tmp/imported --json"));
    must("quell policy check /tmp/imported && quell policy fmt --check /tmp/imported/*.yaml && quell policy apply /tmp/imported");
    Imported imported;
    for (const Json& rule : told["rules"])
        for (const Json& id : rule["rules"]) imported[rule["rule"]].insert(id.get<std::string>());
    return imported;
}

class Falco : public testing::Test {
protected:
    void SetUp() override {
        ContainerOptions options;  // with terminals
        options.mounts = {{{"destination", "/dev/pts"}, {"type", "devpts"}, {"source", "devpts"}, {"options", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}}}};
        container_.emplace("packs", options);
        const std::string image = container_->directory() + "/lower";
        must("mkdir -p " + image + "/usr/bin " + image + "/usr/sbin && cp /w/acts " + image + "/bin/ && cp --parents /usr/sbin/debugfs $(ldd /usr/sbin/debugfs | grep -o '/[^ ]*') " + image);
        container_->start();
    }
    void TearDown() override {
        container_.reset();
        must("rm -f /usr/sbin/nginx /usr/sbin/sshd /usr/bin/ssh");
        apply_pack();
        reject_all();
    }

    [[nodiscard]] Output in(const FalcoCase& one, const char* command) const {
        return one.at == At::Container ? container_->exec(command) : run("PATH=/w:$PATH; " + std::string(command));
    }
    static std::int64_t told_by(const std::set<std::string>& rules) {
        std::int64_t count = 0;
        for (const Json& incident : incidents(true))
            if (rules.contains(incident["policy"].get<std::string>() + "/" + incident["rule"].get<std::string>())) count += incident["count"].get<std::int64_t>();
        return count;
    }
    // Whether its rule told of the attack, and of nothing before it.
    bool catches(const FalcoCase& one, const std::set<std::string>& rules) const {
        const auto prepared = in(one, one.prepare);
        EXPECT_EQ(prepared.status, 0) << prepared.text;
        reject_all();
        auto before = told_by(rules);
        EXPECT_EQ(in(one, one.neighbour).status, 0);
        EXPECT_EQ(told_by(rules), before) << one.neighbour;
        before = told_by(rules);
        const auto output = in(one, one.attack);
        EXPECT_EQ(output.status, 0) << output.text;
        return eventually([&] { return told_by(rules) > before; }, std::chrono::seconds(5));
    }

    std::optional<Container> container_;
};

TEST_F(Falco, OwnRulesCatch) {
    const Imported imported = import("/w/falco_rules_own.yaml");
    for (const FalcoCase& one : kOwn) {
        SCOPED_TRACE(one.rule);
        ASSERT_TRUE(imported.contains(one.rule));
        EXPECT_TRUE(catches(one, imported.at(one.rule))) << one.attack;
    }
}

TEST_F(Falco, StableRulesCatch) {
    if (run("test -e /w/corpus/falco_rules.yaml").status != 0) GTEST_SKIP() << "no rules of Falco are given: tools/test --corpus DIR";
    constexpr unsigned kAtLeast = 22;
    const Imported imported = import("/w/corpus/falco_rules.yaml");
    unsigned caught = 0;
    for (const FalcoCase& one : kStable) {
        SCOPED_TRACE(one.rule);
        if (!imported.contains(one.rule)) continue;
        const bool is_caught = catches(one, imported.at(one.rule));
        EXPECT_TRUE(is_caught) << one.attack;
        caught += is_caught ? 1 : 0;
    }
    EXPECT_GE(caught, kAtLeast);
    std::printf("%u of %zu caught\n", caught, std::size(kStable));
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// Operations that have no path, and rules that ask for none: each seen in a
// container and on the host, with a neighbour that is not; and each refused
// where the rule says so, but for those that no hook can refuse.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <set>

#include "vm-tests/detection/seen.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

struct PlainCase {
    const char* word;
    const char* match;   // below `match`, "" for none
    const char* where;   // behind the subject, ", …" or ""
    const char* seen;
    const char* object;  // a part of what the incident says; "" for nothing
    const char* unseen;
    int matches = 1;
    bool refuses = true;  // a hook that can
    int fails_with = 0;   // what it ends with anyway
    int refused_with = EPERM;
};

constexpr PlainCase kPlainCases[] = {
    {"ptrace", "trace: [attach]", "", "acts attach", "attach to acts", "acts traceme; acts look"},
    {"ptrace", "trace: [attach]", "", "acts poke", "attach to acts", "acts look", 1, true, 0, EACCES},
    {"ptrace", "trace: [traceme]", "", "acts traceme", "traced by ", "acts attach"},
    {"ptrace", "target-exe: [/bin/acts, /w/acts]", "", "acts attach", "attach to acts", "acts traceme"},
    {"signal", "signal: [USR2]", "", "acts signal 12", "signal USR2 to acts", "acts signal 10; acts signal 0"},
    {"signal", "signal: [USR2], not: {target-exe: [/w/acts]}", ", exe: [/bin/acts]", "true", "", "acts signal 10", 0},
    {"setuid", "new-uid: [1-2000]", "", "acts setuid 1000", "uid 1000, gid 0", "acts setuid 0; acts setgid 5; acts setuid 3000"},
    {"setuid", "new-gid: [5]", "", "acts setgid 5", "uid 0, gid 5", "acts setgid 0; acts setuid 1000"},
    {"capability", "capability: [sys-admin]", ", exe: [/bin/acts, /w/acts]", "acts host-name", "sys-admin", "acts setuid 1000; acts nothing"},
    {"user-namespace", "", "", "acts user-namespace", "", "acts uts-namespace"},
    {"bpf", "command: [map-create]", ", exe: [/bin/acts, /w/acts]", "acts bpf-map", "map-create", "acts bpf-next"},
    {"module-load", "module-from: [memory]", "", "acts module-of-memory", "from memory", "acts module-of-file /bin/acts /w/acts", 1, true, ENOEXEC},
    {"module-load", "", "", "acts module-of-file $(command -v acts)", "from file", "acts nothing", 1, true, ENOEXEC},
    {"mount", "filesystem: [tmpfs]", "", "acts mount none /srv/p/a tmpfs", "tmpfs", "acts bind-mount /srv/p/b /srv/p/a; acts mount none /srv/p/b proc"},
    {"mount", "block-device: false, not: {filesystem: [tmpfs, proc]}", "", "acts mount none /srv/p/a ramfs", "ramfs", "acts mount none /srv/p/a tmpfs"},
    {"mount", "source: [\"tmp*\"], not: {source: [\"*x\"]}", "", "acts mount none /srv/p/a tmpfs", "tmpfs", "acts mount tmpfs /srv/p/a ramfs"},
    {"mount", "read-only: true", "", "acts mount-read-only none /srv/p/a tmpfs", "tmpfs", "acts mount none /srv/p/a tmpfs"},
    {"mount-over", "path: [/srv/p/a], mount-flags: [bind, noexec], not: {mount-flags: [nodev]}", "", "acts bind-mount /srv/p/b /srv/p/a", "", "acts mount none /srv/p/a tmpfs"},
    {"mount-over", "path: [/srv/p/a], mount-flags: [read-only]", "", "acts mount-read-only none /srv/p/a tmpfs", "", "acts bind-mount /srv/p/b /srv/p/a"},
    {"pivot-root", "", "", "acts pivot-root /srv/p/a", "", "acts uts-namespace"},
    {"connect", "port: [4000-4999], protocol: [udp]", "", "acts connect 127.0.0.1 4242", "udp 127.0.0.1:4242", "acts connect 127.0.0.1 53; acts bind 127.0.0.1 4243"},
    {"connect", "family: [inet6]", "", "acts connect ::1 4242", "udp [::1]:4242", "acts connect 127.0.0.1 4242"},
    {"bind", "port: [4300]", "", "acts bind 0.0.0.0 4300", "udp 0.0.0.0:4300", "acts bind 0.0.0.0 4301"},
    {"bind", "port: [4301]", "", "acts bind-unspecified 4301", "udp 0.0.0.0:4301", "acts bind-unspecified 4302"},
    {"listen", "port: [4400]", "", "acts listen 127.0.0.1 4400", "tcp 127.0.0.1:4400", "acts listen 127.0.0.1 4401; acts bind 127.0.0.1 4400"},
    {"accept", "port: [4500]", "", "acts accept 127.0.0.1 4500", "tcp 127.0.0.1:4500", "acts accept 127.0.0.1 4501; acts listen 127.0.0.1 4500"},
    {"socket", "socket-type: [raw], not: {family: [packet, netlink]}", "", "acts raw-socket", "inet raw", "acts plain-socket; acts packet-socket"},
    {"socket", "family: [packet]", "", "acts packet-socket", "packet raw", "acts raw-socket"},
    {"io-uring", "", "", "acts ring", "", "acts nothing", 1, false},
    {"exec", "memfd: true", "", "acts execute-memory", "", "acts execute-deleted /srv/p/gone; acts nothing", 1, true},
    {"exec", "linked: false, memfd: false", "", "acts execute-deleted /srv/p/gone", "", "acts nothing; acts execute-memory"},
    {"exec", "stdin: [socket], stdout: [socket]", ", not: {exe: [/usr/**]}", "acts with-socket /bin/true 2>/dev/null", "", "true </dev/null"},
    {"unix-connect", "", ", exe: [/bin/acts, /w/acts]", "acts unix-connect /srv/p/stream", "", "acts plain-socket"},
    {"unix-connect", "path: [/srv/p/stream]", "", "acts unix-connect /srv/p/stream", "", "acts unix-connect /srv/p/other"},
    {"unix-connect", "path: [/srv/p/datagram]", "", "acts unix-send /srv/p/datagram", "", "acts unix-send /srv/p/other"},
};

void apply(const PlainCase& one, bool deny, bool container) {
    write("/tmp/plain.yaml", std::string("apiVersion: quell/v1\nkind: Policy\nmetadata: {name: plain}\nspec:\n  rules:\n    - {id: one, severity: low, on: [") + one.word +
                                 "], where: {subject: " + (container ? "container" : "host") + one.where + "}" + (*one.match ? std::string(", match: {") + one.match + "}" : "") +
                                 (deny ? ", respond: {deny: true}" : "") + "}\n");
    must("quell policy apply /tmp/plain.yaml");
}

class Plain : public testing::Test {
protected:
    void TearDown() override {
        reject_all();
        (void)run("umount -l /srv/p/a /srv/p/b");
        apply_pack();
    }
    static Output in(const Container* container, const std::string& command) {
        const std::string prepare = "mkdir -p /srv/p/a /srv/p/b; rm -f /srv/p/stream /srv/p/datagram /srv/p/other /srv/p/gone; ";
        // what is mounted on one of two that are bound to each other is on both
        const std::string after = "; r=$?; umount /srv/p/a /srv/p/b 2>/dev/null; umount /srv/p/a 2>/dev/null; exit $r";
        return container ? container->exec(prepare + command + after) : run("PATH=/w:$PATH; " + prepare + command + after);
    }
    static void expect_each(const Container* container) {
        for (const PlainCase& one : kPlainCases) {
            SCOPED_TRACE(std::string(one.word) + ": " + one.seen + (container ? " in a container" : " on the host"));
            reject_all();
            apply(one, false, container != nullptr);
            std::set<std::string> known;
            for (const auto& old : incidents()) known.insert(old["id"]);
            auto before = matches();
            const auto unseen = in(container, one.unseen);
            EXPECT_EQ(matches(), before) << one.unseen << ": " << unseen.text;
            before = matches();
            const auto seen = in(container, one.seen);
            EXPECT_EQ(seen.status, one.fails_with) << seen.text;
            EXPECT_EQ(matches() - before, one.matches) << seen.text;
            if (!one.matches) continue;
            const auto found = wait_for([&](const Json& it) { return !known.contains(it["id"]) && it["operation"] == one.word && it["subject"] == (container ? "container" : "host"); });
            expect_told(found, before, one.seen);
            if (!found) continue;
            EXPECT_NE(found->value("object", "").find(one.object), std::string::npos) << *found;
            if (container) {
                EXPECT_EQ((*found)["container"]["id"], container->id());
            }
        }
    }
};

// What the rule sees it also refuses: EPERM, or what the kernel makes of it.
TEST_F(Plain, OperationsAreRefusedInAContainer) {
    Container container("refused");
    must("cp /w/acts " + container.directory() + "/lower/bin/");
    container.start();
    for (const PlainCase& one : kPlainCases) {
        if (!one.refuses || !one.matches) continue;
        SCOPED_TRACE(std::string(one.word) + ": " + one.seen);
        reject_all();
        apply(one, true, true);
        const auto before = matches();
        const auto denied = denied_anywhere();
        const auto refused = in(&container, one.seen);
        EXPECT_EQ(refused.status, one.refused_with) << refused.text;
        EXPECT_EQ(matches() - before, one.matches) << refused.text;
        EXPECT_EQ(denied_anywhere() - denied, one.matches) << refused.text;
        const auto found = wait_for([&](const Json& it) { return it["operation"] == one.word && it["verdict"] == "denied"; });
        expect_told(found, before, one.seen);
    }
}

// Nobody's rule may shut out those that the host cannot live without: the daemon reads its own files on.
TEST_F(Plain, QuellIsSpared) {
    write("/tmp/plain.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: plain}\nspec:\n  rules:\n    - {id: one, severity: low, on: [open-read], where: {subject: host},\n"
                             "       match: {path: [/tmp/plain.yaml]}, respond: {deny: true}}\n");
    must("quell policy apply /tmp/plain.yaml");
    EXPECT_EQ(run("cat /tmp/plain.yaml").status, 1);
    const auto before = counter("deny-spared");
    must("quell policy apply --dry-run /tmp/plain.yaml");  // the daemon reads it
    EXPECT_GT(counter("deny-spared"), before);
}

// The number of a daemon that died may be anybody's: whoever has it is spared nothing, and neither are its children.
TEST_F(Plain, TheDaemonsNumberAloneSparesNobody) {
    write("/tmp/plain.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: plain}\nspec:\n  rules:\n    - {id: one, severity: low, on: [delete], where: {subject: host},\n"
                             "       match: {path: [/srv/p/**]}, respond: {deny: true}}\n");
    must("quell policy apply /tmp/plain.yaml && mkdir -p /srv/p && touch /srv/p/kept");
    const auto daemon = std::to_string(daemon_pid()), before = std::to_string(daemon_pid() - 1);
    kill_daemon(SIGKILL);
    // the shell that has the number, and the program that it starts
    constexpr int kOtherEnd = 77;
    int status = kOtherEnd;
    EXPECT_TRUE(eventually([&] {
        status = run("echo " + before + " >/proc/sys/kernel/ns_last_pid; PATH=/w:$PATH sh -c '[ $$ = " + daemon + " ] || exit 77; attack unlink /srv/p/kept >/dev/null; exit $?'").status;
        return status != kOtherEnd;
    }));
    EXPECT_EQ(status, EPERM);
    EXPECT_EQ(run("test -e /srv/p/kept").status, 0) << "nobody removed it";
    start_daemon();
}

// Programs for new operations are loaded by a process beside the daemon, which is Quell too: no rule shuts it out. Without it
// nothing is half applied.
TEST_F(Plain, TheLoaderIsSparedAndWithoutItTheOldPolicyRunsOn) {
    const auto policy = [](const std::string& operation) {
        return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: plain}\nspec:\n  rules:\n"
               "    - {id: one, severity: low, on: [bpf], where: {subject: host, uid: [0]}, match: {command: [prog-load]}, respond: {deny: true}}\n"
               "    - {id: two, severity: low, on: [" + operation + "], where: {subject: container}}\n";
    };
    // loaded from the begin anew: other tests may have asked for any operation
    kill_daemon(SIGTERM);
    must("quelld --unload; rm -f /etc/quell/policy.d/*");
    start_daemon();
    write("/tmp/plain.yaml", policy("bpf"));
    must("quell policy apply /tmp/plain.yaml");
    const auto before = counter("deny-spared");
    write("/tmp/plain.yaml", policy("pivot-root"));
    must("quell policy apply /tmp/plain.yaml");
    EXPECT_GT(counter("deny-spared"), before);

    const auto generation = quell("status")["status"]["generation"];
    must("pkill -KILL -x quelld-loader");
    write("/tmp/other.yaml", policy("user-namespace"));
    const auto refused = run("quell policy apply /tmp/other.yaml");
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.text.find("the loader has ended"), std::string::npos) << refused.text;
    EXPECT_EQ(quell("status")["status"]["generation"], generation);
    kill_daemon(SIGTERM);
    start_daemon();
    must("quell policy apply /tmp/other.yaml");
    EXPECT_NE(quell("status")["status"]["generation"], generation);
}

class Rates : public Plain {
protected:
    static void apply_rates(const std::string& respond) {
        write("/tmp/plain.yaml", "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: plain}\nspec:\n  rules:\n    - {id: one, severity: low, on: [delete], where: {subject: any},\n"
                                 "       match: {path: [/srv/p/**]}, respond: {" + respond + "}}\n");
        must("quell policy apply /tmp/plain.yaml");
        must("mkdir -p /srv/p; touch /srv/p/f1 /srv/p/f2 /srv/p/f3 /srv/p/f4");
    }
    static Output remove(const std::string& name) { return run("PATH=/w:$PATH; attack unlink /srv/p/" + name); }
};

TEST_F(Rates, BelowAThresholdARuleDoesNotFire) {
    apply_rates("threshold: {count: 3, within: 1h}, deny: true");
    const auto before = matches();
    const auto held = counter("held-back");
    for (const char* name : {"f1", "f2"}) EXPECT_EQ(remove(name).status, 0);
    EXPECT_EQ(matches(), before);
    EXPECT_EQ(counter("held-back") - held, 2);
    EXPECT_EQ(remove("f3").status, EPERM);
    EXPECT_EQ(matches() - before, 1);
    EXPECT_TRUE(wait_for([](const Json& it) { return it["rule"] == "one" && it["verdict"] == "denied"; }));
}

TEST_F(Rates, AThresholdIsCountedAnewAfterItsTime) {
    apply_rates("threshold: {count: 2, within: 1s}");
    must("sleep 2");  // the test before counted for the same rule and subject
    const auto before = matches();
    EXPECT_EQ(remove("f1").status, 0);
    must("sleep 2");
    EXPECT_EQ(remove("f2").status, 0);
    EXPECT_EQ(matches(), before);
    EXPECT_EQ(remove("f3").status, 0);
    EXPECT_EQ(matches() - before, 1);
}

TEST_F(Rates, ARuleSpeaksOncePerTimeAndRefusesAlways) {
    apply_rates("once-per: 1h, deny: true");
    const auto before = matches();
    for (const char* name : {"f1", "f2", "f3"}) EXPECT_EQ(remove(name).status, EPERM);
    EXPECT_EQ(matches() - before, 1);
    const auto found = wait_for([](const Json& it) { return it["rule"] == "one"; });
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)["count"], 1);
}

TEST_F(Plain, OperationsAreSeenInAContainer) {
    Container container("plain");
    must("cp /w/acts " + container.directory() + "/lower/bin/");
    container.start();
    expect_each(&container);
}

TEST_F(Plain, OperationsAreSeenOnTheHost) { expect_each(nullptr); }

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// The daily work of a host, each by its real program and really done: rules
// match it, exceptions let it pass, no incident.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/harness/silence.h"

namespace quell::guest {
namespace {

// With every rule of both packs in force.
class Daily : public testing::Test {
protected:
    static void SetUpTestSuite() { apply_packs(); }
    static void TearDownTestSuite() {
        apply_pack();
        reject_all();  // of what this wrote
    }
    void TearDown() override {
        silence_.expect(testing::UnitTest::GetInstance()->current_test_info()->name(), [] {
            write("/var/log/control", "line\n");
            return run("rm /var/log/control").status;
        });
    }
    [[nodiscard]] static bool there(const std::string& file) { return run("test -e " + file).status == 0; }
    [[nodiscard]] static std::string text_of(const std::string& file) { return must((file.ends_with(".gz") ? "zcat " : "cat ") + file); }
    [[nodiscard]] static std::string number_of(const std::string& file) { return must("stat -c %i " + file); }

    Silence silence_{Silence::By::Exceptions};
};

TEST_F(Daily, LogrotateRenamesCompressesAndCopiesAndTruncates) {
    write("/tmp/rotate.conf",
          "compress\n/var/log/moved.log { rotate 2\n create 0640 root adm\n }\n/var/log/copied.log { rotate 1\n copytruncate\n }\n");
    std::string copied, moved;
    for (const std::string turn : {"1", "2", "3", "4"}) {
        for (const char* name : {"moved", "copied"}) must("echo turn " + turn + " >>/var/log/" + name + ".log");
        copied = number_of("/var/log/copied.log"), moved = number_of("/var/log/moved.log");
        must("logrotate -f /tmp/rotate.conf");
        EXPECT_EQ(text_of("/var/log/moved.log.1.gz"), "turn " + turn + "\n");
        EXPECT_EQ(text_of("/var/log/copied.log.1.gz"), "turn " + turn + "\n");
    }
    EXPECT_EQ(text_of("/var/log/moved.log.2.gz"), "turn 3\n");
    EXPECT_FALSE(there("/var/log/moved.log.3.gz")) << "the oldest is removed";
    EXPECT_NE(number_of("/var/log/moved.log"), moved) << "renamed, and a new one made";
    EXPECT_EQ(number_of("/var/log/copied.log"), copied) << "emptied where it is";
    EXPECT_EQ(text_of("/var/log/moved.log") + text_of("/var/log/copied.log"), "");
}

TEST_F(Daily, DpkgsOwnLogIsRotated) {
    for (const std::string name : {"dpkg", "alternatives"}) {
        must("echo of " + name + " >>/var/log/" + name + ".log");
        must("logrotate -f /etc/logrotate.d/" + name);
        EXPECT_NE(text_of("/var/log/" + name + ".log.1").find("of " + name), std::string::npos);
        EXPECT_EQ(text_of("/var/log/" + name + ".log"), "");
    }
}

TEST_F(Daily, DpkgInstallsUpgradesAndRemovesALogOfAPackage) {
    for (const char* version : {"1", "2"}) {
        must(std::string("mkdir -p /tmp/deb/DEBIAN /tmp/deb/var/log && echo ") + version + " >/tmp/deb/var/log/package.log && printf '%s\\n' 'Package: quell-test' 'Version: " +
             version + "' 'Architecture: all' 'Maintainer: x <x@example.org>' 'Description: x' >/tmp/deb/DEBIAN/control");
        must(std::string("dpkg-deb -b /tmp/deb /tmp/") + version + ".deb && dpkg -i /tmp/" + version + ".deb");
        EXPECT_EQ(text_of("/var/log/package.log"), version + std::string("\n"));
    }
    must("dpkg -P quell-test");
    EXPECT_FALSE(there("/var/log/package.log"));
}

TEST_F(Daily, JournaldRotatesAndShrinks) {
    must("mkdir -p /var/log/journal /run/systemd/journald.conf.d && printf '[Journal]\\nStorage=persistent\\nSystemMaxUse=8M\\nSystemMaxFileSize=1M\\n' "
         ">/run/systemd/journald.conf.d/test.conf && systemctl restart systemd-journald && journalctl --flush");
    std::set<std::string> archived;
    bool vanished = false;
    for (int turn = 0; turn < 20 && !vanished; turn++) {
        must("head -c 300000 /dev/urandom | base64 -w 8000 | systemd-cat && journalctl --sync && journalctl --rotate");
        std::istringstream names(run("ls /var/log/journal/*/*@*.journal").text);
        std::set<std::string> now;
        for (std::string name; names >> name;) now.insert(name);
        for (const auto& name : archived) vanished = vanished || !now.contains(name);
        archived.insert(now.begin(), now.end());
    }
    EXPECT_TRUE(vanished) << "each archive is still there: nothing was shrunk\n" << must("ls -ls /var/log/journal/*");
}

TEST_F(Daily, AuditdRotates) {
    must("systemctl start auditd");
    EXPECT_TRUE(eventually([] { return run("test -s /var/log/audit/audit.log").status == 0; }));
    for (const std::string turn : {"1", "2"}) {
        const auto number = number_of("/var/log/audit/audit.log");
        must("kill -USR1 $(pgrep -x auditd)");
        EXPECT_TRUE(eventually([&] { return there("/var/log/audit/audit.log." + turn) && there("/var/log/audit/audit.log"); })) << turn;
        EXPECT_EQ(number_of("/var/log/audit/audit.log.1"), number) << "renamed";
    }
    must("systemctl kill --signal=TERM auditd");  // its unit refuses a manual stop, and by hand it is what a rule is about
}

TEST_F(Daily, RsyslogWritesAndIsRotated) {
    must("systemctl restart rsyslog && logger hello");
    EXPECT_TRUE(eventually([] { return run("grep -q hello /var/log/syslog").status == 0; }));
    must("logrotate -f /etc/logrotate.d/rsyslog");
    EXPECT_NE(text_of("/var/log/syslog.1").find("hello"), std::string::npos);
}

TEST_F(Daily, TmpfilesCleansAndEmptiesUtmp) {
    // by the time of the last change of the text alone: nobody can set the others back
    write("/etc/tmpfiles.d/test.conf", "d /var/log/aged 0755 root root m:1d\nF /run/utmp 0664 root utmp -\nr /var/log/aged/removed\n");
    must("mkdir -p /var/log/aged && cd /var/log/aged && echo x >removed && echo x >new && echo x >old && touch -d '3 days ago' old && echo x >>/run/utmp");
    must("systemd-tmpfiles --create --clean --remove");
    EXPECT_EQ(must("ls /var/log/aged"), "new\n");
    EXPECT_EQ(run("test -s /run/utmp").status, 1);
}

TEST_F(Daily, UnitsWithTheirOwnMountsOfVarLog) {
    must("systemd-run --wait -q -p ProtectSystem=strict -p ReadWritePaths=/var/log -p LogsDirectory=quell-test -p PrivateTmp=yes touch /var/log/quell-test/x");
    must("systemd-run --wait -q -p DynamicUser=yes -p LogsDirectory=quell-dynamic touch /var/log/quell-dynamic/x");
    EXPECT_TRUE(there("/var/log/quell-test/x") && there("/var/log/quell-dynamic/x"));
}

TEST_F(Daily, TheRuntimeOnTheHost) {
    silence_ = Silence(Silence::By::Rules);  // it writes its logs, and has none to rotate
    must("rm -rf /srv/podman && cp -a /usr/share/quell-vm/rootfs /srv/podman");
    must("podman --cgroup-manager cgroupfs run --rm --network none --log-driver k8s-file --log-opt path=/var/log/podman.log --rootfs /srv/podman:O echo hello");
    EXPECT_NE(text_of("/var/log/podman.log").find("hello"), std::string::npos);
    must("podman --cgroup-manager cgroupfs run --rm --network none -v /var/log:/var/log --rootfs /srv/podman:O ls /var/log");
    for (const char* runtime : {"crun", "runc"}) {
        ContainerOptions options;
        options.runtime = runtime;
        Container container(std::string("daily-") + runtime, options);
        container.start();
        EXPECT_EQ(container.exec("echo x >>/var/log/b.log").status, 0);
        container.destroy();
    }
}

TEST_F(Daily, Kubelet) {
    must("install -m 755 /w/kubelet /usr/bin/kubelet && kubelet");  // which fails where one of its steps does
    EXPECT_EQ(must("ls /var/log/pods /var/log/containers"), "/var/log/containers:\n\n/var/log/pods:\n");
}

}  // namespace
}  // namespace quell::guest

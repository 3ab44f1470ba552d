// SPDX-License-Identifier: Apache-2.0
// The daily work of a host, each by its real program: no incident.
#include <gtest/gtest.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

class Daily : public testing::Test {
protected:
    void TearDown() override {
        expect_silence(testing::UnitTest::GetInstance()->current_test_info()->name());
        // and not because nothing is seen
        write("/var/log/control", "line\n");
        must("rm /var/log/control");
        EXPECT_TRUE(wait_for([](const Json& one) { return one["operation"] == "delete" && one["subject"] == "host"; }));
        reject_all();
    }
};

TEST_F(Daily, LogrotateRenamesCompressesAndCopiesAndTruncates) {
    for (const char* name : {"moved", "copied"}) write(std::string("/var/log/") + name + ".log", std::string(5000, 'x'));
    write("/tmp/rotate.conf",
          "compress\n/var/log/moved.log { rotate 2\n create 0640 root adm\n }\n/var/log/copied.log { rotate 1\n copytruncate\n }\n");
    for (int turn = 0; turn < 4; turn++) must("logrotate -f /tmp/rotate.conf");
    EXPECT_EQ(run("test -e /var/log/moved.log.2.gz && test -e /var/log/copied.log.1.gz && test ! -s /var/log/copied.log").status, 0);
}

TEST_F(Daily, DpkgsOwnLogIsRotated) {
    must("echo x >>/var/log/dpkg.log && echo x >>/var/log/alternatives.log");
    must("logrotate -f /etc/logrotate.d/dpkg && logrotate -f /etc/logrotate.d/alternatives");
    EXPECT_EQ(run("ls /var/log/dpkg.log.1*").status, 0);
}

TEST_F(Daily, DpkgInstallsUpgradesAndRemovesALogOfAPackage) {
    for (const char* version : {"1", "2"}) {
        must(std::string("mkdir -p /tmp/deb/DEBIAN /tmp/deb/var/log && echo ") + version + " >/tmp/deb/var/log/package.log && printf '%s\\n' 'Package: quell-test' 'Version: " +
             version + "' 'Architecture: all' 'Maintainer: x <x@example.org>' 'Description: x' >/tmp/deb/DEBIAN/control");
        must(std::string("dpkg-deb -b /tmp/deb /tmp/") + version + ".deb && dpkg -i /tmp/" + version + ".deb");
    }
    must("dpkg -P quell-test");
    EXPECT_NE(run("test -e /var/log/package.log").status, 0);
}

TEST_F(Daily, JournaldRotatesAndShrinks) {
    must("mkdir -p /var/log/journal /etc/systemd/journald.conf.d && printf '[Journal]\\nStorage=persistent\\nSystemMaxUse=16M\\nSystemMaxFileSize=8M\\n' "
         ">/etc/systemd/journald.conf.d/test.conf && systemctl restart systemd-journald && journalctl --flush");
    for (int turn = 0; turn < 4; turn++) must("head -c 300000 /dev/urandom | base64 -w 8000 | systemd-cat && journalctl --sync && journalctl --rotate");
    EXPECT_EQ(run("ls /var/log/journal/*/system@*.journal").status, 0);
}

TEST_F(Daily, AuditdRotates) {
    must("systemctl start auditd");
    EXPECT_TRUE(eventually([] { return run("test -s /var/log/audit/audit.log").status == 0; }));
    for (int turn = 0; turn < 2; turn++) {
        must("kill -USR1 $(pgrep -x auditd)");
        EXPECT_TRUE(eventually([] { return run("test -e /var/log/audit/audit.log.1").status == 0; }));
    }
    must("kill -TERM $(pgrep -x auditd)");  // its unit refuses a manual stop
}

TEST_F(Daily, RsyslogWritesAndIsRotated) {
    must("systemctl restart rsyslog && logger hello");
    EXPECT_TRUE(eventually([] { return run("grep -q hello /var/log/syslog").status == 0; }));
    must("logrotate -f /etc/logrotate.d/rsyslog");
}

TEST_F(Daily, TmpfilesCleansAndEmptiesUtmp) {
    must("mkdir -p /var/log/aged && echo x >/var/log/aged/old && touch -d '3 days ago' /var/log/aged /var/log/aged/old");
    write("/etc/tmpfiles.d/test.conf", "d /var/log/aged 0755 root root 1d\nF /run/utmp 0664 root utmp -\nr! /var/log/aged/none\n");
    must("echo x >>/run/utmp; sleep 1; systemd-tmpfiles --create --clean --remove");
    EXPECT_EQ(run("test -s /run/utmp").status, 1);
}

TEST_F(Daily, UnitsWithTheirOwnMountsOfVarLog) {
    must("systemd-run --wait -q -p ProtectSystem=strict -p ReadWritePaths=/var/log -p LogsDirectory=quell-test -p PrivateTmp=yes touch /var/log/quell-test/x");
    must("systemd-run --wait -q -p DynamicUser=yes -p LogsDirectory=quell-dynamic touch /var/log/quell-dynamic/x");
}

TEST_F(Daily, TheRuntimeOnTheHost) {
    must("rm -rf /srv/podman && cp -a /usr/share/quell-vm/rootfs /srv/podman");
    must("podman --cgroup-manager cgroupfs run --rm --network none --log-driver k8s-file --log-opt path=/var/log/podman.log --rootfs /srv/podman echo hello");
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

TEST_F(Daily, Kubelet) { must("install -m 755 /w/kubelet /usr/bin/kubelet && kubelet"); }

}  // namespace
}  // namespace quell::guest

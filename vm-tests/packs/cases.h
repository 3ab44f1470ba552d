// SPDX-License-Identifier: Apache-2.0
// A row for each rule of policy/packs: docs/packs.md is its page, Packs.* in
// tests/policy/pack_test.cpp sees that none is missing.
#pragma once

#include <array>

namespace quell::guest {

// Where the commands are given, and whose act the attack is.
enum class At { Container, Host, IntoContainer };

struct PackCase {
    const char* rule;  // policy/id
    At at;
    const char* prepare;  // may be seen
    const char* attack;   // must be seen, by this rule
    std::array<const char*, 2> neighbours;  // must be seen by none; before the attack
};

#define TERMINAL(command) "script -qec \"" command "\" /dev/null </dev/null"
#define INTO "crun --cgroup-manager=cgroupfs exec -t packs "
#define LOGIN "echo 1000 >/proc/self/loginuid && "
#define AS(uid) "exec setpriv --reuid=" uid " --regid=" uid " --clear-groups "

inline constexpr PackCase kPackCases[] = {
    {"notable-events/clear-log-activities", At::Container, "true", "rm /var/log/dpkg.log",
     {"cat /var/log/b.log", "echo line >>/var/log/c.log"}},
    {"notable-events/sensitive-file-read", At::Container, "true", "cat /etc/shadow", {"cat /etc/passwd", "ls -l /etc/shadow"}},
    {"notable-events/credentials-read", At::Container, "true", "cat /root/.aws/credentials", {"ls -l /root/.aws", "cat /etc/os-release"}},
    {"notable-events/sensitive-file-linked", At::Container, "true", "ln /etc/shadow /tmp/linked",
     {"ln /etc/os-release /tmp/release", "ln -s /etc/os-release /tmp/symbolic"}},
    {"notable-events/sensitive-file-symlinked", At::Container, "true", "ln -s /etc/shadow /tmp/shadow-link",
     {"ln -s /etc/os-release /tmp/release-link", "ls -l /etc/shadow"}},
    // with its path: a busybox shell runs what it has itself, and executes nothing
    {"notable-events/private-keys-searched", At::Container, "true", "/bin/find /etc -name id_rsa",
     {"/bin/find /etc -name hosts", "/bin/grep -r root /etc/passwd"}},
    {"notable-events/cloud-credentials-searched", At::Container, "true", "/bin/grep -ri AWS_access_key_id /etc/os-release; true",
     {"/bin/grep -i name /etc/os-release; true", "/bin/find /etc -name credentials"}},
    // nobody answers there: its arguments are all that counts
    {"notable-events/miner-started", At::Container, "true", "/bin/acts nothing -o stratum+tcp://pool.example:3333",
     {"/bin/acts nothing -o tcp://pool.example:3333", "/bin/acts nothing --level"}},
    {"notable-events/etc-written", At::Container, "true", "echo evil >/etc/profile", {"echo text >/tmp/profile", "cat /etc/os-release"}},
    {"notable-events/program-directory-written", At::Container, "true", "cp /bin/attack /usr/bin/tool",
     {"ls /usr/bin", "cp /bin/attack /tmp/tool"}},
    {"notable-events/drift", At::Container, "true", "cp /bin/attack /tmp/dropped && /tmp/dropped read /etc/os-release",
     {"/bin/attack read /etc/os-release", "cp /bin/attack /tmp/kept"}},
    {"notable-events/exec-from-shared-memory", At::Host, "true", "cp /w/attack /dev/shm/run && /dev/shm/run read /etc/hostname",
     {"cp /w/attack /dev/shm/kept", "/w/attack read /etc/hostname"}},
    {"notable-events/terminal-shell-in-container", At::IntoContainer, "true", TERMINAL(INTO "/bin/sh -c true"),
     {TERMINAL(INTO "/bin/attack read /etc/os-release"), "crun --cgroup-manager=cgroupfs exec packs /bin/sh -c true"}},
    {"notable-events/shell-of-server", At::Host, "cp /usr/bin/dash /usr/sbin/nginx", "/usr/sbin/nginx -c '/usr/bin/dash -c true; true'",
     {"/usr/sbin/nginx -c '/usr/bin/id; true'", "dash -c '/usr/bin/dash -c true; true'"}},
    {"notable-events/system-user-shell", At::Host, "true", TERMINAL(LOGIN AS("33") "dash -c true"),
     {TERMINAL(LOGIN AS("1000") "dash -c true"), "(" LOGIN AS("33") "dash -c true)"}},
    {"notable-events/setuid-set", At::Container, "cp /bin/attack /tmp/s", "chmod 4755 /tmp/s", {"chmod 755 /tmp/s", "mkdir -m 2775 /tmp/d"}},
    {"notable-events/package-manager-in-container", At::Container, "true", "/bin/rpm --help; true", {"ls -l /bin/rpm", "/bin/tar --help"}},
    {"notable-events/netcat-in-container", At::Container, "true", "/bin/nc --help; true", {"ls -l /bin/nc", "/bin/wget --help; true"}},
    {"notable-events/module-tool-in-container", At::Container, "true", "/bin/modprobe --help; true", {"/bin/uname -r", "cat /proc/modules"}},
    {"notable-events/debugfs-in-container", At::Container, "true", "/usr/sbin/debugfs -V", {"ls -l /usr/sbin/debugfs", "/bin/uname -a"}},
    // opened only: the guest's own pattern stays
    {"notable-events/kernel-setting-of-container", At::Container, "true", ": >>/proc/sys/kernel/core_pattern",
     {"cat /proc/sys/kernel/core_pattern", ": >>/proc/self/oom_score_adj"}},
    {"notable-events/mount-over-in-container", At::Container, "true", "mount -t tmpfs none /etc/sudoers.d && umount /etc/sudoers.d",
     {"mount -t tmpfs none /mnt && umount /mnt", "cat /proc/mounts"}},
    {"notable-events/shell-history-removed", At::Host, "echo ls >/root/.bash_history", "rm /root/.bash_history",
     {"cat /root/.bash_history", "bash -c 'HISTFILE=/root/.bash_history; set -o history; history -s id; history -w'"}},
    {"notable-events/bulk-data-removed", At::Host, "echo text >/tmp/secret", "shred -u /tmp/secret",
     {"dd if=/dev/zero of=/tmp/zero count=1", "cp /tmp/secret /tmp/copy && rm /tmp/copy"}},

    // where they lead nobody answers: asked is all that counts
    {"notable-events/metadata-service-contacted", At::Container, "true", "/bin/acts connect 169.254.169.254 80; true",
     {"/bin/acts connect 169.254.169.253 80; true", "/bin/acts connect 127.0.0.1 80"}},
    {"notable-events/kubernetes-api-contacted", At::Container, "true", "/bin/acts connect 172.30.0.1 443; true",
     {"/bin/acts connect 172.30.0.1 80; true", "/bin/acts connect 172.30.0.2 443; true"}},
    {"notable-events/remote-shell", At::Container, "true", "/bin/acts with-socket /bin/sh -c true", {"/bin/acts with-socket /bin/true", "/bin/sh -c true"}},
    {"notable-events/packet-socket-in-container", At::Container, "true", "/bin/acts packet-socket", {"/bin/acts raw-socket", "/bin/acts plain-socket"}},
    {"notable-events/module-loaded-by-container", At::Container, "true", "/bin/acts module-of-file /bin/acts; true", {"cat /proc/modules", "/bin/uname -r"}},
    {"notable-events/bpf-in-container", At::Container, "true", "/bin/acts bpf-map", {"/bin/acts bpf-next", "cat /proc/sys/kernel/unprivileged_bpf_disabled"}},
    // the guest's own disk, which is mounted already: which of them that is, differs from boot to boot
    {"notable-events/device-mounted-in-container", At::Container,
     "while read major minor blocks name; do [ -z \"$blocks\" ] || mknod /tmp/disk$minor b $major $minor; done </proc/partitions",
     "for disk in /tmp/disk*; do mount -t ext4 $disk /mnt && umount /mnt && exit 0; done; exit 1",
     {"mount -t tmpfs none /mnt && umount /mnt", "cat /proc/partitions"}},
    {"notable-events/process-attached", At::Host, "true", "acts attach", {"acts look", "sleep 60 & sleep 0.5; timeout -s INT 2 strace -o /dev/null -p $!; kill $!"}},
    {"notable-events/traces-itself", At::Container, "true", "/bin/acts traceme", {"/bin/acts look", "/bin/acts nothing"}},
    {"notable-events/fileless-execution", At::Container, "true", "/bin/acts execute-memory", {"/bin/acts nothing", "cat /proc/self/comm"}},
    {"notable-events/ssh-to-other-port", At::Host, "cp /w/acts /usr/bin/ssh", "/usr/bin/ssh connect 127.0.0.1 443",
     {"/usr/bin/ssh connect 127.0.0.1 22", "acts connect 127.0.0.1 443"}},
    {"notable-events/security-tool-signalled", At::Host, "cp /usr/bin/sleep /usr/bin/falco", "/usr/bin/falco 60 & sleep 0.5; kill -9 $!",
     {"/usr/bin/falco 0.1", "sleep 60 & sleep 0.5; kill -9 $!"}},

    {"hardened-host/boot-files-changed", At::Host, "true", "echo text >/boot/grub.cfg", {"ls -l /boot", "cat /boot/config-*"}},
    {"hardened-host/kernel-settings-changed", At::Host, "true", "sysctl -qw kernel.dmesg_restrict=1",
     {"sysctl kernel.dmesg_restrict", "sysctl -qw vm.swappiness=60"}},
    {"hardened-host/authentication-changed", At::Host, "true", "echo '#' >/etc/sudoers.d/evil",
     {"useradd -M packs && echo packs:secret | chpasswd && userdel packs", "getent passwd root"}},
    {"hardened-host/audit-configuration-changed", At::Host, "true", "echo -D >/etc/audit/rules.d/zz.rules",
     {"cat /etc/audit/auditd.conf", "ls -l /etc/audit/rules.d"}},
    {"hardened-host/cron-persistence", At::Host, "true", "echo '* * * * * root true' >/etc/cron.d/evil",
     {"run-parts --test /etc/cron.daily", "cat /etc/crontab"}},
    {"hardened-host/systemd-persistence", At::Host, "true", "echo '[Service]' >/etc/systemd/system/evil.service",
     {"ln -s /dev/null /etc/systemd/system/none.service && rm /etc/systemd/system/none.service", "cat /usr/lib/systemd/system/cron.service"}},
    {"hardened-host/ssh-keys-changed", At::Host, "mkdir -p /root/.ssh", "echo key >>/root/.ssh/authorized_keys",
     {"echo host >>/root/.ssh/known_hosts", "ls -l /root/.ssh"}},
    // empty, or each program that starts would complain
    {"hardened-host/preload-changed", At::Host, "true", ": >/etc/ld.so.preload", {"ldconfig", "cat /etc/ld.so.conf"}},
    {"hardened-host/security-modules-changed", At::Host, "true", "touch /etc/quell/evil", {"cat /etc/quell/quell.yaml", "cat /sys/kernel/security/lsm"}},
    {"hardened-host/audit-switched-by-hand", At::Host, "true", "(" LOGIN "exec auditctl -v)", {"auditctl -v", "(" LOGIN "exec id)"}},
};

}  // namespace quell::guest

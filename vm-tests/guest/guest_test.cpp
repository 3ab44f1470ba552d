// SPDX-License-Identifier: Apache-2.0
// The guest as tools/vm promises it. A failure here explains the failures of every other suite.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <linux/magic.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string contents(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

long filesystem_magic(const char* path) {
    struct statfs info {};
    return statfs(path, &info) == 0 ? static_cast<long>(info.f_type) : -1;
}

int run(const std::string& command) { return std::system(command.c_str()); }

TEST(Guest, BpfIsAnActiveLsm) { EXPECT_TRUE(contains(contents("/sys/kernel/security/lsm"), "bpf")); }

TEST(Guest, RunsTheKernelThatWasAskedFor) {
    const char* kernel = std::getenv("QUELL_VM_KERNEL");
    ASSERT_NE(kernel, nullptr);
    EXPECT_EQ(contents("/proc/sys/kernel/osrelease").rfind(std::string(kernel) + ".", 0), 0U);
}

TEST(Guest, HasItsFilesystems) {
    EXPECT_EQ(filesystem_magic("/"), EXT4_SUPER_MAGIC);
    EXPECT_EQ(filesystem_magic("/sys/fs/bpf"), BPF_FS_MAGIC);
    EXPECT_EQ(filesystem_magic("/sys/fs/cgroup"), CGROUP2_SUPER_MAGIC);
    EXPECT_EQ(filesystem_magic("/sys/kernel/tracing"), TRACEFS_MAGIC);
    EXPECT_EQ(filesystem_magic("/sys/kernel/security"), SECURITYFS_MAGIC);
}

TEST(Guest, JobIsNotInTheCgroupRoot) {
    EXPECT_EQ(contents("/proc/self/cgroup"), "0::/system.slice/quell-vm.service\n");
    EXPECT_TRUE(contains(contents("/sys/fs/cgroup/cgroup.subtree_control"), "pids"));
}

TEST(Guest, RootIsSharedAndCanBePivoted) {
    EXPECT_TRUE(contains(contents("/proc/self/mountinfo"), " / / rw")) << contents("/proc/self/mountinfo");
    EXPECT_EQ(run("unshare -m sh -c 'cd /usr/share/quell-vm/rootfs && mount --bind . . && cd . && "
                  "cd /usr/share/quell-vm/rootfs && pivot_root . mnt && /bin/umount -l /mnt && /bin/test -e /etc/os-release'"),
              0);
}

TEST(Guest, ExtraDiskIsAFreshExt4) {
    ASSERT_NE(std::getenv("QUELL_DISK"), nullptr);
    ASSERT_EQ(run("mkdir -p /mnt/disk && mount $QUELL_DISK /mnt/disk"), 0);
    EXPECT_EQ(filesystem_magic("/mnt/disk"), EXT4_SUPER_MAGIC);
    EXPECT_EQ(run("touch /mnt/disk/x && umount /mnt/disk"), 0);
}

TEST(Guest, RuntimesRunAContainerOnOverlay) {
    ASSERT_EQ(run("mkdir -p /o/upper /o/work /o/bundle/rootfs && mount -t overlay overlay -o "
                  "lowerdir=/usr/share/quell-vm/rootfs,upperdir=/o/upper,workdir=/o/work /o/bundle/rootfs"),
              0);
    ASSERT_EQ(run("cd /o/bundle && crun spec && sed -i 's/\"terminal\": true/\"terminal\": false/; "
                  "s/\"sh\"/\"rm\", \"\\/var\\/log\\/dpkg.log\"/; s/\"readonly\": true/\"readonly\": false/' config.json"),
              0);
    EXPECT_EQ(run("cd /o/bundle && crun run one"), 0);
    struct stat whiteout {};
    ASSERT_EQ(stat("/o/upper/var/log/dpkg.log", &whiteout), 0);
    EXPECT_TRUE(S_ISCHR(whiteout.st_mode));
    EXPECT_EQ(run("cd /o/bundle && sed -i 's/dpkg.log/wtmp/' config.json && runc run two"), 0);
    EXPECT_EQ(run("podman run --rm --network=none --rootfs /usr/share/quell-vm/rootfs:O /bin/rm /var/log/dpkg.log"), 0);
    EXPECT_EQ(access("/usr/share/quell-vm/rootfs/var/log/dpkg.log", F_OK), 0);
    EXPECT_EQ(run("umount /o/bundle/rootfs"), 0);
}

}  // namespace

// SPDX-License-Identifier: Apache-2.0
// Words for numbers that conditions compare: by the kernel's own ABI
// (include/uapi of Linux: capability.h, bpf.h, magic.h; socket.h, in.h), x86-64
// and others alike.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace quell::policy {

struct NumberWord {
    std::string_view word;
    std::uint32_t number;
};

// Of a file: i_mode >> 12.
inline constexpr std::array<NumberWord, 7> kTypeWords = {{{"fifo", 1},
                                                          {"character-device", 2},
                                                          {"directory", 4},
                                                          {"block-device", 6},
                                                          {"file", 8},
                                                          {"symlink", 10},
                                                          {"socket", 12}}};
inline constexpr std::array<NumberWord, 6> kBitWords = {{{"setuid", 04000},
                                                         {"setgid", 02000},
                                                         {"sticky", 01000},
                                                         {"executable", 00111},
                                                         {"group-writable", 00020},
                                                         {"world-writable", 00002}}};
// Of open(2), as the kernel's x86-64 has them; a word of several bits is set where one of them is.
inline constexpr std::array<NumberWord, 10> kOpenFlagWords = {{{"create", 0100},
                                                               {"exclusive", 0200},
                                                               {"truncate", 01000},
                                                               {"append", 02000},
                                                               {"nonblock", 04000},
                                                               {"sync", 04010000},
                                                               {"direct", 040000},
                                                               {"nofollow", 0400000},
                                                               {"noatime", 01000000},
                                                               {"tmpfile", 020000000}}};
// Of mount(2), as the kernel has them.
inline constexpr std::array<NumberWord, 11> kMountFlagWords = {{{"read-only", 1},
                                                                {"nosuid", 2},
                                                                {"nodev", 4},
                                                                {"noexec", 8},
                                                                {"synchronous", 16},
                                                                {"noatime", 1024},
                                                                {"bind", 4096},
                                                                {"move", 8192},
                                                                {"recursive", 16384},
                                                                {"private", 1 << 18},
                                                                {"shared", 1 << 20}}};
inline constexpr std::array<NumberWord, 2> kYesNoWords = {{{"false", 0}, {"true", 1}}};

inline constexpr std::array<NumberWord, 2> kTraceWords = {{{"attach", 1}, {"traceme", 2}}};
inline constexpr std::array<NumberWord, 2> kModuleSourceWords = {{{"file", 1}, {"memory", 2}}};

inline constexpr std::array<NumberWord, 41> kCapabilityWords = {{{"chown", 0},
    {"dac-override", 1}, {"dac-read-search", 2}, {"fowner", 3}, {"fsetid", 4}, {"kill", 5}, {"setgid", 6},
    {"setuid", 7}, {"setpcap", 8}, {"linux-immutable", 9}, {"net-bind-service", 10}, {"net-broadcast", 11},
    {"net-admin", 12}, {"net-raw", 13}, {"ipc-lock", 14}, {"ipc-owner", 15}, {"sys-module", 16}, {"sys-rawio", 17},
    {"sys-chroot", 18}, {"sys-ptrace", 19}, {"sys-pacct", 20}, {"sys-admin", 21}, {"sys-boot", 22}, {"sys-nice", 23},
    {"sys-resource", 24}, {"sys-time", 25}, {"sys-tty-config", 26}, {"mknod", 27}, {"lease", 28}, {"audit-write", 29},
    {"audit-control", 30}, {"setfcap", 31}, {"mac-override", 32}, {"mac-admin", 33}, {"syslog", 34}, {"wake-alarm", 35},
    {"block-suspend", 36}, {"audit-read", 37}, {"perfmon", 38}, {"bpf", 39}, {"checkpoint-restore", 40}}};

inline constexpr std::array<NumberWord, 31> kSignalWords = {{{"HUP", 1},
    {"INT", 2}, {"QUIT", 3}, {"ILL", 4}, {"TRAP", 5}, {"ABRT", 6}, {"BUS", 7}, {"FPE", 8}, {"KILL", 9}, {"USR1", 10},
    {"SEGV", 11}, {"USR2", 12}, {"PIPE", 13}, {"ALRM", 14}, {"TERM", 15}, {"STKFLT", 16}, {"CHLD", 17}, {"CONT", 18},
    {"STOP", 19}, {"TSTP", 20}, {"TTIN", 21}, {"TTOU", 22}, {"URG", 23}, {"XCPU", 24}, {"XFSZ", 25}, {"VTALRM", 26},
    {"PROF", 27}, {"WINCH", 28}, {"IO", 29}, {"PWR", 30}, {"SYS", 31}}};

// What a program is loaded or looked for with.
inline constexpr std::array<NumberWord, 21> kCommandWords = {{{"map-create", 0},
    {"map-lookup", 1}, {"map-update", 2}, {"map-delete", 3}, {"map-next-key", 4}, {"prog-load", 5}, {"obj-pin", 6},
    {"obj-get", 7}, {"prog-attach", 8}, {"prog-detach", 9}, {"prog-test-run", 10}, {"prog-next-id", 11},
    {"map-next-id", 12}, {"prog-by-id", 13}, {"map-by-id", 14}, {"info", 15}, {"prog-query", 16},
    {"raw-tracepoint-open", 17}, {"btf-load", 18}, {"map-freeze", 22}, {"link-create", 28}}};

inline constexpr std::array<NumberWord, 7> kFamilyWords = {{{"unix", 1},
    {"inet", 2}, {"inet6", 10}, {"netlink", 16}, {"packet", 17}, {"vsock", 40}, {"xdp", 44}}};
inline constexpr std::array<NumberWord, 6> kSocketTypeWords = {{{"stream", 1},
    {"datagram", 2}, {"raw", 3}, {"rdm", 4}, {"seqpacket", 5}, {"packet", 10}}};
inline constexpr std::array<NumberWord, 7> kProtocolWords = {{{"icmp", 1},
    {"tcp", 6}, {"udp", 17}, {"icmpv6", 58}, {"sctp", 132}, {"udplite", 136}, {"mptcp", 262}}};

// By superblock: ext2, ext3 and ext4 have one number.
inline constexpr std::array<NumberWord, 24> kFilesystemWords = {{{"ext4", 0xEF53},
    {"xfs", 0x58465342}, {"btrfs", 0x9123683E}, {"overlay", 0x794c7630}, {"tmpfs", 0x01021994}, {"ramfs", 0x858458f6},
    {"proc", 0x9fa0}, {"sysfs", 0x62656572}, {"cgroup2", 0x63677270}, {"cgroup", 0x27e0eb}, {"debugfs", 0x64626720},
    {"tracefs", 0x74726163}, {"securityfs", 0x73636673}, {"bpf", 0xcafe4a11}, {"devpts", 0x1cd1}, {"mqueue", 0x19800202},
    {"hugetlbfs", 0x958458f6}, {"fuse", 0x65735546}, {"nfs", 0x6969}, {"cifs", 0xff534d42}, {"vfat", 0x4d44},
    {"squashfs", 0x73717368}, {"erofs", 0xe0f5e1e2}, {"iso9660", 0x9660}}};

}  // namespace quell::policy

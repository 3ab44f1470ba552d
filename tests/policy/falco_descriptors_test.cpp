// SPDX-License-Identifier: Apache-2.0
// What is said of descriptors, of the flags that they were opened with, and of
// calls that are seen by something else than themselves.
#include <gtest/gtest.h>

#include "falco_translated.h"

namespace quell::policy::falco::test {
namespace {

using Texts = std::vector<std::string>;

std::string opened(const std::string& check) { return translated("evt.type in (open, openat, openat2) and fd.name = /x and " + check); }
std::string connected(const std::string& check) { return translated("evt.type = connect and " + check); }

TEST(FalcoDescriptors, HowAFileMayBeUsedIsAnOperation) {
    EXPECT_EQ(opened("evt.arg.flags contains O_RDONLY"), "on open-read: path=[/x]\n");
    EXPECT_EQ(opened("evt.arg.flags contains O_WRONLY"), "on open-write: path=[/x]\n");
    EXPECT_EQ(opened("evt.arg.flags contains O_RDWR"), "on open-write: path=[/x]\n");
    EXPECT_EQ(opened("(evt.arg.flags contains O_WRONLY or evt.arg.flags contains O_RDWR)"), "on open-write: path=[/x]\n");
    EXPECT_EQ(opened("not evt.arg.flags contains O_WRONLY"), "on open-read: path=[/x]\n") << "what is opened for both is seen there";
    EXPECT_EQ(opened("evt.arg.flags contains O_RDWR and evt.is_open_read = true"), "not: evt.arg[flags]: an open for reading and writing counts as either");
    const Texts both{"an open for reading and writing counts as either"};
    EXPECT_EQ(changes("evt.type in (open, openat) and fd.name = /x and evt.arg.flags contains O_WRONLY", Change::kWider), both);
    EXPECT_EQ(changes("evt.type in (open, openat) and fd.name = /x and evt.arg.flags intersects (O_WRONLY, O_RDWR)", Change::kWider), Texts{});
    // an exception for O_RDWR would let go what is opened for writing alone
    const std::string condition = "evt.type in (open, openat) and fd.name = /x and evt.is_open_write = true and not evt.arg.flags contains O_RDWR";
    EXPECT_EQ(translated(condition), "on open-write: path=[/x]\n");
    EXPECT_EQ(changes(condition, Change::kWider), Texts{"an exception is left out, evt.arg[flags]: " + both[0]});
}

TEST(FalcoDescriptors, Flags) {
    EXPECT_EQ(opened("evt.arg.flags contains O_TMPFILE"), "on open-read open-write: open-flags=[tmpfile], path=[/x]\n");
    EXPECT_EQ(opened("evt.arg.flags contains 'O_WRONLY|O_TRUNC'"), "on open-write: open-flags=[truncate], path=[/x]\n");
    EXPECT_EQ(changes("evt.type in (open, openat) and fd.name = /x and evt.arg.flags contains O_DIRECTORY", Change::kWider),
              Texts{"a condition is left out, evt.arg[flags]: these flags are not known to a hook"});
    EXPECT_EQ(changes("evt.type in (open, openat) and fd.name = /x and evt.arg.flags contains O_DIRECT", Change::kNarrower), Texts{"O_DIRECTORY is not seen"});
    EXPECT_EQ(translated("evt.type = execve and evt.arg.flags contains EXE_UPPER_LAYER"), "on exec: intact=[false]\n");
    EXPECT_EQ(translated("evt.type = execve and evt.arg.flags contains EXE_FROM_MEMFD"), "on exec: memfd=[true]\n");
    EXPECT_EQ(translated("evt.type = execve and evt.arg.flags contains EXE_WRITABLE"), "not: evt.arg[flags]: these flags are not known to a hook");
}

TEST(FalcoDescriptors, WhatGoesOverAConnectionIsNotSeen) {
    EXPECT_EQ(translated("evt.type in (write, writev) and fd.sip = 10.0.0.1"), "not: fd.sip: what goes over a connection is not seen");
    EXPECT_EQ(translated("evt.type = read and fd.typechar = 4 and proc.name = x"), "not: fd.typechar: what goes over a connection is not seen");
    EXPECT_EQ(translated("evt.type = dup2 and container.id != host and evt.rawres = 0 and fd.sip = 10.0.0.1"), "not: fd.sip: whom a standard stream is connected to is not known");
    EXPECT_EQ(translated("evt.type = dup2 and container.id != host and evt.rawres = 0 and fd.rip exists"), "on exec container: stdin=[socket]\n");
    // of files it goes on
    EXPECT_EQ(translated("evt.type = write and fd.type in (file, ipv4) and fd.name = /x"), "on open-write: path=[/x]\n");
    EXPECT_EQ(changes("evt.type = write and fd.type in (file, ipv4) and fd.name = /x", Change::kNarrower), Texts{"what goes over a connection is not seen"});
    EXPECT_EQ(translated("evt.type in (unlink, unlinkat) and fd.sip = 10.0.0.1"), "") << "no file has an address";
}

TEST(FalcoDescriptors, FamiliesOfSockets) {
    EXPECT_EQ(connected("fd.sockfamily = ip and fd.sport = 22"), "on connect: family=[inet inet6], port=[22]\n");
    EXPECT_EQ(connected("fd.sockfamily = unix and proc.name = x"), "on connect: exe=['**/x'], family=[unix]\n");
    EXPECT_EQ(connected("(fd.typechar = 4 or fd.typechar = 6) and fd.sockfamily = ip and fd.sport = 22"), "on connect: family=[inet inet6], port=[22]\n");
}

TEST(FalcoDescriptors, NetworksHaveNoBitsBehindTheirPrefix) {
    EXPECT_EQ(connected("fd.snet in (\"10.1.2.3/8\", 127.0.0.1/8)"), "on connect: address=[10.0.0.0/8 127.0.0.0/8]\n");
    EXPECT_EQ(connected("fd.sip = \"fd00::1/8\""), "on connect: address=['fd00::/8']\n");
    EXPECT_EQ(connected("fd.sip = 10.0.0"), "not: fd.sip: its value is no address");
}

TEST(FalcoDescriptors, NamesOfConnections) {
    EXPECT_EQ(connected("fd.name endswith :443"), "on connect: port=[443]\n");
    EXPECT_EQ(connected("fd.name contains :443"), "on connect: port=[443 4430-4439 44300-44399]\n");
    EXPECT_EQ(changes("evt.type = connect and fd.name endswith :443", Change::kNarrower), Texts{});
    EXPECT_EQ(changes("evt.type = connect and fd.name contains :443", Change::kNarrower), Texts{"of a connection's name, only the server's port is asked for"});
    EXPECT_EQ(connected("fd.name endswith :70000"), "");
    EXPECT_EQ(connected("fd.name contains '->10.0.0.1'"), "not: fd.name: of a connection, its addresses and ports are asked one by one");
}

TEST(FalcoDescriptors, AUnixSocketHasAPath) {
    EXPECT_EQ(connected("container.id != host and fd.name endswith /docker.sock"), "on unix-connect container: path=['**/docker.sock']\n");
    EXPECT_EQ(connected("fd.typechar = u and fd.name in (/run/a.sock, /run/b.sock)"), "on unix-connect: path=[/run/a.sock /run/b.sock]\n");
    EXPECT_EQ(connected("fd.typechar = 4 and fd.name endswith /docker.sock"), "");
    EXPECT_EQ(connected("fd.name exists and proc.name = x"), "on connect: exe=['**/x']\n");
    const std::string excepted = "evt.type = connect and proc.name = x and not fd.name endswith /docker.sock";
    EXPECT_EQ(translated(excepted), "on connect: exe=['**/x']\n");
    EXPECT_EQ(changes(excepted, Change::kWider).size(), 1u) << "connect sees those of unix sockets too, without a path";
}

TEST(FalcoDescriptors, LayersOfAnImage) {
    EXPECT_EQ(opened("container.id != host and fd.is_upper_layer = true"), "on open-read open-write container: intact=[false], path=[/x]\n");
    EXPECT_EQ(opened("container.id != host and fd.is_lower_layer = true"), "on open-read open-write container: intact=[true], path=[/x]\n");
    EXPECT_EQ(opened("container.id = host and fd.is_upper_layer = true"), "");
}

TEST(FalcoDescriptors, StandardStreams) {
    EXPECT_EQ(translated("evt.type = execve and proc.stdin.type in (ipv4, ipv6)"), "on exec: stdin=[socket]\n");
    EXPECT_EQ(changes("evt.type = execve and proc.stdin.type = ipv4", Change::kWider), Texts{"any socket counts, not only one of that kind"});
    EXPECT_EQ(translated("evt.type = execve and proc.name = sh and proc.stdout.type = pipe"), "on exec: path=['**/sh'], stdout=[fifo]\n");
}

TEST(FalcoActs, NamespacesThatAreNotSeenAreTheReason) {
    EXPECT_EQ(translated("evt.type = clone and proc.name = x"), "not: evt.type: no hook sees clone");
    EXPECT_EQ(translated("evt.type in (clone, clone3, unshare) and evt.arg.flags contains CLONE_NEWUSER"), "on user-namespace: \n");
    EXPECT_EQ(translated("evt.type = unshare and evt.arg.flags contains CLONE_NEWNS"), "not: evt.arg[flags]: only a new user namespace is seen");
    EXPECT_EQ(changes("evt.type = unshare and proc.name = x", Change::kNarrower), Texts{"only a new user namespace is seen"});
    EXPECT_EQ(changes("evt.type = unshare and evt.arg.flags contains CLONE_NEWUSER", Change::kNarrower), Texts{});
}

TEST(FalcoActs, ByTheCapabilityThatTheyTake) {
    EXPECT_EQ(translated("evt.type = chroot and container.id != host"), "on capability container: capability=[sys-chroot]\n");
    EXPECT_EQ(changes("evt.type = delete_module", Change::kWider), Texts{"any other use of CAP_SYS_MODULE is seen too"});
    EXPECT_EQ(translated("evt.type = chroot and evt.arg.path = /x"), "not: evt.arg[path]: a capability is asked for, not the path");
}

TEST(FalcoActs, AContainerBeginsWithItsFirstProcess) {
    EXPECT_EQ(translated("evt.type = container and container.privileged = true"), "on exec container: first-process=[true], holds=[sys-admin]\n");
    EXPECT_EQ(translated("(evt.type = container or (evt.type = execve and proc.vpid = 1)) and container.image.repository = a"),
              "on exec container: container.image=['a:*' a a@*], first-process=[true]\n");
    EXPECT_EQ(translated("evt.type = container and container.id = host"), "");
}

TEST(FalcoActs, RemovedDirectoriesAreNotSeen) {
    EXPECT_EQ(translated("evt.type = unlinkat and evt.arg.flags contains AT_REMOVEDIR and evt.arg.name startswith /x/"), "not: evt.arg[flags]: rmdir is not seen");
    EXPECT_EQ(translated("evt.type = unlinkat and not evt.arg.flags contains AT_REMOVEDIR and evt.arg.name startswith /x/"), "on delete: path=[/x/**]\n");
}

TEST(FalcoTranslate, PathsAsTheyWereWritten) {
    EXPECT_EQ(translated("evt.type in (open, openat) and evt.arg.name contains \"../\" and proc.name = x"), "not: evt.arg[name]: a path that is not absolute is not known to a hook");
    EXPECT_EQ(translated("evt.type = execve and basename(proc.exepath) in (a, b)"), "on exec: path=['**/a' '**/b']\n");
    EXPECT_EQ(opened("basename(fd.name) = x"), "on open-read open-write: path=['**/x'], path=[/x]\n");
    EXPECT_EQ(translated("evt.type in (chown, fchownat) and evt.arg.uid = 0 and fs.path.name startswith /etc/", Language::now()), "on chown: new-owner=[0], path=[/etc/**]\n");
}

TEST(FalcoTranslate, LabelsOfContainers) {
    const auto of = [](const char* check) { return translated("evt.type = execve and " + std::string(check), Language::now()); };
    EXPECT_EQ(of("container.label[tier] = front"), "on exec container: container.labels=[tier=front]\n");
    EXPECT_EQ(of("container.label.tier exists"), "on exec container: container.labels=[tier=*]\n");
    EXPECT_EQ(of("container.labels contains tier:front"), "on exec container: container.labels=['*=*tier:front*' '*tier=front*']\n");
    EXPECT_EQ(of("container.labels contains 'a:b, c:d'"), "not: container.labels: labels are asked for one by one");
}

TEST(FalcoTranslate, ARuleAboutAllButWhatCannotBeSaidIsNone) {
    EXPECT_EQ(translated("evt.type = execve and container.id != host and not proc.pcmdline contains x"), "not: proc.pcmdline: arguments are known of the program that begins only");
    EXPECT_EQ(translated("evt.type = execve and container.id != host and not proc.pcmdline contains x and not user.uid = 0"), "on exec container:  except uid=[0]\n");
    // it says that there is one, and excepts nothing
    EXPECT_EQ(translated("evt.type = execve and proc.vpid = 1 and container.id != host and not container.mount.dest[/etc] in (\"<NA>\", N/A)"),
              "not: container.mount.dest[/etc]: no hook shows it");
    EXPECT_EQ(translated("evt.type in (accept, accept4) and fd.ip != 0.0.0.0 and not fd.cip in (10.0.0.1)"), "not: fd.cip: the client's side is not known");
}

}  // namespace
}  // namespace quell::policy::falco::test

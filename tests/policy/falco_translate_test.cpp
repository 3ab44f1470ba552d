// SPDX-License-Identifier: Apache-2.0
// What single conditions of Falco become.
#include "policy/import/falco/translate/translate.h"

#include <gtest/gtest.h>

#include "falco_globs.h"
#include "falco_translated.h"
#include "policy/import/falco/translate/labels.h"
#include "policy/import/falco/translate/paths.h"
#include "policy/limits.h"

namespace quell::policy::falco::test {
namespace {

std::string paths(const Paths& paths) { return joined_texts(paths.patterns); }

TEST(FalcoPaths, OfTexts) {
    EXPECT_EQ(paths(paths_of(literal("/etc/passwd"))), "/etc/passwd");
    EXPECT_EQ(paths(paths_of(starts("/etc/"))), "/etc/**");
    EXPECT_EQ(paths(paths_of(starts("/etc"))), "/etc* /etc*/**");
    EXPECT_EQ(paths(paths_of(starts("/"))), "/**");
    EXPECT_EQ(paths(paths_of(star())), "/**");
    EXPECT_EQ(paths(paths_of(ends("release_agent"))), "**/*release_agent");
    EXPECT_EQ(paths(paths_of(ends("/bin/java"))), "**/bin/java");
    EXPECT_EQ(paths(paths_of(contains("id_rsa"))), "**/*id_rsa* **/*id_rsa*/**");
    EXPECT_EQ(paths(paths_of(contains("/.ssh/"))), "**/.ssh/**");
    EXPECT_EQ(paths(paths_of(literal("relative"))), "");
    EXPECT_EQ(paths(paths_of(literal("/etc/"))), "");
    EXPECT_EQ(paths(paths_of(literal("/a/../b"))), "");
    EXPECT_EQ(paths(paths_of(literal("/a[1]"))), "/a\\[1\\]");
}

TEST(FalcoPaths, OfPartsOfAPath) {
    EXPECT_EQ(paths(paths_named(literal("passwd"))), "**/passwd");
    EXPECT_EQ(paths(paths_named(starts("pass"))), "**/pass*");
    EXPECT_EQ(paths(paths_named(literal("a/b"))), "");
    EXPECT_EQ(paths(paths_directly_in(literal("/etc"))), "/etc/*");
    EXPECT_EQ(paths(paths_directly_in(literal("/"))), "/*");
    EXPECT_EQ(paths(paths_directly_in(starts("/etc/"))), "/etc/*/**/*");
    EXPECT_EQ(paths(paths_at_or_below(literal("/var/log"))), "/var/log /var/log/**");
    EXPECT_EQ(paths(paths_at_or_below(literal("/var/log/"))), "/var/log /var/log/**");
    // the kernel cuts a process's name to 15 bytes
    EXPECT_EQ(paths(paths_of_command(literal("dpkg-preconfigu"))), "**/dpkg-preconfigu*");
    EXPECT_EQ(paths(paths_of_command(literal("dpkg"))), "**/dpkg");
}

TEST(FalcoPaths, StarsPassOverSlashes) {
    const auto of = [](const char* glob) { return translated("evt.type=unlink and evt.arg.path glob '" + std::string(glob) + "'"); };
    EXPECT_EQ(of("/home/*/.ssh/*"), "on delete: path=[/home/*/**/.ssh/**]\n");
    EXPECT_EQ(of("/srv/a*b"), "on delete: path=[/srv/a*/**/*b /srv/a*b]\n");
    EXPECT_EQ(of("/srv/*.php"), "on delete: path=[/srv/**/*.php]\n");
    EXPECT_EQ(of("/srv/a*/c"), "on delete: path=[/srv/a*/**/c]\n");
}

TEST(FalcoPaths, NamesHaveOneStarInTheLanguage) {
    ASSERT_FALSE(Language::now().knows("any pattern in a name")) << "then these come out whole";
    const auto of = [](const char* check) { return translated("evt.type in (open, openat) and evt.is_open_write = true and " + std::string(check), Language::now()); };
    EXPECT_EQ(of("fd.name contains id_rsa"), "on open-write: path=['**/*id_rsa' '**/*id_rsa/**' '**/id_rsa*' '**/id_rsa*/**']\n");
    EXPECT_EQ(of("fd.name contains /.ssh/"), "on open-write: path=['**/.ssh/**']\n");
    EXPECT_EQ(of("fd.name glob '/srv/up-?/*.php'"), "on open-write: path=[/srv/up-*/**/*.php]\n");
    EXPECT_EQ(of("fd.name = /x and not fd.name glob '/srv/up-?/x'"), "on open-write: path=[/x]\n");
    EXPECT_EQ(of("fd.name startswith /tmp/ and fd.name glob '*/?x?'"), "on open-write: path=[/tmp/**]\n") << "wider: what is left out is noted";
    EXPECT_EQ(of("tolower(proc.name) = xmrig and fd.name = /x"), "on open-write: exe=['**/XMRIG' '**/Xmrig' '**/xmrig'], path=[/x]\n");
}

TEST(FalcoPaths, ManyStarsAreBounded) {
    EXPECT_TRUE(paths_of(joined(literal("/"), star())).patterns.size() == 1);
    Glob glob = literal("/");
    for (int i = 0; i < 200; i++) glob = joined(joined(std::move(glob), literal("a")), star());
    const Paths all = paths_of(glob);
    EXPECT_TRUE(all.is_cut);
    EXPECT_LE(all.patterns.size(), 2u);
}

TEST(FalcoTranslate, Operations) {
    EXPECT_EQ(translated("evt.type in (unlink, unlinkat) and fs.path.name = /x"), "on delete: path=[/x]\n");
    EXPECT_EQ(translated("evt.type in (open, openat) and evt.is_open_write = true and fd.name = /x"), "on open-write: path=[/x]\n");
    EXPECT_EQ(translated("evt.type = open and fd.name = /x"), "on open-read open-write: path=[/x]\n");
    EXPECT_EQ(translated("evt.type = mkdir and evt.arg.path startswith /x/"), "on create: path=[/x/**], type=[directory]\n");
    EXPECT_EQ(translated("evt.type = open and evt.is_open_write=true and fd.name=/x and evt.arg.flags contains O_TRUNC"), "on open-write: open-flags=[truncate], path=[/x]\n");
    EXPECT_EQ(translated("evt.type startswith unlink and evt.arg.path = /x"), "on delete: path=[/x]\n");
    EXPECT_EQ(translated("evt.type = setns"), "not: evt.type: no hook sees setns");
    EXPECT_EQ(translated("evt.type = execve and evt.type = open"), "not: evt.type: no event has all of them");
    EXPECT_EQ(translated("evt.type = open and fd.name = /x and evt.num = 0"), "") << "it never fires";
}

TEST(FalcoTranslate, AnOpenForBothIsNotToldFromOneForEither) {
    EXPECT_EQ(translated("evt.type in (open, openat) and fd.name = /x and evt.is_open_read = true and evt.is_open_write = true"),
              "not: evt.is_open_write: an open for reading and writing counts as either");
    EXPECT_EQ(changes("evt.type in (open, openat) and fd.name = /x and evt.is_open_read = true and not evt.is_open_write = true", Change::kWider),
              std::vector<std::string>{"an open for reading and writing counts as either"});
}

TEST(FalcoTranslate, RulesThatNeverFire) {
    EXPECT_EQ(translated("evt.type in (connect, sendto) and fd.sport = 1 and evt.num = 0"), "");
    EXPECT_EQ(translated("evt.type = execve and proc.name in ()"), "");
    // without a type it may hold of an event that is not asked for
    EXPECT_EQ(translated("evt.arg.path startswith /a/"), "not: evt.type: the rule names no event type, and is asked at execve only");
}

TEST(FalcoTranslate, CallsThatAreNotToldFromOneAnother) {
    EXPECT_EQ(changes("evt.type = openat and fd.name = /x", Change::kWider), std::vector<std::string>{"open cannot be told from it, and counts as well"});
    EXPECT_EQ(changes("evt.type in (open, openat, openat2) and fd.name = /x", Change::kWider), std::vector<std::string>{});
}

TEST(FalcoTranslate, Processes) {
    EXPECT_EQ(translated("evt.type = execve and proc.name = nc"), "on exec: path=['**/nc']\n");
    EXPECT_EQ(translated("evt.type = unlink and fs.path.name = /x and proc.name = nc"), "on delete: exe=['**/nc'], path=[/x]\n");
    EXPECT_EQ(translated("evt.type = execve and proc.exepath = /a and not proc.pname in (b, c)"), "on exec: path=[/a] except parent=['**/b' '**/c']\n");
    EXPECT_EQ(translated("evt.type = execve and proc.exepath = /a and proc.aname[3] = b"), "on exec: ancestor=['**/b'], path=[/a]\n");
    // which ancestor it is cannot be said, so nothing is excepted
    EXPECT_EQ(translated("evt.type = execve and proc.exepath = /a and not proc.aname[3] = b"), "on exec: path=[/a]\n");
    EXPECT_EQ(changes("evt.type = execve and proc.exepath = /a and not proc.aname[3] = b", Change::kWider),
              std::vector<std::string>{"an exception is left out, proc.aname[3]: which of the ancestors it is cannot be said"});
    EXPECT_EQ(translated("evt.type = execve and proc.exepath = /a and user.uid != 0 and proc.tty != 0"), "on exec: path=[/a], terminal=[true] except uid=[0]\n");
    EXPECT_EQ(translated("evt.type = execve and proc.exepath = /a and user.loginuid >= 1000"), "on exec: loginuid=[1000-4294967294], path=[/a]\n");
    EXPECT_EQ(translated("evt.type = execve and container.id != host and proc.is_exe_upper_layer = true"), "on exec container: intact=[false]\n");
    EXPECT_EQ(translated("evt.type = execve and proc.is_exe_from_memfd = true"), "on exec: memfd=[true]\n");
}

TEST(FalcoTranslate, NoLoginIsBelowAllOthers) {
    const auto of = [](const char* check) { return translated("evt.type = execve and proc.exepath = /a and user.loginuid " + std::string(check)); };
    EXPECT_EQ(of("= -1"), "on exec: loginuid=[4294967295], path=[/a]\n");
    EXPECT_EQ(of("> -1"), "on exec: loginuid=[0-4294967294], path=[/a]\n");
    EXPECT_EQ(of(">= -1"), "on exec: loginuid=[0-4294967294 4294967295], path=[/a]\n");
    EXPECT_EQ(of("< 10"), "on exec: loginuid=[0-9 4294967295], path=[/a]\n");
}

TEST(FalcoTranslate, AParentThatIsTheRuntime) {
    const std::string text = translated("evt.type = execve and container.id != host and proc.exepath = /a and (not proc.pname exists or proc.pname in (runc, systemd))");
    EXPECT_EQ(text, "on exec container: path=[/a] except parent=[/**]\non exec container: parent=['**/systemd'], path=[/a]\n");
}

TEST(FalcoTranslate, Arguments) {
    const auto of = [](const char* check) { return translated("evt.type = execve and " + std::string(check)); };
    EXPECT_EQ(of("proc.args contains \" -e\""), "on exec: arguments=['* -e*' '-e*']\n");
    EXPECT_EQ(of("proc.args startswith /dev/shm"), "on exec: arguments=[{at: 1, is: /dev/shm*}]\n");
    EXPECT_EQ(of("proc.exe startswith /dev/shm/"), "on exec: arguments=[{at: 0, is: /dev/shm/*}]\n");
    EXPECT_EQ(of("proc.cmdline contains stratum"), "on exec: arguments=['*stratum*' {at: 0, is: '*stratum*'}]\n");
    EXPECT_EQ(of("proc.args icontains ab"), "on exec: arguments=['*[Aa][Bb]*']\n");
    EXPECT_EQ(of("proc.args in (-l, --list)"), "on exec: arguments=[{at: 1, is: '--list'} {at: 1, is: '-l'}] except arguments=[{at: 2, is: '?*'} {at: 3, is: '?*'} {at: 4, is: '?*'} {at: 5, is: '?*'} {at: 6, is: '?*'} {at: 7, is: '?*'}]\n");
    EXPECT_EQ(of("proc.args intersects (-l, --list)"), of("proc.args in (-l, --list)"));
    EXPECT_EQ(of("(proc.args contains a or proc.args contains b)"), "on exec: arguments=['*a*' '*b*']\n");
    EXPECT_EQ(of("proc.args contains a and proc.args contains b"), "on exec: arguments=['*a*'], arguments=['*b*']\n");
    EXPECT_EQ(of("proc.exepath = /a and not proc.args contains b"), "on exec: path=[/a] except arguments=['*b*']\n");
    EXPECT_EQ(of("proc.exepath = /a and not proc.cmdline startswith \"a b\""), "on exec: path=[/a] except arguments=[{at: 0, is: '*/a'} {at: 0, is: a}], arguments=[{at: 1, is: b*}]\n");
    EXPECT_EQ(of("proc.exepath = /a and not (user.uid = 0 and not proc.args contains \"a b\")"),
              "on exec: path=[/a] except not arguments=['*a b*' '*a'], uid=[0] except not arguments=['*a b*' b*], uid=[0]\n");
    EXPECT_EQ(of("evt.arg.args contains ab"), "on exec: arguments=['*ab*']\n");
    EXPECT_EQ(of("proc.args regex a"), "not: proc.args: its operator regex cannot be said");
    EXPECT_EQ(of("proc.args contains \" \""), "not: proc.args: a blank alone cannot be asked for");
    EXPECT_EQ(of("proc.exepath = /a and proc.pcmdline contains x"), "on exec: path=[/a]\n") << "wider, with a note";
    // arguments are not known of who opens a file
    EXPECT_EQ(translated("evt.type = open and fd.name = /x and not proc.cmdline contains a"), "on open-read open-write: path=[/x]\n");
    EXPECT_EQ(translated("evt.type = open and proc.cmdline contains a"), "not: proc.cmdline: arguments are known at an execution only");
}

TEST(FalcoTranslate, OfWhoActsTheNameIsKnown) {
    const auto of = [](const char* check) { return translated("evt.type in (open, openat) and evt.is_open_read = true and fd.name = /x and " + std::string(check)); };
    EXPECT_EQ(of("proc.cmdline startswith apt-"), "on open-read: exe=['**/apt-*'], path=[/x]\n");
    EXPECT_EQ(of("not proc.cmdline startswith apt-"), "on open-read: path=[/x] except exe=['**/apt-*']\n");
    EXPECT_EQ(of("proc.cmdline startswith \"sh -c x\""), "on open-read: exe=['**/sh'], path=[/x]\n");
    EXPECT_EQ(of("not proc.cmdline startswith \"sh -c x\""), "on open-read: path=[/x]\n") << "an exception for every sh would be more";
    EXPECT_EQ(of("not proc.cmdline in (\"a b\", c)"), "on open-read: path=[/x]\n");
    EXPECT_EQ(of("proc.cmdline contains x"), "on open-read: path=[/x]\n");
}

TEST(FalcoTranslate, NoArgumentsAtAll) {
    EXPECT_EQ(translated("evt.type = execve and proc.exepath = /a and proc.args = ''"), "on exec: path=[/a] except arguments=['?*']\n");
}

TEST(FalcoTranslate, Environment) {
    const auto of = [](const char* check) { return translated("evt.type = execve and " + std::string(check)); };
    EXPECT_EQ(of("proc.env icontains ab"), "on exec: environment=['*[Aa][Bb]*']\n");
    EXPECT_EQ(of("proc.env contains 'LD_PRELOAD='"), "on exec: environment=['*LD_PRELOAD']\n");
    EXPECT_EQ(of("proc.env contains \" LD_PRELOAD=/tmp\""), "on exec: environment=[LD_PRELOAD]\n");
    EXPECT_EQ(of("proc.env[LD_PRELOAD] exists"), "on exec: environment=[LD_PRELOAD]\n");
    EXPECT_EQ(of("proc.env contains '=/tmp'"), "not: proc.env: of the environment names are known, not values");
    // values are not known, so nothing is excepted by one
    EXPECT_EQ(of("proc.exepath = /a and not proc.env contains 'A=1'"), "on exec: path=[/a]\n");
    EXPECT_EQ(of("proc.exepath = /a and not proc.env contains 'A='"), "on exec: path=[/a] except environment=['*A']\n");
    EXPECT_EQ(changes("evt.type = execve and proc.env contains 'A=1'", Change::kWider), std::vector<std::string>{"of the environment names are known, not values"});
    EXPECT_EQ(changes("evt.type = execve and proc.env contains 'A='", Change::kWider), std::vector<std::string>{});
}

TEST(FalcoTranslate, Targets) {
    const auto of = [](const char* check) { return translated("evt.type in (symlink, symlinkat) and " + std::string(check)); };
    EXPECT_EQ(of("evt.arg.target in (/etc/shadow, /etc)"), "on symlink: target=[/etc /etc/shadow]\n");
    EXPECT_EQ(of("evt.arg.target startswith ../"), "on symlink: target=[../*]\n");
    EXPECT_EQ(of("evt.arg.target = true"), "on symlink: target=[true]\n");
}

TEST(FalcoTranslate, AScriptIsItsInterpreterWhereArgumentsAreAsked) {
    const std::vector<std::string> script{"where a rule asks for arguments or the environment, a script is known as its interpreter"};
    EXPECT_EQ(changes("evt.type = execve and proc.exepath = /a and proc.args contains x", Change::kOther), script);
    EXPECT_EQ(changes("evt.type = execve and proc.exepath = /a and not proc.args contains x", Change::kOther), script);
    EXPECT_EQ(changes("evt.type = execve and proc.args contains x", Change::kOther), std::vector<std::string>{});
}

TEST(FalcoTranslate, TheBudgetEndsIt) {
    Budget budget{200};
    const Translation translation = translate(read(rule("evt.type = execve and proc.name in (a, b, c, d, e, f, g)")).rules.rules.at(0), Language::whole(), budget);
    EXPECT_EQ(translation.outcome, Fidelity::kNot);
    EXPECT_EQ(translation.reason, "its condition: all conditions together stand for too much");
}

TEST(FalcoTranslate, Network) {
    EXPECT_EQ(translated("evt.type = connect and fd.typechar = 4 and fd.sip = 10.0.0.1 and fd.sport in (80, 443)"), "on connect: address=[10.0.0.1], family=[inet], port=[443 80]\n");
    EXPECT_EQ(translated("evt.type = connect and fd.sport = 80 and not fd.snet in (\"10.0.0.0/8\")"), "on connect: port=[80] except address=[10.0.0.0/8]\n");
    EXPECT_EQ(translated("evt.type = connect and fd.sip.name = a.example"), "not: fd.sip.name: names of hosts are resolved by user space");
    EXPECT_EQ(translated("evt.type = socket and evt.arg.domain contains AF_PACKET"), "on socket: family=[packet]\n");
}

TEST(FalcoTranslate, Containers) {
    EXPECT_EQ(translated("evt.type = unlink and fs.path.name = /x and container.id = host"), "on delete host: path=[/x]\n");
    EXPECT_EQ(translated("evt.type = unlink and fs.path.name = /x and container.image.repository = a/b"),
              "on delete container: container.image=['a/b:*' a/b a/b@*], path=[/x]\n");
    EXPECT_EQ(translated("evt.type = unlink and fs.path.name = /x and not (k8s.ns.name = ci and user.uid = 0)"),
              "on delete host: path=[/x]\non delete container: path=[/x] except container.namespace=[ci], uid=[0]\n");
}

TEST(FalcoTranslate, WhatIsNotYetInTheLanguageIsTheReason) {
    EXPECT_EQ(translated("evt.type = mount and evt.arg.type = overlay", Language::now()), "not: mount-type: not yet in the language: mount-type");
    EXPECT_EQ(translated("evt.type = setns", Language::now()), "not: evt.type: no hook sees setns");
}

TEST(FalcoTranslate, AConditionIsLeftOutOnlyWhereTheRuleStillTells) {
    EXPECT_EQ(translated("evt.type in (open, openat) and fd.name = /x and proc.sname = y"), "on open-read open-write: path=[/x]\n");
    EXPECT_EQ(changes("evt.type in (open, openat) and fd.name = /x and proc.sname = y", Change::kWider), std::vector<std::string>{"a condition is left out, proc.sname: no hook shows it"});
    EXPECT_EQ(translated("evt.type = open and proc.sname = y"), "not: proc.sname: no hook shows it");
    EXPECT_EQ(translated("evt.type in (open, openat) and fd.name = /x and proc.duration > 5"), "not: proc.duration: a hook does not know how old it is");
}

TEST(FalcoLabels, Ids) {
    EXPECT_EQ(id_of("Write below etc"), "falco-write-below-etc");
    EXPECT_EQ(id_of("--- (x) ---"), "falco-x");
    EXPECT_EQ(id_of("\xc3\xa4"), "falco-rule");
    EXPECT_EQ(id_of(std::string(100, 'a')).size(), kMaxNameBytes);
    std::set<std::string> taken;
    const std::string name(100, 'a');
    EXPECT_EQ(unique_id(name, taken).size(), kMaxNameBytes);
    EXPECT_TRUE(unique_id(name, taken).ends_with("a-2"));
}

TEST(FalcoLabels, Tags) {
    EXPECT_EQ(joined_texts(tags_of({"t1059.004", "mitre_impact", "attack.t1105", "PCI", "PCI", "t10590"})), "T1059.004 mitre_impact TA0040 T1105 PCI t10590");
}

TEST(FalcoLabels, Summary) {
    EXPECT_EQ(summary_of("A %proc.cmdline, %proc.aname[2]. 100% %fd.l4proto."), "A <command line>, <ancestor 2>. 100% <fd l4proto>.");
    Rule rule;
    rule.name = "r\xe2\x80\xae";
    rule.description = std::string(9'000, 'd');
    rule.output = std::string(9'000, '%');
    rule.where.line = 7;
    const std::string text = description_of(rule, "a.yaml");
    EXPECT_LE(text.size(), kMaxDescriptionBytes);
    EXPECT_TRUE(text.ends_with(", a.yaml:7.")) << text;
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
}

}  // namespace
}  // namespace quell::policy::falco::test

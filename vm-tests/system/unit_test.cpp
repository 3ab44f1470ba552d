// SPDX-License-Identifier: Apache-2.0
// The shipped unit, started by systemd.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <sstream>

#include "vm-tests/harness/hostile_text.h"
#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

std::string property(const std::string& name) {
    auto text = must("systemctl show quelld --value -p " + name);
    if (!text.empty()) text.pop_back();
    return text;
}

TEST(Unit, IsActiveAndProven) {
    EXPECT_EQ(property("ActiveState"), "active");
    EXPECT_EQ(property("MainPID"), std::to_string(daemon_pid()));
    const auto status = quell("status")["status"];
    EXPECT_EQ(status["state"], "ready");
    EXPECT_EQ(status["canary"], "denied");
    const auto kept = run("grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/$(pgrep -xo quelld)/status").text;
    EXPECT_EQ(kept, "CapEff:\t0000000000080024\nCapBnd:\t0000000000080024\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST(Unit, ReloadAppliesThePolicy) {
    const auto before = quell("status")["status"]["generation"].get<int>();
    must("sed -i 's/severity: high/severity: low/' /etc/quell/policy.d/notable-events.yaml && systemctl reload quelld");
    EXPECT_TRUE(eventually([&] { return quell("status")["status"]["generation"].get<int>() > before; }));
    apply_pack();
}

int generation() { return quell("status")["status"]["generation"].get<int>(); }
std::string warnings() { return quell("status")["status"]["warnings"].dump(); }

// All or nothing: a broken policy leaves the old one running, and says so until it is mended.
TEST(Unit, ABrokenPolicyIsLoudAndChangesNothing) {
    const auto before = generation();
    must("sed -i 's/severity: high/severity: hihg/' /etc/quell/policy.d/notable-events.yaml && systemctl reload quelld");
    EXPECT_TRUE(eventually([] { return warnings().find("has errors and was not loaded: the earlier one runs on") != std::string::npos; }));
    EXPECT_EQ(generation(), before);
    EXPECT_TRUE(eventually([] { return run("journalctl -u quelld -n 20 | grep -F 'notable-events.yaml:' | grep -F Q1105").status == 0; })) << run("journalctl -n 20 -u quelld").text;
    Container victim("broken");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    EXPECT_FALSE(pending_id("broken", "delete").empty()) << "the old policy runs on";
    must("sed -i 's/severity: hihg/severity: high/' /etc/quell/policy.d/notable-events.yaml && systemctl reload quelld");
    EXPECT_TRUE(eventually([] { return warnings().find("has errors") == std::string::npos; }));
    EXPECT_EQ(generation(), before) << "the files mean what runs: nothing was done";
}

TEST(Unit, RollbackAppliesThePolicyBefore) {
    must("systemctl reload quelld");
    const auto before = generation();
    must("cp /etc/quell/policy.d/notable-events.yaml /tmp/kept.yaml && sed -i 's/severity: high/severity: low/' /etc/quell/policy.d/notable-events.yaml");
    int status = -1;
    const auto difference = quell("policy diff", &status);
    EXPECT_EQ(status, 1);
    EXPECT_EQ(difference["generation"], before);
    EXPECT_EQ(difference["changed"].size(), 2u) << difference.dump(1);
    must("quell policy apply");
    EXPECT_EQ(generation(), before + 1);
    EXPECT_EQ(run("quell policy diff").status, 0);
    const auto rolled = quell("policy rollback", &status);
    EXPECT_EQ(status, 0) << rolled.dump(1);
    EXPECT_EQ(rolled["origin"], before);
    EXPECT_EQ(generation(), before + 2);
    EXPECT_NE(warnings().find("rolled back to the policy of generation " + std::to_string(before)), std::string::npos);
    EXPECT_EQ(run("quell policy diff /tmp/kept.yaml").status, 0) << "what runs is what ran before";
    const auto row = quell("history --limit 1")["rows"][0];
    EXPECT_EQ(row["action"], "policy-applied");
    EXPECT_NE(row["result"].get<std::string>().find("rollback to generation " + std::to_string(before)), std::string::npos) << row.dump();
    EXPECT_EQ(row["who"]["uid"], 0);
    must("cp /tmp/kept.yaml /etc/quell/policy.d/notable-events.yaml && systemctl reload quelld");
    EXPECT_TRUE(eventually([] { return warnings().find("rolled back") == std::string::npos; }));
}

// Observed, a rule tells and offers nothing; off, it is not loaded and is still listed.
TEST(Unit, AnOverrideObservesAndSwitchesOff) {
    const auto site = [](const std::string& mode) {
        must("printf 'apiVersion: quell/v1\nkind: Override\nmetadata: {name: site}\nspec:\n  overrides: [{rule: notable-events/clear-log-activities, mode: \"" + mode +
             "\"}]\n' >/etc/quell/policy.d/site.yaml && quell policy apply");
    };
    site("observe");
    Container victim("watched");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("watched", "delete");
    EXPECT_EQ(show(id)["offers"].size(), 0u) << show(id).dump(1);
    EXPECT_NE(run("quell approve " + id + "@000000000000 kill-container --reason test").status, 0);
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(quell("policy list")["policies"][0]["observed"], (Json{"clear-log-activities"}));
    site("off");
    EXPECT_EQ(quell("policy list")["policies"][0]["off"], (Json{"clear-log-activities"}));
    must("rm /etc/quell/policy.d/site.yaml && quell policy apply");
}

TEST(Unit, AContainerIsContained) {
    Container victim("unit");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("unit", "delete");
    EXPECT_EQ(show(id)["container"]["pod"], "unit-5d3c");
    const auto output = approve(id, "kill-container");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_TRUE(eventually([&] { return !victim.running(); }));
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
}

// In the unit's sandbox, with the capabilities that the daemon has kept, by a helper that goes before the daemon goes.
TEST(Unit, EvidenceIsTaken) {
    Container victim("looked-at");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto id = pending_id("looked-at", "truncate");
    const auto file = approve(id, "acquire-file");
    EXPECT_EQ(file.status, 0) << file.text << run("journalctl -n 20 -u quelld").text;
    EXPECT_EQ(run("quell evidence verify " + id).status, 0);
    const auto whole = run("quell respond capture --container looked-at --yes --reason test --json 2>/dev/null");
    EXPECT_EQ(whole.status, 0) << whole.text << run("journalctl -n 20 -u quelld").text;
    EXPECT_TRUE(victim.running());
    for (const std::string& one : {id, Json::parse(whole.text)["incident"]["id"].get<std::string>()}) EXPECT_EQ(run("quell undo " + one + " --reason enough").status, 0) << one;
}

// The chain's head goes to the journal at each approval, and the chain can be compared with it.
TEST(Unit, TheHeadOfAnApprovalIsInTheJournal) {
    Container victim("head");
    victim.start();
    EXPECT_EQ(attack(victim, "unlink /var/log/dpkg.log"), 0);
    const auto id = pending_id("head", "delete");
    ASSERT_EQ(approve(id, "kill-container").status, 0);
    std::string head;
    EXPECT_TRUE(eventually([&] {
        head = run("journalctl -o json MESSAGE_ID=65191ebc5d214175aba1ad8134f83992 QUELL_INCIDENT=" + id + " | jq -r '.QUELL_HISTORY_ROW + \":\" + .QUELL_HISTORY_HEAD'").text;
        return head.size() > 64;
    })) << run("journalctl -n 20 -u quelld").text;
    head.erase(head.find_last_not_of('\n') + 1);
    const auto verified = run("quell history verify --head " + head);
    EXPECT_EQ(verified.status, 0) << verified.text;
    const auto forged = head.substr(0, head.size() - 1) + (head.back() == '0' ? "1" : "0");
    EXPECT_EQ(run("quell history verify --head " + forged).status, 1);
}

// In no field of an entry more than text, whatever a workload or an operator calls things.
TEST(Unit, TheJournalHasNothingThatATerminalObeys) {
    Container victim("nasty");
    victim.start();
    const std::string program = quoted("/tmp/" + kNasty), file = quoted("/var/log/" + kNasty);
    const auto before = matches();
    ASSERT_EQ(victim.exec("cp /bin/attack " + program + " && echo x >" + file + " && " + program + " unlink " + file + " " + quoted(kNasty)).status, 0);
    const auto id = pending_id("nasty", "delete");
    expect_told(show(id), before, "what is nasty");
    ASSERT_EQ(run("quell approve " + id + "@" + digest_of(id, "kill-container") + " kill-container --reason " + quoted(kNasty)).status, 0);
    EXPECT_EQ(actions_of(id), (std::vector<std::string>{"detected", "approved", "flipped", "done"}));
    const std::string of_quell = "journalctl -a -o json SYSLOG_IDENTIFIER=quelld";
    EXPECT_TRUE(eventually([&] { return run(of_quell + " QUELL_INCIDENT=" + id + " | jq -e .MESSAGE").status == 0; }));
    std::istringstream entries(must(of_quell));
    for (std::string line; std::getline(entries, line);) {
        const auto entry = Json::parse(line, nullptr, false);
        ASSERT_TRUE(entry.is_object()) << line;
        for (const auto& [name, value] : entry.items()) {
            ASSERT_TRUE(value.is_string()) << name << " is not text: " << value;  // the journal's way with bytes that are none
            expect_harmless(value, name);
        }
    }
}

// What the unit leaves to the daemon is enough for the other responses too.
TEST(Unit, AFileIsQuarantinedAndAProcessKilled) {
    Container victim("both");
    victim.start();
    EXPECT_EQ(attack(victim, "truncate /var/log/b.log"), 0);
    const auto file = pending_id("both", "truncate");
    ASSERT_EQ(approve(file, "quarantine-file").status, 0);
    const auto before = denied("file_open");
    EXPECT_EQ(attack(victim, "read /var/log/b.log"), EPERM);
    EXPECT_GT(denied("file_open"), before);
    EXPECT_EQ(run("quell undo " + file + " --reason done").status, 0);
    EXPECT_EQ(attack(victim, "read /var/log/b.log"), 0);
    must("crun --cgroup-manager=cgroupfs exec both /bin/sh -c 'rm /var/log/c.log; sleep 4321; :' </dev/null >/dev/null 2>&1 &");
    const auto process = pending_id("both", "delete");
    ASSERT_EQ(approve(process, "kill-process").status, 0);
    EXPECT_NE(run("pgrep -f '[s]leep 4321'").status, 0);
    EXPECT_TRUE(victim.running());
    EXPECT_EQ(actions_of(process).back(), "done");
}

// What a container puts in a file's place is no device to the daemon, nor to its helper.
TEST(Unit, OpensNoDevice) {
    EXPECT_EQ(property("DevicePolicy"), "closed");
    const auto in_unit = [](const std::string& command) { return run("echo $$ >/sys/fs/cgroup" + property("ControlGroup") + "/cgroup.procs && { " + command + "; }").status; };
    const std::string opened = ": </dev/kmsg";
    EXPECT_EQ(run(opened).status, 0);
    EXPECT_NE(in_unit(opened), 0);
    EXPECT_EQ(in_unit(": </dev/null"), 0);
}

// By openat2(2), which hardening of a unit may take away.
TEST(Unit, AFileIsFoundByItsPath) {
    must("mkdir -p /srv/asked && echo evil >/srv/asked/file");
    const auto asked = run("quell --json respond quarantine-file --file /srv/asked/file --yes --reason asked 2>/dev/null");
    ASSERT_EQ(asked.status, 0) << asked.text;
    const std::string id = Json::parse(asked.text)["incident"]["id"];
    const auto before = denied("file_open");
    EXPECT_NE(run("cat /srv/asked/file").text.find("Operation not permitted"), std::string::npos);
    EXPECT_GT(denied("file_open"), before);
    EXPECT_EQ(actions_of(id).back(), "enforcing");
    EXPECT_EQ(run("quell undo " + id + " --reason done").status, 0);
    EXPECT_EQ(run("cat /srv/asked/file").status, 0);
}

TEST(Unit, DoctorFindsAHealthyHostHealthy) {
    int status = -1;
    const auto report = quell("doctor", &status);
    EXPECT_EQ(status, 0) << report.dump(1);
    EXPECT_EQ(report["ok"], true);
    std::map<std::string, std::string> results;
    for (const auto& check : report["checks"]) results[check["name"]] = check["result"];
    for (const char* name : {"kernel", "btf", "lsm", "cgroups", "bpffs", "ftrace", "config", "preemption", "programs", "canary", "program quell_file_open", "program quell_transition_program"})
        EXPECT_EQ(results[name], "ok") << report.dump(1);
}

TEST(Unit, ComesBackByItself) {
    const pid_t before = daemon_pid();
    ASSERT_EQ(::kill(before, SIGKILL), 0);
    EXPECT_TRUE(eventually([&] { return daemon_pid() > 0 && daemon_pid() != before && run("quell status").status == 0; }));
    EXPECT_EQ(property("NRestarts"), "1");
}

TEST(Unit, StopsInOrder) {
    must("systemctl stop quelld");
    EXPECT_EQ(property("Result"), "success");
    EXPECT_EQ(run("quell status").status, 3);
    must("systemctl start quelld");
    EXPECT_EQ(run("quell status").status, 0);
}

}  // namespace
}  // namespace quell::guest

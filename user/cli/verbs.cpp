// SPDX-License-Identifier: Apache-2.0
// Every verb, one row each. A new one: its file in user/cli/verbs/, its
// declaration and its row here, its lines in docs/man/quell.1 and
// docs/completion/ (tests/cli/agree_test.cpp compares them).
#include "user/base/vocabulary.h"
#include "user/cli/verb.h"

namespace quell::cli {

int run_status(Invocation&);
int run_incidents(Invocation&);
int run_show(Invocation&);
int run_preview(Invocation&);
int run_approve(Invocation&);
int run_reject(Invocation&);
int run_undo(Invocation&);
int run_assign(Invocation&);
int run_note(Invocation&);
int run_respond(Invocation&);
int run_extend(Invocation&);
int run_history(Invocation&);
int run_history_verify(Invocation&);
int run_watch(Invocation&);
int run_evidence_list(Invocation&);
int run_evidence_show(Invocation&);
int run_evidence_verify(Invocation&);
int run_evidence_export(Invocation&);
int run_policy_check(Invocation&);
int run_policy_apply(Invocation&);
int run_policy_list(Invocation&);
int run_policy_show(Invocation&);
int run_policy_diff(Invocation&);
int run_policy_fmt(Invocation&);
int run_policy_compile(Invocation&);
int run_policy_dump(Invocation&);
int run_policy_operations(Invocation&);
int run_policy_explain(Invocation&);
int run_policy_rollback(Invocation&);
int run_policy_test(Invocation&);
int run_policy_import(Invocation&);
int run_doctor(Invocation&);
int run_console(Invocation&);
int run_version(Invocation&);

namespace {

std::string all_responses() {
    std::string all;
    for (const std::string_view word : kResponseWords) all += (all.empty() ? "" : ", ") + std::string(word);
    return all;
}

}  // namespace

const std::vector<Verb>& verbs() {
    static const Parameter kId{"ID", "", "the incident", true, false};
    static const Parameter kDryRun{"--dry-run", "", "check everything, decide nothing; a row tells of it", false, false};
    static const Parameter kReason{"--reason", "TEXT", "why, for the history (at most 1024 bytes)", false, false};
    static const Parameter kAllow{"--allow", "NETWORK[:PORT]", "isolate-network: this other side stays allowed; may be given 16 times", false, true};
    static const Parameter kAllowNode{"--allow-node", "", "isolate-network: TCP connections from the node's own addresses stay allowed"};
    static const Parameter kLoopback{"--loopback", "", "isolate-network: the loopback stays allowed"};
    static const Parameter kScope{"--scope", "SCOPE", "pod: all containers of its pod, under one digest", false, false};
    static const Parameter kInstances{"--all-instances", "", "quarantine-file, deny-exec: files of the same content in running containers, too"};
    static const Parameter kWith{"--with", "capture", "kill-container: freeze it and capture it first, then kill it", false, false};
    static const Parameter kCopy{"--copy", "", "quarantine-file: keep its content as evidence, once it is quarantined"};
    static const Parameter kFollow{"--follow", "DURATION", "isolate-network, deny-write, deny-exec: hold for the workload, also when its container is made anew, up to 7d"};
    static const Parameter kKillHolders{"--kill-holders", "", "quarantine-file: kill who holds the file within the container"};
    static const Parameter kConfirm{"--confirm", "WORD", "the word that a guard asks for; of an admin", false, false};
    static const Parameter kBreakGlass{"--break-glass", "", "over rights, two persons and guards, for those who may; takes a reason", false, false};
    static constexpr const char* kBelow = "deny-write: a directory or file, as the container sees it; may be given 16 times";
    static const std::string kNamed = "the response: " + all_responses(), kOffered = kNamed + " (on a terminal it is asked for)";
    static const std::vector<Verb> kVerbs = {
        {"status", "what Quell does right now", {}, run_status},
        {"incidents", "the incidents that wait for a decision", {{"--all", "", "also those that are decided"}}, run_incidents},
        {"show", "one incident, whole, with its offers", {kId}, run_show},
        {"preview",
         "what would be hit now by each offer, or by one",
         {kId, {"RESPONSE", "", "only this response", false, false}, kScope, kInstances},
         run_preview},
        {"approve",
         "carry out a response that was offered",
         {{"ID[@DIGEST]", "", "the incident, and the digest that `quell show` prints", false, false},
          {"RESPONSE", "", kOffered, false, false},
          kReason, kDryRun,
          kAllow, kAllowNode, kLoopback, kScope, kInstances, kWith, kCopy,
          {"--below", "PATH", kBelow, false, true},
          kFollow,
          {"--no-follow", "", "it does not follow its workload, though its rule says so"},
          kKillHolders, kConfirm, kBreakGlass,
          {"--select", "SELECTION", "instead of an ID: all that wait and fit: rule=,image=,namespace=,severity=,older=", false, false},
          {"--digest", "DIGEST", "with --select: that of the list, in the place of a question", false, false}},
         run_approve},
        {"reject", "decide against every response that was offered", {kId, kReason, kDryRun}, run_reject},
        {"undo", "take a response back, where that is possible", {kId, kReason, kDryRun}, run_undo},
        {"assign", "say whose an incident is; decides nothing", {kId, {"USER", "", "a user's name; - for nobody", true, false}, kDryRun}, run_assign},
        {"note", "add a note to an incident; decides nothing", {kId, {"TEXT", "", "at most 1024 bytes", true, false}, kDryRun}, run_note},
        {"respond",
         "carry out a response without an incident: on a container, a process or a file that you name",
         {{"RESPONSE", "", kNamed, true, false},
          {"--container", "NAME", "the container: its name, pod/name, id (or its first digits) or cgroup; with --file: where it is"},
          {"--pid", "PID", "the process, by the host's number, and its descendants"},
          {"--file", "PATH", "the file, as the container sees it, or as the host does"},
          {"--from", "ID", "what an incident that expired, or was rejected, had bound"},
          {"--reason", "TEXT", "why, for the history (at most 1024 bytes)", true},
          {"--below", "PATH", kBelow, false, true},
          {"--yes", "", "do not ask: bind what is named, and contain it", false, false, 'y'},
          kAllow, kAllowNode, kLoopback, kScope, kInstances,
          {"--pod", "NAMESPACE/NAME", "instead of a container: all containers of this pod"}, kWith, kCopy, kDryRun, kFollow, kKillHolders, kConfirm, kBreakGlass},
         run_respond},
        {"extend", "give a decision more time", {kId, {"--for", "DURATION", "from now, later than the deadline that it has, up to 7d", true}, {"--reason", "TEXT", "why, for the history (at most 1024 bytes)", true}, kDryRun}, run_extend},
        {"history",
         "what happened and who decided it, newest first",
         {{"--limit", "N", "at most N rows, up to 10000 (default 50)"}, {"--incident", "ID", "only this incident"},
          {"--json-lines", "", "a JSON value for each row and line, oldest first, all rows where no --limit is given"},
          {"--after", "ROW", "with --json-lines: only the rows behind this one"}},
         run_history},
        {"history verify",
         "check the chain of the history",
         {{"--head", "ROW:HASH", "an earlier head, from the journal, that must be part of it"}},
         run_history_verify},
        {"watch",
         "rows of the history as they are made, until it is stopped",
         {{"ID", "", "only the rows of this incident", false, false}, {"--no-reconnect", "", "end with 3 when the daemon goes away"}},
         run_watch},
        {"evidence list", "the evidence that was taken, newest first", {}, run_evidence_list},
        {"evidence show", "the evidence of one incident: what it is, its hashes, what was noted", {kId}, run_evidence_show},
        {"evidence verify", "compare content and manifest with their hashes, and with the history (root)", {kId}, run_evidence_verify},
        {"evidence export",
         "copy the evidence of an incident to a directory (root)",
         {kId, {"DIR", "", "the directory; it is made if it is not there", true, false}},
         run_evidence_export},
        {"policy check",
         "check policy files, without daemon, privilege or kernel",
         {{"FILES", "", "policy files, or directories of them", true, true}},
         run_policy_check},
        {"policy apply",
         "load policy files: all of them or none",
         {{"FILES", "", "policy files (default: the daemon's directory)", false, true},
          {"--dir", "DIR", "every *.yaml in DIR"},
          {"--dry-run", "", "say what would change, change nothing"},
          {"--allow-empty", "", "accept a policy without a rule"}},
         run_policy_apply},
        {"policy rollback",
         "apply an earlier policy again: the one before that which runs",
         {{"GENERATION", "", "this one, as quell history has it (the last eight are kept)", false, false},
          {"--dry-run", "", "say what would change, change nothing"}}, run_policy_rollback},
        {"policy test",
         "run scenarios against policy files: without daemon, privilege or kernel, or with all of them",
         {{"FILES", "", "files of scenarios (docs/policy-test.md)", true, true},
          {"--policies", "PATH", "a policy file or directory, instead of those that the files name"},
          {"--kernel", "", "do each scenario really, on a machine that is made for tests"},
          {"--allow-not-tried", "", "with --kernel: scenarios that cannot be done really are no failure"}},
         run_policy_test},
        {"policy list", "the policies that are loaded", {}, run_policy_list},
        {"policy show",
         "one rule as it is understood, and where it is written",
         {{"RULE", "", "policy/id, or the id where one policy has it", true, false},
          {"FILES", "", "policy files, or directories of them (default: /etc/quell/policy.d)", false, true}},
         run_policy_show},
        {"policy diff",
         "what changes in meaning from A to B, or from what runs to A; exit 1 where something does",
         {{"A", "", "a policy file, or a directory of them (default: /etc/quell/policy.d)", false, false}, {"B", "", "the other (default: A against what runs)", false, false}},
         run_policy_diff},
        {"policy fmt",
         "write policy files in their canonical form; comments and meaning stay",
         {{"FILES", "", "policy files, or directories of them; - for standard input", true, true},
          {"--check", "", "name the files that would change and exit 1, change nothing"},
          {"--write", "", "replace the files that change, and name them"}},
         run_policy_fmt},
        {"policy compile",
         "compile policy files into a file with their map image",
         {{"FILES", "", "policy files, or directories of them", true, true},
          {"--output", "FILE", "the file to write", true, false, 'o'},
          {"--allow-empty", "", "accept a policy without a rule"}},
         run_policy_compile},
        {"policy import",
         "make policy files of rules that were written for another system",
         {{"RULES", "", "rule files, in the order in which that system reads them", true, true},
          {"--from", "falco", "the system", true},
          {"--output", "DIR", "the directory for the policy files", true, false, 'o'},
          {"--force", "", "replace files that are there"},
          {"--with-disabled", "", "also rules that are disabled"}},
         run_policy_import},
        {"policy dump", "show a file with a map image: rules, edges, sets", {{"FILE", "", "what `quell policy compile` wrote", true, false}}, run_policy_dump},
        {"policy operations", "the words after `on:`, and the hooks that see them", {}, run_policy_operations},
        {"policy explain",
         "what is behind a finding's code, or what a rule costs",
         {{"WHAT", "", "a code, such as Q1101, or a rule, policy/id (default: list all codes)", false, false},
          {"FILES", "", "the policy files that have the rule (default: /etc/quell/policy.d)", false, true}},
         run_policy_explain},
        {"doctor", "can this host run Quell, and what is missing", {{"--verbose", "", "also a line for each program that the verifier accepts"}}, run_doctor},
        {"console",
         "full screen in the terminal: the list, each incident, decisions, history, status; ? shows the keys",
         {{"--no-color", "", "no colours"}, {"--ascii", "", "ASCII only, whatever the locale says"}},
         run_console},
        {"version", "the versions of command, daemon and kernel", {}, run_version},
    };
    return kVerbs;
}

}  // namespace quell::cli

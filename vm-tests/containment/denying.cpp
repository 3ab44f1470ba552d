// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/containment/denying.h"

namespace quell::guest {
namespace {

const std::string kFile = std::string(kPolicyDirectory) + "/denying.yaml";

constexpr const char* kRules = R"(apiVersion: quell/v1
kind: Policy
metadata: {name: denying}
spec:
  rules:
    - id: executed
      severity: high
      on: [exec]
      match: {path: [/usr/sbin/denied, /tmp/denied, /vol/denied, /srv/denied/*]}
      respond: {offer: [deny-exec, quarantine-file], expires: 1h}
    - id: acted
      severity: high
      on: [user-namespace]
      where: {subject: container}
      respond: {offer: [deny-exec], expires: 1h}
    - id: copies
      severity: low
      on: [exec]
      where: {subject: container}
      match: {path: [/tmp/copy], intact: false}
    - id: in-memory
      severity: low
      on: [exec]
      where: {subject: container}
      match: {memfd: true}
)";

}  // namespace

void Denying::SetUpTestSuite() {
    must(std::string("rm -f ") + kPolicyDirectory + "/*");
    write(kFile, kRules);
    must("quell policy apply");
}

void Denying::TearDownTestSuite() {
    must("rm -f " + kFile);
    apply_pack();
}

void Denying::TearDown() {
    if (!daemon_pid()) start_daemon();
    reject_all();
}

void Denying::lay_into(const Container& container) {
    const auto lower = container.directory() + "/lower";
    must("cp /w/denied " + lower + "/usr/sbin/denied; cp /w/denied " + lower + "/bin/denied");
}

std::string Denying::pending_on_host(const std::string& operation) {
    const auto found = wait_for_pending([&](const Json& one) { return one["operation"] == operation && one["subject"] == "host"; });
    if (found) return (*found)["id"];
    ADD_FAILURE() << "no pending incident of " << operation << " on the host: " << run("quell incidents --all").text;
    return "0";
}

Json Denying::offer_of(const std::string& id) {
    const auto incident = show(id);
    for (const auto& offer : incident["offers"])
        if (offer["response"] == "deny-exec") return offer;
    ADD_FAILURE() << "deny-exec is not among the offers: " << incident;
    return Json::object();
}

Json Denying::row(const std::string& id, const std::string& action) {
    const auto history = quell("history --incident " + id);
    for (const auto& one : history["rows"])
        if (one["action"] == action) return one;
    ADD_FAILURE() << "no row " << action << " of " << id;
    return Json::object();
}

void Denying::deny(const std::string& id) {
    const auto output = approve(id, "deny-exec");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
}

void Denying::allow(const std::string& id) {
    const auto output = run("quell undo " + id + " --reason test");
    EXPECT_EQ(output.status, 0) << output.text;
}

Json Denying::respond(const std::string& response, const std::string& arguments) {
    const auto output = run("quell --json respond " + response + " " + arguments + " --yes --reason test 2>/dev/null");  // where root is told something
    const auto answer = Json::parse(output.text, nullptr, false);
    return answer.is_object() && answer.contains("incident") ? answer["incident"] : Json{{"error", output.text}};
}

}  // namespace quell::guest

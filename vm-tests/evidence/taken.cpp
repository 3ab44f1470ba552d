// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/evidence/taken.h"

#include <gtest/gtest.h>

namespace quell::guest {

void apply_evidence_policy() {
    must(std::string("rm -f ") + kPolicyDirectory + "/*.yaml");
    write(std::string(kPolicyDirectory) + "/evidence.yaml", R"(apiVersion: quell/v1
kind: Policy
metadata: {name: evidence}
spec:
  rules:
    - id: read
      severity: high
      on: [open-read]
      where: {subject: any}
      match: {path: [/srv/data/**]}
      respond: {offer: [acquire-file, capture, quarantine-file, kill-container]}
    - id: remove
      severity: high
      on: [delete]
      where: {subject: any}
      match: {path: [/srv/data/**]}
      respond: {offer: [acquire-file, capture, quarantine-file, kill-container]}
)");
    must("quell policy apply");
}

void take(const std::string& id, const std::string& response) {
    const auto output = approve(id, response);
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "done") << output.text;
}

std::string content_of(const std::string& id) {
    must("rm -rf /tmp/export");
    const auto exported = run("quell evidence export " + id + " /tmp/export");
    EXPECT_EQ(exported.status, 0) << exported.text;
    return run("cat /tmp/export/" + id + "-*/content").text;
}

Json manifest_of(const std::string& id) {
    const auto reply = quell("evidence show " + id);
    if (!reply.is_object() || reply["items"].size() != 1) {
        ADD_FAILURE() << "not one item of " << id << ": " << reply;
        return Json::object();
    }
    EXPECT_EQ(reply["items"][0]["manifest_sha256"], reply["items"][0]["recorded"]) << "the history has its hash";
    return Json::parse(reply["items"][0]["manifest"].get<std::string>());
}

bool has_evidence(const std::string& id) { return run("quell evidence show " + id).status == 0; }

}  // namespace quell::guest

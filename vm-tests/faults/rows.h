// SPDX-License-Identifier: Apache-2.0
// The responses as the tests of faults go through them: a row each. Who adds
// a response adds a row.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

struct Row {
    const char* response;
    const char* path;     // in the container; "": all of it
    bool process;         // one process of it is meant, and nothing else
    const char* options;  // of `quell approve`
    const char* end;      // the state when it was carried out
    const char* refused;  // run by the attack program in the container: EPERM while it is in force, "": see in_force
};
inline const Row kRows[] = {
    {"kill-process", "", true, "", "done", ""},
    {"kill-container", "", false, "", "done", ""},
    {"stop-container", "", false, "", "done", ""},
    {"pause-container", "", false, "", "enforcing", ""},
    {"isolate-network", "", false, "", "enforcing", "acts bind 0.0.0.0 4000"},
    {"deny-write", "", false, "--below /tmp", "enforcing", "attack append /tmp/other"},
    {"deny-exec", "/bin/acts", false, "", "enforcing", "attack execute /bin/acts"},
    {"quarantine-file", "/var/log/b.log", false, "", "enforcing", "attack read /var/log/b.log"},
    {"acquire-file", "/var/log/b.log", false, "", "done", ""},
    {"capture", "", false, "", "done", ""},
};
inline bool is_enforced(const Row& row) { return std::string(row.end) == "enforcing"; }
inline bool takes_evidence(const Row& row) { return std::string(row.response) == "acquire-file" || std::string(row.response) == "capture"; }

inline void PrintTo(const Row& row, std::ostream* out) { *out << row.response; }

// For a policy: every row can be approved of an event of these.
inline constexpr const char* kStepRules =
    "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: steps}\nspec:\n  rules:\n"
    "    - id: log\n      severity: high\n      on: [open-write]\n      where: {subject: container}\n      match: {path: [/var/log/b.log]}\n"
    "      respond: {offer: [kill-process, kill-container, stop-container, pause-container, isolate-network, deny-write, quarantine-file, acquire-file, capture], expires: 1h}\n"
    "    - id: program\n      severity: high\n      on: [exec]\n      where: {subject: container}\n      match: {path: [/bin/acts]}\n      respond: {offer: [deny-exec], expires: 1h}\n";

// One container, and what is asked for against it.
class Case {
public:
    // Starts it. Its init ends at SIGTERM.
    explicit Case(const Row& row, const std::string& prefix = "f-");
    // An incident of it by the daemon's method Request. `armed`: when what it needs is attached and open.
    void request(bool armed = true);
    // The same of an event of one of kStepRules: first it happens, with a daemon or without one, then it is found and waits.
    void act();
    void take();
    // `quell approve`, with the digest that was shown when it began to wait.
    [[nodiscard]] Output approve() const;
    [[nodiscard]] std::string approval() const;  // the command

    // What it does is seen: at those whom it hits, or in the store.
    [[nodiscard]] bool in_force() const;
    [[nodiscard]] std::string state() const;
    // In its end state, in force, approved once and ended once in a history that is whole; undone it is not in force any more.
    void expect_whole();
    void expect_undone();

    [[nodiscard]] const Row& row() const { return row_; }
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] Container& container() { return *container_; }

private:
    void begin_process();

    const Row& row_;
    std::string name_;
    std::unique_ptr<Container> container_;
    std::string pid_, id_, digest_;
};

[[nodiscard]] std::vector<std::unique_ptr<Case>> all_cases();

}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// A container with a network, somebody to talk to, and an agent in it that
// tries every way (net.h).
#pragma once

#include <map>
#include <string>

#include "vm-tests/harness/quelld.h"
#include "vm-tests/network/net.h"

namespace quell::guest {

// errno by way, 0 where it worked.
using Ways = std::map<std::string, int>;

// Answers in the network namespace of a process, from the host: it is in no container's scope.
class Peer {
public:
    explicit Peer(pid_t whose_network);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] received counts() const;
    // Until nothing has come for a while: what was queued has arrived.
    [[nodiscard]] received settled() const;

private:
    std::string file_;
};

// In `directory`, a path that the agent has, and that the host has as `outside`.
class Agent {
public:
    // In the container.
    Agent(const Container& container, const std::string& name, const std::string& address);
    // On the host, in its network.
    Agent(const std::string& name, const std::string& address);
    ~Agent();
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    // Takes a connection that a process of the host has made.
    void is_given(const std::string& address) const;
    // All that it can do, once more.
    [[nodiscard]] Ways act();
    // As the host numbers it.
    [[nodiscard]] pid_t pid() const;

private:
    void wait() const;

    std::string command_, outside_;
    int round_ = 0;
};

// The container's first process, as the host numbers it.
[[nodiscard]] pid_t init_of(const std::string& name);
// A container that is started, and has /bin/net and its device.
class Networked : public Container {
public:
    explicit Networked(const std::string& name, const Json& annotations = Json::object());
};

// The rules of apply_pack(), with isolate-network among their offers.
void apply_isolating_pack();
// An incident of the container that waits; a file that is there is what it is about.
[[nodiscard]] std::string an_incident_of(const Container& container, const std::string& name);
// Approves isolate-network, with these options; its output when it is not done.
[[nodiscard]] Output isolate(const std::string& id, const std::string& options = "");

// Ways that have nothing to do with a network.
[[nodiscard]] bool is_local(const std::string& way);
// Every way ends in EPERM, but for those of no network, which work.
void expect_all_refused(const Ways& ways, const std::string& when);
// Every way works, where the kernel has it at all.
void expect_all_work(const Ways& ways, const std::string& when);

}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// A random walk through the life of containments: operators, a daemon that
// may be dead or know what is over, rules that detect, containers that end.
// One thread.
#pragma once

#include <functional>
#include <random>
#include <vector>

#include "tests/bpf/transition_machine.h"

namespace quell::model {

// What is asked of the machine and of the model alike.
class Asked {
public:
    virtual ~Asked() = default;
    virtual void ask(quell_transition request, bool caller_descends) = 0;
    virtual void detect(quell_pending_key key, quell_pending made, quell_u32 armed) = 0;
    virtual void container(std::uint64_t id, bool is_protected) = 0;
    virtual void container_ends(std::uint64_t id) = 0;
    virtual void file_ends(std::uint64_t file) = 0;
    virtual void network(std::uint64_t container) = 0;  // somebody of it uses it
    virtual void clock(std::uint64_t now_ns) = 0;
};

inline constexpr std::uint64_t kFiles = 3, kActors = 4;
[[nodiscard]] quell_file_key file_key(std::uint64_t file);

class Walk {
public:
    Walk(std::uint64_t seed, Asked& asked);
    void step();
    // What the kernel side may do by itself at any moment, on another CPU: a detection, an end, the second step of a stop.
    void elsewhere();
    [[nodiscard]] const std::vector<std::uint64_t>& containers() const { return containers_; }

private:
    // What the daemon knows of an incident, which may be over.
    struct Known {
        quell_pending_key key{};
        std::uint64_t incident = 0;
        quell_u32 state = 0;
    };

    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    [[nodiscard]] bool one_in(std::uint64_t many) { return below(many) == 0; }
    void detect();
    void decide();
    void finish();
    void end_something(bool is_replaced);
    void adopt();
    void ask_nonsense();
    void ask(quell_transition request);
    [[nodiscard]] const Known* some(quell_u32 mask);
    [[nodiscard]] static quell_transition request_of(const Known& known, quell_u32 to);

    std::mt19937_64 random_;
    Asked& asked_;
    std::vector<std::uint64_t> containers_;
    std::vector<Known> known_;
    std::uint64_t now_ns_ = 10'000'000'000, next_container_ = 1;
    quell_u32 armed_ = 0;
};

}  // namespace quell::model

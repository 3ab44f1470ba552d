// SPDX-License-Identifier: Apache-2.0
// HostThings: what scenarios need on the host's own file system, and the way
// back. What is there already is set aside, and put back afterwards. One thread.
#pragma once

#include <string>
#include <vector>

#include "user/cli/policy_test/thing.h"

namespace quell::cli {

class HostThings {
public:
    explicit HostThings(std::string program) : program_(std::move(program)) {}
    ~HostThings() { (void)take_back(); }
    HostThings(const HostThings&) = delete;
    HostThings& operator=(const HostThings&) = delete;

    [[nodiscard]] Status put(const Thing& thing);
    // Nothing is at the path, and what comes there goes again.
    [[nodiscard]] Status clear(const std::string& path);
    // As put(), and somebody listens.
    [[nodiscard]] Result<Fd> listen(const Thing& thing);

    // The newest first. What a rule that denies keeps us from stays to be taken back: true: there is nothing left.
    bool take_back();
    // What take_back() could not do, for a person.
    [[nodiscard]] std::vector<std::string> left() const;

private:
    struct Step {
        std::string path;
        std::string aside;  // "": it was not there
    };
    [[nodiscard]] Status ready(const std::string& path);
    [[nodiscard]] Status set_aside(const std::string& path);

    const std::string program_;
    std::vector<Step> steps_;
};

}  // namespace quell::cli

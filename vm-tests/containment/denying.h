// SPDX-License-Identifier: Apache-2.0
// What tests of deny-exec share: rules, and decisions on them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

class Denying : public testing::Test {
protected:
    using Actions = std::vector<std::string>;

    // The whole policy: executions of what is to be denied, copies, memory, and an operation without a path.
    static void SetUpTestSuite();
    static void TearDownTestSuite();
    void TearDown() override;

    // Into its image: /usr/sbin/denied, and /bin/denied to act with.
    static void lay_into(const Container& container);
    [[nodiscard]] static std::string pending_on_host(const std::string& operation);
    // As `quell show` has it.
    [[nodiscard]] static Json offer_of(const std::string& id);
    [[nodiscard]] static Json row(const std::string& id, const std::string& action);
    static void deny(const std::string& id);   // approves it, and it is enforced
    static void allow(const std::string& id);  // undoes it
    // `quell respond RESPONSE ARGUMENTS`: the incident it made, whatever came of it.
    [[nodiscard]] static Json respond(const std::string& response, const std::string& arguments);
};

}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/detection/seen.h"

#include <gtest/gtest.h>

#include <set>

namespace quell::guest {
namespace {

Output run_in(const Container* container, const std::string& command) {
    return container ? container->exec(command) : run("PATH=/w:$PATH; " + command);
}

std::set<std::string> ids() {
    std::set<std::string> ids;
    for (const auto& one : incidents()) ids.insert(one["id"]);
    return ids;
}

}  // namespace

Output expect_seen(const Container* container, const std::string& command, const Seen& seen) {
    const auto known = ids();
    const auto before = matches();
    const auto output = run_in(container, command);
    EXPECT_EQ(matches() - before, seen.matches) << command << ": " << output.text;
    const auto found = wait_for([&](const Json& one) {
        return !known.contains(one["id"]) && one["count"] == seen.matches && one["subject"] == (container ? "container" : "host") && one.contains("file");
    });
    expect_told(found, before, command);
    if (!found) return output;
    EXPECT_EQ((*found)["operation"], seen.word) << command;
    if (!seen.path.empty()) {
        EXPECT_EQ((*found)["file"]["path"], seen.path) << command;
    }
    if (container) {
        EXPECT_EQ((*found)["container"]["id"], container->id()) << command;
    }
    return output;
}

Output expect_unseen(const Container* container, const std::string& command) {
    const auto before = matches();
    auto output = run_in(container, command);
    EXPECT_EQ(matches(), before) << command << ": " << output.text;
    return output;
}

}  // namespace quell::guest

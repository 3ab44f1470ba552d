// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/follow/following.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace quell::guest {

Json hooked(bool required) {
    Json arguments = Json::array({"quell-oci-hook"});
    if (required) arguments.push_back("--require");
    return {{"createRuntime", {{{"path", "/w/quell-oci-hook"}, {"args", arguments}}}}};
}

ContainerOptions options_of(const Json& hooks, const std::string& runtime) {
    ContainerOptions options;
    options.runtime = runtime;
    options.hooks = hooks;
    return options;
}

bool has_said_it(const Container& container, const std::string& what) { return std::filesystem::exists(container.directory() + "/rootfs/tmp/" + what); }

int said_by(const Container& container, const std::string& what) {
    return eventually([&] { return has_said_it(container, what); }) ? std::stoi(must("cat " + container.directory() + "/rootfs/tmp/" + what)) : -1;
}

Json row_of(const std::string& id, const std::string& action) {
    for (const Json all = quell("history --incident " + id)["rows"]; const auto& row : all)
        if (row["action"] == action) return row;
    ADD_FAILURE() << "no row " << action << " of " << id;
    return Json::object();
}

int rows_with(const std::string& id, const std::string& text) {
    int count = 0;
    for (const Json all = quell("history --incident " + id)["rows"]; const auto& row : all) count += row.value("result", "").find(text) != std::string::npos;
    return count;
}

std::string came_back(const std::string& id, std::size_t times) {
    const bool is_there = eventually([&] { return show(id).contains("follow") && show(id)["follow"]["came_back"].size() >= times; });
    EXPECT_TRUE(is_there) << show(id);
    return is_there ? show(id)["follow"]["came_back"][times - 1].get<std::string>() : "";
}

int undo(const std::string& id) { return run("quell undo " + id + " --reason done").status; }

void expect_in_time(const std::string& id, const std::string& again) {
    EXPECT_TRUE(eventually([&] { return actions_of(again).size() == 5; })) << quell("history --incident " + again);
    EXPECT_EQ(actions_of(again), (std::vector<std::string>{"requested", "approved", "flipped", "enforcing", "came-back"}));
    const auto row = row_of(again, "came-back");
    EXPECT_NE(row.value("result", "").find("before its first instruction"), std::string::npos) << row;
    EXPECT_EQ(Json::parse(row.value("detail", "{}"))["window_us"], 0) << row;
    EXPECT_EQ(Json::parse(row_of(again, "approved").value("detail", "{}"))["follows"], id);
    EXPECT_EQ(row_of(again, "approved")["reason"], "test") << "that of who approved";
    EXPECT_EQ(show(again)["state"], "enforcing");
}

}  // namespace quell::guest

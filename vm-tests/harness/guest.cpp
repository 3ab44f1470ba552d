// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/guest.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

namespace quell::guest {

Output run(const std::string& command) {
    Output output;
    FILE* pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "r");
    if (!pipe) return {127, "popen"};
    std::array<char, 4096> buffer;
    while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.text.append(buffer.data(), n);
    const int status = pclose(pipe);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return output;
}

std::string must(const std::string& command) {
    auto output = run(command);
    EXPECT_EQ(output.status, 0) << command << "\n" << output.text;
    return output.text;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string random_hex(std::size_t digits) {
    static std::random_device device;
    std::string text;
    while (text.size() < digits) text += "0123456789abcdef"[device() % 16];
    return text;
}

bool eventually(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

Json quell(const std::string& arguments, int* status) {
    auto output = run("quell " + arguments + " --json");
    if (status) *status = output.status;
    auto json = Json::parse(output.text, nullptr, false);
    if (!status) {
        EXPECT_FALSE(json.is_discarded()) << arguments << ": " << output.text;
    }
    return json;
}

std::vector<Json> incidents(bool all) {
    auto reply = quell(all ? "incidents --all" : "incidents");
    std::vector<Json> list;
    if (reply.is_object())
        for (auto& one : reply["incidents"]) list.push_back(one);
    return list;
}

Json show(const std::string& id) { return quell("show " + id)["incident"]; }

std::optional<Json> wait_for(const std::function<bool(const Json&)>& fits) {
    std::optional<Json> found;
    eventually([&] {
        for (const auto& one : incidents())
            if (fits(one)) {
                found = show(one["id"].get<std::string>());
                return true;
            }
        return false;
    });
    return found;
}

std::optional<Json> wait_for_pending(const std::function<bool(const Json&)>& fits) {
    return wait_for([&](const Json& one) { return one["state"] == "pending" && fits(one); });
}

std::string digest_of(const std::string& id, const std::string& response) {
    const auto incident = show(id);
    for (const auto& offer : incident["offers"])
        if (offer["response"] == response && offer.contains("digest")) return offer["digest"];
    return {};
}

std::vector<std::string> actions_of(const std::string& id) {
    std::vector<std::string> actions;
    const auto history = quell("history --limit 10000 --incident " + id);
    for (const auto& row : history["rows"]) actions.push_back(row["action"]);
    std::ranges::reverse(actions);
    return actions;
}

void expect_told(const std::optional<Json>& found, std::int64_t matches_before, const std::string& what) {
    if (!found) {
        ADD_FAILURE() << what << " was not seen";
        return;
    }
    EXPECT_GT(matches(), matches_before) << what;
    // it is listed at its event, and written down when another thread has looked its details up (Watch::look_up)
    const std::string id = (*found)["id"];
    EXPECT_TRUE(eventually([&] {
        const auto actions = actions_of(id);
        return !actions.empty() && actions.front() == "detected";
    })) << what << ": no row";
}

void reject_all() {
    for (const auto& one : incidents()) (void)run("quell reject " + one["id"].get<std::string>() + " --reason 'end of a test'");
}

}  // namespace quell::guest

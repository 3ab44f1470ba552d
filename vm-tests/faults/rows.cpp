// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/faults/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "vm-tests/hostile/raw_client.h"

namespace quell::guest {
namespace {

constexpr const char* kProcess = "sleep 6543";

ContainerOptions obedient() {
    ContainerOptions options;
    options.command = "trap 'exit 0' TERM; sleep 1000 & wait";
    return options;
}

}  // namespace

Case::Case(const Row& row, const std::string& prefix) : row_(row), name_(prefix + row.response), container_(std::make_unique<Container>(name_, obedient())) {
    must("cp /w/acts " + container_->directory() + "/lower/bin/acts");
    container_->start();
}

void Case::begin_process() {
    if (!row_.process || !pid_.empty()) return;
    container_->begin(std::string("exec ") + kProcess);
    EXPECT_TRUE(eventually([&] {
        pid_ = run(std::string("pgrep -x -f '") + kProcess + "' | head -n 1 | tr -d '\\n'").text;
        return !pid_.empty();
    }));
}

void Case::request(bool armed) {
    begin_process();
    Json parameters = {{"response", row_.response}, {"reason", "fault"}};
    if (row_.process) parameters["pid"] = std::atoi(pid_.c_str());
    else parameters["container"] = container_->id();  // by its name it would be looked for among all, of whom there may be a thousand
    if (*row_.path) parameters["path"] = row_.path;
    RawClient client;
    client.call(Json{{"method", "io.quell.Request"}, {"parameters", parameters}}.dump());
    const auto reply = Json::parse(client.get(20'000).value_or(""), nullptr, false);
    ASSERT_TRUE(reply.is_object() && !reply.contains("error")) << row_.response << ": " << reply;
    id_ = reply["parameters"]["incident"]["id"];
    EXPECT_TRUE(eventually([&] { return !armed || state() == "pending"; })) << show(id_).dump(1);
    digest_ = digest_of(id_, row_.response);
    EXPECT_NE(digest_, "") << show(id_).dump(1);
}

void Case::act() {
    if (std::string(row_.response) == "deny-exec") {
        (void)container_->exec("/bin/acts");
    } else if (row_.process) {  // the shell itself writes, and goes on as what is to be killed
        container_->begin(std::string(": >>/var/log/b.log; exec ") + kProcess);
        EXPECT_TRUE(eventually([] { return run(std::string("pgrep -x -f '") + kProcess + "'").status == 0; }));
    } else {
        EXPECT_EQ(attack(*container_, "append /var/log/b.log"), 0);
    }
}

void Case::take() {
    const std::string rule = std::string(row_.response) == "deny-exec" ? "program" : "log";
    EXPECT_TRUE(eventually([&] {
        for (const auto& one : incidents())
            if (one["rule"] == rule && one["state"] == "pending" && one.contains("container") && one["container"].value("name", "") == name_) id_ = one["id"];
        return !id_.empty();
    }, std::chrono::seconds(60))) << row_.response << ": " << run("quell incidents --all").text;
    digest_ = digest_of(id_, row_.response);
    EXPECT_NE(digest_, "") << show(id_).dump(1);
}

std::string Case::approval() const { return "quell approve " + id_ + "@" + digest_ + " " + row_.response + " " + row_.options + " --reason fault"; }

Output Case::approve() const { return run(approval()); }

std::string Case::state() const { return show(id_).value("state", ""); }

bool Case::in_force() const {
    if (*row_.refused) return container_->exec(row_.refused).status == EPERM;
    if (row_.process) return run(std::string("pgrep -x -f '") + kProcess + "'").status != 0;
    if (takes_evidence(row_)) return run("test -s /var/lib/quell/evidence/" + id_ + "-" + row_.response + "/manifest.json").status == 0;
    if (is_enforced(row_)) return run("grep -qx 'frozen 1' /sys/fs/cgroup" + container_->cgroup() + "/cgroup.events").status == 0;
    return !container_->running();
}

void Case::expect_whole() {
    SCOPED_TRACE(row_.response);
    EXPECT_TRUE(eventually([&] { return state() == row_.end; }, std::chrono::seconds(40))) << show(id_).dump(1);
    EXPECT_TRUE(eventually([&] { return in_force(); }));
    const auto actions = actions_of(id_);
    EXPECT_EQ(std::ranges::count(actions, "approved"), 1) << Json(actions);
    EXPECT_EQ(std::ranges::count(actions, row_.end), 1) << Json(actions);
    EXPECT_EQ(actions.empty() ? "" : actions.back(), row_.end);
    EXPECT_EQ(run("quell history verify").status, 0);
}

void Case::expect_undone() {
    SCOPED_TRACE(row_.response);
    const auto output = run("quell undo " + id_ + " --reason over");
    if (!is_enforced(row_) && !takes_evidence(row_)) {
        EXPECT_NE(output.status, 0) << "a kill is not undone: " << output.text;
        return;
    }
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_FALSE(in_force());
    EXPECT_EQ(state(), "undone");
    EXPECT_EQ(actions_of(id_).back(), "undone");
}

std::vector<std::unique_ptr<Case>> all_cases() {
    std::vector<std::unique_ptr<Case>> cases;
    for (const auto& row : kRows) cases.push_back(std::make_unique<Case>(row));
    return cases;
}

}  // namespace quell::guest

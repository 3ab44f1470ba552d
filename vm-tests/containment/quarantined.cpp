// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/containment/quarantined.h"

#include <gtest/gtest.h>

namespace quell::guest {
namespace {

std::string approved(const std::string& id) {
    const auto output = approve(id, "quarantine-file");
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(show(id)["state"], "enforcing");
    return id;
}

}  // namespace

std::string quarantine(const std::string& container, const std::string& operation) { return approved(pending_id(container, operation)); }

std::string quarantine_on_host(const std::string& operation) {
    const auto found = wait_for_pending([&](const Json& one) { return one["operation"] == operation && one["subject"] == "host"; });
    if (!found) {
        ADD_FAILURE() << "no pending incident of " << operation << " on the host: " << run("quell incidents --all").text;
        return "0";
    }
    return approved((*found)["id"]);
}

void expect_refused_on_host(const std::string& command, const std::string& hook) {
    const auto before = denied(hook);
    EXPECT_EQ(run(command).status, 1) << command;
    EXPECT_GT(denied(hook), before) << command;
}

void mount_new(const std::string& type, const std::string& image, const std::string& at, const std::string& size) {
    must("modprobe loop && mkdir -p " + at + " && truncate -s " + size + " " + image + " && mkfs." + type + " -q " + image + " && mount -o loop " + image + " " + at);
}

std::string number_of(const std::string& file) { return must("stat --printf %i " + file); }

std::string device_of(const std::string& file) { return must("stat --printf %d " + file); }

std::string new_file_of_number(const std::string& directory, const std::string& number) {
    for (int i = 0; i < 100; i++) {
        const auto file = directory + "/new." + std::to_string(i);
        must("echo innocent >" + file);
        if (number_of(file) == number) return file;
    }
    ADD_FAILURE() << "no file got the number " << number;
    return "/dev/null/none";
}

}  // namespace quell::guest

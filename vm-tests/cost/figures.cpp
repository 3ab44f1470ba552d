// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/cost/figures.h"

#include <gtest/gtest.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace quell::guest {
namespace {

void line(const std::string& name, std::int64_t value, const char* sense, std::int64_t limit, const std::string& what) {
    std::printf("figure\t%s\t%ld\t%s\t%ld\t%s\n", name.c_str(), static_cast<long>(value), sense, static_cast<long>(limit), what.c_str());
    std::fflush(stdout);
}

}  // namespace

std::uint64_t now() { return __rdtsc(); }

const std::vector<ResponseRow>& response_rows() {
    static const std::vector<ResponseRow> rows = {
#define RESPONSE(name, word, hooks, undo, ...) {word, hooks},
#include "kern/responses.def"
#undef RESPONSE
    };
    return rows;
}

std::string test_name(const ResponseRow& row) {
    std::string name;
    bool is_first = true;
    for (const char c : row.word) {
        if (c != '-') name += is_first ? static_cast<char>(c - 'a' + 'A') : c;
        is_first = c == '-';
    }
    return name;
}

void figure(const std::string& name, std::int64_t value, const std::string& what, std::optional<std::int64_t> most) {
    line(name, value, most ? "<=" : "-", most.value_or(0), what);
    if (most) {
        EXPECT_LE(value, *most) << name << ": " << what;
    }
}

void figure_at_least(const std::string& name, std::int64_t value, const std::string& what, std::int64_t least) {
    line(name, value, ">=", least, what);
    EXPECT_GE(value, least) << name << ": " << what;
}

std::int64_t median(std::vector<std::int64_t> values) {
    if (values.empty()) {
        ADD_FAILURE() << "nothing was measured";
        return 0;
    }
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::int64_t per_mille(std::int64_t value, std::int64_t of) {
    EXPECT_GT(of, 0) << "nothing was measured";
    return of > 0 ? value * 1000 / of : 0;
}

std::int64_t instructions_of(pid_t process) {
    std::int64_t sum = 0;
    std::error_code error;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", error)) {
        std::int64_t ns = 0;  // an instruction is a nanosecond here
        if (std::ifstream in(thread.path() / "schedstat"); in >> ns) sum += ns;
    }
    EXPECT_GT(sum, 0) << "process " << process;
    return sum;
}

std::string message(const std::string& method, const Json& parameters) { return Json{{"method", "io.quell." + method}, {"parameters", parameters}}.dump(); }

Json answer(RawClient& client, int timeout_ms) {
    const auto text = client.get(timeout_ms);
    if (!text) {
        ADD_FAILURE() << "no answer";
        return Json::object();
    }
    const auto reply = Json::parse(*text, nullptr, false);
    EXPECT_TRUE(reply.is_object() && !reply.contains("error")) << *text;
    return reply.is_object() && reply.contains("parameters") ? reply["parameters"] : Json::object();
}

Json call(RawClient& client, const std::string& method, const Json& parameters, int timeout_ms) {
    EXPECT_TRUE(client.call(message(method, parameters))) << method;
    return answer(client, timeout_ms);
}

void apply_offering(const std::string& responses, const std::string& more, const std::string& beside) {
    must(std::string("rm -f ") + kPolicyDirectory + "/*");
    write(std::string(kPolicyDirectory) + "/figures.yaml",
          "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: figures}\nspec:\n  rules:\n    - {id: log, name: Log, severity: high, on: [truncate], where: {subject: any}, "
          "match: {path: [/var/log/b.log]}, respond: {offer: [" + responses + "]" + more + "}}\n" + (beside.empty() ? "" : "    - " + beside + "\n"));
    must("quell policy apply");
}

std::string incident_by_one_who_stays(const Container& container, const std::string& name) {
    container.begin("attack truncate /var/log/b.log; sleep 1000; :");
    return pending_id(name, "truncate");
}

Json approval(const std::string& id, const std::string& response) {
    const auto digest = digest_of(id, response);
    EXPECT_FALSE(digest.empty()) << response << " is not offered: " << show(id);
    return {{"id", id}, {"digest", digest}, {"response", response}, {"reason", "measured"}};
}

}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// A policy is data: no program is compiled or loaded for another one, and its
// maps are as many as those of the one before, which are given back.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {
namespace {

using Ids = std::vector<std::uint32_t>;

int bpf(bpf_cmd command, bpf_attr& attributes) { return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof(attributes))); }

Ids all(bpf_cmd next) {
    Ids ids;
    bpf_attr attributes{};
    while (bpf(next, attributes) == 0) ids.push_back(attributes.start_id = attributes.next_id);
    return ids;
}

// The id that a map gets which is made now. They are given away in turn: what was loaded in between and is gone again
// has taken one.
std::uint32_t new_map() {
    bpf_attr make{};
    make.map_type = BPF_MAP_TYPE_ARRAY;
    make.key_size = make.value_size = sizeof(std::uint32_t);
    make.max_entries = 1;
    bpf_map_info info{};
    bpf_attr ask{};
    ask.info.bpf_fd = static_cast<std::uint32_t>(bpf(BPF_MAP_CREATE, make));
    ask.info.info_len = sizeof(info);
    ask.info.info = reinterpret_cast<std::uint64_t>(&info);
    EXPECT_EQ(bpf(BPF_OBJ_GET_INFO_BY_FD, ask), 0);
    close(static_cast<int>(ask.info.bpf_fd));
    return info.id;
}

std::uint32_t new_program() {
    const bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}, {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    bpf_attr load{};
    load.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    load.insns = reinterpret_cast<std::uint64_t>(code);
    load.insn_cnt = 2;
    load.license = reinterpret_cast<std::uint64_t>("GPL");
    bpf_prog_info info{};
    bpf_attr ask{};
    ask.info.bpf_fd = static_cast<std::uint32_t>(bpf(BPF_PROG_LOAD, load));
    ask.info.info_len = sizeof(info);
    ask.info.info = reinterpret_cast<std::uint64_t>(&info);
    EXPECT_EQ(bpf(BPF_OBJ_GET_INFO_BY_FD, ask), 0);
    close(static_cast<int>(ask.info.bpf_fd));
    return info.id;
}

// Other operations, so other hooks, and other paths than the pack's.
constexpr const char* kOther = R"(apiVersion: quell/v1
kind: Policy
metadata: {name: other}
spec:
  rules:
    - id: secrets
      name: Secrets
      severity: low
      on: [delete]
      where: {subject: host}
      match: {path: [/srv/secrets/**]}
      respond: {offer: [kill-process], expires: 1h}
)";

// Its tables, each made anew (user/bpf/policy_maps.h).
constexpr std::uint32_t kMapsOfAPolicy = 5;

bool has_maps(std::size_t count) {
    return eventually([&] { return all(BPF_MAP_GET_NEXT_ID).size() == count; });
}

TEST(Apply, LoadsNoProgramAndGivesMapsBack) {
    must("mkdir -p /srv/secrets");
    write("/tmp/other.yaml", kOther);
    const auto generation = quell("status")["status"]["generation"].get<int>();
    const auto programs = all(BPF_PROG_GET_NEXT_ID), maps = all(BPF_MAP_GET_NEXT_ID), types = all(BPF_BTF_GET_NEXT_ID);
    EXPECT_GT(programs.size(), 30u);
    EXPECT_GT(maps.size(), 15u);
    const auto program = new_program(), map = new_map();
    must("quell policy apply /tmp/other.yaml");
    EXPECT_EQ(new_program(), program + 1);
    EXPECT_EQ(new_map(), map + kMapsOfAPolicy + 1);
    EXPECT_EQ(all(BPF_PROG_GET_NEXT_ID), programs);
    EXPECT_TRUE(has_maps(maps.size())) << maps.size();
    EXPECT_EQ(all(BPF_BTF_GET_NEXT_ID), types);

    // and it is in force
    EXPECT_GT(quell("status")["status"]["generation"].get<int>(), generation);
    const auto before = matches();
    write("/srv/secrets/a", "text\n");
    must("rm /srv/secrets/a");
    expect_told(wait_for([](const Json& one) { return one["name"] == "Secrets"; }), before, "what the other policy watches");
    reject_all();
    apply_pack();
    EXPECT_EQ(all(BPF_PROG_GET_NEXT_ID), programs);
    EXPECT_TRUE(has_maps(maps.size())) << maps.size();
}

std::string opens(const std::string& directory) {
    return "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: opens}\nspec:\n  rules:\n    - id: opens\n      name: Opens of " + directory +
           "\n      severity: low\n      on: [open-read]\n      where: {subject: container}\n      match: {path: [/data/" + directory +
           "/**]}\n      respond: {offer: [kill-process], expires: 1h}\n";
}

// The kernel keeps with a container's mount what the rules say of its place.
TEST(Apply, IsInForceBelowTheMountsOfAContainerThatRan) {
    must("mkdir -p /srv/data/one /srv/data/two && touch /srv/data/one/file /srv/data/two/file");
    ContainerOptions options;
    options.mounts = {{{"destination", "/data"}, {"type", "bind"}, {"source", "/srv/data"}, {"options", {"bind", "rw"}}}};
    Container container("applied", options);
    container.start();
    for (const std::string watched : {"one", "two", "one", "two", "one"}) {
        write("/tmp/opens.yaml", opens(watched));
        must("quell policy apply /tmp/opens.yaml");
        const auto before = matches();
        ASSERT_EQ(container.exec("cat /data/one/file /data/two/file").status, 0);
        EXPECT_EQ(matches() - before, 1) << watched;
        expect_told(wait_for_pending([&](const Json& one) { return one["name"] == "Opens of " + watched; }), before, "what this policy watches");
        reject_all();
    }
    apply_pack();
}

}  // namespace
}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// What of a quarantine outlives the structures of one version.
#include "user/incident/lasting.h"

#include <gtest/gtest.h>

#include "tests/incident/made.h"

namespace quell::incident {
namespace {

Incident a_quarantine() {
    auto incident = an_incident(7, QUELL_STATE_ENFORCING);
    auto& entry = incident.entry;
    entry.response = QUELL_RESPONSE_QUARANTINE_FILE;
    entry.approved_ns = 1234;
    entry.approver_uid = 1000;
    entry.approver_loginuid = 1001;
    entry.hits = ~0ull;
    entry.file.file = {{~0ull, 2}, 3, 0, ~0u, 0};
    entry.file.scope = {{5, ~0ull >> 1}, 6, 0, 7, 0};
    entry.upper_root = entry.file.scope;
    entry.inode = ~0ull - 1;
    entry.object_flags = QUELL_OBJECT_FILE | QUELL_OBJECT_OVERLAY | QUELL_OBJECT_LOWER;
    entry.hook = QUELL_HOOK_inode_setattr;
    entry.operation = QUELL_OP_TRUNCATE;
    return incident;
}

// The snapshot as another version would find it: what is of this one's structures says nothing there.
std::string of_another_version(const Incident& incident) {
    auto json = Json::parse(snapshot_text(incident));
    json["abi"] = QUELL_ABI_VERSION + 1;
    json["key"] = json["entry"] = "00ff";
    return json.dump();
}

bool same(const quell_identity& one, const quell_identity& other) { return std::memcmp(&one, &other, sizeof(one)) == 0; }

TEST(Lasting, AQuarantineIsUnderstoodByAnotherVersion) {
    const auto was = a_quarantine();
    const auto is = parse_snapshot(of_another_version(was));
    ASSERT_TRUE(is);
    EXPECT_EQ(is->id, was.id);
    EXPECT_EQ(is->state, QUELL_STATE_ENFORCING);
    EXPECT_TRUE(is->holds_file());
    EXPECT_EQ(is->entry.word, QUELL_WORD(was.id, QUELL_STATE_ENFORCING));
    EXPECT_TRUE(same(is->entry.file.file, was.entry.file.file));
    EXPECT_TRUE(same(is->entry.file.scope, was.entry.file.scope));
    EXPECT_TRUE(same(is->entry.upper_root, was.entry.upper_root));
    EXPECT_EQ(is->entry.inode, was.entry.inode);
    EXPECT_EQ(is->entry.object_flags, was.entry.object_flags);
    EXPECT_EQ(is->entry.approved_ns, 1234u);
    EXPECT_EQ(is->entry.approver_uid, 1000u);
    EXPECT_EQ(is->entry.approver_loginuid, 1001u);
    EXPECT_EQ(is->entry.hits, ~0ull);
    EXPECT_EQ(is->entry.hook, static_cast<quell_u32>(QUELL_HOOK_inode_setattr));
    EXPECT_EQ(is->entry.operation, static_cast<quell_u32>(QUELL_OP_TRUNCATE));
    EXPECT_EQ(is->entry.chain_count, 0u);
    EXPECT_EQ(is->key.rule, was.key.rule);
    EXPECT_EQ(is->key.container, was.key.container);
    EXPECT_EQ(is->path, was.path);
}

TEST(Lasting, NothingElseIs) {
    for (const auto state : {QUELL_STATE_PENDING, QUELL_STATE_UNDONE, QUELL_STATE_GONE, QUELL_STATE_DONE}) {
        auto incident = a_quarantine();
        incident.state = state;
        EXPECT_FALSE(parse_snapshot(of_another_version(incident))) << state;
    }
    auto kill = a_quarantine();
    kill.entry.response = QUELL_RESPONSE_KILL_CONTAINER;
    EXPECT_FALSE(parse_snapshot(of_another_version(kill)));
    auto never = a_quarantine();
    never.state = QUELL_STATE_FAILED;
    never.entry.approved_ns = 0;
    EXPECT_FALSE(parse_snapshot(of_another_version(never)));
}

// A disk may hold anything.
TEST(Lasting, WhatIsBrokenIsNone) {
    const auto good = Json::parse(of_another_version(a_quarantine()));
    for (const auto& [name, value] : good["lasting"].items())
        for (const Json& wrong : {Json("text"), Json::object(), Json::array(), Json(nullptr)}) {
            auto broken = good;
            broken["lasting"][name] = wrong;
            const auto is = parse_snapshot(broken.dump());
            if (name != "operation" && name != "hook") {
                EXPECT_FALSE(is) << name << " " << wrong;
            }
            broken["lasting"].erase(name);
            EXPECT_FALSE(parse_snapshot(broken.dump())) << name;
        }
    auto other = good;
    other["lasting"]["response"] = "kill-container";
    EXPECT_FALSE(parse_snapshot(other.dump()));
}

// What a restart has taken of the container is its number; who it was stays.
TEST(Lasting, AnOrphanIsShownAsItsContainers) {
    auto incident = a_quarantine();
    const auto before = subject_text(incident);
    incident.key.container = 0;
    EXPECT_EQ(subject_text(incident), "host");
    incident.entry.object_flags |= QUELL_OBJECT_RESTORED | QUELL_OBJECT_ORPHAN;
    EXPECT_EQ(subject_text(incident), before);
    const auto json = whole_json(incident, {}, false);
    EXPECT_EQ(json["subject"], "container");
    EXPECT_EQ(json["container"]["alive"], false);
    EXPECT_EQ(brief_json(incident)["container"], std::string(64, 'a'));
}

}  // namespace
}  // namespace quell::incident

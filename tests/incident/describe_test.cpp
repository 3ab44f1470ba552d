// SPDX-License-Identifier: Apache-2.0
// Incidents as JSON, against the published interface.
#include "user/incident/describe.h"

#include <gtest/gtest.h>

#include "tests/incident/made.h"
#include "user/control/interface.h"

namespace quell::incident {
namespace {

constexpr const char* kHostile = "\x1b[2J\n\xff\xfe\"\\\xe2\x80\xae";

std::string wrong(const Json& incident) {
    const auto& interface = control::quell_interface();
    return control::mismatch(interface, interface.types.at("Incident"), incident).value_or("fits");
}

Incident hostile() {
    auto incident = an_incident();
    incident.arguments = {kHostile, "", std::string(256, '\0')};
    incident.arguments_known = incident.arguments_cut = true;
    incident.exe = incident.path = incident.renamed_to = incident.cgroup_path = incident.reason = incident.note = kHostile;
    incident.identity = {kHostile, kHostile, kHostile, kHostile, kHostile, kHostile, ""};
    incident.rule.name = kHostile;
    incident.inode = incident.entry.hits = ~0ull;
    std::memset(incident.entry.chain[0].comm, 0xff, sizeof(incident.entry.chain[0].comm));
    incident.decided_by = history::Who{1000, kHostile, 1000, kHostile, 12, kHostile};
    incident.latency.approved_to_flipped_us = 12;
    incident.assigned_to = kHostile;
    incident.first_approval = FirstApproval{{1001, kHostile, 1001, kHostile, 12, kHostile}, 1, kHostile, kHostile, kHostile};
    incident.first_approvals = 3;
    incident.held = {{QUELL_RESPONSE_PAUSE_CONTAINER, true, true, false, true, 340, kHostile}, {QUELL_RESPONSE_ISOLATE_NETWORK, false, false, true, false, std::nullopt, ""}};
    incident.rule.two_persons = incident.rule.reason_required = true;
    incident.rule.follow_ns = 7;
    for (std::size_t i = 0; i < kNotesMax + 1; i++) incident.add_note({static_cast<std::int64_t>(i), 1000, kHostile, kHostile});
    return incident;
}

TEST(Describe, FitsTheInterface) {
    FakeKernel kernel;
    for (auto incident : {an_incident(), hostile(), Incident{}}) {
        for (int state = 0; state < QUELL_STATE_COUNT; state++) {
            incident.state = static_cast<quell_state>(state);
            for (const std::uint64_t container : {std::uint64_t{0}, kCgroup}) {
                incident.key.container = container;
                for (const auto& json : {whole_json(incident, offers(kernel, incident), true), summary_json(incident, false)}) {
                    EXPECT_EQ(wrong(json), "fits");
                    EXPECT_NO_THROW((void)json.dump()) << "valid UTF-8";
                }
            }
        }
    }
}

TEST(Describe, AnOfferSaysWhetherItFollows) {
    Offer says_nothing, follows, cannot;
    follows.follow_ns = 3'600'000'000'000;
    cannot.not_followed = "its runtime does not say its image";
    const auto json = whole_json(an_incident(), {says_nothing, follows, cannot}, true);
    EXPECT_EQ(wrong(json), "fits");
    EXPECT_FALSE(json["offers"][0].contains("follow_s") || json["offers"][0].contains("not_followed"));
    EXPECT_EQ(json["offers"][1]["follow_s"], 3600);
    EXPECT_FALSE(json["offers"][1].contains("not_followed"));
    EXPECT_EQ(json["offers"][2]["not_followed"], "its runtime does not say its image");
    EXPECT_FALSE(json["offers"][2].contains("follow_s"));
}

TEST(Describe, WhatIsHeldWhileNobodyHasDecidedIsTold) {
    Hold pause{QUELL_RESPONSE_PAUSE_CONTAINER, false, false, false, false, std::nullopt, "no"}, cut{QUELL_RESPONSE_ISOLATE_NETWORK, true, false, false, false, 0, ""};
    EXPECT_EQ(hold_text(pause, false), "not frozen: no");
    pause = {QUELL_RESPONSE_PAUSE_CONTAINER, true, true, false, false, 340, ""};
    EXPECT_EQ(hold_text(pause, false), "frozen 340us after the event");
    pause.after_us = 12'000'000;
    EXPECT_EQ(hold_text(pause, true), "frozen late, 12s after the event");
    EXPECT_EQ(hold_text(cut, false), "in force from the event on");
    auto incident = an_incident();
    EXPECT_FALSE(summary_json(incident, true).contains("while_pending"));
    incident.held = {pause, cut};
    const auto json = summary_json(incident, true)["while_pending"];
    EXPECT_EQ(json[0], (Json{{"response", "pause-container"}, {"state", "frozen"}, {"after_us", 12'000'000}}));
    EXPECT_EQ(json[1], (Json{{"response", "isolate-network"}, {"state", "in force"}, {"after_us", 0}}));
    incident.held[0].is_lifted = true;
    EXPECT_EQ(summary_json(incident, true)["while_pending"][0]["state"], "lifted");
}

TEST(Describe, NumbersOutOfRangeStayHarmless) {
    Incident incident;
    std::memset(&incident.entry, 0xff, sizeof(incident.entry));
    std::memset(&incident.key, 0xff, sizeof(incident.key));
    incident.rule.severity = 99;
    incident.runtime = static_cast<quell_runtime>(7);
    EXPECT_EQ(wrong(whole_json(incident, {}, false)), "fits");
    EXPECT_EQ(wrong(summary_json(incident, false)), "fits");
}

TEST(Describe, EscapesAndSaysWhatWasCut) {
    const auto json = whole_json(hostile(), {}, true);
    EXPECT_EQ(json["file"]["path"], R"(\x1b[2J\x0a\xff\xfe"\\\xe2\x80\xae)");
    EXPECT_TRUE(json["arguments"][2].get<std::string>().ends_with("…"));
    EXPECT_EQ(json["assigned_to"], R"(\x1b[2J\x0a\xff\xfe"\\\xe2\x80\xae)");
    EXPECT_EQ(json["notes"][0]["text"], json["assigned_to"]);
    EXPECT_EQ(json["notes"].size(), kNotesMax);
    EXPECT_EQ(json["notes"][0]["time"], "1970-01-01T00:00:00.000000Z") << "a nanosecond: the oldest went";
    EXPECT_FALSE(summary_json(hostile(), true).contains("notes"));
    EXPECT_EQ(json["ancestry"].size(), 2u);
    EXPECT_EQ(json["ancestry"][1]["role"], "container's init");
}

TEST(Describe, UnknownIsAbsent) {
    const auto json = whole_json(an_incident(), {}, true);
    for (const char* name : {"name", "pod", "namespace", "image"}) EXPECT_FALSE(json["container"].contains(name)) << name;
    EXPECT_FALSE(json.contains("arguments"));
    EXPECT_FALSE(json.contains("executable"));
}

TEST(Snapshot, KeepsEverything) {
    auto incident = hostile();
    incident.rule.name = "name";
    incident.identity.bundle.reset();
    incident.identity.rootfs.reset();
    incident.identity.labels = {"app=web", kHostile, "a="};
    incident.identity.pod_uid = "2f0f7a1e";
    incident.identity.sandbox = std::string(64, 'b');
    incident.part_of = 5;
    incident.follows = 6;
    incident.evidence_due = QUELL_RESPONSE_CAPTURE;
    const auto back = parse_snapshot(snapshot_text(incident));
    ASSERT_TRUE(back);
    EXPECT_FALSE(back->earlier_boot_offset_ns);
    EXPECT_EQ(back->arguments, incident.arguments);
    EXPECT_EQ(back->decided_by, incident.decided_by);
    EXPECT_EQ(back->latency, incident.latency);
    EXPECT_EQ(back->assigned_to, incident.assigned_to);
    EXPECT_EQ(back->first_approval, incident.first_approval);
    EXPECT_EQ(back->first_approvals, incident.first_approvals);
    EXPECT_TRUE(back->rule.two_persons && back->rule.reason_required);
    EXPECT_EQ(back->rule.follow_ns, 7u);
    EXPECT_EQ(back->notes, incident.notes);
    EXPECT_EQ(back->part_of, 5u);
    EXPECT_EQ(back->follows, 6u);
    EXPECT_EQ(back->held, incident.held);
    EXPECT_EQ(back->evidence_due, QUELL_RESPONSE_CAPTURE);
    EXPECT_EQ(back->identity, incident.identity);
    EXPECT_EQ(std::memcmp(&back->entry, &incident.entry, sizeof(incident.entry)), 0);
    auto was = whole_json(incident, {}, true), is = whole_json(*back, {}, true);
    // shown through the offset of the two clocks, which is read anew each time
    for (const char* name : {"first", "last", "deadline", "process", "ancestry"}) was.erase(name), is.erase(name);
    EXPECT_EQ(was, is);
}

TEST(Snapshot, MoreLabelsThanAreKeptAreUnknownAfterwards) {
    auto incident = an_incident();
    incident.identity.labels = std::vector<std::string>(100, "name=" + std::string(100, 'x'));
    EXPECT_FALSE(parse_snapshot(snapshot_text(incident))->identity.labels);
    incident.identity.labels = std::vector<std::string>{};
    EXPECT_EQ(parse_snapshot(snapshot_text(incident))->identity.labels, std::vector<std::string>{}) << "none is not unknown";
}

TEST(Snapshot, OfAnEarlierBootKeepsItsWallTimes) {
    auto incident = an_incident();
    incident.earlier_boot_offset_ns = 1'700'000'000'000'000'000 - static_cast<std::int64_t>(incident.entry.first_ns);
    const auto back = parse_snapshot(snapshot_text(incident));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->earlier_boot_offset_ns, incident.earlier_boot_offset_ns);
    const auto json = whole_json(*back, {}, false);
    EXPECT_EQ(json["first"], "2023-11-14T22:13:20.000000Z");
    EXPECT_EQ(json["time_left_s"], 0);
    EXPECT_FALSE(json["process"]["alive"]);
}

TEST(Snapshot, WrongTextIsNone) {
    const auto good = snapshot_text(an_incident());
    ASSERT_TRUE(parse_snapshot(good));
    for (std::size_t size = 0; size < good.size(); size += 13) EXPECT_FALSE(parse_snapshot(good.substr(0, size))) << size;
    for (const char* wrong : {"[]", "{}", "null", R"({"abi":"x"})"}) EXPECT_FALSE(parse_snapshot(wrong)) << wrong;
    auto json = Json::parse(good);
    for (const auto& [name, value] : json.items()) {
        auto broken = json;
        broken[name] = Json::object({{"x", 1}});
        (void)parse_snapshot(broken.dump());  // never throws
    }
}

TEST(SameSubject, OfTheHostIsALineageAndNotAllOfIt) {
    auto one = an_incident(7), below = an_incident(8), other = an_incident(9);
    for (auto* host : {&one, &below, &other}) {
        host->key.container = 0;
        host->key.actor_start_ns = host->entry.chain[1].start_ns;
    }
    below.entry.chain[0] = task(600, 33, "rm");  // of a shell below that shell
    below.entry.chain[1] = task(599, 34, "sh");
    below.entry.chain[2] = one.entry.chain[1];
    below.key.actor_pid = 599;
    below.key.actor_start_ns = below.entry.chain[1].start_ns;
    other.entry.chain[1].start_ns++;  // the same number, started later
    other.key.actor_start_ns++;
    EXPECT_TRUE(is_same_subject(one, one));
    EXPECT_TRUE(is_same_subject(one, below));
    EXPECT_TRUE(is_same_subject(below, one));
    EXPECT_FALSE(is_same_subject(one, other));
    EXPECT_FALSE(is_same_subject(below, other));
    auto earlier = one;
    earlier.earlier_boot_offset_ns = 5;
    EXPECT_FALSE(is_same_subject(one, earlier)) << "numbers of another boot";
    one.key.container = kCgroup;
    EXPECT_FALSE(is_same_subject(one, below)) << "a container is not the host";
    other.key.container = kCgroup;
    EXPECT_TRUE(is_same_subject(one, other));
    other.container_id = "another";
    EXPECT_FALSE(is_same_subject(one, other));
}

}  // namespace
}  // namespace quell::incident

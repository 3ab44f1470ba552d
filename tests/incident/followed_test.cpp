// SPDX-License-Identifier: Apache-2.0
#include "user/incident/followed.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/incident/made.h"
#include "user/control/interface.h"

namespace quell::incident {
namespace {

constexpr const char* kHostileName = "\x1b[2J\n\xff\xfe\"\\\xe2\x80\xae";
constexpr std::uint64_t kNow = 1'000'000'000'000;
constexpr std::int64_t kWall = 1'800'000'000'000'000'000;

ContainerIdentity an_identity() {
    ContainerIdentity identity;
    identity.name = "web";
    identity.pod = "cart-0";
    identity.pod_namespace = "shop";
    identity.image = "registry.example/cart:1";
    return identity;
}

Followed a_follow(std::uint64_t id, const std::string& name = "web") {
    Followed one;
    one.incident = id;
    one.workload = {QUELL_RUNTIME_KUBEPODS, "shop", "cart-0", name, "registry.example/cart:1"};
    one.response = QUELL_RESPONSE_ISOLATE_NETWORK;
    one.terms.count = 2;
    one.terms.allowed[1].port = 53;
    one.who = {1000, kHostileName, 1000, kHostileName, 12, kHostileName};
    one.reason = kHostileName;
    one.severity = 3;
    one.over_guards = true;
    one.until_ns = kNow + 60'000'000'000;
    one.until_wall_ns = kWall + 60'000'000'000;
    one.snapshot = snapshot_text(an_incident(id, QUELL_STATE_ENFORCING));
    return one;
}

Followed a_denial(std::uint64_t id, quell_response response, std::vector<std::string> paths, const std::string& name = "web") {
    auto one = a_follow(id, name);
    one.response = response;
    one.paths = std::move(paths);
    return one;
}

TEST(Workload, IsWhatItsRuntimeSays) {
    const auto workload = workload_of(QUELL_RUNTIME_CRIO, an_identity());
    ASSERT_TRUE(workload) << workload.error().message;
    EXPECT_EQ(*workload, (Workload{QUELL_RUNTIME_KUBEPODS, "shop", "cart-0", "web", "registry.example/cart:1"}));
    EXPECT_EQ(workload_text(*workload), "shop/cart-0/web of registry.example/cart:1");
    EXPECT_EQ(*workload, *workload_of(QUELL_RUNTIME_KUBEPODS, an_identity())) << "its cgroup may say less of the runtime the next time";
    auto plain = an_identity();
    plain.pod.reset();
    plain.pod_namespace.reset();
    const auto podman = workload_of(QUELL_RUNTIME_PODMAN, plain);
    ASSERT_TRUE(podman) << podman.error().message;
    EXPECT_EQ(workload_text(*podman), "web of registry.example/cart:1");
    EXPECT_NE(*podman, *workload_of(QUELL_RUNTIME_DOCKER, plain));
    // a container of Podman is in no pod of Kubernetes, whatever it says
    EXPECT_EQ(*podman, *workload_of(QUELL_RUNTIME_PODMAN, an_identity()));
}

TEST(Workload, IsRefusedWhereItIsNotKnown) {
    const auto why = [](quell_runtime runtime, auto change) {
        auto identity = an_identity();
        change(identity);
        const auto workload = workload_of(runtime, identity);
        return workload ? std::string("known") : workload.error().message;
    };
    const auto nothing = [](ContainerIdentity&) {};
    EXPECT_NE(why(QUELL_RUNTIME_NONE, nothing).find("no runtime"), std::string::npos);
    EXPECT_NE(why(QUELL_RUNTIME_CRIO, [](auto& one) { one.name.reset(); }).find("what it is called"), std::string::npos);
    EXPECT_NE(why(QUELL_RUNTIME_PODMAN, [](auto& one) { one.name = ""; }).find("what it is called"), std::string::npos);
    EXPECT_NE(why(QUELL_RUNTIME_CRIO, [](auto& one) { one.image.reset(); }).find("its image"), std::string::npos);
    EXPECT_NE(why(QUELL_RUNTIME_CRIO, [](auto& one) { one.pod.reset(); }).find("its pod"), std::string::npos);
    EXPECT_NE(why(QUELL_RUNTIME_CRIO, [](auto& one) { one.pod_namespace.reset(); }).find("its pod"), std::string::npos);
    EXPECT_NE(why(QUELL_RUNTIME_CONTAINERD, [](auto& one) { one.image = "sha256:0f"; }).find("by number"), std::string::npos);
}

TEST(Workload, TextsAreEscaped) {
    const auto text = workload_text({QUELL_RUNTIME_KUBEPODS, kHostileName, kHostileName, kHostileName, kHostileName});
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Followed, IsFoundByWorkloadAndByIncident) {
    FollowedTable table;
    EXPECT_TRUE(table.empty());
    EXPECT_EQ(table.responses(), 0u);
    EXPECT_FALSE(table.add(a_follow(7)));
    EXPECT_FALSE(table.add(a_follow(8, "side")));
    EXPECT_EQ(table.responses(), QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK));
    table.find(7)->add_came_back(9);
    EXPECT_EQ(table.find(9)->incident, 7u);
    EXPECT_EQ(table.find(8)->incident, 8u);
    EXPECT_EQ(table.find(10), nullptr);
    EXPECT_EQ(table.of(a_follow(0).workload).size(), 1u);
    auto other = a_follow(0).workload;
    other.image = "registry.example/cart:2";
    EXPECT_TRUE(table.of(other).empty()) << "another image is another workload";
    ASSERT_EQ(table.alike(other).size(), 1u);
    EXPECT_EQ(table.alike(other).front()->incident, 7u);
    EXPECT_TRUE(table.alike(a_follow(0).workload).empty());
    for (auto* part : {&other.pod_namespace, &other.pod, &other.name}) {
        auto kept = *part;
        *part += "x";
        EXPECT_TRUE(table.alike(other).empty());
        *part = kept;
    }
    EXPECT_FALSE(table.remove(9)) << "only by whose approval it is";
    EXPECT_TRUE(table.remove(7));
    EXPECT_EQ(table.find(9), nullptr);
    EXPECT_EQ(table.all().size(), 1u);
}

// The daemon died before the file had it: the snapshot of its row says whose it is.
TEST(Followed, OneThatCameBackIsKnownAgainByItsRow) {
    FollowedTable table;
    (void)table.add(a_denial(7, QUELL_RESPONSE_DENY_WRITE, {"/srv"}));
    auto back = an_incident(9, QUELL_STATE_ENFORCING);
    back.entry.response = QUELL_RESPONSE_DENY_WRITE;
    EXPECT_FALSE(table.rejoin(back)) << "somebody else's";
    EXPECT_EQ(table.find(9), nullptr);
    back.follows = 8;
    EXPECT_FALSE(table.rejoin(back)) << "of what is followed no longer";
    back.follows = 7;
    back.entry.response = QUELL_RESPONSE_DENY_EXEC;
    EXPECT_FALSE(table.rejoin(back)) << "another response";
    back.entry.response = QUELL_RESPONSE_DENY_WRITE;
    EXPECT_TRUE(table.rejoin(back));
    ASSERT_NE(table.find(9), nullptr);
    EXPECT_EQ(table.find(9), table.find(7)) << "and is not taken for another incident's";
    EXPECT_FALSE(table.rejoin(back)) << "once";
    EXPECT_EQ(table.find(7)->came_back, std::vector<std::uint64_t>{9});
    EXPECT_EQ(table.find(7)->times, 1u);
}

TEST(Followed, TheNewestApprovalOfAWorkloadCounts) {
    FollowedTable table;
    (void)table.add(a_follow(7));
    const auto replaced = table.add(a_follow(8));
    ASSERT_TRUE(replaced);
    EXPECT_EQ(replaced->incident, 7u);
    EXPECT_EQ(table.all().size(), 1u);
}

// A container has one denial of writes, and one for each executable.
TEST(Followed, EachExecutableIsFollowedByItself) {
    FollowedTable table;
    EXPECT_FALSE(table.add(a_denial(7, QUELL_RESPONSE_DENY_EXEC, {"/usr/bin/x"})));
    EXPECT_FALSE(table.add(a_denial(8, QUELL_RESPONSE_DENY_EXEC, {"/usr/bin/y"})));
    EXPECT_FALSE(table.add(a_denial(9, QUELL_RESPONSE_DENY_WRITE, {"/srv"})));
    const auto same = table.add(a_denial(10, QUELL_RESPONSE_DENY_EXEC, {"/usr/bin/x"}));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->incident, 7u);
    const auto other = table.add(a_denial(11, QUELL_RESPONSE_DENY_WRITE, {"/data"}));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->incident, 9u);
    EXPECT_EQ(table.of(a_follow(0).workload).size(), 3u);
    EXPECT_EQ(table.responses(), QUELL_BIT(QUELL_RESPONSE_DENY_EXEC) | QUELL_BIT(QUELL_RESPONSE_DENY_WRITE));
}

TEST(Followed, GoesByTheDirectoryOfTheEventOrByTheExecutable) {
    const auto paths = [](const Incident& incident, quell_response response) {
        const auto found = paths_of_object(incident, response);
        return found ? paths_text(*found) : "none: " + found.error().message;
    };
    auto incident = an_incident(7, QUELL_STATE_PENDING);
    incident.path = "/var/log/dpkg.log";
    incident.path_is = "visible";
    incident.exe = "/usr/bin/rm";
    incident.entry.place.file.inode = 5;
    incident.entry.object_flags = QUELL_OBJECT_FILE;
    EXPECT_EQ(paths(incident, QUELL_RESPONSE_DENY_WRITE), "/var/log");
    EXPECT_EQ(paths(incident, QUELL_RESPONSE_DENY_EXEC), "/var/log/dpkg.log");
    incident.path = "/f";
    EXPECT_EQ(paths(incident, QUELL_RESPONSE_DENY_WRITE), "/");
    incident.path = kHostileName;
    EXPECT_NE(paths(incident, QUELL_RESPONSE_DENY_EXEC).find("not known"), std::string::npos) << "no absolute one";
    incident.path = "/f";
    for (const char* is : {"covered", "unplaced", "cut", ""}) {
        incident.path_is = is;
        for (const auto response : {QUELL_RESPONSE_DENY_WRITE, QUELL_RESPONSE_DENY_EXEC}) EXPECT_NE(paths(incident, response).find("its path in the container is not known"), std::string::npos) << is;
    }
    incident.entry.object_flags = QUELL_OBJECT_ACTOR;
    EXPECT_EQ(paths(incident, QUELL_RESPONSE_DENY_EXEC), "/usr/bin/rm");
    incident.exe = "";
    EXPECT_NE(paths(incident, QUELL_RESPONSE_DENY_EXEC).find("what was executed"), std::string::npos);
    incident.entry.place.file.inode = 0;
    EXPECT_NE(paths(incident, QUELL_RESPONSE_DENY_WRITE).find("--below"), std::string::npos);
    EXPECT_EQ(paths_text({"/a\nb", "/c"}), "/a\\x0ab, /c");
}

TEST(Followed, PathsAreBounded) {
    EXPECT_EQ(unfit_paths({"/a", "/b"}), "");
    EXPECT_NE(unfit_paths({}), "");
    EXPECT_NE(unfit_paths({"a"}), "");
    EXPECT_NE(unfit_paths({""}), "");
    EXPECT_NE(unfit_paths({std::string("/a\0b", 4)}), "");
    EXPECT_NE(unfit_paths(std::vector<std::string>(QUELL_PLACES_MAX + 1, "/a")), "");
    EXPECT_NE(unfit_paths({"/" + std::string(kFollowedPathsMax, 'a')}), "");
    FollowedTable table;
    for (std::size_t i = 0; i < kFollowedMax; i++) {
        auto one = a_denial(i + 1, QUELL_RESPONSE_DENY_WRITE, {"/" + std::string(kFollowedPathsMax - 1, 'a')}, "web" + std::to_string(i));
        one.snapshot = std::string(64 * 1024, 'x');
        (void)table.add(one);
    }
    EXPECT_LT(table.text("boot").size(), kFollowedBytesMax);
}

TEST(Followed, IsBounded) {
    FollowedTable table;
    for (std::size_t i = 0; i < kFollowedMax; i++) {
        const auto one = a_follow(i + 1, "web" + std::to_string(i));
        ASSERT_TRUE(table.has_room(one));
        (void)table.add(one);
    }
    EXPECT_FALSE(table.has_room(a_follow(99, "more")));
    EXPECT_TRUE(table.has_room(a_follow(99, "web3"))) << "it takes that one's place";
    EXPECT_FALSE(table.has_room(a_denial(99, QUELL_RESPONSE_DENY_WRITE, {"/srv"}, "web3")));
    EXPECT_LT(table.text("boot").size(), kFollowedBytesMax);
    auto one = a_follow(1);
    for (std::uint64_t id = 1; id <= 40; id++) one.add_came_back(id);
    EXPECT_EQ(one.came_back.size(), kCameBackMax);
    EXPECT_EQ(one.came_back.back(), 40u);
    EXPECT_EQ(one.times, 40u);
}

TEST(Followed, ItsTermEnds) {
    FollowedTable table;
    (void)table.add(a_follow(7));
    EXPECT_EQ(table.ended(kNow + 59'999'999'999), nullptr);
    ASSERT_NE(table.ended(kNow + 60'000'000'000), nullptr);
    EXPECT_EQ(table.ended(kNow + 60'000'000'000)->incident, 7u);
}

TEST(Followed, IsReadBackAsItWas) {
    FollowedTable table;
    auto one = a_follow(7, kHostileName);
    one.add_came_back(9);
    one.longest_window_us = 1234;
    (void)table.add(one);
    (void)table.add(a_follow(8));
    FollowedTable read;
    ASSERT_TRUE(read.read(table.text("this boot"), "this boot", kNow, kWall));
    EXPECT_EQ(read.text("this boot"), table.text("this boot"));
    ASSERT_EQ(read.all().size(), 2u);
    const auto& back = read.all().front();
    EXPECT_EQ(back.workload, one.workload);
    EXPECT_EQ(back.terms.allowed[1].port, 53u);
    EXPECT_EQ(back.who, one.who);
    EXPECT_EQ(back.reason, one.reason);
    EXPECT_TRUE(back.over_guards);
    EXPECT_EQ(back.longest_window_us, 1234);
    EXPECT_EQ(back.until_ns, one.until_ns);
}

TEST(Followed, WhatItGoesByIsReadBack) {
    FollowedTable table, read;
    auto writes = a_denial(7, QUELL_RESPONSE_DENY_WRITE, {"/srv", "/\xff\n"});
    writes.is_alone = true;
    writes.places.count = 2;
    writes.places.at[1].file.inode = 77;
    auto executable = a_denial(8, QUELL_RESPONSE_DENY_EXEC, {"/usr/bin/x"});
    executable.executable.file.inode = 78;
    (void)table.add(writes);
    (void)table.add(executable);
    ASSERT_TRUE(read.read(table.text("boot"), "boot", kNow, kWall));
    EXPECT_EQ(read.text("boot"), table.text("boot"));
    EXPECT_EQ(read.all()[0].paths, writes.paths);
    EXPECT_TRUE(read.all()[0].is_alone);
    EXPECT_EQ(read.all()[0].places.count, 2u);
    EXPECT_EQ(read.all()[0].places.at[1].file.inode, 77u);
    EXPECT_EQ(read.all()[1].executable.file.inode, 78u);

    const auto good = read.text("boot");
    for (const auto& [name, value] : std::vector<std::pair<const char*, Json>>{{"paths", Json::array()}, {"paths", 7}, {"paths", {7}}, {"paths", {"xy"}}, {"paths", {"61"}}, {"paths", {"2f0061"}},
                                                                               {"paths", std::vector<std::string>(17, "2f61")}, {"places", ""}, {"places", std::string(sizeof(quell_places) * 2, 'f')},
                                                                               {"executable", "00"}, {"is_alone", 7}}) {
        auto json = Json::parse(good);
        json["followed"][0][name] = value;
        EXPECT_FALSE(read.read(json.dump(), "boot", kNow, kWall)) << name << " " << value;
    }
    EXPECT_EQ(read.text("boot"), good);
}

TEST(Followed, ItsTermGoesOnOverARestartOfTheHost) {
    FollowedTable table, read;
    (void)table.add(a_follow(7));
    ASSERT_TRUE(read.read(table.text("one boot"), "another", 5'000'000'000, kWall + 20'000'000'000));
    EXPECT_EQ(read.all().front().until_ns, 45'000'000'000u) << "40 s are left";
    ASSERT_TRUE(read.read(table.text("one boot"), "another", 5'000'000'000, kWall + 90'000'000'000));
    EXPECT_NE(read.ended(5'000'000'000), nullptr);
    // a clock that was set back does not make it longer than a term can be
    ASSERT_TRUE(read.read(table.text("one boot"), "another", 5'000'000'000, 0));
    EXPECT_EQ(read.all().front().until_ns, 5'000'000'000 + kFollowMaxNs);
}

TEST(Followed, WhatIsNoSuchTextChangesNothing) {
    FollowedTable table;
    (void)table.add(a_follow(7));
    const auto good = table.text("boot");
    const auto is_refused = [&](const std::string& text) { return !table.read(text, "boot", kNow, kWall) && table.text("boot") == good; };
    for (const char* text : {"", "{", "null", "[]", "{}", R"({"version":1})", R"({"version":2,"boot":"boot","followed":[]})", R"({"version":1,"boot":"boot","followed":[{}]})",
                             R"({"version":1,"boot":7,"followed":[]})", R"({"version":1,"boot":"boot","followed":7})"})
        EXPECT_TRUE(is_refused(text)) << text;
    const auto changed = [&](const char* name, const Json& value) {
        auto json = Json::parse(good);
        json["followed"][0][name] = value;
        return json.dump();
    };
    for (const auto& [name, value] : std::vector<std::pair<const char*, Json>>{{"incident", 0}, {"incident", "7"}, {"name", ""}, {"name", "xyz"}, {"name", 7}, {"image", ""}, {"response", "kill"},
                                                                               {"terms", "00"}, {"terms", ""}, {"terms", std::string(sizeof(quell_terms) * 2, 'f')}, {"came_back", 7},
                                                                               {"came_back", std::vector<int>(17, 1)}, {"who", 7}, {"until_ns", "soon"}})
        EXPECT_TRUE(is_refused(changed(name, value))) << name << " " << value;
    auto many = Json::parse(good);
    for (std::size_t i = 0; i < kFollowedMax; i++) many["followed"].push_back(many["followed"][0]);
    EXPECT_TRUE(is_refused(many.dump())) << "more than there can be";
}

// Whatever a disk made of it: it is taken as a whole or not at all, within its bounds.
TEST(Followed, DamagedTextsAreReadSafely) {
    FollowedTable table;
    (void)table.add(a_follow(7));
    const auto good = table.text("boot");
    std::mt19937 random(5);
    for (int round = 0; round < 3000; round++) {
        auto text = good;
        for (int i = 0; i < 1 + round % 4; i++) text[random() % text.size()] = static_cast<char>(random());
        if (round % 5 == 0) text.resize(random() % text.size());
        FollowedTable read;
        if (!read.read(text, "boot", kNow, kWall)) {
            EXPECT_TRUE(read.empty());
            continue;
        }
        for (const auto& one : read.all()) {
            EXPECT_LE(one.terms.count, QUELL_ALLOWED_MAX);
            EXPECT_LT(one.response, QUELL_RESPONSE_COUNT);
            EXPECT_LE(one.until_ns, kNow + kFollowMaxNs);
            EXPECT_EQ(remembered(one).over(), true);
        }
    }
}

TEST(Followed, FitsTheInterface) {
    auto one = a_follow(7, kHostileName);
    one.add_came_back(9);
    const auto& interface = control::quell_interface();
    const auto wrong = [&](const Followed& followed, std::uint64_t now) { return control::mismatch(interface, interface.types.at("Follow"), follow_json(followed, now)).value_or("fits"); };
    EXPECT_EQ(wrong(one, kNow), "fits");
    one.longest_window_us = 12;
    EXPECT_EQ(wrong(one, ~0ull), "fits");
    EXPECT_FALSE(follow_json(one, kNow).contains("paths"));
    const auto denial = a_denial(8, QUELL_RESPONSE_DENY_EXEC, {"/\x1b\xff"});
    EXPECT_EQ(wrong(denial, kNow), "fits");
    EXPECT_EQ(follow_json(denial, kNow)["paths"], Json::array({"/\\x1b\\xff"}));
    EXPECT_EQ(follow_json(one, kNow)["time_left_s"], 60);
    EXPECT_EQ(follow_json(one, ~0ull)["time_left_s"], 0);
}

TEST(Followed, ItsIncidentIsRememberedAsOver) {
    auto one = a_follow(7);
    const auto known = remembered(one);
    EXPECT_EQ(known.id, 7u);
    EXPECT_EQ(known.state, QUELL_STATE_GONE) << "nothing of it is in force";
    EXPECT_EQ(known.path, "/var/log/dpkg.log");
    ASSERT_TRUE(known.decided_by);
    EXPECT_EQ(known.decided_by->uid, 1000u);
    one.snapshot = "of another version";
    const auto made = remembered(one);
    EXPECT_EQ(made.id, 7u);
    EXPECT_TRUE(made.over());
    EXPECT_EQ(made.rule.severity, 3u);
    EXPECT_EQ(made.entry.response, static_cast<quell_u32>(QUELL_RESPONSE_ISOLATE_NETWORK));
    EXPECT_EQ(made.identity.name, "web");
    const auto& interface = control::quell_interface();
    EXPECT_EQ(control::mismatch(interface, interface.types.at("Incident"), summary_json(made, false)).value_or("fits"), "fits");
}

TEST(Store, KeepsWhatIsFollowed) {
    Store store;
    for (std::uint64_t id = 1; id <= kOverMax + 10; id++) store.remember(an_incident(id, QUELL_STATE_GONE));
    store.keep(3);
    store.trim();
    EXPECT_NE(store.find(3), nullptr);
    EXPECT_EQ(store.find(2), nullptr);
    store.keep_no_more(3);
    for (std::uint64_t id = kOverMax + 11; id <= kOverMax + 20; id++) store.remember(an_incident(id, QUELL_STATE_GONE));
    store.trim();
    EXPECT_EQ(store.find(3), nullptr);
}

}  // namespace
}  // namespace quell::incident

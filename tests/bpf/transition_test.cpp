// SPDX-License-Identifier: Apache-2.0
// The state machine of the kernel side, compiled for this machine, against
// the model: a million steps, with every row and every error met often. Then
// with another CPU between any two steps, against what must always be so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "tests/bpf/transition_model.h"
#include "tests/bpf/transition_walk.h"

namespace quell::model {
namespace {

constexpr std::uint64_t kSteps = 1'500'000, kOften = 300;

struct Row {
    quell_u32 state, command;
    const char* text;
};
constexpr Row kRows[] = {
#define TRANSITION(from, command, to, effects) {QUELL_STATE_##from, QUELL_COMMAND_##command, #from " " #command},
#include "kern/transitions.def"
#undef TRANSITION
};
constexpr int kErrors[] = {ENOENT, EBUSY, EINVAL, ETIME, EPERM, EACCES, EOPNOTSUPP, ESRCH, ENOSPC, EEXIST, EALREADY, ERANGE};

template <typename Visit>
void for_each_entry(Visit visit) {
    quell_pending_key key;
    quell_pending entry;
    for (quell_u32 at = 0; at < MACHINE_ENTRIES; at++)
        if (machine_entry(at, &key, &entry)) visit(key, entry);
}

std::uint64_t contained(std::uint64_t container) {
    quell_container found{};
    return machine_find_container(container, &found) ? found.contained : 0;
}

// The machine and the model: each is asked the same.
class Both final : public Asked {
public:
    Both() { machine_reset(); }

    void ask(quell_transition request, bool caller_descends) override {
        machine_caller(caller_descends);
        auto answered = request;
        const int got = machine_transition(&answered);
        const int expected = model.ask(request, caller_descends, [&](const auto& incidents) { return holder(request, incidents); });
        errors[-expected]++;
        EXPECT_EQ(got, expected) << request.from << " -> " << request.to << " of " << request.incident;
        EXPECT_TRUE(got != -EBUSY || answered.seen != QUELL_WORD(request.incident, request.from)) << answered.seen;
    }
    void detect(quell_pending_key key, quell_pending made, quell_u32 armed) override {
        auto other = key;
        const int expected = model.detect(other, made, armed);
        detected[expected]++;
        EXPECT_EQ(machine_detect(&key, &made, armed), expected);
        EXPECT_EQ(key.turn, other.turn);
    }
    void container(std::uint64_t id, bool is_protected) override {
        model.container(id, is_protected);
        EXPECT_EQ(machine_container(id, is_protected ? QUELL_CONTAINER_PROTECTED : 0), 0);
    }
    void container_ends(std::uint64_t id) override {
        model.container_ends(id);
        machine_container_ends(id);
    }
    void file_ends(std::uint64_t file) override {
        model.file_ends(file);
        const auto key = file_key(file);
        machine_file_ends(&key);
    }
    void network(std::uint64_t container) override {
        const bool is_cut = machine_network(container) != 0;
        EXPECT_EQ(is_cut, model.network(container, is_cut)) << container;
        refused += is_cut;
    }
    void clock(std::uint64_t now_ns) override {
        model.now_ns = now_ns;
        machine_clock(now_ns);
    }

    // What the machine holds is what the model says, to the last count.
    void compare(const std::vector<std::uint64_t>& containers) const {
        std::size_t entries = 0;
        for_each_entry([&](const auto& key, const auto& entry) {
            entries++;
            const auto found = model.entries.find(key_of(key));
            ASSERT_NE(found, model.entries.end()) << "an entry of " << QUELL_WORD_INCIDENT(entry.word);
            const auto& one = found->second;
            ASSERT_EQ(entry.word, QUELL_WORD(one.incident, one.state)) << "state " << QUELL_WORD_STATE(entry.word) << ", and not " << one.state;
            ASSERT_EQ(entry.deadline_ns, one.deadline_ns);
            ASSERT_EQ(entry.approved_ns != 0, one.is_approved) << one.state;
            ASSERT_EQ(entry.contains != 0, one.contains) << one.state;
            ASSERT_EQ((entry.doubts[0] | entry.doubts[1]) != 0, one.is_doubted);
            ASSERT_EQ(entry.held, one.held);
        });
        ASSERT_EQ(entries, model.entries.size());
        std::size_t subjects = 0;
        for (const auto id : containers) {
            quell_container found{};
            const auto known = model.containers.find(id);
            quell_isolation cut{};
            const auto isolated = model.isolations.find(id);
            ASSERT_EQ(machine_isolation(id, &cut) != 0, isolated != model.isolations.end()) << id;
            if (isolated != model.isolations.end()) {
                ASSERT_EQ(cut.incident, isolated->second) << id;
                ASSERT_EQ(cut.until_ns != 0, cut.incident == 0) << id;
            }
            ASSERT_EQ(machine_denial(id), model.denied.contains(id) ? model.denied.at(id) : 0) << id;
            ASSERT_EQ(machine_find_container(id, &found) != 0, known != model.containers.end()) << id;
            if (known == model.containers.end()) continue;
            ASSERT_EQ(found.contained, known->second.contained) << id;
            ASSERT_EQ(found.paused, known->second.paused) << id;
            ASSERT_EQ(found.pending, static_cast<quell_u32>(known->second.waiting)) << id;
            subjects += found.contained != 0;
        }
        for (std::uint64_t actor = 1; actor <= kActors; actor++) ASSERT_EQ(machine_actor(actor), model.actors.contains(actor) ? model.actors.at(actor) : 0) << actor;
        for (std::uint64_t file = 1; file <= kFiles; file++) {
            const auto key = file_key(file);
            ASSERT_EQ(machine_file(&key), model.files.contains(file) ? model.files.at(file) : 0) << file;
        }
        std::size_t places = 0;
        for (const auto& [held, until_ns] : model.held_objects) {
            const auto& [object, container, response] = held;
            const quell_hold_key key{file_key(object), container, response, 0};
            ASSERT_EQ(machine_held_object(&key), until_ns) << object << " of " << container << ", " << response;
            places += response == QUELL_RESPONSE_DENY_WRITE;
        }
        for (const auto& [of, incident] : model.denied_executables) {
            const quell_executable_key key{file_key(of.first), of.second};
            ASSERT_EQ(machine_executable(&key), incident) << of.first << " in " << of.second;
        }
        struct machine_totals totals {};
        machine_count(&totals);
        ASSERT_EQ(totals.waiting, static_cast<std::uint64_t>(model.waiting));
        ASSERT_EQ(totals.host, static_cast<std::uint64_t>(model.host));
        ASSERT_EQ(totals.subjects, subjects + model.actors.size());
        ASSERT_EQ(totals.files, model.files.size() + model.denied.size() + model.denied_executables.size() + model.held_objects.size());
        ASSERT_EQ(totals.executables, model.denied_executables.size());
        ASSERT_EQ(totals.isolated, model.isolations.size());
        ASSERT_EQ(totals.write_denied, model.denied.size() + places);
        ASSERT_EQ(totals.holding, model.held_objects.size());
        ASSERT_EQ(totals.held_objects, model.held_objects.size());
    }

    Model model;
    std::map<int, std::uint64_t> errors, detected;
    std::uint64_t refused = 0;

private:
    // Of several that hold the same, which one the machine has it held by.
    std::uint64_t holder(const quell_transition& request, const std::set<std::uint64_t>& incidents) const {
        const auto& entry = model.entries.at(key_of(request.key));
        const auto by = entry.response == QUELL_RESPONSE_KILL_PROCESS ? machine_actor(entry.actor()) : contained(request.key.container);
        EXPECT_TRUE(incidents.contains(by)) << by;
        return by;
    }
};

TEST(StateMachine, DoesWhatTheModelSaysOverAMillionSteps) {
    Both both;
    Walk walk(20261129, both);
    std::uint64_t held = 0, full = 0;
    for (std::uint64_t i = 0; i < kSteps; i++) {
        walk.step();
        both.compare(walk.containers());
        if (HasFailure()) FAIL() << "at step " << i;
        held += !both.model.held_objects.empty();
        full += both.model.held_objects.size() == MACHINE_HELD_OBJECTS;
    }
    EXPECT_GE(std::min(held - full, full), kSteps / 100) << "objects of those who wait";
    for (const auto& row : kRows) EXPECT_GE((both.model.taken[{row.state, row.command}]), kOften) << row.text;
    for (const int error : kErrors) EXPECT_GE(both.errors[error], kOften) << strerror(error);
    for (const int what : {MACHINE_NOTHING, MACHINE_REPEAT, MACHINE_NEW, MACHINE_NO_ROOM}) EXPECT_GE(both.detected[what], kOften) << what;
    EXPECT_GE(both.refused, kOften) << "of who was held";
    std::uint64_t taken = 0;  // nothing happens that the table does not have
    for (const auto& row : kRows) taken += both.model.taken[{row.state, row.command}];
    for (const auto& [what, times] : both.model.taken) taken -= times;
    EXPECT_EQ(taken, 0u);
}

// The machine alone. Requests come one after the other, as from one daemon; hooks run at any moment, and the second step of a
// stop is asked on a thread of its own.
class Elsewhere final : public Asked {
public:
    Elsewhere() { machine_reset(); }
    ~Elsewhere() override { quell_test_between = nullptr; }
    void ask(quell_transition request, bool caller_descends) override {
        machine_caller(caller_descends);
        (void)machine_transition(&request);
    }
    void detect(quell_pending_key key, quell_pending made, quell_u32 armed) override { (void)machine_detect(&key, &made, armed); }
    void container(std::uint64_t id, bool is_protected) override { (void)machine_container(id, is_protected ? QUELL_CONTAINER_PROTECTED : 0); }
    void container_ends(std::uint64_t id) override { machine_container_ends(id); }
    void file_ends(std::uint64_t file) override {
        const auto key = file_key(file);
        machine_file_ends(&key);
    }
    void network(std::uint64_t container) override { (void)machine_network(container); }
    void clock(std::uint64_t now_ns) override {
        clock_ns = now_ns;
        machine_clock(now_ns);
    }
    std::uint64_t clock_ns = 10'000'000'000;
};

struct Held {
    std::set<std::uint64_t> incidents;  // that may hold something
    std::map<std::uint64_t, std::uint64_t> waiting;  // by container
    std::set<std::uint64_t> cut;  // containers that one who waits holds
    std::uint64_t all = 0;
};

void expect_consistent(const std::vector<std::uint64_t>& containers, std::uint64_t now_ns) {
    Held held;
    for_each_entry([&](const auto& key, const auto& entry) {
        const auto state = QUELL_WORD_STATE(entry.word);
        EXPECT_NE(state, quell_u32{QUELL_STATE_NONE}) << "left in the middle";
        if (state == QUELL_STATE_ARMING || state == QUELL_STATE_PENDING) {
            held.waiting[key.container]++, held.all++;
            if ((entry.held & QUELL_BIT(QUELL_RESPONSE_ISOLATE_NETWORK)) && entry.deadline_ns > now_ns) held.cut.insert(key.container);
            quell_container found{};
            for (const auto response : kAboutObjects) {
                if (!(entry.held & QUELL_BIT(response)) || entry.deadline_ns <= now_ns || !machine_find_container(key.container, &found)) continue;
                const quell_hold_key object{response == QUELL_RESPONSE_DENY_WRITE ? entry.place : entry.file, key.container, response, 0};
                EXPECT_GE(machine_held_object(&object), entry.deadline_ns) << response << " is held by " << QUELL_WORD_INCIDENT(entry.word) << ", and not in force";
            }
        }
        else if (state == QUELL_STATE_APPROVED || state == QUELL_STATE_ENFORCING || (state == QUELL_STATE_FAILED && entry.approved_ns))
            held.incidents.insert(QUELL_WORD_INCIDENT(entry.word));
    });
    struct machine_totals totals {};
    machine_count(&totals);
    EXPECT_EQ(totals.waiting, held.all);
    EXPECT_EQ(totals.host, held.waiting[0]);
    std::uint64_t subjects = totals.actors;
    for (const auto id : containers) {
        quell_container found{};
        quell_isolation cut{};
        const bool is_cut = machine_isolation(id, &cut) != 0, is_there = machine_find_container(id, &found) != 0;
        EXPECT_TRUE(is_there || !is_cut) << "the record of " << id << ", which has ended";
        if (!is_there) continue;
        EXPECT_TRUE(is_cut || !held.cut.contains(id)) << id << " is held, and its network is not cut";
        EXPECT_TRUE(!is_cut || (cut.incident ? held.incidents.contains(cut.incident) && !cut.until_ns : cut.until_ns > 1)) << "cut by " << cut.incident << " until " << cut.until_ns;
        EXPECT_EQ(found.pending, held.waiting[id]) << id;
        subjects += found.contained != 0;
        EXPECT_TRUE(!found.contained || held.incidents.contains(found.contained)) << "contained by " << found.contained << ", which is over";
        EXPECT_TRUE(!found.paused || held.incidents.contains(found.paused)) << "paused by " << found.paused << ", which is over";
    }
    EXPECT_EQ(totals.subjects, subjects);
    EXPECT_EQ(totals.files, totals.held_files + totals.denials + totals.executables + totals.held_objects);
    EXPECT_EQ(totals.holding, totals.held_objects);
    EXPECT_EQ(totals.isolated, totals.isolations);
    EXPECT_EQ(totals.write_denied, totals.denials + totals.held_places);
    for (const auto id : containers) {
        const auto by = machine_denial(id);
        EXPECT_TRUE(!by || held.incidents.contains(by)) << id << " may not write, by " << by << ", which is over";
    }
    for (std::uint64_t actor = 1; actor <= kActors; actor++) {
        const auto by = machine_actor(actor);
        EXPECT_TRUE(!by || held.incidents.contains(by)) << "actor of " << by << ", which is over";
    }
    for (std::uint64_t file = 1; file <= kFiles; file++) {
        const auto key = file_key(file);
        const auto by = machine_file(&key);
        EXPECT_TRUE(!by || held.incidents.contains(by)) << "file of " << by << ", which is over";
        auto scopes = containers;
        for (scopes.push_back(0); !scopes.empty(); scopes.pop_back()) {
            const quell_executable_key executable{key, scopes.back()};
            const auto denied_by = machine_executable(&executable);
            EXPECT_TRUE(!denied_by || held.incidents.contains(denied_by)) << "executable of " << denied_by << ", which is over";
        }
    }
}

TEST(StateMachine, HoldsTogetherWithAnotherCpuBetweenAnyTwoSteps) {
    static Walk* walk = nullptr;
    static std::mt19937_64 random;
    static bool is_elsewhere = false;
    static std::uint64_t times = 0;
    random.seed(7);
    Elsewhere machine;
    Walk own(11, machine);
    walk = &own;
    quell_test_between = [] {
        if (is_elsewhere || random() % 4) return;
        is_elsewhere = true;
        times++;
        walk->elsewhere();
        is_elsewhere = false;
    };
    for (std::uint64_t i = 0; i < kSteps / 4; i++) {
        own.step();
        is_elsewhere = true;  // looking is no step
        expect_consistent(own.containers(), machine.clock_ns);
        is_elsewhere = false;
        if (HasFailure()) FAIL() << "at step " << i;
    }
    EXPECT_GE(times, kSteps / 8);
}

}  // namespace
}  // namespace quell::model

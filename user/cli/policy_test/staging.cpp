// SPDX-License-Identifier: Apache-2.0
#include "user/cli/policy_test/staging.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "user/cli/policy_test/actor/mountable.h"
#include "user/cli/policy_test/network_staging.h"
#include "user/cli/policy_test/reality.h"

namespace quell::cli {

namespace {

using policy::reference::Act;

constexpr std::uint32_t kFifo = 1, kDirectory = 4, kRegular = 8, kSymlink = 10, kSocket = 12;
constexpr std::uint32_t kOverlay = 0x794c7630, kTmpfs = 0x01021994;
constexpr std::uint32_t kTraceMe = 2, kContinue = 18;
constexpr std::size_t kLongestSocketPath = 107;
constexpr unsigned kParent = act::kStages - 2;  // of who acts; it is never the first process
constexpr const char* kOther = ".quell-other";

bool is_one_of(std::uint32_t value, std::initializer_list<std::uint32_t> values) { return std::find(values.begin(), values.end(), value) != values.end(); }

// What is made by the kernel, and by nobody else.
bool is_kernels(const std::string& path) { return path.starts_with("/proc/") || path.starts_with("/sys/"); }

void copy(char (&to)[act::kPathSize], const std::string& text) { std::memcpy(to, text.c_str(), std::min(text.size() + 1, sizeof to)); }

bool put_texts(act::Texts& to, const std::vector<std::string>& texts, const char* end) {
    std::size_t used = 0;
    for (const std::string& text : texts) {
        const std::string whole = text + end;
        if (used + whole.size() + 1 > sizeof to.bytes || to.count >= 255) return false;
        std::memcpy(to.bytes + used, whole.c_str(), whole.size() + 1);
        used += whole.size() + 1;
        to.count++;
    }
    return true;
}

class Stager {
public:
    Stager(const policy::Scenario& scenario, const std::vector<policy::Rule>& rules, const std::string& mount_place)
        : act_(scenario.act), reality_(scenario, rules), mount_place_(mount_place), in_container_(act_.subject == QUELL_SUBJECT_CONTAINER) {
        made_.plan = std::make_unique<act::Plan>();
    }

    Result<Staging> take() {
        subject();
        object();
        if (!reality_.why_not().empty()) return Error{reality_.why_not(), 0, {}};
        return std::move(made_);
    }

private:
    [[nodiscard]] std::uint32_t number(std::uint32_t field) const { return act_.numbers[field]; }
    [[nodiscard]] bool is(std::initializer_list<std::uint32_t> operations) const { return is_one_of(act_.operation, operations); }

    void program(const policy::reference::Executable& exe) {
        if (exe.path.empty() || std::ranges::any_of(made_.things, [&](const Thing& thing) { return thing.path == exe.path; })) return;
        if (is_kernels(exe.path)) return reality_.cannot("no program can be put at " + exe.path);
        if (!in_container_ && !exe.is_intact) return reality_.cannot("an executable of the host is intact");
        made_.things.push_back({.path = exe.path, .mode = 0755, .is_program = true, .is_intact = exe.is_intact});
    }

    void subject() {
        act::Plan& plan = *made_.plan;
        plan.operation = act_.operation;
        plan.in_container = in_container_;
        std::ranges::copy(act_.numbers, plan.numbers);
        const auto& executables = act_.executables;
        for (std::size_t above = 0; above < executables.size() && above < act::kStages; above++) {
            copy(plan.executables[act::kStages - 1 - above], executables[above].path);
            program(executables[above]);
        }
        made_.first_stage = first_stage();
        const bool is_first = number(QUELL_FIELD_FIRST) != 0, has_parents = made_.first_stage < kParent || plan.executables[kParent][0] != '\0';
        if (is_first && (!in_container_ || has_parents)) reality_.cannot("a first process is a container's, and has no parents there");
        if (is_first) made_.first_stage = kParent + 1;
        plan.capabilities = reality_.asked(QUELL_FIELD_HOLDS) ? act_.capabilities : ~std::uint64_t{0};
        if (reality_.asked(QUELL_FIELD_CGROUP)) reality_.cannot("a rule asks for the cgroup: no process is put into one for a test");
        const std::uint32_t exe_is_intact = executables.empty() ? 0 : executables[0].is_intact;
        reality_.will_be(QUELL_FIELD_EXE_INTACT, exe_is_intact);
    }

    // Above whoever is named: in a container nobody has a path there, and on the host nobody may be asked for.
    [[nodiscard]] unsigned first_stage() const {
        if (!in_container_ && reality_.asked(QUELL_FIELD_ANCESTOR)) return 0;
        unsigned stage = 0;
        while (stage < kParent && made_.plan->executables[stage][0] == '\0') stage++;
        return stage;
    }

    void object() {
        if (is({QUELL_OP_MODULE_LOAD})) return reality_.cannot("no module is loaded for a test");
        copy(made_.plan->path, act_.path);
        if (!act_.path.empty() || is_about_a_file()) file();
        special();
    }

    [[nodiscard]] bool is_about_a_file() const {
        static constexpr std::array kWithout = {
#define OPERATION(name, word, object, hooks) std::string_view(#object) == "NONE" || std::string_view(#object) == "EITHER",
#include "kern/operations.def"
#undef OPERATION
        };
        return !kWithout[act_.operation];
    }

    void file() {
        const std::uint32_t type = number(QUELL_FIELD_TYPE);
        if (act_.path.empty()) return reality_.cannot("no path of the object is given");
        reality_.will_be(QUELL_FIELD_FILESYSTEM, filesystem());
        if (is_kernels(act_.path)) {
            if (!is({QUELL_OP_OPEN_READ, QUELL_OP_OPEN_WRITE})) reality_.cannot("what is below /proc and /sys is only opened");
            return;
        }
        if (is({QUELL_OP_CREATE, QUELL_OP_SYMLINK})) {
            // mkdir takes away all but these
            if (is({QUELL_OP_CREATE}) && type == kDirectory) reality_.will_be(QUELL_FIELD_NEW_MODE, number(QUELL_FIELD_NEW_MODE) & 01777);
            if (is({QUELL_OP_SYMLINK})) reality_.will_be(QUELL_FIELD_TYPE, kSymlink);
            return made_.fresh.push_back(act_.path);
        }
        if (!in_container_ && number(QUELL_FIELD_INTACT) == 0 && !is({QUELL_OP_EXEC})) reality_.differs(QUELL_FIELD_INTACT, "a file of the host is");
        if (type == kSymlink && !is({QUELL_OP_DELETE, QUELL_OP_RENAME, QUELL_OP_CHOWN, QUELL_OP_SETXATTR, QUELL_OP_LINK})) return reality_.cannot("that operation follows a symbolic link");
        if (act_.path == "/") {
            if (!is({QUELL_OP_MOUNT_OVER, QUELL_OP_UNMOUNT, QUELL_OP_OPEN_READ})) reality_.cannot("nothing of that is done to the root");
            return;
        }
        existing(type);
    }

    void existing(std::uint32_t type) {
        Thing thing{.path = act_.path, .type = type, .mode = number(QUELL_FIELD_MODE), .owner = number(QUELL_FIELD_OWNER), .group = number(QUELL_FIELD_GROUP),
                    .is_program = is({QUELL_OP_EXEC}), .is_intact = !in_container_ || number(QUELL_FIELD_INTACT) != 0,
                    .may_be_there = is({QUELL_OP_MOUNT_OVER, QUELL_OP_UNMOUNT, QUELL_OP_OPEN_READ}) && !reality_.asked(QUELL_FIELD_MODE) && !reality_.asked(QUELL_FIELD_OWNER) && !reality_.asked(QUELL_FIELD_GROUP)};
        // as whoever acts would have it, where nothing is said of it and nobody asks
        if (thing.mode == 0 && !reality_.asked(QUELL_FIELD_MODE)) thing.mode = type == kDirectory ? 0755 : 0644;
        if (thing.owner == 0 && !reality_.asked(QUELL_FIELD_OWNER)) thing.owner = number(QUELL_FIELD_UID);
        if (is({QUELL_OP_EXEC}) && (thing.mode & 0111) == 0) {
            thing.mode |= 0111;
            reality_.will_be(QUELL_FIELD_MODE, thing.mode);
        }
        if (is({QUELL_OP_UNIX_CONNECT})) {
            thing.type = kSocket;
            reality_.will_be(QUELL_FIELD_TYPE, kSocket);
            made_.listens = true;
            if (act_.path.size() > kLongestSocketPath) reality_.cannot("the path is too long for a socket's address");
        }
        if (is({QUELL_OP_RENAME, QUELL_OP_LINK})) {
            made_.fresh.push_back(act_.path + kOther);
            copy(made_.plan->other, act_.path + kOther);
        }
        // what acts is the object, too
        const auto same = std::ranges::find_if(made_.things, [&](const Thing& other) { return other.path == thing.path; });
        if (same != made_.things.end()) {
            if (type != kRegular || same->is_intact != thing.is_intact) return reality_.cannot("the object is the executable, and another kind of file");
            thing.is_program = true;
            thing.mode |= 0111;
            reality_.will_be(QUELL_FIELD_MODE, thing.mode);
            made_.things.erase(same);
        }
        made_.things.push_back(std::move(thing));
    }

    [[nodiscard]] std::uint32_t filesystem() const {
        if (act_.path.starts_with("/proc/")) return 0x9fa0;
        if (in_container_) return kOverlay;
        std::filesystem::path above = act_.path;
        struct statfs found {};
        while (::statfs(above.c_str(), &found) != 0 && above.has_relative_path()) above = above.parent_path();
        return static_cast<std::uint32_t>(found.f_type);
    }

    // What belongs to one operation alone.
    void special() {
        act::Plan& plan = *made_.plan;
        if (is({QUELL_OP_EXEC})) return execution();
        if (is({QUELL_OP_MOUNT})) mount();
        if (is({QUELL_OP_MOUNT_OVER})) reality_.will_be(QUELL_FIELD_MOUNT_FLAGS, act::kMountOverAlways | (number(QUELL_FIELD_MOUNT_FLAGS) & act::kMountOverMay));
        if (is({QUELL_OP_MOUNT, QUELL_OP_PIVOT_ROOT})) copy(plan.other, mount_place_);
        if (is({QUELL_OP_PTRACE, QUELL_OP_SIGNAL})) target();
        if (is({QUELL_OP_SIGNAL}) && number(QUELL_FIELD_SIGNAL) == 0) reality_.will_be(QUELL_FIELD_SIGNAL, kContinue);
        if (is({QUELL_OP_SETUID})) new_ids();
        if (is({QUELL_OP_CAPABILITY}) && !is_one_of(number(QUELL_FIELD_CAPABILITY), {12, 13, 16, 18, 21, 22, 25, 34})) reality_.cannot("nothing is known that needs that capability alone");
        if (is({QUELL_OP_SYMLINK})) {
            if (act_.path.empty()) return reality_.cannot("no path of the link is given");
            if (act_.link_target.empty()) reality_.differs(QUELL_FIELD_TARGET, "a link leads somewhere");
            copy(plan.link_target, act_.link_target);
        }
        stage_network(act_, reality_, plan);
    }

    void mount() {
        const auto is_it = [&](const act::Mountable& one) { return one.number == number(QUELL_FIELD_FILESYSTEM); };
        const auto found = std::ranges::find_if(act::kMountables, is_it);
        if (found == std::end(act::kMountables)) reality_.will_be(QUELL_FIELD_FILESYSTEM, kTmpfs);
        reality_.will_be(QUELL_FIELD_BLOCK_DEVICE, 0);
        const std::string source = act::mountable(number(QUELL_FIELD_FILESYSTEM));
        if (act_.mount_source != source) reality_.differs(QUELL_FIELD_SOURCE, "the kernel calls it " + source);
    }

    void execution() {
        act::Plan& plan = *made_.plan;
        const bool is_memory = number(QUELL_FIELD_MEMFD) != 0;
        if (is_memory != act_.path.empty()) return reality_.cannot("what is executed has a path, or is memory only");
        reality_.will_be(QUELL_FIELD_LINKED, is_memory ? 0 : 1);
        if (is_memory) {
            reality_.will_be(QUELL_FIELD_INTACT, 0);
            reality_.will_be(QUELL_FIELD_FILESYSTEM, kTmpfs);
        } else if (!in_container_) {
            reality_.will_be(QUELL_FIELD_INTACT, 1);
        }
        if (number(QUELL_FIELD_TYPE) != kRegular) reality_.cannot("only a file is executed");
        for (const std::uint32_t field : {QUELL_FIELD_STDIN, QUELL_FIELD_STDOUT})
            if (!is_one_of(number(field), {0, kFifo, 2, kDirectory, kRegular, kSocket})) reality_.cannot("standard input or output of that type is not made");
        if (!put_texts(plan.arguments, act_.arguments, "") || !put_texts(plan.environment, act_.environment, "=quell")) reality_.cannot("too many arguments or variables");
    }

    void target() {
        if (is({QUELL_OP_PTRACE}) && number(QUELL_FIELD_TRACE) == kTraceMe) {
            const std::string parent = act_.executables.size() > 1 ? act_.executables[1].path : "";
            if (act_.target != parent) reality_.differs(QUELL_FIELD_TARGET_EXE, "who traces is the parent");
            return;
        }
        if (is({QUELL_OP_PTRACE})) reality_.will_be(QUELL_FIELD_TRACE, 1);
        copy(made_.plan->target, act_.target);
        program({act_.target, true});
    }

    // By one call, which leaves the other id as it is.
    void new_ids() {
        const bool is_user = number(QUELL_FIELD_NEW_UID) != number(QUELL_FIELD_UID);
        if (!is_user && number(QUELL_FIELD_NEW_GID) == number(QUELL_FIELD_GID)) return reality_.cannot("no other id is taken");
        if (is_user) reality_.will_be(QUELL_FIELD_NEW_GID, number(QUELL_FIELD_GID));
    }

    const Act& act_;
    Reality reality_;
    const std::string& mount_place_;
    const bool in_container_;
    Staging made_;
};

}  // namespace

Result<Staging> stage(const policy::Scenario& scenario, const std::vector<policy::Rule>& rules, const std::string& mount_place) {
    if (std::string why = why_not_told(scenario, rules); !why.empty()) return Error{std::move(why), 0, {}};
    return Stager(scenario, rules, mount_place).take();
}

}  // namespace quell::cli

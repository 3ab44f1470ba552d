// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/loader.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "kern/abi.h"
// after the ABI: the skeleton names its types
#include "kern/quell.skel.h"
#include "user/base/fd.h"
#include "user/bpf/casts.h"
#include "user/bpf/hook_table.h"
#include "user/bpf/pins.h"

namespace quell::bpf {
namespace {

std::string g_verifier_log;  // what libbpf said last; the loader is one thread in its own process

constexpr std::size_t kLogKept = 65536;

// A verifier's whole log comes as one line of many megabytes at most, and what it refuses stands at its end.
__attribute__((format(printf, 2, 0))) int keep_log(libbpf_print_level level, const char* format, va_list arguments) {
    if (level == LIBBPF_DEBUG) return 0;
    char* line = nullptr;
    const int n = ::vasprintf(&line, format, arguments);
    if (n < 0) return n;
    const auto kept = std::min<std::size_t>(static_cast<std::size_t>(n), kLogKept);
    g_verifier_log.append(line + n - kept, kept);
    std::free(line);
    if (g_verifier_log.size() > kLogKept) g_verifier_log.erase(0, g_verifier_log.size() - kLogKept);
    return n;
}

std::string last_lines(const std::string& text, std::size_t bytes) {
    return text.size() > bytes ? "..." + text.substr(text.size() - bytes) : text;
}

using Skeleton = std::unique_ptr<quell_bpf, decltype(&quell_bpf__destroy)>;

Status make_directories(const std::string& root) {
    for (const auto& directory : {root, root + "/maps", root + "/policy", root + "/programs", root + "/links"})
        if (::mkdir(directory.c_str(), 0700) && errno != EEXIST)
            return errno_error("cannot make " + directory);
    return success();
}

Status pin_programs(quell_bpf& skeleton, const std::string& root) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) {
        if (!bpf_program__autoload(program)) continue;
        const auto path = program_pin(root, bpf_program__name(program));
        if (bpf_obj_pin(bpf_program__fd(program), path.c_str())) return errno_error("cannot pin " + path);
    }
    return success();
}

Status pin_all(quell_bpf& skeleton, const std::string& root) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton.obj) {
        if (!bpf_map__autocreate(map)) continue;
        const auto path = map_pin(root, pin_name(bpf_map__name(map)));
        if (bpf_obj_pin(bpf_map__fd(map), path.c_str())) return errno_error("cannot pin " + path);
    }
    return pin_programs(skeleton, root);
}

struct Place {
    const char* function;
    bool tells_mount;  // what quell_do_move_mount gets: a struct mount, else a struct path
};

// Where a mount is seen leaving its place. Compilers change signatures of static functions, and these have no BTF then. The
// first two are under one lock (docs/design/015-one-lock.md); the last is there always, but asked by move_mount(2) only.
constexpr Place kMovePlaces[] = {{"check_for_nsfs_mounts", true}, {"attach_recursive_mnt", true}, {"do_move_mount", false}, {"security_move_mount", false}};

// Of the kernel itself, by its BTF; 0: it has none of that name.
std::uint32_t function_id(const char* name) {
    static const std::unique_ptr<btf, decltype(&btf__free)> kernel(btf__load_vmlinux_btf(), &btf__free);
    const int id = kernel ? btf__find_by_name_kind(kernel.get(), name, BTF_KIND_FUNC) : 0;
    return id > 0 ? static_cast<std::uint32_t>(id) : 0;
}

Place move_place() {
    for (const auto& place : kMovePlaces)
        if (function_id(place.function)) return place;
    return std::end(kMovePlaces)[-1];
}

// What libbpf opens: the skeleton's object, with the calls that depend on the kernel.
std::vector<char>& object_image() {
    static std::vector<char> image = [] {
        std::size_t size = 0;
        const auto* object = static_cast<const char*>(quell_bpf__elf_bytes(&size));
        return with_cast_calls({object, size}, function_id("bpf_rdonly_cast"));
    }();
    return image;
}

// By the kernel's own BTF alone: for a type that it lacks libbpf would go through the modules' BTF, which takes
// CAP_SYS_ADMIN. quelld has no such capability, and asks for no type of a module here (overlay_layout.cpp does).
Skeleton open_object() {
    LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = "/sys/kernel/btf/vmlinux");
    Skeleton skeleton(static_cast<quell_bpf*>(std::calloc(1, sizeof(quell_bpf))), &quell_bpf__destroy);
    if (!skeleton || quell_bpf__create_skeleton(skeleton.get())) return {nullptr, &quell_bpf__destroy};
    skeleton->skeleton->data = object_image().data();
    if (bpf_object__open_skeleton(skeleton->skeleton, &options)) return {nullptr, &quell_bpf__destroy};
    skeleton->rodata->move_tells_mount = move_place().tells_mount;
    if (bpf_program__set_attach_target(skeleton->progs.quell_do_move_mount, 0, move_place().function)) {
        skeleton.reset();
        return skeleton;
    }
    for (const auto& more : kMorePrograms)
        if (more.function != nullptr && !function_id(more.function))
            bpf_program__set_autoload(bpf_object__find_program_by_name(skeleton->obj, more.program), false);
    return skeleton;
}

bpf_program* program_of(quell_bpf& skeleton, std::size_t hook) {
    return bpf_object__find_program_by_name(skeleton.obj, kHooks[hook].program);
}

// What libbpf's load says, with the end of the verifier's log.
Status load(quell_bpf& skeleton) {
    if (!quell_bpf__load(&skeleton)) return success();
    auto error = errno_error("the kernel refused the BPF object");
    error.message += "\n" + last_lines(g_verifier_log, 3000);
    error.hint = "quell doctor says what the kernel lacks";
    return error;
}

constexpr std::uint64_t reads_texts() {
    std::uint64_t hooks = 0;
    for (const auto one : kTextHooks) hooks |= one;
    return hooks;
}

bool has_pin(const std::string& root, bpf_map* map) { return ::access(map_pin(root, bpf_map__name(map)).c_str(), F_OK) == 0; }

// The map that only programs use which are loaded late: made where they are needed and it is not there yet.
bpf_map* choose_text_map(quell_bpf& skeleton, const std::string& root, std::uint64_t hooks) {
    bpf_map* map = skeleton.maps.text_work;
    const bool there = has_pin(root, map), needed = (hooks & reads_texts()) != 0;
    if (!there && !needed) (void)bpf_map__set_autocreate(map, false);
    return !there && needed ? map : nullptr;
}

// The maps that are there, instead of new ones.
Status adopt_maps(quell_bpf& skeleton, const std::string& root, const bpf_map* made) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton.obj) {
        if (!bpf_map__autocreate(map) || map == made) continue;
        const auto path = map_pin(root, pin_name(bpf_map__name(map)));
        const Fd pinned(bpf_obj_get(path.c_str()));
        if (!pinned || bpf_map__reuse_fd(map, pinned.get())) return errno_error("cannot use the pin " + path);
    }
    return success();
}

}  // namespace

Status load_and_pin(const std::string& root) {
    if (::access(root.c_str(), F_OK) == 0)
        return Error{"there are pins under " + root + " already", EEXIST, "quelld adopts them, or quelld --unload removes them"};
    libbpf_set_print(keep_log);
    libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
    auto skeleton = open_object();
    if (!skeleton) return errno_error("cannot open the BPF object");
    for (std::size_t hook = 0; hook < kHooks.size(); hook++)
        if ((late_hooks() >> hook) & 1) bpf_program__set_autoload(program_of(*skeleton, hook), false);
    (void)choose_text_map(*skeleton, root, 0);
    if (auto loaded = load(*skeleton); !loaded) return loaded;
    auto done = make_directories(root);
    if (done) done = pin_all(*skeleton, root);
    if (done)  // from here on only programs write the truth about containments
        for (auto* map : {skeleton->maps.pending, skeleton->maps.contained_actors, skeleton->maps.contained_files, skeleton->maps.isolations, skeleton->maps.write_denials, skeleton->maps.denied_executables, skeleton->maps.held_objects})
            if (bpf_map_freeze(bpf_map__fd(map)) && done) done = errno_error("cannot seal a map");
    if (done && ::mkdir(version_pin(root).c_str(), 0700)) done = errno_error("cannot make " + version_pin(root));
    if (!done) (void)unload(root);
    return done;
}

Status load_late(const std::string& root, std::uint64_t hooks) {
    libbpf_set_print(keep_log);
    libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
    auto skeleton = open_object();
    if (!skeleton) return errno_error("cannot open the BPF object");
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj) bpf_program__set_autoload(program, false);
    for (std::size_t hook = 0; hook < kHooks.size(); hook++)
        if (((hooks >> hook) & 1) && ::access(program_pin(root, kHooks[hook].program).c_str(), F_OK) != 0)
            bpf_program__set_autoload(program_of(*skeleton, hook), true);
    const auto* made = choose_text_map(*skeleton, root, hooks);
    if (auto adopted = adopt_maps(*skeleton, root, made); !adopted) return adopted;
    if (auto loaded = load(*skeleton); !loaded) return loaded;
    if (made != nullptr && bpf_obj_pin(bpf_map__fd(made), map_pin(root, bpf_map__name(made)).c_str())) return errno_error("cannot pin the map of texts");
    return pin_programs(*skeleton, root);
}

Result<std::vector<ProgramCheck>> check_programs(const std::function<void(const std::string&)>& begins,
                                                 const std::function<void(const ProgramCheck&)>& ends) {
    std::vector<ProgramCheck> checks;
    libbpf_set_print(keep_log);
    auto all = open_object();
    if (!all) return errno_error("cannot open the BPF object");
    std::vector<std::string> names;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, all->obj)
        if (bpf_program__autoload(program)) names.emplace_back(bpf_program__name(program));
    for (const auto& name : names) {  // each by itself, so that one refusal does not hide the others
        begins(name);
        auto one = open_object();
        if (!one) return errno_error("cannot open the BPF object");
        bpf_object__for_each_program(program, one->obj) bpf_program__set_autoload(program, name == bpf_program__name(program));
        g_verifier_log.clear();
        const bool loads = quell_bpf__load(one.get()) == 0;
        checks.push_back({name, loads, loads ? "" : last_lines(g_verifier_log, 900)});
        ends(checks.back());
    }
    return checks;
}

std::vector<std::uint64_t> paused_containers(const std::string& root) {
    std::vector<std::uint64_t> paused;
    if (::access(version_pin(root).c_str(), F_OK) != 0) return paused;
    const Fd map(bpf_obj_get(map_pin(root, "containers").c_str()));
    std::uint64_t key = 0, next = 0;
    // bounded: containers come and go meanwhile
    for (int i = 0; i < 4096 && map && !bpf_map_get_next_key(map.get(), i ? &key : nullptr, &next); i++) {
        quell_container value{};
        key = next;
        if (!bpf_map_lookup_elem(map.get(), &key, &value) && value.paused) paused.push_back(key);
    }
    // and while nobody has decided, or for a capture
    const Fd entries(bpf_obj_get(map_pin(root, "pending").c_str()));
    quell_pending_key at{}, behind{};
    for (int i = 0; i < 4096 && entries && !bpf_map_get_next_key(entries.get(), i ? &at : nullptr, &behind); i++) {
        quell_pending value{};
        at = behind;
        if (!bpf_map_lookup_elem(entries.get(), &at, &value) && has_frozen(value)) paused.push_back(at.container);
    }
    return paused;
}

bool has_frozen(const quell_pending& entry) {
    if (entry.held & QUELL_BIT(QUELL_RESPONSE_PAUSE_CONTAINER)) return true;
    // the mark of the one who froze it for its capture (response/freeze_mark.h) ends with the flip; also where the kill has failed
    const auto state = QUELL_WORD_STATE(entry.word);
    const bool is_flipped = state == QUELL_STATE_APPROVED || (state == QUELL_STATE_FAILED && entry.approved_ns != 0);
    return is_flipped && entry.response == QUELL_RESPONSE_KILL_CONTAINER && (entry.beside & QUELL_BESIDE_FROZEN) != 0;
}

}  // namespace quell::bpf

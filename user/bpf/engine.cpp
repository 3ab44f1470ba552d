// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/engine.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "user/bpf/hook_table.h"
#include "user/bpf/pins.h"

extern char** environ;

namespace quell::bpf {
namespace {

std::size_t page_rounded(std::size_t size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (size + page - 1) & ~(page - 1);
}

// Runs the loader to its end; what it says goes to our own stderr.
Status run_loader(const std::string& program, const char* verb, const std::string& root) {
    const char* arguments[] = {program.c_str(), verb, root.c_str(), nullptr};
    pid_t pid = 0;
    if (const int error = posix_spawn(&pid, program.c_str(), nullptr, nullptr, const_cast<char**>(arguments), environ))
        return errno_error("cannot start " + program, error);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return errno_error("cannot wait for the loader");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return success();
    return Error{std::string("the loader failed (") + verb + ")", EIO, "its messages stand above; quell doctor says what the kernel lacks"};
}

Result<std::vector<std::pair<std::string, Fd>>> open_directory(const std::string& directory) {
    std::vector<std::pair<std::string, Fd>> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        Fd fd(bpf_obj_get(entry.path().c_str()));
        if (!fd) return errno_error("cannot open the pin " + entry.path().string());
        found.emplace_back(entry.path().filename().string(), std::move(fd));
    }
    if (error) return Error{"cannot list " + directory + ": " + error.message(), error.value(), {}};
    return found;
}

// Works for every kind used here: LSM, raw tracepoint, fentry, fexit. `name`: of the link's pin.
Status attach_and_pin(const std::string& root, const char* program_name, const std::string& name) {
    const Fd program(bpf_obj_get(program_pin(root, program_name).c_str()));
    if (!program) return errno_error("cannot open the program of " + name);
    Fd link(bpf_raw_tracepoint_open(nullptr, program.get()));
    if (!link) return errno_error("cannot attach to " + name);
    const auto pin = link_pin(root, name);
    if (bpf_obj_pin(link.get(), pin.c_str())) return errno_error("cannot pin " + pin);
    return success();
}

int pinned(const std::vector<std::pair<std::string, Fd>>& list, std::string_view name) {
    for (const auto& [key, fd] : list)
        if (key == name) return fd.get();
    return -1;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
    std::unique_ptr<Engine> engine(new Engine);
    engine->options_ = options;
    const bool there = ::access(options.pin_root.c_str(), F_OK) == 0;
    if (there && ::access(version_pin(options.pin_root).c_str(), F_OK) != 0)
        return Error{"the pins under " + options.pin_root + " are of another version", EPROTO,
                     "stop that version's daemon, or give its containments up with: quelld --unload"};
    if (!there)
        if (auto loaded = run_loader(options.loader, "--load", options.pin_root); !loaded) return loaded.error();
    engine->adopted_ = there;
    auto loader = LoaderProcess::start(options.loader, options.pin_root);
    if (!loader) return loader.error();
    engine->loader_ = std::move(*loader);
    if (auto opened = engine->open_pins(); !opened) return opened.error();

    quell_setup setup{};
    setup.self_pid = 1;
    setup.first_incident = options.first_incident;
    // by what is there, not by who loaded: a daemon may have died in between
    if (!engine->globals_->host_root) {
        setup.learn_host = 1;
        if (getrandom(&setup.name_key, sizeof(setup.name_key), 0) != sizeof(setup.name_key))
            return errno_error("cannot get random bytes");
    }
    if (auto ran = engine->run_setup(setup); !ran) return ran.error();
    engine->globals_->enabled_offers = options.enabled_responses;
    engine->globals_->adopting = 0;
    // what an earlier daemon asked when it was killed: nobody asks it any more
    std::memset(const_cast<quell_task_query*>(&engine->globals_->query), 0, sizeof(quell_task_query));
    return engine;
}

Status Engine::run_setup(quell_setup setup) {
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &setup, .ctx_size_in = sizeof(setup));
    return bpf_prog_test_run_opts(program("quell_setup_program"), &run) ? Status(errno_error("cannot run the setup program")) : success();
}

Status Engine::open_pins() {
    auto maps = open_directory(options_.pin_root + "/maps");
    if (!maps) return maps.error();
    maps_ = std::move(*maps);
    auto programs = open_directory(options_.pin_root + "/programs");
    if (!programs) return programs.error();
    programs_ = std::move(*programs);
    globals_size_ = page_rounded(sizeof(quell_globals));
    void* at = mmap(nullptr, globals_size_, PROT_READ | PROT_WRITE, MAP_SHARED, map("globals"), 0);
    if (at == MAP_FAILED) return errno_error("cannot map the globals");
    globals_ = static_cast<volatile quell_globals*>(at);
    for (std::size_t i = 0; i < kHooks.size(); i++)
        if (::access(link_pin(options_.pin_root, std::string(kHooks[i].name)).c_str(), F_OK) == 0)
            attached_ |= std::uint64_t{1} << i;
    return success();
}

Engine::~Engine() {
    if (globals_) munmap(const_cast<quell_globals*>(globals_), globals_size_);
}

int Engine::map(const char* name) const { return pinned(maps_, name); }
int Engine::program(const char* name) const { return pinned(programs_, name); }
int Engine::ring_fd() const { return map("ring"); }

Status Engine::attach(quell_hook hook) {
    const std::lock_guard lock(mutex_);
    if (attached(hook)) return success();
    const auto& row = kHooks[hook];
    if (auto loaded = load_programs(std::uint64_t{1} << hook); !loaded) return loaded;
    // the hook's own pin, which is its truth, comes last: who died before that has left the others
    for (const auto& more : kMorePrograms) {
        if (more.hook != hook || ::access(link_pin(options_.pin_root, more.program).c_str(), F_OK) == 0) continue;
        // whoever loads pins all that the kernel has a place for
        if (more.function != nullptr && ::access(program_pin(options_.pin_root, more.program).c_str(), F_OK) != 0) continue;
        if (auto done = attach_and_pin(options_.pin_root, more.program, more.program); !done) return done;
    }
    if (auto done = attach_and_pin(options_.pin_root, row.program, std::string(row.name)); !done) return done;
    attached_ |= std::uint64_t{1} << hook;
    return success();
}

Status Engine::detach(quell_hook hook) {
    const std::lock_guard lock(mutex_);
    if (!attached(hook)) return success();
    const auto pin = link_pin(options_.pin_root, std::string(kHooks[hook].name));
    if (::unlink(pin.c_str())) return errno_error("cannot remove " + pin);
    attached_ &= ~(std::uint64_t{1} << hook);
    for (const auto& more : kMorePrograms)
        if (more.hook == hook && ::unlink(link_pin(options_.pin_root, more.program).c_str()) && errno != ENOENT)
            return errno_error("cannot remove the pin of " + std::string(more.program));
    return success();
}

void Engine::take_skipped_runs() {
    std::uint64_t skipped = 0;
    for (const auto& row : kHooks) {
        // under no lock: what is left out there are writes that are not seen, no life or move (docs/design/015-one-lock.md)
        if (&row == &kHooks[QUELL_HOOK_rw_verify_area]) continue;
        bpf_prog_info info{};
        quell_u32 size = sizeof(info);
        const Fd program(bpf_obj_get(program_pin(options_.pin_root, row.program).c_str()));
        if (program && bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0) skipped += info.recursion_misses;
    }
    globals_->counters[QUELL_COUNTER_RUNS_SKIPPED] = skipped;
}

Result<quell_transition> Engine::transition(quell_transition request) {
    // the kernel copies the context back to where it came from
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &request, .ctx_size_in = sizeof(request));
    if (bpf_prog_test_run_opts(program("quell_transition_program"), &run)) return errno_error("cannot run the transition program");
    return request;
}

Status Engine::mark_listener(int socket) {
    quell_u32 one = 1;
    if (bpf_map_update_elem(map("listeners"), &socket, &one, BPF_ANY)) return errno_error("cannot mark the control socket");
    return success();
}

std::optional<quell_peer> Engine::peer(int socket) const {
    quell_peer peer{};
    if (bpf_map_lookup_elem(map("peers"), &socket, &peer)) return std::nullopt;
    return peer;
}

Status Engine::learn_overlay() { return run_loader(options_.loader, "--learn-overlay", options_.pin_root); }

}  // namespace quell::bpf

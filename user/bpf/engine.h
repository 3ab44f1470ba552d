// SPDX-License-Identifier: Apache-2.0
// Engine: the kernel side as the daemon sees it. Everything is pinned under
// /sys/fs/bpf/quell and outlives the process; an Engine is a set of
// descriptors of those pins, whether they were made a moment ago or by an
// earlier daemon.
//
// Thread-safety: attach and detach are serialised inside, so are tasks and find_containers; all may be
// called from a worker; everything else is a single system call on a shared
// descriptor and may be called from any thread. Errors are Results with
// errno in `code`.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kern/abi.h"
#include "policy/image.h"
#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/bpf/loader_process.h"

namespace quell::bpf {

inline constexpr const char* kPinRoot = "/sys/fs/bpf/quell";

struct EngineOptions {
    std::string pin_root = kPinRoot;
    std::string loader;                // program that loads and pins: run as `loader --load`, and stays as `loader --loader`
    std::uint64_t first_incident = 1;  // higher than any id in the history
    std::uint32_t enabled_responses = ~0u;
};

struct PendingEntry {
    quell_pending_key key;
    quell_pending value;
};

struct ContainerEntry {
    std::uint64_t cgroup = 0;
    quell_container value{};
};

// Which of a policy's identities hold for a container.
struct NamedContainer {
    std::uint64_t cgroup = 0;
    quell_named value{};
};

// One process, whatever it belongs to.
struct FoundProcess {
    quell_task_ref task{};
    std::uint64_t container = 0;  // 0: host
};

class Engine {
public:
    // Adopts the pins, or has them made. EPROTO: pins of another version
    // (hint says what to do); others: from the loader or the kernel.
    [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // True when an earlier daemon had made the pins.
    [[nodiscard]] bool adopted() const { return adopted_; }

    // Live view of the shared page; single fields are read and written atomically by the CPU.
    [[nodiscard]] volatile quell_globals& globals() { return *globals_; }
    [[nodiscard]] std::uint64_t counter(quell_counter counter) const { return globals_->counters[counter]; }
    // The kernel runs a program that is no LSM hook once at a time on a CPU, and counts the runs that it left out for that
    // (recursion_misses). Puts their sum into the counter runs-skipped.
    void take_skipped_runs();

    // --- hooks. attach and detach are idempotent; a hook's pin is its truth.
    [[nodiscard]] Status attach(quell_hook hook);
    [[nodiscard]] Status detach(quell_hook hook);
    [[nodiscard]] bool attached(quell_hook hook) const { return (attached_ >> hook) & 1; }
    [[nodiscard]] std::uint64_t attached_mask() const { return attached_; }

    // --- policy: all or nothing. On error the old generation is untouched.
    // Loads the programs its operations need and attaches them first, which takes
    // tenths of a second when a kind of operation is new; hooks no longer needed are the caller's to detach.
    // `named`: of containers that are known by then, by the image's identities.
    [[nodiscard]] Status load_policy(const policy::Image& image, std::uint64_t generation, const std::vector<NamedContainer>& named = {});
    // By the identities of the policy that runs. ENOENT: there is no such container any more.
    [[nodiscard]] Status name_container(const NamedContainer& named);

    // --- containments
    // Runs the pinned transition program. The Result is an error only when
    // the program could not be run; its own answer is in `.error`.
    [[nodiscard]] Result<quell_transition> transition(quell_transition request);
    // Before a flip, on its thread: see kern/enforce/stock.h.
    void fill_stock();
    // An incident that somebody asks for: runs the pinned request program, whose own answer is in `.error`.
    [[nodiscard]] Result<quell_request> request(quell_request request);
    // ESRCH: no such process, or one that must never be hit: PID 1, kernel threads, Quell.
    [[nodiscard]] Result<FoundProcess> process(std::uint32_t pid);
    // Of a descriptor of this process; `container`: whose it is where it lies in an overlay. ENOENT: it was closed.
    [[nodiscard]] Result<quell_open_file> open_file(int descriptor, std::uint64_t container);
    // Who has the file open or mapped: told once for each descriptor and map. Walks all of them, for `limit_ns` at most; then
    // `is_whole` is false. `inode`: its number as its process saw it.
    [[nodiscard]] Result<std::vector<quell_holder>> holders(const quell_file_key& file, std::uint64_t inode, std::uint64_t limit_ns, bool& is_whole);
    [[nodiscard]] std::optional<quell_pending> find(const quell_pending_key& key) const;
    [[nodiscard]] std::vector<PendingEntry> pending() const;
    [[nodiscard]] std::optional<quell_container> container(std::uint64_t cgroup) const;
    [[nodiscard]] std::vector<ContainerEntry> containers() const;
    // Lets go of a container whose cgroup is gone, once nobody of it lives. ENOENT: its cgroup is there, or it is not known.
    [[nodiscard]] Status forget(std::uint64_t container);
    [[nodiscard]] std::optional<quell_file_entry> file(const quell_file_key& key) const;
    [[nodiscard]] std::optional<quell_executable> executable(const quell_executable_key& key) const;
    // Of a container whose network is cut.
    [[nodiscard]] std::optional<quell_isolation> isolation(std::uint64_t container) const;
    // Of a container that may not write below some places.
    [[nodiscard]] std::optional<quell_write_denial> write_denial(std::uint64_t container) const;

    // Group leaders in a container (by cgroup or lineage) or bearing a mark;
    // `mark` first gives `actor` to descendants of that task, until no more are found.
    [[nodiscard]] Result<std::vector<quell_task_ref>> tasks(std::uint64_t container, std::uint64_t actor,
                                                            const quell_task_ref* mark = nullptr);
    // Group leaders that execute the file, or what it was copied up to; of the container, 0: of any and of the host.
    [[nodiscard]] Result<std::vector<quell_task_ref>> executing(const quell_file_key& file, std::uint64_t container);

    // What the descriptors of a process are of, by the identities of the kernel side.
    [[nodiscard]] Result<std::vector<quell_held_file>> held_files(pid_t process);

    // Recognises cgroups and containers that were there before the first load, Quell's own among them.
    // After the standing hooks are attached, once; harmless when repeated.
    [[nodiscard]] Status find_containers();

    // --- control socket: who connected
    [[nodiscard]] Status mark_listener(int socket);
    [[nodiscard]] std::optional<quell_peer> peer(int socket) const;

    [[nodiscard]] int ring_fd() const;

    // The layout of overlayfs from its module's BTF, once overlay.ko is there.
    // Runs the loader, because reading BTF costs memory the daemon should not keep.
    [[nodiscard]] Status learn_overlay();

private:
    Engine() = default;
    [[nodiscard]] Status open_pins();
    [[nodiscard]] Status run_setup(quell_setup setup);
    // Programs that are missing; with an image also new maps for it, of that half.
    [[nodiscard]] Status load_programs(std::uint64_t hooks, const policy::Image* image = nullptr, quell_u32 half = 0);
    [[nodiscard]] Status load_texts(const policy::ImageTexts& texts, std::uint64_t generation, quell_u32 half);
    [[nodiscard]] int map(const char* name) const;
    [[nodiscard]] int program(const char* name) const;

    EngineOptions options_;
    LoaderProcess loader_;
    std::vector<std::pair<std::string, Fd>> maps_;
    std::vector<std::pair<std::string, Fd>> programs_;
    volatile quell_globals* globals_ = nullptr;
    std::size_t globals_size_ = 0;
    std::atomic<std::uint64_t> attached_ = 0;
    bool adopted_ = false;
    std::mutex mutex_;        // attaching, which takes its time
    std::mutex loader_mutex_;  // within mutex_, or alone
    std::mutex sought_mutex_;  // globals' sought: takes longer, and nobody who decides waits for it
    std::mutex query_mutex_;  // globals' query, and iterators: asked on the loop, too, which does not wait for an attach
};

}  // namespace quell::bpf

// SPDX-License-Identifier: Apache-2.0
// What the maps and iterators tell: containments, containers, tasks.
#include <bpf/bpf.h>
#include <unistd.h>

#include <cstring>

#include "user/base/time.h"
#include "user/bpf/engine.h"

namespace quell::bpf {
namespace {

template <typename Key, typename Value, typename Visit>
void for_each(int map, Visit visit) {
    Key key{}, next{};
    bool first = true;
    // bounded: a map that changes under the walk could make it start anew for ever
    for (int i = 0; i < 65536 && !bpf_map_get_next_key(map, first ? nullptr : &key, &next); i++) {
        Value value{};
        key = next;
        first = false;
        if (!bpf_map_lookup_elem(map, &key, &value)) visit(key, value);
    }
}

enum class Over { kTasks, kCgroups, kOwnFiles, kHeldFiles };

// Runs an iterator once; its output as bytes. `process`: whose files, of kHeldFiles. Not beyond `until_ns`, where one is given:
// then what there is by then.
Result<std::string> run_iterator(int program, Over over = Over::kTasks, pid_t process = 0, std::uint64_t until_ns = UINT64_MAX) {
    bpf_iter_link_info which{};
    LIBBPF_OPTS(bpf_link_create_opts, options);
    if (over != Over::kTasks) {
        options.iter_info = &which;
        options.iter_info_len = sizeof(which);
    }
    if (over == Over::kCgroups) which.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;  // parents first; of the root, since no descriptor is named
    if (over == Over::kOwnFiles) which.task.tid = static_cast<quell_u32>(::getpid());  // of the first thread: 6.1 takes no other one's number
    if (over == Over::kHeldFiles) which.task.pid = static_cast<quell_u32>(process);
    Fd link(bpf_link_create(program, 0, BPF_TRACE_ITER, &options));
    if (!link) return errno_error("cannot create an iterator");
    Fd iterator(bpf_iter_create(link.get()));
    if (!iterator) return errno_error("cannot start an iterator");
    std::string output;
    char buffer[8192];
    for (;;) {
        const auto n = ::read(iterator.get(), buffer, sizeof(buffer));
        if (n == 0) return output;
        if (n < 0) {
            if ((errno == EINTR || errno == EAGAIN) && boottime_ns() < until_ns) continue;
            if (errno == EINTR || errno == EAGAIN) return output;
            return errno_error("cannot read from an iterator");
        }
        output.append(buffer, static_cast<std::size_t>(n));
        if (boottime_ns() >= until_ns) return output;
    }
}

// Puts a question whole: of one in whose middle an earlier daemon was killed nothing is left to be asked along.
void ask(volatile quell_task_query& where, const quell_task_query& question) { std::memcpy(const_cast<quell_task_query*>(&where), &question, sizeof(question)); }

}  // namespace

std::optional<quell_pending> Engine::find(const quell_pending_key& key) const {
    quell_pending value{};
    if (bpf_map_lookup_elem(map("pending"), &key, &value)) return std::nullopt;
    return value;
}

std::vector<PendingEntry> Engine::pending() const {
    std::vector<PendingEntry> entries;
    for_each<quell_pending_key, quell_pending>(map("pending"), [&](const auto& key, const auto& value) { entries.push_back({key, value}); });
    return entries;
}

std::optional<quell_container> Engine::container(std::uint64_t cgroup) const {
    quell_container value{};
    if (bpf_map_lookup_elem(map("containers"), &cgroup, &value)) return std::nullopt;
    return value;
}

std::vector<ContainerEntry> Engine::containers() const {
    std::vector<ContainerEntry> entries;
    for_each<std::uint64_t, quell_container>(map("containers"), [&](const auto& key, const auto& value) { entries.push_back({key, value}); });
    return entries;
}

Status Engine::forget(std::uint64_t container) {
    quell_forget request{};
    request.container = container;
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &request, .ctx_size_in = sizeof(request));
    if (bpf_prog_test_run_opts(program("quell_forget_program"), &run)) return errno_error("cannot run the program that forgets");
    return request.error ? errno_error("cannot forget the container", -request.error) : success();
}

void Engine::fill_stock() {
    LIBBPF_OPTS(bpf_test_run_opts, run);
    (void)bpf_prog_test_run_opts(program("quell_stock_program"), &run);  // without it a flip is dearer, and no other
}

std::optional<quell_file_entry> Engine::file(const quell_file_key& key) const {
    quell_file_entry value{};
    if (bpf_map_lookup_elem(map("contained_files"), &key, &value)) return std::nullopt;
    return value;
}

std::optional<quell_executable> Engine::executable(const quell_executable_key& key) const {
    quell_executable value{};
    if (bpf_map_lookup_elem(map("denied_executables"), &key, &value)) return std::nullopt;
    return value;
}

std::optional<quell_isolation> Engine::isolation(std::uint64_t container) const {
    quell_isolation value{};
    if (bpf_map_lookup_elem(map("isolations"), &container, &value)) return std::nullopt;
    return value;
}

std::optional<quell_write_denial> Engine::write_denial(std::uint64_t container) const {
    quell_write_denial value{};
    if (bpf_map_lookup_elem(map("write_denials"), &container, &value)) return std::nullopt;
    return value;
}

Status Engine::find_containers() {
    const std::lock_guard lock(query_mutex_);
    if (auto ran = run_iterator(program("quell_iter_cgroups"), Over::kCgroups); !ran) return ran.error();
    if (auto ran = run_iterator(program("quell_iter_containers")); !ran) return ran.error();
    // before that no container was known, and so none for Quell's own
    quell_setup setup{};
    setup.self_pid = 1;
    return run_setup(setup);
}

Result<quell_request> Engine::request(quell_request request) {
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &request, .ctx_size_in = sizeof(request));
    if (bpf_prog_test_run_opts(program("quell_request_program"), &run)) return errno_error("cannot run the request program");
    return request;
}

Result<FoundProcess> Engine::process(std::uint32_t pid) {
    const std::lock_guard lock(query_mutex_);
    quell_task_query question{};
    question.pid = pid;
    ask(globals_->query, question);
    auto output = run_iterator(program("quell_iter_tasks"));
    const auto home = globals_->query.home;
    ask(globals_->query, {});
    if (!output) return output.error();
    if (output->size() != sizeof(quell_task_ref)) return Error{"no such process, or one that is never contained (PID 1, kernel threads, Quell)", ESRCH, {}};
    FoundProcess found{.task = {}, .container = home};
    std::memcpy(&found.task, output->data(), sizeof(found.task));
    return found;
}

Result<quell_open_file> Engine::open_file(int descriptor, std::uint64_t container) {
    const std::lock_guard lock(query_mutex_);
    quell_task_query question{};
    question.container = container;
    question.descriptor = static_cast<quell_u32>(descriptor);
    ask(globals_->query, question);
    auto output = run_iterator(program("quell_iter_files"), Over::kOwnFiles);
    if (!output) return output.error();
    quell_open_file file{};
    if (output->size() != sizeof(file)) return Error{"the kernel side does not see the open file", ENOENT, {}};
    std::memcpy(&file, output->data(), sizeof(file));
    return file;
}

Result<std::vector<quell_holder>> Engine::holders(const quell_file_key& file, std::uint64_t inode, std::uint64_t limit_ns, bool& is_whole) {
    const std::lock_guard lock(sought_mutex_);
    std::memcpy(const_cast<quell_file_key*>(&globals_->sought), &file, sizeof(file));
    globals_->sought_inode = inode;
    const auto until_ns = boottime_ns() + limit_ns;
    std::vector<quell_holder> found;
    for (const char* name : {"quell_iter_maps", "quell_iter_holders"}) {  // maps first: no hook reaches those
        auto output = run_iterator(program(name), Over::kTasks, 0, until_ns);
        if (!output) return output.error();
        const auto before = found.size();
        found.resize(before + output->size() / sizeof(quell_holder));
        if (found.size() != before) std::memcpy(found.data() + before, output->data(), (found.size() - before) * sizeof(quell_holder));
    }
    is_whole = boottime_ns() < until_ns;
    return found;
}

Result<std::vector<quell_task_ref>> Engine::executing(const quell_file_key& file, std::uint64_t container) {
    const std::lock_guard lock(query_mutex_);
    quell_task_query question{};
    question.container = container;
    question.executable = file;
    ask(globals_->query, question);
    auto output = run_iterator(program("quell_iter_tasks"));
    ask(globals_->query, {});
    if (!output) return output.error();
    std::vector<quell_task_ref> found(output->size() / sizeof(quell_task_ref));
    std::memcpy(found.data(), output->data(), found.size() * sizeof(quell_task_ref));
    return found;
}

Result<std::vector<quell_task_ref>> Engine::tasks(std::uint64_t container, std::uint64_t actor, const quell_task_ref* mark) {
    constexpr int kMarkRounds = 8;  // each finds only what forked during the one before
    const std::lock_guard lock(query_mutex_);
    quell_task_query question{};
    question.container = container;
    question.actor = actor;
    question.mark_start_ns = mark ? mark->start_ns : 0;
    question.mark_pid = mark ? mark->pid : 0;
    quell_u32 before = 0;
    for (int round = 0;; round++) {
        ask(globals_->query, question);
        auto output = run_iterator(program("quell_iter_tasks"));
        if (!output) return output.error();
        if (const quell_u32 marked = globals_->query.marked; mark && round < kMarkRounds && marked != before) {
            before = marked;
            continue;
        }
        std::vector<quell_task_ref> found(output->size() / sizeof(quell_task_ref));
        std::memcpy(found.data(), output->data(), found.size() * sizeof(quell_task_ref));
        return found;
    }
}

Result<std::vector<quell_held_file>> Engine::held_files(pid_t process) {
    auto output = run_iterator(program("quell_iter_held"), Over::kHeldFiles, process);
    if (!output) return output.error();
    std::vector<quell_held_file> found(output->size() / sizeof(quell_held_file));
    std::memcpy(found.data(), output->data(), found.size() * sizeof(quell_held_file));
    return found;
}

}  // namespace quell::bpf

// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/daemon.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <csignal>
#include <algorithm>
#include <cstring>
#include <boost/interprocess/sync/file_lock.hpp>
#include <filesystem>
#include <fstream>

#include "user/base/escape.h"
#include "user/base/fd.h"
#include "user/base/id.h"
#include "user/base/log.h"
#include "user/base/time.h"
#include "user/bpf/hook_table.h"
#include "user/bpf/loader.h"
#include "user/daemon/privileges.h"
#include "user/evidence/store.h"
#include "user/history/history.h"
#include "user/response/cgroup.h"
#include "user/response/freeze_mark.h"
#include "user/response/hold.h"

namespace quell::daemon {
namespace {

constexpr std::uint64_t kTickNs = 1'000'000'000;
constexpr const char* kLockPath = "/run/quell/lock";
constexpr std::size_t kWorkerJobs = 4096;
constexpr std::size_t kSweepers = 3;      // one that waits for a stubborn process holds up no other kill
constexpr std::size_t kStoppers = 2;      // each who is stopped has his signal at the flip: time is given to all at once
constexpr std::size_t kTakerJobs = 64;
constexpr std::size_t kNamerJobs = 2048;  // one for each container that there can be
constexpr std::size_t kWalkerJobs = 2048;  // the same: what follows its workload is looked for in each
constexpr std::size_t kWalkers = 2;       // one that is in a file system that does not answer holds up no other
constexpr std::size_t kSearches = 4;     // each takes up to ten seconds, and its client waits thirty
constexpr std::size_t kReaderJobs = 64;  // each is a client that waits, and there are as many connections

std::optional<gid_t> operators_group(const Config& config) {
    if (config.operators_group.empty()) return std::nullopt;
    const group* found = ::getgrnam(config.operators_group.c_str());
    if (!found) {
        log::warn("the operators' group of the configuration does not exist: the socket is root's");
        return std::nullopt;
    }
    return found->gr_gid;
}

void log_finding(const policy::Finding& finding) {
    const std::string place = finding.line == 0 ? escape(finding.file) : escape(finding.file) + ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
    const std::string text = (place.empty() ? "" : place + ": ") + std::string(policy::code_name(finding.code)) + ": " + finding.message;
    if (finding.severity == policy::Severity::kError) log::error(text);
    else log::warn(text);
}

Error with_hint(Error error, std::string hint) {
    if (error.hint.empty()) error.hint = std::move(hint);
    return error;
}

// What must be so before anything is loaded; each with its remedy.
Status preconditions() {
    std::string modules;
    std::getline(std::ifstream("/sys/kernel/security/lsm"), modules);
    if ((',' + modules + ',').find(",bpf,") == std::string::npos) {
        // "capability" is always there and cannot be named at boot
        auto boot = ',' + modules + (modules.empty() ? "bpf" : ",bpf");
        if (const auto at = boot.find(",capability,"); at != std::string::npos) boot.erase(at, std::string_view(",capability").size());
        return Error{"bpf is not among the kernel's security modules (" + modules + ")", ENOTSUP, "boot with lsm=" + boot.substr(1)};
    }
    if (::access("/sys/fs/cgroup/cgroup.controllers", F_OK))
        return Error{"cgroup v2 is not mounted at /sys/fs/cgroup", ENOTSUP, "boot with systemd.unified_cgroup_hierarchy=1"};
    struct statfs info {};
    if (::statfs("/sys/fs/bpf", &info) || info.f_type != BPF_FS_MAGIC)
        return Error{"no BPF file system is mounted at /sys/fs/bpf", ENOTSUP, "mount -t bpf bpf /sys/fs/bpf"};
    if (::access("/sys/fs/bpf", W_OK)) return with_hint(errno_error("/sys/fs/bpf cannot be written"), "mount -o remount,rw /sys/fs/bpf");
    return success();
}

// A pending containment holds a descriptor of its container's cgroup.kill. Without a unit that says more, the limit of
// 1,024 was met in a flood, and then nobody could connect to decide.
void raise_descriptor_limit() {
    constexpr rlim_t kDescriptors = 16 * QUELL_PENDING_MAX;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit)) return;
    const rlim_t hard = limit.rlim_max;
    limit.rlim_cur = std::max(limit.rlim_cur, kDescriptors);
    limit.rlim_max = std::max(hard, kDescriptors);
    if (!::setrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max = hard;
    if (::setrlimit(RLIMIT_NOFILE, &limit) || hard < kDescriptors)
        log::warn("no more than " + std::to_string(hard) + " descriptors: a flood of incidents may leave none to connect with");
}

// The single instance, for as long as it is held. Root's alone: who may open it may lock it, also for reading.
Result<boost::interprocess::file_lock> instance_lock() {
    std::error_code failed;
    std::filesystem::create_directories("/run/quell", failed);
    if (failed) return Error{"cannot make /run/quell: " + failed.message(), failed.value(), {}};
    const Fd made(::open(kLockPath, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made || ::fchmod(made.get(), 0600)) return errno_error(std::string("cannot open ") + kLockPath);
    return boost::interprocess::file_lock(kLockPath);
}

// Containers that an earlier daemon froze for a moment, in which it was killed: they go on, unless they are paused by now, or
// held frozen by an incident that waits.
void let_go_on(bpf::Engine& engine, history::AsyncHistory& history) {
    for (const auto cgroup : response::left_frozen()) {
        const auto container = engine.container(cgroup);
        if (container && !container->paused && !response::is_held_frozen(engine, cgroup)) {
            const auto thawed = response::thaw(cgroup);
            history::Row row;
            row.action = history::Action::ENGINE_WARNING;
            row.subject = "container " + escape(std::string_view(container->id, std::min<std::size_t>(12, strnlen(container->id, sizeof(container->id)))));
            row.result = "left frozen by a daemon that ended while it interrupted or captured it: " + (thawed ? std::string("it goes on") : thawed.error().message);
            log::error(row.subject + ": " + row.result);
            history.append({std::move(row), {}, {}});
            if (!thawed) continue;
        }
        response::forget_freeze(cgroup);
    }
}

std::filesystem::path page_path(const Config& config) { return std::filesystem::path(config.socket_path).parent_path() / "status"; }

}  // namespace

Daemon::Daemon(const Config& config)
    : config_(config), service_(notify::Service::from_environment()),
      kept_(std::filesystem::path(config.history_path).parent_path() / "policies") {}

Status Daemon::unload(const Config& config) {
    auto lock = instance_lock();
    if (!lock) return lock.error();
    if (!lock->try_lock()) return Error{"quelld runs: stop it first", EBUSY, "systemctl stop quelld"};
    for (const auto container : bpf::paused_containers(bpf::kPinRoot))
        if (const auto thawed = response::thaw(container); !thawed) log::error(thawed.error().message);
    for (const auto container : response::left_frozen()) {
        if (const auto thawed = response::thaw(container); !thawed) log::error(thawed.error().message);
        response::forget_freeze(container);
    }
    if (auto unloaded = bpf::unload(bpf::kPinRoot); !unloaded) return unloaded;
    std::error_code none;  // a page of what is no more would say that it is; without one nothing is said
    std::filesystem::remove(page_path(config), none);
    return success();
}

int Daemon::run(const Config& config) {
    Daemon daemon(config);
    auto lock = instance_lock();
    if (!lock) {
        log::error(lock.error().message);
        return 1;
    }
    if (!lock->try_lock()) {
        log::error("another quelld runs already; see systemctl status quelld");
        return 1;
    }
    if (auto started = daemon.start(); !started) {
        log::error(started.error().message);
        if (!started.error().hint.empty()) log::error("hint: " + started.error().hint);
        return 1;
    }
    (void)daemon.service_.ready("watching");
    if (auto ran = daemon.loop_->run(); !ran) log::error(ran.error().message);
    daemon.vitals_.stopping = true;
    daemon.decisions_->end();
    daemon.decisions_->write_due_rows();
    daemon.low_roles_->flush();
    daemon.publish();
    (void)daemon.service_.stopping();
    history::Row row;
    row.action = history::Action::STOPPED;
    row.subject = "quelld";
    row.result = "detection and enforcement go on in the kernel";
    daemon.history_->append(std::move(row));
    (void)daemon.history_->flush(5000);
    return 0;
}

Status Daemon::start() {
    vitals_.since_ns = boottime_ns();
    raise_descriptor_limit();
    if (auto ready = preconditions(); !ready) return ready;
    auto loop = Loop::create();
    if (!loop) return loop.error();
    loop_ = std::move(*loop);
    if (auto added = loop_->add_signals({SIGTERM, SIGINT, SIGHUP}, [this](const auto& info) { on_signal(info); }); !added) return added;
    if (auto loaded = load_engine(); !loaded) return loaded;
    worker_ = std::make_unique<Worker>(*loop_, "quelld-arm", kWorkerJobs);
    sweeper_ = std::make_unique<Worker>(*loop_, "quelld-sweep", kWorkerJobs, kSweepers);
    stopper_ = std::make_unique<Worker>(*loop_, "quelld-stop", kWorkerJobs, kStoppers);
    taker_ = std::make_unique<Worker>(*loop_, "quelld-evidence", kTakerJobs);
    namer_ = std::make_unique<Worker>(*loop_, "quelld-names", kNamerJobs);
    walker_ = std::make_unique<Worker>(*loop_, "quelld-walk", kWalkerJobs, kWalkers);
    searcher_ = std::make_unique<Worker>(*loop_, "quelld-search", kSearches);
    reader_ = std::make_unique<Worker>(*loop_, "quelld-read", kReaderJobs);
    start_history();
    if (auto attached = attach_standing(); !attached) return attached;
    if (auto applied = apply_at_start(); !applied) return applied;
    names_->use(policies_->image());
    check_canary();
    if (auto started = start_incidents(); !started) return started;
    if (auto started = start_control(); !started) return started;
    publish();
    auto timer = loop_->add_timer(kTickNs, kTickNs, [this] { on_tick(); });
    return timer ? success() : Status(timer.error());
}

// Loads, or adopts: all that takes more than the daemon keeps, and before it has a second thread.
Status Daemon::load_engine() {
    // A directory that cannot be made is the history's trouble, which is loud, and not detection's.
    std::error_code unmade;
    std::filesystem::create_directories(std::filesystem::path(config_.history_path).parent_path(), unmade);
    // The higher of both: ids that a broken disk never took were of the time before.
    std::uint64_t first_incident = history::incident_base_by_clock();
    if (auto file = history::History::open(config_.history_path)) {
        if (auto base = file->next_incident_base()) first_incident = std::max(first_incident, *base);
        if (auto newest = file->newest_generation(); newest && *newest) last_generation_ = (*newest)->generation;
    } else {
        log::warn("the history cannot be opened: " + file.error().message);
    }
    auto engine = bpf::Engine::open({.loader = "/proc/self/exe", .first_incident = first_incident, .enabled_responses = config_.responses});
    if (!engine) return engine.error();
    engine_ = std::move(*engine);
    return drop_privileges(operators_group(config_));
}

void Daemon::start_history() {
    history::AsyncOptions options;
    options.path = config_.history_path;
    options.keep_rows = config_.history_keep_rows;
    options.changed = [this](const history::Health& health) {
        loop_->post([this, health] {
            vitals_.history_warning = health.ok ? "" : "the history cannot be written: " + health.error;
        });
    };
    options.appended = [this](const history::Entry& entry) { tell(entry.row); };
    options.committed = [this](const std::vector<history::Row>& rows) {
        for (const auto& row : rows)
            if (row.action == history::Action::APPROVED) journal_.history_head(row.number, row.hash, id_text(row.incident), "approved");
        loop_->post([this, rows] {
            if (decisions_) decisions_->written(rows);
        });
    };
    history_ = std::make_unique<history::AsyncHistory>(std::move(options));
}

Status Daemon::attach_standing() {
    if (auto learnt = engine_->learn_overlay(); !learnt) log::warn(learnt.error().message);
    // those of the rules that run as well: a pin may have been removed, and the policy need not be loaded anew
    for (std::uint64_t hooks = bpf::standing_hooks() | bpf::policy_hooks(engine_->globals().operations, engine_->globals().texts) | bpf::response_hooks(engine_->globals().kept), hook = 0; hook < bpf::kHooks.size(); hook++)
        if ((hooks >> hook) & 1)
            if (auto attached = engine_->attach(static_cast<quell_hook>(hook)); !attached) return attached;
    if (!engine_->globals().scanned) {  // once: what is made later is seen at its making
        if (auto found = engine_->find_containers(); !found) return found;
        engine_->globals().scanned = 1;
    }
    history::Row row;
    row.action = engine_->adopted() ? history::Action::ADOPTED : history::Action::STARTED;
    row.subject = "quelld";
    row.result = engine_->adopted() ? "the pins of an earlier daemon were adopted" : "loaded";
    history_->append(std::move(row));
    auto files = TrustedFiles::open();
    if (!files) return files.error();
    names_ = std::make_unique<Names>(*engine_, *namer_, std::move(files).value(), [this](std::uint64_t container) {
        if (doubts_) doubts_->judge(container);
    });
    policies_ = std::make_unique<Policies>(PolicyLoader{[this](const policy::Image& image, std::uint64_t generation) { return engine_->load_policy(image, generation, names_->of(image)); },
                                                        [this] { return std::uint64_t{engine_->globals().generation}; }},
                                           last_generation_);
    return success();
}

Status Daemon::apply_at_start() {
    // Rules that an earlier daemon loaded do not end because a directory is empty: that takes `apply --allow-empty`.
    adopt_policy();
    const bool has_rules = policies_->rule_count() > 0;
    const auto outcome = apply_directory(!has_rules);
    return outcome ? success() : Status(outcome.error());  // wrong policies: what runs goes on, and nothing runs without being said
}

// What is wrong is in the log and in the status; a broken policy leaves what runs.
Result<ApplyOutcome> Daemon::apply_directory(bool allow_empty) {
    const bool has_rules = policies_->rule_count() > 0;
    auto outcome = policies_->apply({.paths = {config_.policy_dir}, .dry_run = false, .allow_empty = allow_empty});
    if (outcome)
        for (const auto& finding : outcome->findings) log_finding(finding);
    vitals_.policy_warning = policy_warning(outcome, "the policy in " + config_.policy_dir, has_rules);
    if (!vitals_.policy_warning.empty()) {
        log::error(vitals_.policy_warning + "; see quell policy check " + config_.policy_dir);
        return outcome;
    }
    record_policy(*outcome, nullptr);
    if (!outcome->changed) log::info("policy: nothing to change, generation " + std::to_string(outcome->generation) + ", " + outcome->digest.substr(0, 12));
    return outcome;
}

// The generation that an earlier daemon loaded is still the kernel's.
void Daemon::adopt_policy() {
    const std::uint64_t running = engine_->globals().generation;
    if (!running) return;
    std::string digest;
    if (auto file = history::History::open_read_only(config_.history_path))
        if (auto newest = file->newest_generation(); newest && *newest && (*newest)->generation == running)
            if (store_.rules().restore(running, (*newest)->rules)) digest = (*newest)->digest;
    policies_->adopt(running, digest, store_.rules().of(running));
    if (!engine_->globals().identities) return;
    // who new containers are is asked by what the rules say, also where the directory's files are broken by now
    if (auto kept = kept_.read(running))
        if (auto compiled = policy::compile(kept->sources, {.allow_empty = true}); compiled.image) policies_->know(std::move(*compiled.image));
}

Status Daemon::start_incidents() {
    decisions_ = std::make_unique<approval::Decisions>(approval::Decisions::Parts{*engine_, store_, *history_, *worker_, *sweeper_, *stopper_, *taker_, config_.stop_grace_s * 1'000'000'000, config_.keep_armed_s * 1'000'000'000, config_.automatic,
        [this] {
            check_canary();
            return vitals_.canary == Canary::kDenied;
        },
        [this](const auto& incident) {
            if (watch_) watch_->tell(incident);
        },
        [this](const auto& incident) { return evidence_order(incident); }, config_.evidence, config_.rights, config_.guards, own_pod(),
        [this](const auto& incident, const auto& request) { return follower_->may_follow(incident, request); },
        [this](const auto& incident, const auto& request) { return follower_->follow(incident, request); }});
    if (auto store = evidence::Store::open(config_.evidence)) store->remove_drafts();
    else log::warn("no evidence can be kept: " + store.error().message);
    removed_.emplace(*engine_, *worker_);
    auto files = TrustedFiles::open();
    if (!files) return files.error();
    auto records = TrustedFiles::open();
    if (!records) return records.error();
    identities_ = std::make_shared<IdentityReader>(std::move(records).value());
    pods_ = std::make_unique<PodFollower>(*engine_, *namer_, identities_, [this](std::uint64_t first, const std::string& what) { decisions_->appeared(first, what); });
    start_following();
    doubts_ = std::make_unique<Doubts>(store_, *decisions_, *names_);
    watch_ = std::make_unique<Watch>(Watch::Parts{*engine_, store_, *decisions_, *history_, *worker_,
                                                  [this](const auto& incident) { doubts_->note(incident, policies_->image(), policies_->generation()); }},
                                     std::move(files).value());
    count_automatic();
    std::vector<history::Snapshot> snapshots;
    if (auto file = history::History::open_read_only(config_.history_path)) {
        if (auto found = file->snapshots(incident::kOverMax)) snapshots = std::move(found).value();
        // what holds may be older than all of these
        if (auto held = file->snapshots(history::kListMax, {"approved", "enforcing", "failed"})) snapshots.insert(snapshots.end(), held->begin(), held->end());
        // what waits keeps the terms of the generation it was made under
        if (auto newest = file->newest_generation(); newest && *newest) (void)store_.rules().restore((*newest)->generation, (*newest)->rules);
    }
    auto ring = bpf::RingReader::open(
        engine_->ring_fd(), [this](const quell_event& event) { watch_->on_event(event); },
        [this](const quell_notice& notice) {
            if (notice.word) return decisions_->on_notice(notice);
            names_->seen(notice.key.container);
            follower_->noticed(notice.key.container, notice.key.turn != 0, notice.time_ns);
        });
    if (!ring) return ring.error();
    ring_ = std::move(*ring);
    watch_->remember(snapshots);
    follower_->load();
    ring_->consume();  // what an earlier daemon left, before entries without details are made up for
    restored_.emplace(Restored::Parts{*engine_, store_, *history_, *reader_});
    restored_->put_in_force();
    let_go_on(*engine_, *history_);
    watch_->adopt();
    decisions_->tell_left_over();
    pods_->resume(store_);
    follower_->adopt();
    return loop_->add(ring_->poll_fd(), EPOLLIN, [this](std::uint32_t) { ring_->consume(); });
}

Status Daemon::start_control() {
    const auto group = operators_group(config_);
    control::ServerOptions options;
    options.path = config_.socket_path;
    options.mode = config_.socket_mode;
    options.operators = group;
    options.record = [this](int fd) { return engine_->peer(fd); };
    groups_ = deciding_groups();
    options.has_role = [this](const control::Peer& peer) { return approval::role_of({peer.uid, peer.gid, peer.groups}, groups_) != approval::Role::kNone; };
    const auto refused = [this](const std::string& why) {
        return [this, why](const control::Peer& peer, std::string_view method, std::uint64_t times) {
            history::Row row;
            row.action = history::Action::REFUSED;
            row.subject = "quelld";
            row.result = why + ": " + std::string(method) + ", " + std::to_string(times) + " times";
            row.who = who_of(peer);
            history_->append(std::move(row));
        };
    };
    options.on_refused = refused("not an operator");
    low_roles_.emplace(options.limits.refusal_ns, refused("the role is too low"));
    auto server = control::Server::create(*loop_, *this, std::move(options));
    if (!server) return server.error();
    server_ = std::move(*server);
    if (auto marked = engine_->mark_listener(server_->fd()); !marked) return marked;
    auto page = control::StatusPageWriter::create(page_path(config_), group);
    if (!page) return page.error();
    page_.emplace(std::move(*page));
    return success();
}

void Daemon::on_signal(const signalfd_siginfo& info) {
    if (info.ssi_signo != SIGHUP) {
        loop_->stop();
        return;
    }
    (void)service_.reloading();
    (void)apply_directory(false);
    publish();
    (void)service_.ready("watching");
}

void Daemon::on_tick() {
    if (boottime_ns() - vitals_.canary_ns >= kCanaryIntervalNs) check_canary();
    watch_->find_untold();
    decisions_->tick();
    names_->tick();
    doubts_->tick();
    follower_->tick();
    removed_->tick();
    pods_->tick(store_);
    restored_->tick();
    vitals_.lost_warning = restored_->warning();
    low_roles_->on_tick(boottime_ns());
    journal_rows_.flush();
    learn_overlay();
    publish();
    (void)service_.watchdog();
}

void Daemon::check_canary() {
    const auto before = vitals_.canary;
    vitals_.canary = try_canary(engine_->globals().canary_denied);
    vitals_.canary_ns = boottime_ns();
    if (before != vitals_.canary && vitals_.canary == Canary::kNotDenied)
        log::error("blind: the canary's removal was not denied; nothing is enforced until it is");
}

void Daemon::publish() {
    if (page_) page_->write(status_snapshot(*engine_, *policies_, vitals_));
}

void Daemon::record_policy(const ApplyOutcome& outcome, const control::Peer* peer, std::uint64_t origin) {
    vitals_.policy_warning.clear();  // also when the files are again what runs on
    keep_policy(outcome, origin);
    if (!outcome.changed) return;
    names_->use(policies_->image());
    store_.add_rules(outcome.generation, policies_->image());
    history::Row row;
    row.action = history::Action::POLICY_APPLIED;
    row.generation = outcome.generation;
    row.subject = "policy";
    row.result = (origin ? "rollback to generation " + std::to_string(origin) + ": " : "") + std::to_string(outcome.rules) + " rules, generation " +
                 std::to_string(outcome.generation) + ", " + outcome.digest.substr(0, 12);
    if (peer) row.who = who_of(*peer);
    log::info("policy: " + row.result);
    history::Generation generation{outcome.generation, outcome.digest, store_.rules().text(outcome.generation)};
    history_->append(history::Entry{std::move(row), std::nullopt, std::move(generation)});
}

// On the reader's thread: a disk that hangs holds up no decision.
void Daemon::keep_policy(const ApplyOutcome& outcome, std::uint64_t origin) {
    if (!outcome.generation) return;
    KeptPolicy kept{outcome.generation, origin ? origin : outcome.generation, outcome.digest, outcome.sources};
    const auto done = [this](const Status& saved) {
        vitals_.kept_warning = saved ? "" : "the policy that runs could not be kept for rollback and diff: " + saved.error().message;
        if (!saved) log::warn(vitals_.kept_warning);
    };
    auto submitted = reader_->submit(
        [this, kept = std::move(kept), changed = outcome.changed]() -> Status { return !changed && kept_.has(kept.generation) ? success() : kept_.save(kept); }, done);
    if (!submitted) done(submitted);
}

// overlay.ko may come with the first container, after the daemon.
void Daemon::learn_overlay() {
    if (engine_->globals().overlay.known || learning_overlay_ || ::access("/sys/kernel/btf/overlay", F_OK)) return;
    learning_overlay_ = true;
    auto submitted = worker_->submit([this] { return engine_->learn_overlay(); },
                                     [this](const Status& learnt) {
                                         learning_overlay_ = false;
                                         if (!learnt) log::warn(learnt.error().message);
                                     });
    if (!submitted) learning_overlay_ = false;
}

}  // namespace quell::daemon

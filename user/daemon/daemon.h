// SPDX-License-Identifier: Apache-2.0
// Daemon: puts the parts together and runs the loop. Thin: what it decides
// stands in user/approval, what it does to a target in user/response, what it
// remembers in user/incident and user/history.
#pragma once

#include <memory>
#include <optional>

#include "user/approval/decisions.h"
#include "user/base/loop.h"
#include "user/base/worker.h"
#include "user/bpf/engine.h"
#include "user/bpf/ring.h"
#include "user/control/refusals.h"
#include "user/control/server.h"
#include "user/control/status_page.h"
#include "user/daemon/config.h"
#include "user/daemon/doubts.h"
#include "user/daemon/kept_policies.h"
#include "user/daemon/manual.h"
#include "user/daemon/names.h"
#include "user/daemon/policies.h"
#include "user/daemon/removed.h"
#include "user/daemon/restored.h"
#include "user/daemon/status.h"
#include "user/daemon/subscribers.h"
#include "user/daemon/watch.h"
#include "user/history/async_history.h"
#include "user/incident/store.h"
#include "user/notify/journal.h"
#include "user/notify/journal_stream.h"
#include "user/notify/service.h"

namespace quell::daemon {

// Who is at the other end, with names.
[[nodiscard]] history::Who who_of(const control::Peer& peer);

// Who asks for what, while the target is looked for.
struct ManualRequest {
    quell_response response = QUELL_RESPONSE_COUNT;
    std::string reason, note;
    control::Peer peer;
};

class Daemon final : public control::Service {
public:
    // Until SIGTERM or SIGINT; the exit status. Messages go to the log.
    [[nodiscard]] static int run(const Config& config);
    // Gives up every containment and removes the pins. Refused while a daemon runs: it would go on with nothing behind.
    [[nodiscard]] static Status unload(const Config& config);

    void call(std::string_view method, const control::Json& params, const control::Peer& peer,
              control::Responder responder) override;

private:
    explicit Daemon(const Config& config);
    [[nodiscard]] Status start();
    [[nodiscard]] Status load_engine();
    void start_history();
    [[nodiscard]] Status attach_standing();
    [[nodiscard]] Status start_incidents();
    void count_automatic();
    [[nodiscard]] std::string own_pod() const;
    [[nodiscard]] approval::Groups deciding_groups() const;
    [[nodiscard]] Status start_control();
    [[nodiscard]] Status apply_at_start();
    void adopt_policy();
    void on_signal(const signalfd_siginfo& info);
    void on_tick();
    void check_canary();
    void learn_overlay();
    void publish();
    [[nodiscard]] Result<ApplyOutcome> apply_directory(bool allow_empty);
    // `origin`: the generation that was rolled back to, 0 for none.
    void record_policy(const ApplyOutcome& outcome, const control::Peer* peer, std::uint64_t origin = 0);
    void keep_policy(const ApplyOutcome& outcome, std::uint64_t origin);

    // methods of io.quell (service.cpp)
    void status(const control::Json&, const control::Peer&, control::Responder);
    void version(const control::Json&, const control::Peer&, control::Responder);
    void apply_policy(const control::Json&, const control::Peer&, control::Responder);
    void list_policies(const control::Json&, const control::Peer&, control::Responder);
    // (policy_service.cpp)
    void rollback_policy(const control::Json&, const control::Peer&, control::Responder);
    void running_policy(const control::Json&, const control::Peer&, control::Responder);
    void roll_back(const KeptPolicy& kept, bool dry_run, const control::Peer& peer, control::Responder& responder);
    void list_history(const control::Json&, const control::Peer&, control::Responder);
    void verify_history(const control::Json&, const control::Peer&, control::Responder);
    // Answers with what `read` finds, on the reader's thread.
    void read_later(control::Responder responder, std::function<Result<control::Json>()> read);
    [[nodiscard]] Result<control::Json> read_history(std::uint64_t limit, std::uint64_t incident) const;
    [[nodiscard]] Result<control::Json> read_history_after(std::uint64_t after, std::uint64_t limit, std::uint64_t incident) const;
    void watch(const control::Json&, const control::Peer&, control::Responder);
    // Each row as it is made: to who listens, and to the journal.
    void tell(const history::Row& row);
    [[nodiscard]] Result<control::Json> read_verified(const std::optional<history::Head>& expected) const;

    // (incidents.cpp)
    using Decide = void (approval::Decisions::*)(std::uint64_t, const approval::Request&, approval::Reply);
    void incidents(const control::Json&, const control::Peer&, control::Responder);
    void show(const control::Json&, const control::Peer&, control::Responder);
    void preview(const control::Json&, const control::Peer&, control::Responder);
    void digests(const control::Json&, const control::Peer&, control::Responder);
    void approve(const control::Json&, const control::Peer&, control::Responder);
    // (requests.cpp)
    void request(const control::Json&, const control::Peer&, control::Responder);
    void request_found(const Result<ManualFound>& found, const ManualRequest& wanted, control::Responder& responder);
    void reject(const control::Json&, const control::Peer&, control::Responder);
    void undo(const control::Json&, const control::Peer&, control::Responder);
    void extend(const control::Json&, const control::Peer&, control::Responder);
    void decide(const control::Json&, const control::Peer&, control::Responder, Decide decide);
    void assign(const control::Json&, const control::Peer&, control::Responder);
    void note(const control::Json&, const control::Peer&, control::Responder);
    [[nodiscard]] approval::Request request_of(const control::Json& params, const control::Peer& peer) const;
    [[nodiscard]] approval::Reply answer_with_incident(control::Responder responder);
    // Null when there is none: then it is answered.
    [[nodiscard]] incident::Incident* incident_of(const control::Json& params, control::Responder& responder);
    [[nodiscard]] incident::Incident* incident_of(const control::Json& params, std::string_view name, control::Responder& responder);
    [[nodiscard]] bool is_known(const incident::Incident& incident, const control::Peer& peer, control::Responder& responder);
    [[nodiscard]] control::Json incident_json(const incident::Incident& incident);
    // `then` is told the members about who holds its file, and whose image it is of: at once where that does not matter, else when they were found. (holders.cpp)
    void with_holders(const incident::Incident& incident, std::function<void(const control::Json&)> then);
    void previewed(const incident::Incident& incident, const control::Json& params, const control::Peer& peer, const control::Json& holders, control::Responder& responder);
    // Never "enforcing" while the canary is not denied.
    [[nodiscard]] incident::Incident as_said(const incident::Incident& incident) const;

    // Whether the caller's role is too low for the method; then it is answered, and told in the history now and then.
    [[nodiscard]] bool is_too_low(std::string_view method, const control::Json& params, const control::Peer& peer, control::Responder& responder);

    Config config_;
    approval::Groups groups_;
    std::optional<control::Refusals> low_roles_;
    notify::Service service_;
    const KeptPolicies kept_;
    notify::Journal journal_;
    Vitals vitals_;
    bool learning_overlay_ = false;
    std::uint64_t last_generation_ = 0;  // of the history
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<history::AsyncHistory> history_;
    std::unique_ptr<bpf::Engine> engine_;
    std::unique_ptr<Names> names_;
    std::unique_ptr<Policies> policies_;
    incident::Store store_;
    std::unique_ptr<approval::Decisions> decisions_;
    std::unique_ptr<Doubts> doubts_;
    std::unique_ptr<Watch> watch_;
    std::shared_ptr<const IdentityReader> identities_;  // for what is requested by name
    std::optional<RemovedContainers> removed_;
    std::optional<Restored> restored_;
    std::unique_ptr<bpf::RingReader> ring_;
    notify::JournalStream journal_rows_;
    Subscribers subscribers_;  // before the server, whose end makes rows
    std::unique_ptr<control::Server> server_;
    std::optional<control::StatusPageWriter> page_;
    // Last: their jobs use all of the above.
    std::unique_ptr<Worker> worker_;   // arming, names, paths
    std::unique_ptr<Worker> sweeper_;  // what follows a flip
    std::unique_ptr<Worker> stopper_;  // the same where somebody is given time to end
    std::unique_ptr<Worker> namer_;    // who containers are, for policies that ask
    std::unique_ptr<Worker> reader_;   // the history's file: a slow disk holds up no decision
};

}  // namespace quell::daemon

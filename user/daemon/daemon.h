// SPDX-License-Identifier: Apache-2.0
// Daemon: puts the parts together and runs the loop. Thin: what it decides
// stands in user/approval, what it does to a target in user/response, what it
// remembers in user/incident and user/history.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

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
#include "user/daemon/follower.h"
#include "user/daemon/kept_policies.h"
#include "user/daemon/joint.h"
#include "user/daemon/manual.h"
#include "user/daemon/names.h"
#include "user/daemon/pods.h"
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

// What an approval takes, as a preview tells it.
[[nodiscard]] control::Json asks_json(const approval::Decisions::Asks& asks);

// What isolate-network is to leave, by the parameters of a call; options that are not the response's are an error.
[[nodiscard]] Result<quell_terms> terms_of(const control::Json& params, quell_response response);

// The evidence that is to go with it; COUNT: none. What does not go with that response is an error.
[[nodiscard]] Result<quell_response> beside_of(const control::Json& params, quell_response response);

// Who asks for what, while the target is looked for.
struct ManualRequest {
    quell_response response = QUELL_RESPONSE_COUNT;
    std::string reason, note;
    control::Peer peer;
    std::uint64_t part_of = 0;  // of a joint one: the first
    bool by_process = false;    // that is in the container which is meant: the row has the note
    std::uint32_t severity = incident::kManualSeverity;
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
    [[nodiscard]] approval::Groups deciding_groups();
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
    void who_am_i(const control::Json&, const control::Peer&, control::Responder);
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
    void approve_below(std::uint64_t id, std::uint64_t container, const std::vector<std::string>& paths, const std::string& digest, approval::Request request,
                       control::Responder responder);
    void follow_by_rule(const incident::Incident& incident, const control::Json& params, bool is_wide, approval::Request& request) const;
    void approve_followed(const incident::Incident& incident, const std::string& path, const std::string& digest, approval::Request request, control::Responder responder);
    [[nodiscard]] approval::Reply answer_with_survivors(std::shared_ptr<control::Responder> shared, quell_response response, std::function<void()> contained = {});
    // (requests.cpp)
    void request(const control::Json&, const control::Peer&, control::Responder);
    void request_found(const Result<ManualFound>& found, const ManualRequest& wanted, control::Responder& responder);
    // Makes the entry, the incident and its row. EIO: the program could not be run; ENOENT: it vanished; else what the kernel side refused, with its row.
    [[nodiscard]] Result<incident::Incident*> bind_found(const ManualFound& found, const ManualRequest& wanted);
    // (joint.cpp)
    using Widened = std::function<void(const incident::Incident& first, const JointAsked& asked, control::Responder responder)>;
    // `approval`: of one, whose refusal is a row.
    void not_widened(Wide wide, const incident::Incident& incident, const std::optional<approval::Request>& approval, const std::string& why, control::Responder& responder);
    void widen(Wide wide, const incident::Incident& incident, const std::optional<approval::Request>& approval, const control::Peer& peer, control::Responder responder, Widened then);
    [[nodiscard]] JointAsked joined(Wide wide, JointFound found, const incident::Incident& first, const control::Peer& peer);
    [[nodiscard]] Result<JointFound> find_pod(const incident::Pod& pod, std::uint64_t container) const;
    [[nodiscard]] Result<JointFound> find_same(const incident::Incident& incident) const;
    // contained: called when a joint one was carried out.
    void approve_now(std::uint64_t id, const approval::Request& request, const std::string& digest, control::Responder responder, std::function<void()> contained = {});
    void approve_wide(Wide wide, std::uint64_t id, approval::Request request, const std::vector<std::string>& below, const std::string& digest, const std::string& word, const control::Peer& peer,
                      control::Responder responder);
    void approve_places(const incident::Incident& first, const std::shared_ptr<approval::Joint>& joint, approval::Request request, const std::vector<std::string>& below, const std::string& digest,
                        control::Responder responder, std::function<void()> contained);
    void preview_wide(Wide wide, const incident::Incident& incident, const std::string& word, const approval::Request& request, const control::Peer& peer, control::Responder responder);
    [[nodiscard]] control::Json preview_joint(const incident::Incident& said, const std::shared_ptr<approval::Joint>& joint, quell_response response, bool alive, approval::Request request);
    [[nodiscard]] control::Json parts_json(const std::vector<std::uint64_t>& parts);
    void reject(const control::Json&, const control::Peer&, control::Responder);
    void undo(const control::Json&, const control::Peer&, control::Responder);
    void extend(const control::Json&, const control::Peer&, control::Responder);
    // (evidence.cpp)
    void list_evidence(const control::Json&, const control::Peer&, control::Responder);
    [[nodiscard]] evidence::Order evidence_order(const incident::Incident& incident);
    [[nodiscard]] Result<control::Json> read_evidence(const std::string& id) const;
    void decide(const control::Json&, const control::Peer&, control::Responder, Decide decide);
    void assign(const control::Json&, const control::Peer&, control::Responder);
    void note(const control::Json&, const control::Peer&, control::Responder);
    // (follow_service.cpp)
    void start_following();
    void container_starts(const control::Json&, const control::Peer&, control::Responder);
    void add_follow(control::Json& json, std::uint64_t incident) const;
    // Of an offer: whether an approval would follow, as its rule says.
    void tell_follow(const incident::Incident& incident, incident::Offer& offer, bool is_wide = false) const;
    [[nodiscard]] std::vector<incident::Offer> offers_of(const incident::Incident& incident) const;
    void list_followed(control::Json& list, std::size_t& room);
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
    std::unique_ptr<PodFollower> pods_;
    std::map<std::string, std::set<std::string>> shown_;  // by the digest of a joint preview: who was in it, to say what changed
    std::unique_ptr<Follower> follower_;
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
    std::unique_ptr<Worker> taker_;    // evidence
    std::unique_ptr<Worker> namer_;    // who containers are, for policies that ask, and who holds a file: no path in a container
    std::unique_ptr<Worker> walker_;   // what lies at a path in a container, whose file systems may never answer
    std::unique_ptr<Worker> searcher_;  // other instances of a file: seconds of reading
    std::unique_ptr<Worker> reader_;   // the history's file: a slow disk holds up no decision
};

}  // namespace quell::daemon

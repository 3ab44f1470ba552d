// SPDX-License-Identifier: Apache-2.0
// Decisions: approve, reject, undo, expire. The kernel's transition program
// decides every race; what stands here checks what only user space knows (the
// digest, the canary, who asks), carries the response out after the flip, and
// writes a row for everything, refusals included. Loop thread only.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "user/approval/automatic.h"
#include "user/approval/guards.h"
#include "user/approval/joint.h"
#include "user/approval/rights.h"
#include "user/base/worker.h"
#include "user/bpf/engine.h"
#include "user/history/async_history.h"
#include "user/incident/offers.h"
#include "user/incident/shown.h"
#include "user/incident/store.h"
#include "user/response/arming.h"
#include "user/response/vital.h"

namespace quell::approval {

// An approval that comes while the hooks are being attached waits this long for them.
inline constexpr std::uint64_t kArmingLimitNs = 5'000'000'000;

struct Request {
    history::Who who;  // what is known without looking anything up
    // Adds names. Called when a row is made, after the flip: reading files is not on an approval's path.
    std::function<history::Who(const history::Who&)> named = [](const history::Who& plain) { return plain; };
    std::uint64_t container = 0;  // of who asks, 0: host
    std::string reason;
    std::uint64_t received_ns = 0;
    std::string rule = {};  // "policy/id" where the rule itself approves: it knows no digest
    quell_response response = QUELL_RESPONSE_COUNT;  // what is asked for; not of reject and undo
    bool dry_run = false;                            // everything but the flip
    Role role = Role::kNone;                         // of a person
    std::string confirm = {};                        // the word that goes over a guard
    bool break_glass = false;                        // asked for
    bool may_break_glass = false;
    std::string detail = {};                         // JSON for the row of a person's approval
    std::string broken = {};                         // what a break-glass went over
    quell_terms terms = {};                          // of isolate-network: what stays allowed
    std::shared_ptr<const Joint> joint = {};         // null: the incident alone
    // Evidence beside it: a capture before kill-container, or acquire-file right behind quarantine-file.
    quell_response beside = QUELL_RESPONSE_COUNT;
    bool has_room = false;                           // was looked at: a copy can be kept
    quell_places places = {};                        // of deny-write: none where it is the directory of the object
    std::string below = {};                          // these for people, escaped
    std::uint64_t follow_ns = 0;                     // the containment is to follow the workload for so long; 0: it does not
    bool follow_by_rule = false;                     // as its rule says, not who asks: where it cannot, it is contained and that is told
    std::string not_followed = {};                   // why, then
    std::vector<std::string> paths = {};             // by which what follows is found again, where they are not those of the incident's object
    std::uint64_t follows = 0;                       // nobody asks: an approval of this incident follows its workload. It knows no digest
    bool over_guards = false;                        // who approved (of `follows`: that incident) went over guards
    bool kill_holders = false;                       // of quarantine-file: who holds the file within the container
};

// What there is to say where the rule's word comes to nothing; and in a dry run, "" where its rule says nothing.
[[nodiscard]] std::string not_followed_text(const std::string& why);
[[nodiscard]] std::string follow_outlook(const Request& request);

enum class Refusal { kNone, kNoSuchIncident, kNotOffered, kChanged, kTooLate, kBlind, kNotAllowed, kGuarded, kFailed };

// Whether a name can be that of a user whom an incident is assigned to; that there is one is not asked.
inline constexpr std::size_t kAssigneeMax = 64;
[[nodiscard]] bool is_assignee(std::string_view name);

struct Answer {
    Refusal refusal = Refusal::kNone;
    std::string text;  // why, escaped
    std::uint64_t incident = 0;
    std::vector<quell_task_ref> survivors;
    std::string guard = {}, word = {};  // kGuarded: which one, and what an admin types
    std::vector<std::uint64_t> parts = {};  // of a joint one: the incidents, the first of them first
    std::optional<response::Outcome> beside = {};  // what came of the evidence beside it
};
using Reply = std::function<void(const Answer& answer)>;

class Decisions {
public:
    struct Parts {
        bpf::Engine& engine;
        incident::Store& store;
        history::AsyncHistory& history;
        Worker& worker;   // arming
        Worker& sweeper;  // what follows a flip
        Worker& stopper;  // the same, of who is given time to end
        Worker& taker;    // evidence, which takes its time: one after the other
        std::uint64_t stop_grace_ns;
        std::uint64_t keep_armed_ns;          // hooks that no containment needs any more
        bool automatic;              // rules may approve
        std::function<bool()> canary_denied;  // tries it now
        std::function<void(const incident::Incident&)> tell_first;  // its row `detected`, if there is none yet
        std::function<evidence::Order(const incident::Incident&)> order;  // of evidence, by the incident's response; no deadline yet
        evidence::Limits evidence;
        Rights rights = {};
        GuardRules guards = {};
        std::string own_pod = {};  // "namespace/name" of the pod that Quell runs in, "": none
        // Why its workload cannot be followed, "": it can; and right behind the flip: it is from here on, which it says for the row.
        std::function<std::string(const incident::Incident&, const Request&)> may_follow = nullptr;
        std::function<std::string(const incident::Incident&, const Request&)> follow = nullptr;
    };
    explicit Decisions(Parts parts);

    // `reply` is called once: when the containment holds or failed, or at once when it is refused.
    void approve(std::uint64_t id, quell_response response, const std::string& digest, const Request& request, Reply reply);
    void reject(std::uint64_t id, const Request& request, Reply reply);
    // Of the first of a joint containment: all that hold of it, each with its row; nothing while some are still being carried out.
    void undo(std::uint64_t id, const Request& request, Reply reply);
    // At a daemon's start: what an earlier one had bound for a joint containment and did not flip.
    void tell_left_over();
    // A container that is of the incident's pod was made after the flip: a row.
    void appeared(std::uint64_t id, const std::string& what);
    // Makes the offer of the first, which is available, that of all: what it is bound to, or why it is none.
    void join(const incident::Incident& incident, const Joint& joint, incident::Offer& offer) const;
    // Whether who asks may end what follows from its approval, of which nothing is in force; else, and for a dry run, it is answered.
    [[nodiscard]] bool may_end_following(incident::Incident& incident, const Request& request, const Reply& reply);
    // Moves the deadline of one that waits to so long from now: later than it was, at most QUELL_EXTEND_MAX_NS (extend.cpp).
    void extend(std::uint64_t id, std::uint64_t for_ns, const Request& request, Reply reply);

    // Whose it is ("": nobody's), and what somebody has to say of it. Decides nothing, also where it is over. (beside.cpp)
    void assign(std::uint64_t id, const std::string& user, const Request& request, const Reply& reply);
    void note(std::uint64_t id, const std::string& text, const Request& request, const Reply& reply);

    // What an approval by who asks takes beside the digest, or why it would be refused; each in a line.
    [[nodiscard]] std::vector<std::string> needs(const incident::Incident& incident, quell_response response, const Request& request) const;

    // The same for programs: what he has to give with the digest of this offer; refused: why he may not, whatever he gives.
    struct Asks {
        bool reason = false, two_persons = false;
        std::string confirm, refused;
    };
    [[nodiscard]] Asks asks(const incident::Incident& incident, const incident::Offer& offer, const Request& request) const;

    // Whoever shows a digest adds it here: a refusal says then what changed.
    [[nodiscard]] incident::Shown& shown() { return shown_; }

    // A new or adopted incident: prepares what it offers.
    void prepare(const incident::Incident& incident);
    // What its rule wants in force while nobody has decided: right behind the event, and before anything else; of an adopted one,
    // or one that is in doubt no more, what is not yet. (holds.cpp)
    void hold(incident::Incident& incident);
    // May its rule approve it? Decided when approve_by_rule() is called, at the latest a second from now: who and where is
    // looked up first, while the target lives.
    void consider(const incident::Incident& incident);
    void approve_by_rule(std::uint64_t id);
    // What rules have approved so far, by earlier daemons.
    [[nodiscard]] HourGuard& guard() { return guard_; }
    // How many containers were acted on, by earlier daemons too.
    [[nodiscard]] ContainerWindow& containers() { return containers_; }

    // The hooks of these responses stay attached (mask): what is followed may come back at any moment.
    void keep_armed(quell_u32 responses) { arming_.keep_armed(responses); }

    // Finishes what an earlier daemon had flipped and not swept, and takes the evidence that was approved beside it. (evidence.cpp)
    void resume(incident::Incident& incident);
    // One that was undone, by this daemon or by one that died right behind it: what the kernel side does not take back by itself.
    [[nodiscard]] Status take_back(const incident::Incident& incident);
    // Adopted with its last row on the disk: nothing but its end is left, and the kernel forgets it. (holds.cpp)
    void forget_over(incident::Incident& incident);
    // It ended, or what was approved instead is in force: what it held while nobody had decided is let go, once.
    void lift(incident::Incident& incident, quell_u32 which_of = ~0u);
    // One that ended without a decision: its row, and the kernel forgets it.
    void settle(incident::Incident& incident, const std::string& gone = "its target vanished");
    // Who the container of one in doubt is is known now: it stays, or is withdrawn. False: the kernel side could not be asked.
    [[nodiscard]] bool doubt_ends(incident::Incident& incident, bool is_held);
    // It is in doubt no more: its row, and what its rule asked for and did not get for the doubt.
    void doubt_ended(incident::Incident& incident, const std::string& why);
    // The kernel side changed a state by itself.
    void on_notice(const quell_notice& notice);
    // Once a second: expiries, approvals that waited too long, hooks nobody needs.
    void tick();
    // What tick() does, for one alone: who asks for it does not pay for the others.
    void look_at(std::uint64_t id);
    // The rows of approvals are made when the effect was seen, by tick() when that takes longer, and before an end.
    void write_due_rows();
    // The daemon ends: nobody is waited for any more.
    void end() { ending_ = true; }
    // These rows are on the disk: the kernel may forget the incidents that they end.
    void written(const std::vector<history::Row>& rows);

private:
    struct Waiting {
        std::uint64_t until_ns;
        std::function<void()> again;
        Request request;
        Reply reply;
    };

    using Holdings = std::vector<std::pair<quell_u32, response::Holding>>;
    [[nodiscard]] std::string why_not_held(const incident::Incident& incident, quell_u32 which) const;
    void tell_held(std::uint64_t id, const std::string& not_held, const Holdings& results);
    void armed(const response::Target& target, const Status& result);
    void leave_to_person(incident::Incident& incident, const Request& request, const std::string& why);
    // Why the role is too low; may_not_…: "" where it is not. (terms.cpp)
    [[nodiscard]] static std::string too_low(Role needed, const std::string& what, const Request& request);
    [[nodiscard]] std::string may_not_approve(const incident::Incident& incident, quell_response response, const Request& request) const;
    // "" where who holds the file may be killed with it. (holders.cpp)
    [[nodiscard]] std::string may_not_kill_holders(const incident::Incident& incident, quell_response response, const Request& request) const;
    [[nodiscard]] std::string may_not_reject(const incident::Incident& incident, const Request& request) const;
    // Reason and persons, as the rule asks for them; false: not to be flipped, which is answered.
    [[nodiscard]] bool agreed(incident::Incident& incident, const incident::Offer& offer, Request& request, const Reply& reply);
    [[nodiscard]] Matter matter_of(const incident::Incident& incident, quell_response response) const;
    // Whether guards stand against it; then it is answered. `over`: which ones an admin went over with his word.
    [[nodiscard]] bool is_guarded(incident::Incident& incident, const Matter& matter, const Request& request, const Reply& reply, std::string& over);
    [[nodiscard]] bool breaks_glass(incident::Incident& incident, const Matter& matter, Request& request, const Reply& reply);
    // It is flipped: by whom, with its rows.
    void approved(incident::Incident& incident, const Request& request);
    [[nodiscard]] bool is_second(incident::Incident& incident, const incident::Offer& offer, Request& request, const Reply& reply);
    // The end of a dry run: what would have been done, in a row. (terms.cpp)
    void tell_dry_run(incident::Incident& incident, const std::string& what, const Request& request, const Reply& reply);
    // What the kernel side would refuse at the flip, as far as it can be said before.
    [[nodiscard]] static bool is_inside(const incident::Incident& incident, const Request& request);
    void flip(incident::Incident& incident, const incident::Offer& offer, const Request& request, Reply reply);
    // Binds the others, waits until they are prepared, flips one after the other. (joint.cpp)
    struct Run;
    void flip_all(incident::Incident& incident, const incident::Offer& offer, const Request& request, Reply reply);
    void flip_each(const std::shared_ptr<Run>& run);
    void came(const std::shared_ptr<Run>& run, std::size_t index, const Answer& answer);
    void give_up(const std::shared_ptr<Run>& run, Refusal refusal, const std::string& why);
    // Those that were bound and are not contained.
    void drop(const Run& run, const std::string& why);
    void left_over();
    void undo_one(std::uint64_t id, const Request& request, const Reply& reply);
    [[nodiscard]] std::vector<Guard> guards_on(const Matter& matter, const Request& request) const;
    [[nodiscard]] bool is_own(const Matter& matter, const Request& request) const;
    void carry_out(incident::Incident& incident, Reply reply);
    [[nodiscard]] response::Target target_of(const incident::Incident& incident) const;
    // Somebody else has ended what is enforced: loud.
    void look_whether_it_holds(incident::Incident& incident);
    void carried_out(std::uint64_t id, const response::Outcome& outcome, const Reply& reply);
    void write_due_rows(std::uint64_t id);
    // Why that evidence does not go with it, "": it does. (evidence.cpp, as all of these)
    [[nodiscard]] std::string not_beside(quell_response response, const Request& request) const;
    // Asks whether a copy can be kept, then approves, or refuses.
    void look_for_room(std::uint64_t id, quell_response response, const std::string& digest, const Request& request, const Reply& reply);
    // Flipped and frozen: evidence first, within its time, then the kill, whatever came of it.
    void capture_first(incident::Incident& incident, const Status& frozen, Reply reply);
    void captured(std::uint64_t id, const Status& frozen, response::Outcome outcome);
    // Quarantined: now a copy of what nobody writes to any more.
    void copy_after(const incident::Incident& incident, const Answer& answer, const Reply& reply);
    void evidence_row(incident::Incident& incident, response::Outcome& outcome);
    // The evidence that an undo would delete; COUNT: none.
    [[nodiscard]] static quell_response evidence_of(const incident::Incident& incident);
    // What is undone of evidence: it is deleted.
    void delete_evidence(const incident::Incident& incident, const Request& request, Reply reply);
    void evidence_deleted(std::uint64_t id, const Status& removed, const Request& request, const Reply& reply);
    // Asks the kernel; the errno of the program, 0 when it moved.
    [[nodiscard]] int move(incident::Incident& incident, quell_state to);
    // A decision that takes nothing more than that.
    [[nodiscard]] int decide(incident::Incident& incident, quell_state to, const Request& request);
    void refuse_move(incident::Incident& incident, int error, const Request& request, const Reply& reply);
    // The same with more to say, and without looking at the entry afterwards: that can wait.
    [[nodiscard]] int move(incident::Incident& incident, quell_state to, quell_transition& request);
    // What the kernel says now. refresh() also writes the row of an end that nobody decided: whoever sees it first.
    void read(incident::Incident& incident) const;
    void refresh(incident::Incident& incident);
    void settle_if_over(incident::Incident& incident);
    // The incident is over. Its entry goes when its row is on the disk: until then only the kernel knows who and what.
    void retire(incident::Incident& incident);
    void forget(std::uint64_t id);
    void row(const incident::Incident& incident, history::Action action, const std::string& result, const Request* request = nullptr, const std::string& detail = {});
    void refuse(std::uint64_t id, Refusal refusal, const std::string& text, const Request& request, const Reply& reply);
    [[nodiscard]] static std::string over_text(const incident::Incident& incident);

    Parts parts_;
    response::Arming arming_;
    response::VitalFiles vital_;
    incident::Shown shown_;
    std::map<std::uint64_t, std::vector<Waiting>> waiting_;
    std::map<std::uint64_t, std::function<void()>> due_rows_;
    std::set<std::uint64_t> carrying_out_;  // by the worker
    std::set<std::uint64_t> to_copy_;       // once they are carried out
    struct Captured {
        std::uint64_t until_ns;
        Reply reply;
    };
    std::map<std::uint64_t, Captured> capturing_;  // before they are killed
    std::map<std::uint64_t, std::string> not_followed_;  // why, to be told when they hold
    std::map<std::uint64_t, std::uint64_t> considered_;  // until when what is looked up is waited for
    HourGuard guard_;
    ContainerWindow containers_;
    std::set<std::uint64_t> retired_;  // whose entries the kernel still holds
    std::uint32_t requests_ = 0;
    const std::uint64_t begun_ns_;  // what happened before met no daemon, or another one
    std::atomic<bool> ending_ = false;
};

}  // namespace quell::approval

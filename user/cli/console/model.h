// SPDX-License-Identifier: Apache-2.0
// Model: keys, answers and time in, the state to show and calls to make out.
// It neither draws nor calls, so all it decides can be tested by itself. One thread.
#pragma once

#include <string>
#include <vector>

#include "user/cli/console/state.h"

namespace quell::cli::console {

// Rows of the list that one event may look at.
inline constexpr std::size_t kRowsAStep = 4'000;
// An incident that is shown is asked for at most so often for what is told of it.
inline constexpr std::uint64_t kToldShowMs = 1'000;
// When Watch has ended it is called again: each time later, so that a daemon that cannot tell is not asked all the time.
inline constexpr std::uint64_t kWatchRetryMs = 1'000, kWatchRetryMaxMs = 30'000;
// Said of every decision while it is silent.
inline constexpr const char* kAway = "the daemon does not answer: nothing can be decided until it is back";

// What came of a decision.
struct Outcome {
    std::string text;
    Tone tone = Tone::Plain;
};
[[nodiscard]] Outcome outcome_of(const control::CallResult& result);

class Model {
public:
    Model(Charset charset, bool utc);

    // Before the others, whenever time may have passed. Asks the daemon again when it is time.
    void clock(std::uint64_t boot_ms, std::int64_t wall_ns);
    void resize(std::size_t columns, std::size_t rows);
    void key(Key key);
    void reply(Reply reply);
    // What is left of choosing the list's rows; call it while is_busy().
    void work() { state_.list.step(kRowsAStep), settle(); }
    [[nodiscard]] bool is_busy() const { return !state_.list.is_complete(); }

    [[nodiscard]] const State& state() const { return state_; }
    // What is to be asked, in this order; each is answered by reply(), a failure too.
    [[nodiscard]] std::vector<Request> take_requests() { return std::exchange(requests_, {}); }
    [[nodiscard]] bool wants_to_quit() const { return wants_to_quit_; }
    // Once: keys that were typed ahead are to be dropped; the whole screen is to be written.
    [[nodiscard]] bool take_drop_typed() { return std::exchange(drop_typed_, false); }
    [[nodiscard]] bool take_redraw() { return std::exchange(redraw_, false); }

private:
    struct Visit {
        Page page;
        std::string id;
        std::size_t top;
        std::size_t chosen;
    };

    std::uint64_t ask(std::string method, Json parameters = Json::object());
    void say(std::string text, Tone tone = Tone::Plain) { state_.message = {std::move(text), tone}; }

    // model.cpp: pages and moving
    void act(Action action);
    void act_on_list(Action action);
    void act_on_history(Action action);
    void move(Action action);
    void type(char32_t character);
    // What is typed in, where it can be; null elsewhere. True: the action was about it.
    [[nodiscard]] Form* form();
    bool act_on_form(Action action);
    void go_to(Page page);
    void back();
    void open_incident(const std::string& id);
    void open_history(const std::string& id);
    void load_incident();  // as it is now; with what its offers take, where with_previews_ says so
    void load_history();
    void load_status();
    void rebuild();  // the lines of the page
    void settle();   // everything within its bounds

    // model_decide.cpp: decisions about one incident
    void act_on_incident(Action action);
    void act_on_decision(Action action);
    void mark_offer(int by);
    [[nodiscard]] bool may_begin();
    void begin(DecisionKind kind);
    [[nodiscard]] bool begin_approval(DecidePage& decide);
    void load_preview();
    void send_decision();
    void on_decision(const Reply& reply);
    // model_options.cpp: what an approval takes beside its reason
    void begin_options();
    void act_on_options(Action action);
    [[nodiscard]] bool can_mend(const Reply& reply) const;
    // model_respond.cpp: a response that nothing was detected for
    void begin_response();
    [[nodiscard]] bool put_response(Json& parameters);
    void on_bound(const Reply& reply);
    // model_beside.cpp: what is needed for them, and what is no decision
    void on_preview(const Reply& reply);
    [[nodiscard]] bool put_beside(Json& parameters);
    [[nodiscard]] std::string beside_text(const Json& incident) const;

    // model_bulk.cpp: several incidents at once
    void mark(Action action);
    void drop_marks();  // of those that do not wait any more
    void begin_bulk();
    void act_on_bulk(Action action);
    void load_digests();
    void on_digests(const Reply& reply);
    void send_next();
    void on_bulk(const Reply& reply);
    void end_bulk(const std::string& rest);

    // model_replies.cpp
    void on_incidents(const Reply& reply);
    void on_show(Reply& reply);
    void on_silence(const std::string& why);
    void on_answer();
    // model_watch.cpp: what is told
    void on_watch(const Reply& reply);
    void on_told(const Json& told);

    State state_;
    std::vector<Request> requests_;
    std::vector<Visit> visits_;  // the pages behind this one
    std::uint64_t next_serial_ = 1;
    // Whose answers are waited for; 0: none. Others come too late and are dropped.
    std::uint64_t list_serial_ = 0, show_serial_ = 0, rows_serial_ = 0, history_serial_ = 0, status_serial_ = 0, policies_serial_ = 0, decision_serial_ = 0;
    std::uint64_t watch_serial_ = 0, me_serial_ = 0, previews_serial_ = 0, preview_serial_ = 0, digests_serial_ = 0, bulk_serial_ = 0;
    std::uint64_t next_poll_ms_ = 0, next_show_ms_ = 0, next_status_ms_ = 0;
    std::uint64_t soonest_poll_ms_ = 0;  // however much is told
    std::uint64_t next_watch_ms_ = 0, watch_retry_ms_ = kWatchRetryMs;
    bool list_is_old_ = false;     // something was told since the list was asked for
    bool with_previews_ = false;
    std::string decided_id_, decided_text_;  // of the decision that was sent
    DecisionKind decided_kind_ = DecisionKind::Approve;
    bool wants_to_quit_ = false, drop_typed_ = false, redraw_ = false;
};

}  // namespace quell::cli::console

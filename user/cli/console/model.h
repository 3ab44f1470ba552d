// SPDX-License-Identifier: Apache-2.0
// Model: keys, answers and time in, the state to show and calls to make out.
// It neither draws nor calls, so all it decides can be tested by itself. One thread.
#pragma once

#include <string>
#include <vector>

#include "user/cli/console/state.h"

namespace quell::cli::console {

// Rows of the list that one event may compare with the filter.
inline constexpr std::size_t kRowsAStep = 4'000;
// Said of every decision while it is silent.
inline constexpr const char* kAway = "the daemon does not answer: nothing can be decided until it is back";

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
    void go_to(Page page);
    void back();
    void open_incident(const std::string& id);
    void open_history(const std::string& id);
    void load_incident();
    void load_history();
    void load_status();
    void rebuild();  // the lines of the page
    void settle();   // everything within its bounds

    // model_decide.cpp: decisions
    void act_on_incident(Action action);
    void act_on_decision(Action action);
    void mark_offer(int by);
    void begin(DecisionKind kind);
    void send_decision();
    void on_decision(const Reply& reply);

    // model_replies.cpp
    void on_incidents(const Reply& reply);
    void on_silence(const std::string& why);
    void on_answer();

    State state_;
    std::vector<Request> requests_;
    std::vector<Visit> visits_;  // the pages behind this one
    std::uint64_t next_serial_ = 1;
    // Whose answers are waited for; 0: none. Others come too late and are dropped.
    std::uint64_t list_serial_ = 0, show_serial_ = 0, rows_serial_ = 0, history_serial_ = 0, status_serial_ = 0, policies_serial_ = 0, decision_serial_ = 0;
    std::uint64_t next_poll_ms_ = 0, next_show_ms_ = 0;
    std::string decided_id_, decided_text_;  // of the decision that was sent
    bool wants_to_quit_ = false, drop_typed_ = false, redraw_ = false;
};

}  // namespace quell::cli::console

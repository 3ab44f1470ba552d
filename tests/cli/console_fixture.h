// SPDX-License-Identifier: Apache-2.0
// The console's model as its tests drive it: keys by letters, answers by
// method, a clock that goes when it is told to.
#pragma once

#include <clocale>

#include "tests/cli/fake_daemon.h"
#include "user/base/time.h"
#include "user/cli/console/model.h"
#include "user/cli/console/pages.h"

namespace quell::cli::console {

inline Json sample_row(const char* action, const char* incident) {
    Json row = {{"row", 1}, {"time", "2026-03-01T09:08:07.123456Z"}, {"action", action}, {"subject", "web (c0ffee)"}, {"result", action}};
    if (incident != nullptr) row["incident"] = incident;
    return row;
}

// "id0007", newer than all with a lower number.
inline Json numbered(int number) {
    char id[16], first[40];
    std::snprintf(id, sizeof id, "id%04d", number);
    std::snprintf(first, sizeof first, "2026-03-01T%02d:%02d:%02d.000000Z", number / 3600 % 24, number / 60 % 60, number % 60);
    Json incident = sample_incident();
    incident["id"] = id;
    incident["first"] = first;
    return incident;
}

// What Preview says of the first offer of sample_incident(); `asks` is merged in.
inline Json sample_preview(const Json& asks = Json::object(), const Json& needs = Json::array()) {
    Json preview = {{"offer", sample_incident()["offers"][0]}, {"container", sample_incident()["container"]}, {"files", Json::array()}, {"risk", "all in it ends at once"},
                    {"reversible", false}, {"needs", needs}, {"asks", {{"reason", false}, {"two_persons", false}}}};
    preview["asks"].update(asks);
    return preview;
}
inline Json previews(const Json& one) { return {{"incident", sample_incident()}, {"previews", {one}}}; }

inline Json sample_me(const char* role = "responder", int uid = 1000) {
    return {{"user", uid == 0 ? "root" : "alice"}, {"uid", uid}, {"role", role}, {"break_glass", uid == 0}};
}

inline Json list(const std::vector<Json>& incidents) { return {{"incidents", incidents}}; }

class ConsoleModel : public testing::Test {
protected:
    ConsoleModel() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
    void SetUp() override {
        model = Model(Charset::Utf8, true);
        model.resize(80, 24);
        now_ms = 0;
        pass(0);
    }

    void pass(std::uint64_t ms) {
        now_ms += ms;
        model.clock(now_ms, kWall + static_cast<std::int64_t>(now_ms) * 1'000'000);
    }
    void press(Key key) { model.key(key), finish(); }
    void press(Key::Code code) { press(Key{code, 0}); }
    // Letters as keys; "\n" is Enter.
    void press(const char* keys) {
        for (; *keys != '\0'; keys++) *keys == '\n' ? press(Key::Code::Enter) : press(Key{Key::Code::Character, static_cast<char32_t>(*keys)});
    }
    // Without the steps that follow: one event for each character.
    void type(const std::string& text) {
        for (const char c : text) model.key(Key{Key::Code::Character, static_cast<char32_t>(c)});
    }
    void finish() {
        if (!is_stepwise)
            while (model.is_busy()) model.work();
    }

    // "Method {parameters}" of what was asked since, separated by blanks.
    std::string asked() {
        std::string text;
        take();
        for (const Request& one : news_) text += (text.empty() ? "" : " ") + one.method + " " + one.parameters.dump();
        news_.clear();
        return text;
    }
    std::uint64_t last_serial(const std::string& method) {
        take();
        for (auto one = all_.rbegin(); one != all_.rend(); ++one)
            if (one->method == method) return one->serial;
        ADD_FAILURE() << method << " was not asked";
        return 0;
    }
    void answer_serial(std::uint64_t serial, const std::string& method, const Json& parameters, std::uint64_t took_ms = 0) {
        control::CallResult result;
        result.outcome = control::CallOutcome::Reply;
        result.parameters = parameters;
        model.reply({serial, method, result, method == "Incidents" ? make_snapshot(parameters) : nullptr, took_ms});
    }
    void answer(const std::string& method, const Json& parameters, std::uint64_t took_ms = 0) { answer_serial(last_serial(method), method, parameters, took_ms); }
    void fail(const std::string& method, std::string_view error, const Json& parameters) {
        control::CallResult result;
        result.outcome = control::CallOutcome::Remote;
        result.error = error;
        result.parameters = parameters;
        model.reply({last_serial(method), method, result, nullptr, 0});
    }
    // One of what Watch tells; an empty object: it begins.
    void tell(const Json& told) {
        control::CallResult result;
        result.outcome = control::CallOutcome::Reply;
        result.parameters = told;
        model.reply({last_serial("Watch"), "Watch", result, nullptr, 0, false});
    }
    void lose(const std::string& method, const std::string& message) {
        control::CallResult result;
        result.message = message;
        model.reply({last_serial(method), method, result, nullptr, 0});
    }

    void answer_list(const std::vector<Json>& incidents) {
        pass(60'000);
        answer("Incidents", list(incidents));
    }
    void show_list(const std::vector<Json>& incidents) {
        answer_list(incidents);
        finish();
        (void)asked();
    }
    // The page of sample_incident(), with its history.
    void open_sample() {
        show_list({sample_incident()});
        press("\n");
        answer("Show", {{"incident", sample_incident()}});
        answer("History", {{"rows", {sample_row("detected", "00012")}}});
        (void)asked();
    }
    // The approval of the marked offer is begun, and what it would hit is there.
    void begin_approval(const Json& preview = sample_preview()) {
        press("a");
        ASSERT_EQ(model.state().page, Page::Decide) << model.state().message.text;
        answer("Preview", previews(preview));
        (void)asked();
    }
    std::string shown_ids() {
        finish();
        std::string text;
        for (std::size_t i = 0; i < model.state().list.size(); i++) text += (i ? " " : "") + model.state().list.row(i).id;
        return text;
    }

    static constexpr std::int64_t kWall = 1'772'356'087'000'000'000;  // 2026-03-01T09:08:07Z
    Model model{Charset::Utf8, true};
    std::uint64_t now_ms = 0;
    bool is_stepwise = false;

private:
    void take() {
        for (Request& one : model.take_requests()) {
            all_.push_back(one);
            news_.push_back(std::move(one));
        }
    }

    std::vector<Request> all_, news_;
};

}  // namespace quell::cli::console

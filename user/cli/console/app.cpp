// SPDX-License-Identifier: Apache-2.0
#include "user/cli/console/app.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "user/base/time.h"
#include "user/cli/console/daemon_link.h"
#include "user/cli/console/model.h"
#include "user/cli/console/pages.h"
#include "user/cli/console/screen.h"

namespace quell::cli::console {

namespace {

// How often ages are shown anew.
constexpr std::int64_t kTickMs = 500;
// A pasted text must not keep the screen from being drawn.
constexpr int kKeysAFrame = 64;

constexpr std::array kSignals = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGQUIT, SIGTERM, SIGHUP};
std::array<volatile std::sig_atomic_t, kSignals.size()> g_signalled{};

void on_signal(int signal) {
    for (std::size_t i = 0; i < kSignals.size(); i++)
        if (kSignals[i] == signal) g_signalled[i] = 1;
}

bool take_signal(int signal) {
    for (std::size_t i = 0; i < kSignals.size(); i++)
        if (kSignals[i] == signal && g_signalled[i] != 0) {
            g_signalled[i] = 0;
            return true;
        }
    return false;
}

// Blocked but while it waits: a signal is never missed between a look and the wait, and interrupts nothing else.
class Signals {
public:
    Signals() {
        sigset_t all;
        sigemptyset(&all);
        for (const int signal : kSignals) sigaddset(&all, signal);
        pthread_sigmask(SIG_BLOCK, &all, &before_);
        open_ = before_;
        for (const int signal : kSignals) sigdelset(&open_, signal);
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    // After the screen, which has handlers of its own.
    static void catch_all() {
        struct sigaction action{};
        action.sa_handler = on_signal;
        for (const int signal : kSignals) sigaction(signal, &action, nullptr);
    }
    [[nodiscard]] const sigset_t& open() const { return open_; }

private:
    sigset_t before_{}, open_{};
};

class Console {
public:
    explicit Console(const Options& options) : options_(options), model_(options.charset, options.utc) {}

    Status run() {
        auto screen = Screen::open(options_.colours);
        if (!screen) return screen.error();
        screen_ = std::move(screen).value();
        Signals::catch_all();
        if (auto started = link_.start(options_.socket); !started) return started;
        resize();
        while (!model_.wants_to_quit()) {
            model_.clock(boottime_ns() / 1'000'000, wall_ns());
            if (model_.is_busy()) model_.work();
            for (Request& request : model_.take_requests()) link_.send(std::move(request));
            if (model_.take_redraw()) screen_->redraw();
            screen_->show(draw(model_.state()));
            if (!wait()) break;
        }
        return is_gone_ ? Status(Error{"the terminal is gone", 0, {}}) : success();
    }

private:
    void resize() {
        const Screen::Size size = screen_->size();
        model_.resize(size.columns, size.rows);
    }

    // False: it is over.
    bool wait() {
        std::array<pollfd, 2> polls = {pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{link_.fd(), POLLIN, 0}};
        const timespec limit{0, model_.is_busy() ? 0 : kTickMs * 1'000'000};
        const int ready = ppoll(polls.data(), polls.size(), &limit, &signals_.open());
        if (take_signal(SIGTERM) || take_signal(SIGHUP) || take_signal(SIGQUIT)) return false;
        if (take_signal(SIGTSTP)) {
            screen_->suspend();
            take_signal(SIGCONT);
            resize();
        }
        if (take_signal(SIGCONT)) {  // of a stop that was not asked for by a key
            screen_->redraw();
            resize();
        }
        if (take_signal(SIGWINCH)) resize();
        if (take_signal(SIGINT)) model_.key({Key::Code::Interrupt, 0});
        if (ready <= 0) return true;
        if (polls[1].revents != 0)
            for (Reply& reply : link_.take()) model_.reply(std::move(reply));
        if (polls[0].revents != 0 && !type()) return false;
        return true;
    }

    bool type() {
        int keys = 0;
        for (; keys < kKeysAFrame && !model_.wants_to_quit(); keys++) {
            const auto key = screen_->next_key();
            if (!key) break;
            model_.clock(boottime_ns() / 1'000'000, wall_ns());
            model_.key(*key);
            if (model_.take_drop_typed()) screen_->drop_typed();
        }
        // Readable, and nothing to read: its other end has been closed.
        if (keys != 0) return true;
        pollfd one{STDIN_FILENO, POLLIN, 0};
        is_gone_ = poll(&one, 1, 0) > 0 && (one.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
        return !is_gone_;
    }

    const Options& options_;
    Signals signals_;  // before any thread, which is to inherit them
    Model model_;
    DaemonLink link_;
    std::unique_ptr<Screen> screen_;  // last: it is given back first
    bool is_gone_ = false;
};

}  // namespace

Status run_console(const Options& options) {
    // The handlers stay; a console is the last thing that its process does.
    return Console(options).run();
}

}  // namespace quell::cli::console

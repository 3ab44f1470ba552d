// SPDX-License-Identifier: Apache-2.0
// A child appends and says after each flush what must never be lost; it is
// killed at many points. The chain it leaves is whole and has every row it
// spoke of.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/base/temp_dir.h"
#include "tests/history/rows.h"
#include "user/base/fd.h"
#include "user/history/async_history.h"

namespace quell::history {
namespace {

[[noreturn]] void child(const std::string& path, int out) {
    AsyncOptions options;
    options.path = path;
    options.keep_rows = 60;  // trims happen in between
    AsyncHistory history(std::move(options));
    for (std::uint64_t i = 1;; i++) {
        history.append(with_snapshot(make_decision(i), i % 3 == 0 ? "enforcing" : "done"));
        if (i % 3 != 0) continue;
        if (!history.flush(10'000)) ::_exit(1);
        if (::write(out, &i, sizeof i) != sizeof i) ::_exit(1);
    }
}

TEST(Crash, KilledAtAnyPoint) {
    const TempDir dir;
    const std::string path = dir / "history.db";
    std::uint64_t rows_before = 0;
    for (int round = 0; round < 30; round++) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const Fd in(ends[0]);
        Fd out(ends[1]);
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) child(path, out.get());
        out.reset();
        // A few acknowledgements, then a moment that differs in each round.
        std::uint64_t acknowledged = 0;
        for (int i = 0; i < round % 7; i++) ASSERT_EQ(::read(in.get(), &acknowledged, sizeof acknowledged), 8);
        ::usleep(static_cast<useconds_t>(round) * 700);
        ::kill(pid, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        ASSERT_TRUE(WIFSIGNALED(status));
        for (std::uint64_t more = 0; ::read(in.get(), &more, sizeof more) == sizeof more;) acknowledged = more;

        auto history = History::open(path);
        ASSERT_TRUE(history.ok()) << history.error().message;
        const Verification found = *history->verify();
        ASSERT_TRUE(found.ok) << "round " << round << ": " << found.detail;
        std::uint64_t last = 0;
        for (const Row& row : *history->list(kListMax)) {
            if (row.number <= rows_before || row.action != Action::APPROVED) continue;
            last = row.incident;
            break;
        }
        EXPECT_GE(last, acknowledged) << "round " << round;
        rows_before = history->head()->row;
    }
    EXPECT_GT(rows_before, 60u);
}

}  // namespace
}  // namespace quell::history

// SPDX-License-Identifier: Apache-2.0
// What a process does so as not to be killed: `tricks WAY [FILE]`, static, for
// any container. It removes FILE, which is the incident, and everything that
// is of it by then, or later, is called "tricks". Of the host, under other
// names: `tricks trace PID…` and `tricks move FROM TO`, which do it to others.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *file;

static void stay(void) {
    for (;;) pause();
}

static void act(void) {
    if (file && unlink(file)) _exit(2);
}

static void fork_and_stay(void) {
    if (!fork()) stay();
}

static void waits(void) { fork_and_stay(), act(), stay(); }

static void new_session(void) {
    if (!fork()) setsid(), stay();
    act();
    if (!fork()) {
        setsid();
        fork_and_stay();
        stay();
    }
    stay();
}

// As a daemon does it: whoever bore it is gone.
static void double_fork(void) {
    act();
    pid_t middle = fork();
    if (!middle) {
        setsid();
        fork_and_stay();
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    stay();
}

// The parent waits in the kernel until its child executes or ends, which it does not.
static void vforks(void) {
    act();
    if (!vfork()) stay();
    stay();
}

static void *second_thread(void *nothing) {
    usleep(500000);  // the first one has ended
    fork_and_stay();
    act();
    stay();
    return nothing;
}

static void leader_ends(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, second_thread, NULL)) _exit(3);
    syscall(SYS_exit, 0);
}

// Stopped, and to be stopped once more at its end, by one that is killed too.
static void traces(void) {
    pid_t child = fork();
    if (!child) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        stay();
    }
    waitpid(child, NULL, WUNTRACED);
    if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEEXIT)) _exit(4);
    act();
    stay();
}

static void stops(void) {
    if (!fork()) raise(SIGSTOP), stay();
    act();
    stay();
}

// Every process forks as long as it lives. Slowly: a single emulated CPU has to carry out the approval as well.
static void forks(int ends) {
    signal(SIGCHLD, SIG_IGN);
    const pid_t first = getpid();
    for (unsigned made = 0;;) {
        usleep(100000 + (unsigned)getpid() * 7919 % 100000);
        pid_t child = fork();
        if (!child) made = 0;
        // whom it bore has another parent then
        else if (ends && child > 0 && ++made == 4 && getpid() != first) _exit(0);
    }
}

static void bomb(void) { act(), forks(1); }
static void bomb_of_living(void) { act(), forks(0); }

static int trace(char **pids) {
    prctl(PR_SET_NAME, "tracer");
    for (; *pids; pids++) {
        pid_t pid = atoi(*pids);
        if (ptrace(PTRACE_SEIZE, pid, 0, 0) || ptrace(PTRACE_INTERRUPT, pid, 0, 0)) return 5;
        waitpid(pid, NULL, __WALL);
    }
    stay();
    return 0;
}

static int reap(void) {
    prctl(PR_SET_NAME, "reaper");
    signal(SIGCHLD, SIG_IGN);
    stay();
    return 0;
}

static int move_to(const char *pid, const char *cgroup) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int moved = fd >= 0 && write(fd, pid, strlen(pid)) > 0;
    close(fd);
    return moved;
}

// Whoever is in FROM now, there and back until nobody lets himself be moved any more.
static int move(const char *from, const char *to) {
    prctl(PR_SET_NAME, "mover");
    static char pids[256][16];
    char path[4096];
    int count = 0;
    snprintf(path, sizeof(path), "%s/cgroup.procs", from);
    FILE *list = fopen(path, "r");
    while (list && count < 256 && fscanf(list, "%15s", pids[count]) == 1) count++;
    for (int moved = 1; moved;) {
        moved = 0;
        for (int i = 0; i < count; i++) moved += move_to(pids[i], to);
        for (int i = 0; i < count; i++) moved += move_to(pids[i], from);
    }
    return 0;
}

static const struct trick {
    const char *name;
    void (*run)(void);
} tricks[] = {
    {"waits", waits}, {"new-session", new_session}, {"double-fork", double_fork}, {"vforks", vforks}, {"leader-ends", leader_ends},
    {"traces", traces}, {"stops", stops}, {"bomb", bomb}, {"bomb-of-living", bomb_of_living},
};

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "trace")) return trace(argv + 2);
    if (argc > 3 && !strcmp(argv[1], "move")) return move(argv[2], argv[3]);
    if (argc < 2) return 255;
    if (!strcmp(argv[1], "reap")) return reap();
    file = argc > 2 ? argv[2] : NULL;
    for (unsigned i = 0; i < sizeof(tricks) / sizeof(*tricks); i++)
        if (!strcmp(argv[1], tricks[i].name)) tricks[i].run();
    return 254;
}

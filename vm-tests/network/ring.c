// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net.h"

static struct ring {
    int fd;
    struct io_uring_params params;
    char *submit, *complete;
    struct io_uring_sqe *entries;
} rings[2];

int ring_make(int polled) {
    struct ring *r = &rings[polled];
    if (polled) {
        r->params.flags = IORING_SETUP_SQPOLL;
        r->params.sq_thread_idle = 1000;
    }
    r->fd = (int)syscall(SYS_io_uring_setup, 4, &r->params);
    if (r->fd < 0) return -1;
    r->submit = mmap(NULL, r->params.sq_off.array + r->params.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
    r->complete = mmap(NULL, r->params.cq_off.cqes + r->params.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_CQ_RING);
    r->entries = mmap(NULL, r->params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
    return r->submit == MAP_FAILED || r->complete == MAP_FAILED || r->entries == MAP_FAILED ? -1 : 0;
}

int ring_fd(int polled) { return rings[polled].fd; }

int ring_has(int polled, const int *file) {
    return (int)syscall(SYS_io_uring_register, rings[polled].fd, file ? IORING_REGISTER_FILES : IORING_UNREGISTER_FILES, file, file ? 1 : 0);
}

int ring_do(int polled, const struct io_uring_sqe *what) {
    struct ring *r = &rings[polled];
    unsigned *tail = (unsigned *)(r->submit + r->params.sq_off.tail), *flags = (unsigned *)(r->submit + r->params.sq_off.flags);
    unsigned *head = (unsigned *)(r->complete + r->params.cq_off.head), *done = (unsigned *)(r->complete + r->params.cq_off.tail);
    unsigned slot = *tail & (r->params.sq_entries - 1);

    if (r->fd <= 0) return errno = ENOSYS, -1;
    r->entries[slot] = *what;
    ((unsigned *)(r->submit + r->params.sq_off.array))[slot] = slot;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_SEQ_CST);
    if (!polled) {
        if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) return -1;
    } else if (__atomic_load_n(flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP) {
        if (syscall(SYS_io_uring_enter, r->fd, 1, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0) < 0) return -1;
    }
    for (int i = 0; __atomic_load_n(done, __ATOMIC_SEQ_CST) == *head; i++) {
        if (i == 5000) return errno = ETIMEDOUT, -1;
        usleep(1000);
    }
    struct io_uring_cqe *event = (struct io_uring_cqe *)(r->complete + r->params.cq_off.cqes) + (*head & (r->params.cq_entries - 1));
    int result = event->res;
    __atomic_store_n(head, *head + 1, __ATOMIC_SEQ_CST);
    if (result < 0) return errno = -result, -1;
    return result;
}

int ring_act(int polled, uint8_t opcode, int fd, const void *at, uint32_t length, uint64_t offset) {
    return ring_do(polled, &(struct io_uring_sqe){.opcode = opcode, .fd = fd, .addr = (uintptr_t)at, .len = length, .off = offset});
}

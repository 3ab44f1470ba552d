// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "reach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int reach_at = AT_FDCWD;
int reach_by_ring;

// One submission, waited for; the operation runs in a worker of the kernel's.
static int submit(const struct io_uring_sqe *what) {
    struct io_uring_params p = {0};
    int ring = syscall(SYS_io_uring_setup, 4, &p);
    if (ring < 0) return -1;
    size_t size = p.sq_off.array + p.sq_entries * 4;
    size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe *sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED) return -1;
    *sqe = *what;
    ((uint32_t *)(sq + p.sq_off.array))[0] = 0;
    __atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) return -1;
    int result = ((struct io_uring_cqe *)(cq + p.cq_off.cqes))->res;
    close(ring);
    if (result >= 0) return result;
    errno = -result;
    return -1;
}

static uint64_t word(const char *text) { return (uint64_t)(uintptr_t)text; }

int reach_unlink(const char *file) {
    if (!reach_by_ring) return unlinkat(reach_at, file, 0);
    return submit(&(struct io_uring_sqe){.opcode = IORING_OP_UNLINKAT, .fd = reach_at, .addr = word(file)});
}

int reach_rename(const char *from, const char *to, unsigned flags) {
    if (!reach_by_ring) return syscall(SYS_renameat2, reach_at, from, reach_at, to, flags);
    return submit(&(struct io_uring_sqe){
        .opcode = IORING_OP_RENAMEAT, .fd = reach_at, .addr = word(from), .len = (uint32_t)reach_at, .addr2 = word(to), .rename_flags = flags});
}

int reach_link(const char *from, const char *to) {
    if (!reach_by_ring) return linkat(reach_at, from, reach_at, to, 0);
    return submit(&(struct io_uring_sqe){
        .opcode = IORING_OP_LINKAT, .fd = reach_at, .addr = word(from), .len = (uint32_t)reach_at, .addr2 = word(to)});
}

int reach_open(const char *file, int flags) {
    if (!reach_by_ring) return openat(reach_at, file, flags, 0644);
    return submit(&(struct io_uring_sqe){
        .opcode = IORING_OP_OPENAT, .fd = reach_at, .addr = word(file), .len = 0644, .open_flags = (uint32_t)flags});
}

const char *reach_path(const char *path) {
    static char paths[2][PATH_MAX + 32];
    static int turn;
    if (reach_at == AT_FDCWD || path[0] == '/') return path;
    snprintf(paths[turn ^= 1], sizeof(paths[0]), "/proc/self/fd/%d/%s", reach_at, path);
    return paths[turn];
}

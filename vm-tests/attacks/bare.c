// SPDX-License-Identifier: Apache-2.0
// `bare FILE OTHER` unlinks FILE and truncates OTHER: a static program without
// libc, for which nothing that is preloaded or wrapped stands in between. Ends
// with the errno of the first call that failed.
#include <asm/unistd.h>

static long call(long number, const char *path, long argument) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(path), "S"(argument) : "rcx", "r11", "memory");
    return result;
}

// Called by _start with the stack as the kernel left it: argc, then argv.
__attribute__((used, noreturn)) static void begin(long *stack) {
    char **argv = (char **)(stack + 1);
    long result = stack[0] == 3 ? call(__NR_unlink, argv[1], 0) : -255;
    if (!result) result = call(__NR_truncate, argv[2], 0);
    for (;;) call(__NR_exit, (const char *)-result, 0);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");

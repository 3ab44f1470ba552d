// SPDX-License-Identifier: Apache-2.0
// What an attacker does to a log: `attack [WAY] OPERATION FILE [OTHER]`, or
// `attack everyway OPERATION FILE [OTHER]`, `attack everyway all DIRECTORY`.
// A WAY without an operation unlinks. Static and without helpers, so that it
// runs in any container. Prints "ok" or the errno's number, and ends with it.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "everyway.h"
#include "held.h"
#include "repeats.h"

static int every(int argc, char **argv) {
    if (argc < 4) return 255;
    if (!strcmp(argv[2], "all")) return everyway_all(argv[3]);
    const struct operation *operation = find_operation(argv[2]);
    return operation ? everyway(operation, argv[3], argc > 4 ? argv[4] : NULL) : 254;
}

int main(int argc, char **argv) {
    if (argc < 3) return 255;
    if (!strcmp(argv[1], "everyway")) return every(argc, argv);
    int r, next = 1;
    const struct way *way = find_way(argv[1]);
    const char *how = argv[1];
    if (way) how = argv[++next][0] == '/' ? next--, "unlink" : argv[next];
    if (++next >= argc) return 255;
    const char *file = argv[next], *other = argc > next + 1 ? argv[next + 1] : NULL;
    const struct operation *operation = find_operation(how);
    if (operation) r = perform(way ? way : find_way("directly"), operation, file, other ? other : "/tmp/other");
    else if (!strcmp(how, "repeat-fork")) r = repeat_fork();
    else if (!strcmp(how, "repeat-exec")) r = repeat_exec(argv);
    else if (!strcmp(how, "repeat-open")) r = repeat_open(file);
    else if (!strcmp(how, "repeat-read")) r = repeat_read(file);
    else if (!strcmp(how, "repeat-unlink")) r = repeat_unlink(file);
    else if (!strncmp(how, "old-", 4)) r = held(how, file, other ? other : "/tmp/other");
    else if (!strcmp(how, "leader-exits")) r = leader_exits(file);
    else return 254;
    if (r >= 0) {
        printf("ok\n");
        return 0;
    }
    printf("%d\n", errno);
    return errno;
}

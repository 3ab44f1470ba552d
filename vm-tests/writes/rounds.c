// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "rounds.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_access"

const char *at(const char *directory, const char *name) {
    static char names[8][512];
    static unsigned next;
    char *out = names[next++ % 8];
    snprintf(out, sizeof(names[0]), "%s/%s", directory, name);
    return out;
}

void put(const char *directory, const char *name, const char *text) {
    char hidden[64];
    snprintf(hidden, sizeof(hidden), ".%s", name);
    FILE *file = fopen(at(directory, hidden), "w");
    if (!file) return;
    fputs(text, file);
    fclose(file);
    rename(at(directory, hidden), at(directory, name));
}

int goes_on(const char *directory, int n) {
    char name[32];
    snprintf(name, sizeof(name), "go-%d", n);
    while (access(at(directory, name), F_OK)) {
        if (!access(at(directory, "stop"), F_OK)) return 0;
        usleep(10000);
    }
    return 1;
}

void act_in_rounds(const char *directory, const struct way *ways, struct writer *w) {
    static char text[16384];
    char name[32];
    put(directory, "ready", "");
    for (int n = 0; goes_on(directory, n); n++) {
        size_t used = 0;
        for (const struct way *way = ways; way->name; way++) {
            errno = 0;
            int code = way->act(w) >= 0 ? 0 : errno ? errno : EIO;
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %d %s\n", way->name, code, way->hook ? way->hook : "-");
        }
        snprintf(name, sizeof(name), "result-%d", n);
        put(directory, name, text);
    }
}

int set_acl(const char *file) {
    static const struct {
        uint32_t version;
        struct {
            uint16_t tag, rights;
            uint32_t id;
        } entries[5];
    } acl = {2, {{1, 6, ~0u}, {2, 4, 12345}, {4, 4, ~0u}, {16, 4, ~0u}, {32, 4, ~0u}}};
    return setxattr(file, ACL, &acl, sizeof(acl), 0);
}

int remove_acl(const char *file) { return removexattr(file, ACL) && errno != ENODATA ? -1 : 0; }

// SPDX-License-Identifier: Apache-2.0
// What a kubelet does below /var/log on its own: rotating a container's log
// (rename, gzip into a new file, remove the oldest), the links of
// /var/log/containers, and removing a dead pod's directory.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define POD "/var/log/pods/shop_web-7d4b9_11f0"
#define LOG POD "/web/0.log"
#define LINK "/var/log/containers/web-7d4b9_shop_web.log"

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file)) {
        perror(path);
        exit(1);
    }
}

int main(void) {
    mkdir("/var/log/pods", 0755);
    mkdir("/var/log/containers", 0755);
    must(mkdir(POD, 0755), POD);
    must(mkdir(POD "/web", 0755), POD "/web");
    put(LOG, "2026-01-01T00:00:00Z stdout F hello\n");
    must(symlink(LOG, LINK), "symlink");
    for (int turn = 0; turn < 3; turn++) {
        must(rename(LOG, LOG ".20260101-000000"), "rename");
        put(LOG, "");
        put(LOG ".20260101-000000.tmp", "compressed");
        must(rename(LOG ".20260101-000000.tmp", LOG ".20260101-000000.gz"), "rename .tmp");
        must(unlink(LOG ".20260101-000000"), "unlink");
        must(unlink(LOG ".20260101-000000.gz"), "unlink .gz");
    }
    must(unlink(LINK), "unlink link");
    must(unlink(LOG), "unlink log");
    must(rmdir(POD "/web"), "rmdir");
    must(rmdir(POD), "rmdir");
    return 0;
}

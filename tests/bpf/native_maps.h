/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF maps and helpers for kernel code that is compiled for this machine:
 * hashes with the kernel's flags, errors and bounds. A value's memory is used
 * again at once, by the next element, as the kernel's allocator may do it.
 * Between any two steps that another CPU could see, `quell_test_between` is
 * called: what it does there is what another CPU does.
 */
#pragma once

#include <string.h>

#define BPF_ANY 0
#define BPF_NOEXIST 1
#define NATIVE_MAX 64

struct native_map {
    u32 max, key_size, value_size, free_count;
    u32 free[NATIVE_MAX]; /* the last one is taken first */
    u8 used[NATIVE_MAX];
    u8 *keys, *values;
};

#define NATIVE_MAP(name, max_, key, value)                                                        \
    static u8 name##_keys[(max_) * sizeof(key)];                                                  \
    static u64 name##_values[(max_) * ((sizeof(value) + 7) / 8)];                                 \
    static struct native_map name = {.max = (max_), .key_size = sizeof(key),                      \
                                     .value_size = (sizeof(value) + 7) / 8 * 8, .keys = name##_keys, \
                                     .values = (u8 *)name##_values}

void (*quell_test_between)(void);

static void between(void) {
    if (quell_test_between) quell_test_between();
}

#define __sync_val_compare_and_swap(at, old, new) (between(), __sync_val_compare_and_swap(at, old, new))
#define __sync_fetch_and_add(at, value) (between(), __sync_fetch_and_add(at, value))
#define __sync_lock_test_and_set(at, value) (between(), __sync_lock_test_and_set(at, value))

static void native_map_clear(struct native_map *map) {
    memset(map->used, 0, sizeof(map->used));
    map->free_count = map->max;
    for (u32 i = 0; i < map->max; i++) map->free[i] = map->max - 1 - i;
}

static int native_find(struct native_map *map, const void *key) {
    for (u32 i = 0; i < map->max; i++)
        if (map->used[i] && !memcmp(map->keys + i * map->key_size, key, map->key_size)) return (int)i;
    return -1;
}

static void *native_value(struct native_map *map, u32 at) { return map->values + at * map->value_size; }

static void *bpf_map_lookup_elem(void *map, const void *key) {
    int at;

    between();
    at = native_find(map, key);
    return at < 0 ? 0 : native_value(map, (u32)at);
}

static long bpf_map_update_elem(void *of, const void *key, const void *value, u64 flags) {
    struct native_map *map = of;
    int at;

    between();
    at = native_find(map, key);
    if (at >= 0 && flags == BPF_NOEXIST) return -EEXIST;
    if (at < 0) {
        if (!map->free_count) return -E2BIG;
        at = (int)map->free[--map->free_count];
        memcpy(map->keys + (u32)at * map->key_size, key, map->key_size);
        map->used[at] = 1;
    }
    memcpy(native_value(map, (u32)at), value, map->value_size);
    return 0;
}

static long bpf_map_delete_elem(void *of, const void *key) {
    struct native_map *map = of;
    int at;

    between();
    at = native_find(map, key);
    if (at < 0) return -ENOENT;
    map->used[at] = 0;
    map->free[map->free_count++] = (u32)at;
    return 0;
}

static long native_for_each(struct native_map *map, long (*call)(void *, void *, void *, void *), void *context) {
    long visited = 0;

    for (u32 i = 0; i < map->max; i++) {
        if (!map->used[i]) continue;
        visited++;
        if (call(map, map->keys + i * map->key_size, native_value(map, i), context)) break;
    }
    return visited;
}
#define bpf_for_each_map_elem(map, call, context, flags) \
    native_for_each(map, (long (*)(void *, void *, void *, void *))(call), context)

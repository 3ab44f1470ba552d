// SPDX-License-Identifier: Apache-2.0
// What one side of a connection says and the other hears (wire.c), in a file that the latter maps.
#pragma once

#include <stdint.h>

#define WIRE_RECORD 64 /* bytes; the first eight are the CPU's counter as it is written */
#define WIRE_QUEUE 16384 /* bytes, as SO_SNDBUF is asked for; the kernel takes twice as many */
#define WIRE_PACKETS 262144 /* the last ones */

// As it came in at the listening side, without what is above IP.
struct packet {
    uint64_t real_ns;  // CLOCK_REALTIME of its coming
    uint32_t payload;  // bytes
    uint8_t protocol;  // IPPROTO_TCP or IPPROTO_UDP
    uint8_t flags;     // of TCP
    uint8_t unused[2];
};

struct wire {
    uint64_t tcp_bytes, udp_bytes;
    uint64_t tcp_last, udp_last;  // the newest record's counter
    uint64_t packets;
    struct packet last[WIRE_PACKETS];
};

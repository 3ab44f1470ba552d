# SPDX-License-Identifier: Apache-2.0
# The daemon in a guest for measuring, and what it holds. Source it, with `fail` at hand.
daemon_start() { # sets $daemon
  quelld >/var/log/quelld.console 2>&1 &
  for _ in $(seq 300); do quell status >/dev/null 2>&1 && break; sleep 0.5; done
  quell status >/dev/null || { cat /var/log/quelld.console >&2; exit 1; }
  daemon=$(pgrep -xo quelld)
}

# On one CPU under icount a nanosecond is an instruction.
daemon_ns() { awk '{ sum += $1 } END { printf "%.0f\n", sum }' "/proc/$daemon"/task/*/schedstat; }
daemon_kib() { awk -v what="$1:" '$1 == what { print $2 }' "/proc/$daemon/status"; } # VmRSS or VmHWM

maps_kib() { for map in /sys/fs/bpf/quell/{maps,policy}/*; do bpftool -j map show pinned "$map"; echo; done | jq -s 'map(.bytes_memlock // error("a map without a size")) | add / 1024 | floor'; }

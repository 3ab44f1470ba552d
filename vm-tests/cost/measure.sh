#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Inside an -icount guest: what Quell costs, in instructions. Prints lines of two kinds:
#   row STATE PLACE open-read N open-write N …    STATE: none, pack, armed, enforced, one-rule, thousand-rules
#   value NAME N LIMIT WHAT                       a figure by itself; LIMIT 0: none
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/containers.sh"

loop=$here/cost_loop events=$here/cost_events daemon=''
value() { printf 'value %s %s %s %s\n' "$@"; }

loop_in() { # PLACE
  case $1 in
    tmpfs | ext4) "$loop" "/cost-$1/x" ;;
    host-names) "$loop" /run ;;
    # a child of what was brought in: that one itself carries a tag, which costs about 110 a call
    container) inside first /bin/sh -c '/bin/loop /tmp/x; :' ;;
    container-names) inside first /bin/sh -c '/bin/loop /etc; :' ;;
    first-process) inside first /bin/loop /tmp/x ;;
  esac
}

# The least of three processes, operation by operation: on 7 the kernel's own allocations cost more in some than in others.
least() {
  awk '{ for (i = 1; i < NF; i += 2) { name[i] = $i; if (NR == 1 || $(i + 1) < least[i]) least[i] = $(i + 1) } n = NF }
    END { for (i = 1; i < n; i += 2) printf " %s %s", name[i], least[i]; print "" }'
}

# The daemon sleeps while a loop runs: what it does at its own time is not the operation's cost.
row() { # STATE PLACE...
  local state=$1 place
  shift
  [ -z "$daemon" ] || kill -STOP "$daemon"
  for place; do
    loop_in "$place" >/dev/null
    printf 'row %s %s%s\n' "$state" "$place" "$(for _ in 1 2 3; do loop_in "$place"; done | least)"
  done
  [ -z "$daemon" ] || kill -CONT "$daemon"
}

# Nanoseconds that BPF programs have run, by name: under icount they are instructions.
bpf_ns() { bpftool -j prog show | jq --arg names "$1" '[.[] | select(.name // "" | test($names)) | .run_time_ns // 0] | add'; }
LIFE='^quell_(cgroup|task|bprm|sb_)'

ip link set lo up
mkdir -p /cost-tmpfs /cost-ext4
mount -t tmpfs tmpfs /cost-tmpfs
container_start first crun
row none tmpfs ext4 host-names container container-names
container_end first crun

mkdir -p /etc/quell/policy.d
cp /usr/share/quell/packs/notable-events.yaml /etc/quell/policy.d/
quelld >/var/log/quelld.console 2>&1 &
for _ in $(seq 300); do quell status >/dev/null 2>&1 && break; sleep 0.5; done
quell status >/dev/null || { cat /var/log/quelld.console >&2; exit 1; }
daemon=$(pgrep -xo quelld)
container_start first crun
container_start second crun
container_start third runc
row pack tmpfs ext4 host-names container container-names first-process

. "$here/lives.sh"

# a quarantine armed by a detection, on the host's own file
echo line >/var/log/cost.log
# by a process of its own lineage: what descends from one that a detection has bound carries a tag, and costs more
sh -c '(sleep 0.5; truncate -s 0 /var/log/cost.log) &'
number_of() { quell status --json | jq ".status.$1"; }
for _ in $(seq 100); do [ "$(number_of pending)" = 1 ] && break; sleep 0.2; done
[ "$(number_of pending)" = 1 ] || { quell status >&2; exit 1; }
row armed tmpfs ext4 host-names container container-names
live fork-exec-exit-armed 3000 "the same with a quarantine armed"
id=$(quell incidents --json | jq -r '.incidents[0].id')
approve "$id" quarantine-file >/dev/null || exit 1
[ "$(number_of enforcing)" = 1 ] || { quell status >&2; exit 1; }
row enforced tmpfs ext4 host-names container container-names
live fork-exec-exit-enforced 3300 "the same with a quarantine enforced"
quell undo "$id" --reason cost >/dev/null || exit 1

. "$here/containments.sh"
memory() { # NAME LIMIT-OF-RSS LIMIT-OF-HWM
  value "$1-VmRSS" "$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$daemon/status")" "$2" "KiB of the daemon"
  value "$1-VmHWM" "$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$daemon/status")" "$3" "KiB of the daemon"
}
memory daemon 12288 20480
. "$here/rules.sh"
memory daemon-1000-rules 0 0

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Inside an -icount guest: what Quell costs, in instructions. Ends with 1 where something cannot be measured. Prints:
#   row STATE PLACE open-read N open-write N …    STATE: none, pack, armed, enforced, one-rule, thousand-rules, one-rule-again
#   value NAME N LIMIT WHAT                       a figure by itself, tabs between; LIMIT 0: none
#   part WHAT WHERE TIMES PROGRAM CALLS N         what one of Quell's programs took, of so many operations (programs.sh)
#   step LINE N WHAT, share LINE N WHO            of a time line (timeline.sh); tabs between
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/containers.sh"

loop=$here/cost_loop events=$here/cost_events daemon=''
value() { printf 'value\t%s\t%s\t%s\t%s\n' "$@"; } # tabs: a figure that is missing stays one
fail() { echo "measure: $*" >&2; exit 1; }

loop_in() { # PLACE [OPERATION...]
  local place=$1
  shift
  case $place in
    tmpfs | ext4) "$loop" "/cost-$place/x" "$@" ;;
    host-names) "$loop" /run "$@" ;;
    # a child of what was brought in: that one itself carries a tag, which costs about 110 a call
    container) inside first /bin/sh -c "/bin/loop /tmp/x $*; exit \$?" ;;
    container-names) inside first /bin/sh -c "/bin/loop /run $*; exit \$?" ;;
    first-process) inside first /bin/loop /tmp/x "$@" ;;
  esac
}

# The least of five processes, operation by operation: on 7 the kernel's own allocations cost more in some than in others.
least() {
  awk '{ for (i = 1; i < NF; i += 2) { name[i] = $i; if (NR == 1 || $(i + 1) < least[i]) least[i] = $(i + 1) } n = NF }
    END { for (i = 1; i < n; i += 2) printf " %s %s", name[i], least[i]; print "" }'
}

number_of() { quell status --json | jq ".status.$1"; }

# The daemon sleeps while a loop runs: what it does at its own time is not the operation's cost.
row() { # STATE PLACE...
  local state=$1 place figures
  shift
  [ -z "$daemon" ] || kill -STOP "$daemon"
  for place; do
    loop_in "$place" >/dev/null || fail "no loop in $place, $state"
    figures=$(for _ in 1 2 3 4 5; do loop_in "$place" || exit 1; done) || fail "no loop in $place, $state"
    printf 'row %s %s%s\n' "$state" "$place" "$(least <<<"$figures")"
  done
  [ -z "$daemon" ] || kill -CONT "$daemon"
}

. "$here/programs.sh"
. "$here/daemon.sh"

ip link set lo up
mkdir -p /cost-tmpfs /cost-ext4
mount -t tmpfs tmpfs /cost-tmpfs
container_start first crun
row none tmpfs ext4 host-names container container-names
container_end first crun

mkdir -p /etc/quell/policy.d
cp /usr/share/quell/packs/notable-events.yaml /etc/quell/policy.d/
daemon_start
container_start first crun
container_start second crun
container_start third runc
row pack tmpfs ext4 host-names container container-names first-process
[ "$(number_of pending) $(number_of enforcing)" = "0 0" ] || fail "what was to be without an incident has one"

. "$here/lives.sh"

# a quarantine armed by a detection, on the host's own file
echo line >/var/log/cost.log
# by a process of its own lineage: what descends from one that a detection has bound carries a tag, and costs more
sh -c '(sleep 0.5; truncate -s 0 /var/log/cost.log) &'
for _ in $(seq 100); do [ "$(number_of pending)" = 1 ] && break; sleep 0.2; done
[ "$(number_of pending) $(number_of arming)" = "1 0" ] || { quell status >&2; fail "no quarantine is armed"; }
row armed tmpfs ext4 host-names container container-names
programs rename-armed ext4 create rename unlink
for place in tmpfs container; do programs open-armed "$place" open-read; done
live fork-exec-exit-armed 3000 "the same with a quarantine armed"
id=$(quell incidents --json | jq -r '.incidents[] | select(.state == "pending").id')
approve "$id" quarantine-file >/dev/null || exit 1
[ "$(quell show "$id" --json | jq -r .incident.state)" = enforcing ] || { quell status >&2; fail "no quarantine is enforced"; }
row enforced tmpfs ext4 host-names container container-names
programs rename-enforced ext4 create rename unlink
for place in tmpfs container; do programs open-enforced "$place" open-read; done
live fork-exec-exit-enforced 3300 "the same with a quarantine enforced"
quell undo "$id" --reason cost >/dev/null || exit 1

. "$here/containments.sh"
memory() { # NAME LIMIT-OF-RSS LIMIT-OF-HWM
  value "$1-VmRSS" "$(daemon_kib VmRSS)" "$2" "KiB of the daemon"
  value "$1-VmHWM" "$(daemon_kib VmHWM)" "$3" "KiB of the daemon"
}
memory daemon 12288 20480
. "$here/rules.sh"

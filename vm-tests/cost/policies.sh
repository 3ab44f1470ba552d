#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Inside an -icount guest: what operations cost by the number of rules, of every kind of them. Prints, tabs between:
#   count RULES OPERATION WHERE N      the loop's own figure; RULES "none" is without BPF
#   exec RULES BYTES N                 what Quell's programs took for fork, exec and end, with so many bytes of arguments
#   load RULES WHAT N                  seconds of the guest, or KiB
set -u
here=$(cd "$(dirname "$0")" && pwd)
loop=$here/cost_loop events=$here/cost_events daemon=''
fail() { echo "policies: $*" >&2; exit 1; }
. "$here/containers.sh"
. "$here/programs.sh"
. "$here/daemon.sh"

# One rule after the other of each kind: a tree, a file, a directory, a network, an execution with an argument, conditions and an
# exception, a name and an ending anywhere, a star for a directory.
rules_of() { # COUNT
  awk -v count="$1" 'BEGIN {
    print "apiVersion: quell/v1\nkind: Policy\nmetadata: {name: many}\nspec:\n  rules:"
    for (i = 0; i < count; i++) {
      head = "    - {id: r" i ", severity: low, where: {subject: any}, "
      files = "on: [delete, rename, truncate, open-read, create], "
      kind = i % 9
      if (kind == 0) print head files "match: {path: [/srv/data" i "/**]}}"
      if (kind == 1) print head files "match: {path: [/opt/app" i "/secret]}}"
      if (kind == 2) print head files "match: {path: [/var/lib/svc" i "/*]}}"
      if (kind == 3) print head "on: [connect], match: {address: [127." int(i / 256) % 256 "." i % 256 ".0/24]}}"
      if (kind == 4) print head "on: [exec], match: {path: [/opt/tool" i "/**], arguments: [\"--option-" i "=*\"]}}"
      if (kind == 5) print head files "match: {path: [/etc/app" i "/key], type: [file]}, except: [{exe: [/usr/bin/agent" i "]}]}"
      if (kind == 6) print head files "match: {path: [\"/**/float" i "\"]}}"
      if (kind == 7) print head files "match: {path: [\"/**/*.ending" i "\"]}}"
      if (kind == 8) print head files "match: {path: [\"/srv/*/starred" i "/data*\"]}}"
    }
  }'
}

loop_at() { # PLACE OPERATION...
  local place=$1
  shift
  if [ "$place" = host ]; then "$loop" /cost-tmpfs/x "$@"; else inside first /bin/sh -c "/bin/loop /tmp/x $*; exit \$?"; fi || fail "no loop"
}
# What the programs take of a creation, a renaming and a removal together: on overlay all three end in a journal whose own cost differs by more.
own() { # RULES PLACE
  local before between
  sysctl -q kernel.bpf_stats_enabled=1
  before=$(bpf_ns '^quell')
  loop_at "$2" nothing >/dev/null
  between=$(bpf_ns '^quell')
  loop_at "$2" create rename unlink >/dev/null
  printf 'count\t%s\town\t%s\t%s\n' "$1" "$2" $((($(bpf_ns '^quell') - between - (between - before)) / 1400)) # 7 rounds of 200
  sysctl -q kernel.bpf_stats_enabled=0
}
counts() { # RULES
  local place figures
  [ -z "$daemon" ] || kill -STOP "$daemon"
  for place in host container; do
    for _ in 1 2 3; do
      loop_at "$place" open-read create rename unlink connect
    done >/tmp/figures
    awk -v rules="$1" -v place="$place" '{ for (i = 1; i < NF; i += 2) if (!($i in least) || $(i + 1) < least[$i]) least[$i] = $(i + 1) }
      END { for (name in least) printf "count\t%s\t%s\t%s\t%s\n", rules, name, place, least[name] }' /tmp/figures
    [ "$1" = none ] || own "$1" "$place"
  done
  [ -z "$daemon" ] || kill -CONT "$daemon"
}
execs() { # RULES
  local bytes before
  for bytes in 20 200 4000; do
    sysctl -q kernel.bpf_stats_enabled=1
    before=$(bpf_ns '^quell')
    "$events" exec 100 "$bytes"
    printf 'exec\t%s\t%s\t%s\n' "$1" "$bytes" $((($(bpf_ns '^quell') - before) / 100))
    sysctl -q kernel.bpf_stats_enabled=0
  done
}

ip link set lo up
mkdir -p /cost-tmpfs /etc/quell/policy.d
mount -t tmpfs tmpfs /cost-tmpfs
container_start first crun
counts none
container_end first crun
daemon_start
container_start first crun
for rules in 1 100 1000 20000 1; do
  rules_of "$rules" >/etc/quell/policy.d/many.yaml
  began=$(date +%s%N)
  quell policy apply >/tmp/applied 2>&1 || { cat /tmp/applied >&2; fail "$rules rules were not applied"; }
  printf 'load\t%s\tmilliseconds\t%s\n' "$rules" $((($(date +%s%N) - began) / 1000000))
  printf 'load\t%s\tKiB of maps\t%s\n' "$rules" "$(maps_kib)"
  printf 'load\t%s\tKiB of the daemon\t%s\n' "$rules" "$(daemon_kib VmRSS)"
  counts "$rules"
  execs "$rules"
done

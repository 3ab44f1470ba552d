# SPDX-License-Identifier: Apache-2.0
# What processes and containers cost by being born and dying: the programs' own run time. Sourced by measure.sh.
live() { # NAME LIMIT WHAT
  local before
  sysctl -q kernel.bpf_stats_enabled=1
  before=$(bpf_ns '^quell')
  "$events" live 200
  value "$1" $((($(bpf_ns '^quell') - before) / 200)) "$2" "$3"
  sysctl -q kernel.bpf_stats_enabled=0
}
live fork-exec-exit 3000 "fork, exec and end of a host's process, all programs"
sysctl -q kernel.bpf_stats_enabled=1

before=$(bpf_ns '^quell')
inside first /bin/events live 200
value fork-exec-exit-container $((($(bpf_ns '^quell') - before) / 200)) 0 "the same in a container, with its own entering"

# What deciles do not show: the mean of everything that Quell's programs did in a whole loop, rare long ways included.
own() { # NAME WHAT COMMAND...: the loop does 7 rounds of 200 of 10 operations
  local name=$1 what=$2 before
  shift 2
  before=$(bpf_ns '^quell')
  "$@" >/dev/null
  value "$name" $((($(bpf_ns '^quell') - before) / 14000)) 0 "mean an operation of a whole loop $what, the programs alone"
}
own own-tmpfs "on tmpfs" "$loop" /cost-tmpfs/x
own own-host-names "in /run" "$loop" /run
own own-container "in a container" inside first /bin/sh -c '/bin/loop /tmp/x; :'

# What Quell does because a container begins and ends; beside it the files that its runtime opens meanwhile, as anybody's.
snapshots=$(mktemp -d)
start_or_end() { # WHAT LIMIT TEXT COMMAND...
  local what=$1 limit=$2 text=$3 before all
  shift 3
  bpf_each >"$snapshots/1"
  before=$(bpf_ns "$LIFE") all=$(bpf_ns '^quell')
  "$@" || fail "no $what"
  value "$what" $(($(bpf_ns "$LIFE") - before)) "$limit" "$text, the programs of lives and mounts"
  value "$what-all" $(($(bpf_ns '^quell') - all)) 0 "the same with the opens and removals of its runtime"
  bpf_each >"$snapshots/2"
  parts "$what" 60-mounts 1 "$snapshots"/[12]
}
container_prepare sixty crun "sleep 10000" 60
start_or_end container-start 400000 "start of a container with 60 mounts" container_run sixty crun
start_or_end container-end 100000 "its end" crun_cg delete -f sixty
umount /srv/cost/sixty/rootfs

# where the figures of the table come from: the long ones, by program
for place in tmpfs container first-process; do programs open-read "$place" open-read; done
for place in tmpfs ext4 container; do programs truncate "$place" truncate; done
for place in tmpfs ext4 container; do programs create-rename-unlink "$place" create rename unlink; done

sysctl -q kernel.bpf_stats_enabled=0

# SPDX-License-Identifier: Apache-2.0
# What processes and containers cost by being born and dying: the programs' own run time. Sourced by measure.sh.
sysctl -q kernel.bpf_stats_enabled=1

before=$(bpf_ns '^quell')
"$events" live 200
value fork-exec-exit $((($(bpf_ns '^quell') - before) / 200)) 3000 "fork, exec and end of a host's process, all programs"

before=$(bpf_ns '^quell')
inside first /bin/events live 200
value fork-exec-exit-container $((($(bpf_ns '^quell') - before) / 200)) 0 "the same in a container, with its own entering"

# What deciles do not show: the mean of everything that Quell's programs did in a whole loop, rare long ways included.
own() { # NAME WHAT COMMAND...: the loop does 7 rounds of 200 of 9 operations
  local name=$1 what=$2 before
  shift 2
  before=$(bpf_ns '^quell')
  "$@" >/dev/null
  value "$name" $((($(bpf_ns '^quell') - before) / 12600)) 0 "mean an operation of a whole loop $what, the programs alone"
}
own own-tmpfs "on tmpfs" "$loop" /cost-tmpfs/x
own own-host-names "in /run" "$loop" /run
own own-container "in a container" inside first /bin/sh -c '/bin/loop /tmp/x; :'

before=$(bpf_ns "$LIFE")
container_start sixty crun "sleep 10000" 60
value container-start $(($(bpf_ns "$LIFE") - before)) 400000 "start of a container with 60 mounts"
before=$(bpf_ns "$LIFE")
crun_cg delete -f sixty
value container-end $(($(bpf_ns "$LIFE") - before)) 100000 "its end"
umount /srv/cost/sixty/rootfs

sysctl -q kernel.bpf_stats_enabled=0

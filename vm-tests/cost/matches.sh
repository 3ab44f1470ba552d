#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Inside an -icount guest: what an opening costs that a rule matches. Prints, tabs between:
#   open STATE WHERE FIRST OTHER    STATE: none (without BPF), unmatched, matched: the first opening of an actor, which makes
#                                   an incident, and another, which is counted in it
#   million ACTORS WHAT N           what a million matches by so many actors after each other took
set -u
here=$(cd "$(dirname "$0")" && pwd)
loop=$here/cost_loop events=$here/cost_events daemon='' actors=20 # less than a subject may have incidents of at once
fail() { echo "matches: $*" >&2; exit 1; }
. "$here/containers.sh"
. "$here/daemon.sh"

policy() { # FILE-NAME
  printf 'apiVersion: quell/v1\nkind: Policy\nmetadata: {name: matches}\nspec:\n  rules:\n    - {id: opened, severity: low, where: {subject: any}, on: [open-read], match: {path: [/cost-tmpfs/%s, /tmp/%s]}, respond: {offer: [kill-process]}}\n' "$1" "$1" \
    >/etc/quell/policy.d/matches.yaml
}
apply() { policy "$1"; quell policy apply >/tmp/applied 2>&1 || { cat /tmp/applied >&2; fail "no policy"; }; }
opens() { # STATE: with the daemon asleep, since what it does at its own time is not the operation's cost
  local figures
  [ -z "$daemon" ] || kill -STOP "$daemon"
  figures=$("$events" open /cost-tmpfs/matched $actors 100) || fail "no opening on the host"
  printf 'open\t%s\thost\t%s\n' "$1" "${figures/ /$'\t'}"
  figures=$(inside first /bin/sh -c "/bin/events open /tmp/matched $actors 100; exit \$?") || fail "no opening in the container"
  printf 'open\t%s\tcontainer\t%s\n' "$1" "${figures/ /$'\t'}"
  [ -z "$daemon" ] || kill -CONT "$daemon"
}
reject_all() { local id; for id in $(quell incidents --json | jq -r ".incidents[].id"); do quell reject "$id" --reason cost >/dev/null || fail "no rejection"; done; }
counter() { quell status --json | jq --arg name "$1" '.status.counters[] | select(.name == $name).value'; }
million() { # ACTORS
  local times=$((1000000 / $1)) ns began name
  declare -A before
  reject_all
  for name in events repeats pending-subject; do before[$name]=$(counter $name); done
  ns=$(daemon_ns)
  began=$(date +%s%N)
  "$events" open /cost-tmpfs/matched "$1" $times >/dev/null || fail "no million"
  printf 'million\t%s\tinstructions a match, with everything\t%s\n' "$1" $((($(date +%s%N) - began) / 1000000))
  sleep 3 # the last rows are written
  printf 'million\t%s\tinstructions of the daemon in all\t%s\n' "$1" $(($(daemon_ns) - ns))
  for name in events repeats pending-subject; do printf 'million\t%s\t%s\t%s\n' "$1" "$name" $(($(counter $name) - ${before[$name]})); done
  printf 'million\t%s\tKiB of the daemon, at most\t%s\n' "$1" "$(daemon_kib VmHWM)"
}

mkdir -p /cost-tmpfs /etc/quell/policy.d
mount -t tmpfs tmpfs /cost-tmpfs
echo x >/cost-tmpfs/matched
container_start first crun
inside first /bin/sh -c 'echo x >/tmp/matched'
opens none
container_end first crun
policy other
daemon_start
container_start first crun
inside first /bin/sh -c 'echo x >/tmp/matched'
opens unmatched
apply matched
opens matched
for by in 1 1000; do million $by; done

# SPDX-License-Identifier: Apache-2.0
# A containment in time, and a kill beside a bare one. One CPU: what passes is what was executed. Sourced.
. "$here/timeline.sh"

# crowd NAME: a container of 20 that has an incident. Sets cgroup and incident.
crowd() {
  local id
  container_start "$1" crun "events crowd 19"
  sleep 1
  id=$(jq -r '.linux.cgroupsPath | capture("crio-(?<id>[0-9a-f]+)").id' "/srv/cost/$1/config.json")
  cgroup=/sys/fs/cgroup/kubepods.slice/crio-$id.scope
  [ -z "${2:-}" ] || "$2"
  inside "$1" /bin/sh -c 'rm /var/log/b.log'
  incident=$(pending_of "$id") || exit 1
}
latency() { jq ".incident.latency.$1 * 1000 | floor" <<<"$reply"; }
bare_kill() { "$events" kill "$cgroup" || fail "no bare kill"; }

# By the kernel's trace, when the last has gone and not when somebody was told. Twenty ends cost one time a tenth more than
# another, whoever asks for them: in turns, and judged is the median of five each.
lines=$(mktemp -d) turns=5
for turn in $(seq "$turns"); do
  crowd "crowd$turn" trace_begin
  reply=$(approve "$incident" kill-container) || exit 1
  trace_end
  time_line containment "$daemon" "$(latency approved_to_flipped_us)" >"$lines/containment.$turn"
  # the same container again, killed by a plain program
  crowd "bare$turn"
  trace_begin
  bare_kill >/dev/null
  trace_end
  time_line bare-kill 0 0 >"$lines/bare-kill.$turn"
done
# NANOSECONDS FILE of the median turn
median() { awk -F'\t' '$1 == "step" && $4 == "the last of 20 has gone" { print $3, FILENAME }' "$lines/$1".* | sort -n | sed -n "$(((turns + 1) / 2))p"; }
read -r killed killed_line <<<"$(median containment)"
read -r bare bare_line <<<"$(median bare-kill)"
[ -n "$killed_line" ] && [ -n "$bare_line" ] || fail "no kills in the traces"
value event-to-request "$(latency detected_to_approved_us)" 0 "event -> request received: here a script asks every 0.2 s"
value request-to-flip "$(latency approved_to_flipped_us)" 150000 "request received -> flip, traced"
value bare-kill "$bare" 0 "a bare write to cgroup.kill of the same container, until the last of 20 is gone"
value kill "$killed" 0 "flip -> last process of 20 gone"
value kill-per-mille $((killed * 1000 / bare)) 1050 "the two, in thousandths"
cat "$killed_line" "$bare_line"

# SPDX-License-Identifier: Apache-2.0
# The time line of a containment, and a kill beside a bare one. One CPU: what passes is what was executed. Sourced.
container_start crowd crun "events crowd 19"
sleep 1
id=$(jq -r '.linux.cgroupsPath | capture("crio-(?<id>[0-9a-f]+)").id' /srv/cost/crowd/config.json)
inside crowd /bin/sh -c 'rm /var/log/b.log'
incident=$(pending_of "$id") || exit 1
reply=$(approve "$incident" kill-container) || exit 1
latency() { jq ".incident.latency.$1 * 1000 | floor" <<<"$reply"; }
value request-to-flip "$(latency approved_to_flipped_us)" 150000 "request received -> flip"
killed=$(latency flipped_to_last_gone_us)

# the same container again, killed by a plain program
container_start bare crun "events crowd 19"
sleep 1
id=$(jq -r '.linux.cgroupsPath | capture("crio-(?<id>[0-9a-f]+)").id' /srv/cost/bare/config.json)
inside bare /bin/sh -c 'rm /var/log/b.log'
pending_of "$id" >/dev/null || exit 1
bare=$("$events" kill "/sys/fs/cgroup/kubepods.slice/crio-$id.scope")
value bare-kill "$bare" 0 "a bare write to cgroup.kill of the same container, until the last of 20 is gone"
value kill "$killed" 0 "flip -> last process of 20 gone"
value kill-per-mille $((killed * 1000 / bare)) 1050 "the two, in thousandths"

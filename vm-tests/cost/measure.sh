#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Inside an -icount guest: what Quell adds to each operation, in instructions. Prints one line a row:
# "STATE WHERE open-read N open-write N …", STATE being none, pack, armed or enforced.
set -u
here=$(cd "$(dirname "$0")" && pwd)
loop=$here/cost_loop

bundle() { # NAME RUNTIME
  local dir=/srv/cost/$1 id
  id=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
  mkdir -p "$dir"/{lower/bin,lower/var/log,upper,work,rootfs}
  cp "$loop" "$dir/lower/bin/loop"
  echo line >"$dir/lower/var/log/b.log"
  mount -t overlay overlay -o "lowerdir=$dir/lower:/usr/share/quell-vm/rootfs,upperdir=$dir/upper,workdir=$dir/work" "$dir/rootfs"
  cat >"$dir/config.json" <<JSON
{"ociVersion":"1.0.2","process":{"terminal":false,"user":{"uid":0,"gid":0},"args":["/bin/sleep","10000"],"env":["PATH=/bin:/usr/bin"],"cwd":"/"},
"root":{"path":"rootfs"},"hostname":"$1","mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs"}],
"linux":{"cgroupsPath":"/kubepods.slice/crio-$id.scope","namespaces":[{"type":"pid"},{"type":"uts"},{"type":"mount"},{"type":"network"}]}}
JSON
  (cd "$dir" && $2 run -d "$1" </dev/null >"$dir/out" 2>&1) || { cat "$dir/out"; exit 1; }
}
crun_cg() { crun --cgroup-manager=cgroupfs "$@"; }

# The daemon sleeps while it is measured: what it does at its own time is not the operation's cost.
row() {
  local state=$1
  [ -z "${daemon:-}" ] || kill -STOP "$daemon"
  for where in tmpfs ext4; do
    $loop "/cost-$where/x" >/dev/null
    printf '%s %s %s\n' "$state" "$where" "$($loop "/cost-$where/x")"
  done
  # a child of what was brought in: that one itself carries a tag, which costs about 110
  crun_cg exec first /bin/sh -c '/bin/loop /tmp/x; :' >/dev/null
  printf '%s container %s\n' "$state" "$(crun_cg exec first /bin/sh -c '/bin/loop /tmp/x; :')"
  [ -z "${daemon:-}" ] || kill -CONT "$daemon"
}

mkdir -p /cost-tmpfs /cost-ext4
mount -t tmpfs tmpfs /cost-tmpfs
bundle first crun_cg
row none
crun_cg delete -f first
umount /srv/cost/first/rootfs
rm -rf /srv/cost

mkdir -p /etc/quell/policy.d
cp /usr/share/quell/packs/notable-events.yaml /etc/quell/policy.d/
quelld >/var/log/quelld.console 2>&1 &
for _ in $(seq 300); do quell status >/dev/null 2>&1 && break; sleep 0.5; done
daemon=$(pgrep -xo quelld)
bundle first crun_cg
bundle second crun_cg
bundle third runc
row pack

# a quarantine armed by a detection, on the host's own file
echo line >/var/log/cost.log
truncate -s 0 /var/log/cost.log
for _ in $(seq 100); do [ "$(quell status --json | jq .status.pending)" = 1 ] && break; sleep 0.2; done
row armed
id=$(quell incidents --json | jq -r '.incidents[0].id')
digest=$(quell show "$id" --json | jq -r '.incident.offers[] | select(.response=="quarantine-file").digest')
quell approve "$id@$digest" quarantine-file --reason cost >/dev/null || { echo "quarantine was not enforced"; exit 1; }
row enforced
quell undo "$id" --reason cost >/dev/null

grep -E 'VmHWM|VmRSS' "/proc/$daemon/status" | tr -s '\t ' ' ' | sed 's/^/memory daemon /'
for map in /sys/fs/bpf/quell/maps/*; do bpftool -j map show pinned "$map"; echo; done | jq -s 'map(.bytes_memlock) | add' | sed 's/^/memory maps /'

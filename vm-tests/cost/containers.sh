# SPDX-License-Identifier: Apache-2.0
# Containers for measuring. Source it.
crun_cg() { crun --cgroup-manager=cgroupfs "$@"; }
runtime() { case $1 in crun) echo crun_cg ;; *) echo "$1" ;; esac; }
inside() { local name=$1; shift; crun_cg exec "$name" "$@"; }

# container_start NAME RUNTIME [COMMAND [MOUNTS]]: on an overlay, with so many bind mounts beyond the usual ones.
container_start() {
  container_prepare "$@"
  container_run "$@"
}
container_run() {
  (cd "/srv/cost/$1" && $(runtime "$2") run -d "$1" </dev/null >out 2>&1) || { cat "/srv/cost/$1/out"; exit 1; }
}

container_prepare() {
  local dir=/srv/cost/$1 command=${3:-sleep 10000} id mount mounts=''
  id=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
  mkdir -p "$dir"/{lower/bin,lower/var/log,lower/run,lower/mnt,upper,work,rootfs,volumes}
  cp "$loop" "$dir/lower/bin/loop"
  cp "$events" "$dir/lower/bin/events"
  echo line >"$dir/lower/var/log/b.log"
  for ((mount = 0; mount < ${4:-0}; mount++)); do
    mkdir -p "$dir/volumes/$mount"
    mounts+=",{\"destination\":\"/mnt/$mount\",\"type\":\"bind\",\"source\":\"$dir/volumes/$mount\",\"options\":[\"rbind\",\"rw\"]}"
  done
  mount -t overlay overlay -o "lowerdir=$dir/lower:/usr/share/quell-vm/rootfs,upperdir=$dir/upper,workdir=$dir/work" "$dir/rootfs"
  cat >"$dir/config.json" <<JSON
{"ociVersion":"1.0.2","process":{"terminal":false,"user":{"uid":0,"gid":0},"args":["/bin/sh","-c","$command"],"env":["PATH=/bin:/usr/bin"],"cwd":"/"},
"root":{"path":"rootfs"},"hostname":"$1","mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs"}$mounts],
"linux":{"cgroupsPath":"/kubepods.slice/crio-$id.scope","namespaces":[{"type":"pid"},{"type":"uts"},{"type":"mount"},{"type":"network"}]}}
JSON
}

container_end() {
  $(runtime "$2") delete -f "$1"
  umount "/srv/cost/$1/rootfs"
  rm -rf "/srv/cost/$1"
}

# approve ID RESPONSE: as an operator; ends the measurement when it is refused. Prints the reply.
approve() {
  local digest
  digest=$(quell show "$1" --json | jq -r --arg response "$2" '.incident.offers[] | select(.response == $response).digest')
  quell approve "$1@$digest" "$2" --reason cost --json || { echo "$2 of $1 was not carried out" >&2; exit 1; }
}
pending_of() { # CONTAINER: waits for its incident
  local id
  for _ in $(seq 100); do
    id=$(quell incidents --json | jq -r --arg id "$1" '[.incidents[] | select(.state == "pending" and (.container.id // "") == $id)][0].id // empty')
    [ -z "$id" ] || { echo "$id"; return; }
    sleep 0.2
  done
  echo "no incident of $1" >&2
  exit 1
}

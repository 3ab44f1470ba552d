# SPDX-License-Identifier: Apache-2.0
# Containers as a node has them: an OCI bundle as CRI-O writes it, an overlay whose lower layer is an image with logs,
# namespaces of its own, a cgroup where a kubelet would put it, and somebody who starts it again. Source it.

BUNDLES=/srv/demo
IMAGE=/usr/share/quell-vm/rootfs
# cgroupfs, as CRI-O without systemd: the path below is taken as it is.
OCI=(crun --cgroup-manager=cgroupfs)

random_id() { od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'; }

# container_config NAME COMMAND: the bundle's config.json
container_config() {
  jq -n --arg name "$1" --arg command "$2" --arg id "$(random_id)" '{
    ociVersion: "1.0.2", hostname: $name, root: {path: "rootfs"},
    process: {terminal: false, user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"],
      args: ["/bin/sh", "-c", $command]},
    mounts: [{destination: "/proc", type: "proc", source: "proc"}, {destination: "/dev", type: "tmpfs", source: "tmpfs"}],
    annotations: {"io.kubernetes.container.name": $name, "io.kubernetes.pod.name": ($name + "-7d4b9"),
      "io.kubernetes.pod.namespace": "shop", "io.kubernetes.cri-o.ImageName": ("registry.example/" + $name + ":1.4")},
    linux: {
      cgroupsPath: ("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod7d4b9.slice/crio-" + $id + ".scope"),
      namespaces: [{type: "pid"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}, {type: "network"}]}}'
}

# container_once NAME: one life, on a fresh upper layer; returns when it is over.
container_once() {
  local dir=$BUNDLES/$1
  umount "$dir/rootfs" 2>/dev/null
  rm -rf "$dir" && mkdir -p "$dir"/{rootfs,upper,work}
  mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$dir/upper,workdir=$dir/work" "$dir/rootfs"
  container_config "$1" 'while sleep 1; do echo served >>/var/log/access.log; done' >"$dir/config.json"
  "${OCI[@]}" run --bundle "$dir" "$1" </dev/null >"$dir.log" 2>&1
}

# supervise NAME: as a kubelet; in the background. $BUNDLES/NAME.lives counts.
supervise() {
  local lives=0
  mkdir -p "$BUNDLES"
  while :; do
    echo $((++lives)) >"$BUNDLES/$1.lives"
    container_once "$1"
    "${OCI[@]}" delete -f "$1" 2>/dev/null
    sleep 0.3
  done
}

container_lives() { cat "$BUNDLES/$1.lives"; }
container_running() { "${OCI[@]}" state "$1" 2>/dev/null | grep -q '"running"'; }
inside() { local name=$1; shift; "${OCI[@]}" exec "$name" "$@"; }
# cgroup_of ID: where the cgroup of the incident's container is.
cgroup_of() { echo "/sys/fs/cgroup$(quell show "$1" --json | jq -r .incident.container.cgroup)"; }
# How much the container has served: its command adds to a log.
served() { stat -c %s "$BUNDLES/$1/upper/var/log/access.log"; }

# wire NAME: a network between the container and the host, who is 10.9.0.1 on it and has a page for who asks.
wire() {
  local pid
  pid=$("${OCI[@]}" state "$1" | jq .pid)
  modprobe -q veth
  ip link add "to-$1" type veth peer name eth0 netns "$pid"
  ip address add 10.9.0.1/24 dev "to-$1"
  ip link set "to-$1" up
  nsenter --target "$pid" --net sh -c 'ip address add 10.9.0.2/24 dev eth0; ip link set eth0 up; ip link set lo up'
  mkdir -p "$BUNDLES/page"
  echo hello >"$BUNDLES/page/index.html"
  busybox httpd -p 10.9.0.1:80 -h "$BUNDLES/page"
}

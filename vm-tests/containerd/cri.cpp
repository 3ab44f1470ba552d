// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/containerd/cri.h"

#include <gtest/gtest.h>

#include <regex>

namespace quell::guest::cri {
namespace {

// Its runtime passes annotations on only where it is told which; the pause image is every pod's first process.
constexpr const char* kConfig = R"(version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.example/pause:1"
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    pod_annotations = ["example.org/*"]
    container_annotations = ["example.org/*"]
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = )";

// One layer, four images: what differs is the label in their configurations, and so their ids. CRI makes the id of each a reference
// a moment later, and of the last nothing else is left, as of an image whose tag went to a newer one.
constexpr const char* kMakeImages = R"sh(set -e
rm -rf /srv/images && mkdir -p /srv/images/extra/bin && cd /srv/images && cp /w/attack extra/bin/
tar -cf layer.tar -C /usr/share/quell-vm/rootfs . -C /srv/images/extra bin/attack
layer=$(sha256sum <layer.tar | cut -d' ' -f1)
for name in pause web other nameless; do
  jq -n --arg name $name --arg layer sha256:$layer '{architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: [$layer]},
    config: {Env: ["PATH=/bin:/sbin"], Entrypoint: ["sleep", "1000000"], Labels: {name: $name}}}' >$name.json
  jq -n --arg name $name '{Config: ($name + ".json"), RepoTags: ["registry.example/" + $name + ":1"], Layers: ["layer.tar"]}'
done | jq -s . >manifest.json
tar -cf images.tar manifest.json layer.tar *.json
ctr -n k8s.io image import images.tar
nameless=sha256:$(sha256sum <nameless.json | cut -d' ' -f1)
for try in $(seq 60); do ctr -n k8s.io image ls -q | grep -qx $nameless && break; sleep 1; done
ctr -n k8s.io image rm registry.example/nameless:1
ctr -n k8s.io image ls -q | grep -qx $nameless
)sh";

std::string pair(const std::string& key, const std::string& value) { return "{ key: '" + key + "' value: '" + value + "' } "; }

constexpr const char* kHostNetwork = "security_context { namespace_options { network: NODE } } ";

std::string id_in(const std::string& reply) {
    std::smatch found;
    EXPECT_TRUE(std::regex_search(reply, found, std::regex("\"([0-9a-f]{64})\""))) << reply;
    return found.empty() ? "" : found[1].str();
}

}  // namespace

bool is_systemd() { return guest::run("test -d /run/systemd/system").status == 0; }

void install() {
    stop();
    must("mkdir -p /etc/containerd");
    write("/etc/containerd/config.toml", std::string(kConfig) + (is_systemd() ? "true\n" : "false\n"));
    start();
    must(kMakeImages);
}

void start() {
    must(is_systemd() ? "systemctl start containerd" : "setsid containerd </dev/null >/var/log/containerd.console 2>&1 &");
    EXPECT_TRUE(eventually([] { return guest::run("/w/cri Status </dev/null").status == 0; }, std::chrono::minutes(2))) << guest::run("tail -n 20 /var/log/containerd.console").text;
}

void stop() {
    if (is_systemd()) must("systemctl stop containerd");
    else (void)guest::run("pkill -KILL -x containerd");
    EXPECT_TRUE(eventually([] { return guest::run("pgrep -x containerd").status != 0; }));
}

std::string call(const std::string& method, const std::string& request) { return must("/w/cri " + method + " <<'END'\n" + request + "\nEND"); }

Pod::Pod(const std::string& name, const std::string& name_space) {
    const std::string uid = "2f0f7a1e0c3d4b7a9d216c5e8f1a" + random_hex(4);
    const std::string parent = is_systemd() ? "kubepods-burstable-pod" + uid + ".slice" : "/kubepods/burstable/pod" + uid;
    config_ = "metadata { name: '" + name + "' uid: '" + uid + "' namespace: '" + name_space + "' } labels " + pair("tier", "label-of-the-pod") + "annotations " +
              pair("example.org/of-pod", name) + "linux { cgroup_parent: '" + parent + "' " + kHostNetwork + "} ";
    id_ = id_in(call("RunPodSandbox", "config { " + config_ + "}"));
}

std::string Pod::run(const std::string& name, const std::string& image, const std::string& annotation) const {
    const auto id = id_in(call("CreateContainer", "pod_sandbox_id: '" + id_ + "' config { metadata { name: '" + name + "' } image { image: '" + image + "' } labels " +
                                                      pair("tier", "label-of-the-container") + "annotations " + pair("example.org/kind", annotation) + "linux { " + kHostNetwork +
                                                      "} } sandbox_config { " + config_ + "}"));
    call("StartContainer", "container_id: '" + id + "'");
    return id;
}

Output exec(const std::string& container, const std::string& command) {
    return guest::run("runc --root /run/containerd/runc/k8s.io exec " + container + " /bin/sh -c " + quoted(command));
}

bool is_running(const std::string& container) {
    return call("ContainerStatus", "container_id: '" + container + "'").find("CONTAINER_RUNNING") != std::string::npos;
}

std::string bundle(const std::string& container) { return "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + container; }

}  // namespace quell::guest::cri

// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/container.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace quell::guest {
namespace {

constexpr const char* kBaseRoot = "/usr/share/quell-vm/rootfs";
constexpr const char* kPod = "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod5d3c.slice";

}  // namespace

Container::Container(std::string name, ContainerOptions options)
    : name_(std::move(name)), directory_("/srv/containers/" + name_), options_(std::move(options)) {
    // what lies in the image: the lower layer
    must("rm -rf " + directory_ + "; cd /srv && mkdir -p " + directory_ + "/rootfs && for d in var/log/sub etc/sudoers.d tmp vol bin usr/sbin mnt; do mkdir -p " + directory_ + "/lower/$d; done");
    for (const char* log : {"dpkg.log", "b.log", "c.log", "sub/deep.log"}) write(directory_ + "/lower/var/log/" + log, "line\n");
    write(directory_ + "/lower/etc/shadow", "root:*:\n");
    write(directory_ + "/lower/tmp/other", "other\n");
    must("cp /w/attack " + directory_ + "/lower/bin/attack; [ ! -e /w/acts ] || cp /w/acts " + directory_ + "/lower/bin/acts");
}

Container::~Container() {
    destroy();
    (void)run("rm -rf " + directory_);
}

std::string Container::runtime() const {
    return options_.runtime == "crun" ? "crun --cgroup-manager=cgroupfs" : options_.runtime;
}

std::string Container::cgroup() const { return std::string(kPod) + "/crio-" + id_ + ".scope"; }

Json Container::config() const {
    const Json all = {"CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_CHOWN", "CAP_KILL", "CAP_SYS_PTRACE", "CAP_MKNOD",
                      "CAP_SETUID", "CAP_SETGID", "CAP_SETFCAP", "CAP_NET_RAW", "CAP_NET_ADMIN", "CAP_SYS_MODULE", "CAP_BPF"};
    const Json capabilities = options_.privileged ? all : Json::array();
    Json config = {
        {"ociVersion", "1.0.2"},
        {"process",
         {{"terminal", false},
          {"user", {{"uid", 0}, {"gid", 0}}},
          {"args", {"/bin/sh", "-c", options_.command}},
          {"env", {"PATH=/bin:/usr/bin:/sbin"}},
          {"cwd", "/"},
          {"capabilities", {{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}}}},
        {"root", {{"path", "rootfs"}}},
        {"hostname", name_},
        {"mounts", {{{"destination", "/proc"}, {"type", "proc"}, {"source", "proc"}},
                    {{"destination", "/dev"}, {"type", "tmpfs"}, {"source", "tmpfs"}}}},
        {"annotations",
         {{"io.kubernetes.container.name", name_}, {"io.kubernetes.pod.name", name_ + "-5d3c"}, {"io.kubernetes.pod.namespace", "shop"},
          {"io.kubernetes.cri-o.ImageName", "registry.example/" + name_ + ":1"}}},
        {"linux",
         {{"cgroupsPath", cgroup()},
          {"resources", {{"pids", {{"limit", 200}}}}},  // a fork bomb is not to take the guest along
          {"namespaces", {{{"type", "ipc"}}, {{"type", "uts"}}, {{"type", "mount"}}, {{"type", "network"}}}}}}};
    if (!options_.host_pid) config["linux"]["namespaces"].push_back({{"type", "pid"}});
    for (const auto& [name, value] : options_.annotations.items()) config["annotations"][name] = value;
    if (!options_.arguments.is_null()) config["process"]["args"] = options_.arguments;
    if (!options_.hooks.is_null()) config["hooks"] = options_.hooks;
    for (const auto& mount : options_.mounts) config["mounts"].push_back(mount);
    if (options_.user_namespace) {
        config["linux"]["namespaces"].push_back({{"type", "user"}});
        for (const char* map : {"uidMappings", "gidMappings"})
            config["linux"][map] = {{{"containerID", 0}, {"hostID", 0}, {"size", 65536}}};
    }
    return config;
}

void Container::start() {
    destroy();
    must("rm -rf " + directory_ + "/upper " + directory_ + "/work; mkdir -p " + directory_ + "/upper " + directory_ + "/work");
    launch();
}

void Container::restart() {
    destroy();
    launch();
}

void Container::launch() {
    id_ = options_.id.empty() ? random_hex(64) : options_.id;
    std::string layers;
    for (const auto& layer : options_.layers) layers += layer + ":";
    must("mount -t overlay overlay -o lowerdir=" + layers + directory_ + "/lower:" + kBaseRoot + ",upperdir=" + directory_ + "/upper,workdir=" + directory_ +
         "/work" + (options_.overlay.empty() ? "" : "," + options_.overlay) + " " + directory_ + "/rootfs");
    write(directory_ + "/config.json", config().dump());
    // its output would keep the pipe of this command open for as long as the container lives
    must("cd " + directory_ + " && " + runtime() + " run -d " + name_ + " </dev/null >out 2>&1 || { cat out; false; }");
}

Output Container::exec(const std::string& command) const { return run(runtime() + " exec " + name_ + " /bin/sh -c " + quoted(command)); }

void Container::begin(const std::string& command) const {
    must("rm -f " + directory_ + "/rootfs/tmp/begun " + directory_ + "/ended");
    must("(" + runtime() + " exec " + name_ + " /bin/sh -c " + quoted(": >/tmp/begun; " + command) + "; echo $? >" + directory_ + "/ended) </dev/null >/dev/null 2>&1 &");
    EXPECT_TRUE(eventually([this] { return std::filesystem::exists(directory_ + "/rootfs/tmp/begun"); })) << command;
}

int Container::ended() const {
    EXPECT_TRUE(eventually([this] { return run("test -s " + directory_ + "/ended").status == 0; })) << "it goes on";
    const auto text = run("cat " + directory_ + "/ended").text;
    return text.empty() || text[0] < '0' || text[0] > '9' ? -1 : std::stoi(text);
}

bool Container::running() const { return run(runtime() + " state " + name_ + " | grep -q '\"running\"'").status == 0; }

void Container::destroy() {
    if (id_.empty()) return;  // never started
    (void)run(runtime() + " delete -f " + name_);
    (void)run("umount " + directory_ + "/rootfs");
}

}  // namespace quell::guest

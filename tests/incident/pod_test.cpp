// SPDX-License-Identifier: Apache-2.0
#include "user/incident/pod.h"

#include <gtest/gtest.h>

#include <functional>

namespace quell::incident {
namespace {

const std::string kIdA(64, 'a'), kIdB(64, 'b');
const std::string kSlice = "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod";

ContainerIdentity named(const std::string& name_space, const std::string& pod, const std::string& uid = "", const std::string& sandbox = "") {
    ContainerIdentity identity;
    if (!name_space.empty()) identity.pod_namespace = name_space;
    if (!pod.empty()) identity.pod = pod;
    if (!uid.empty()) identity.pod_uid = uid;
    if (!sandbox.empty()) identity.sandbox = sandbox;
    return identity;
}

Pod pod(const std::string& name_space, const std::string& name, const std::string& uid = "", const std::string& sandbox = "", const std::string& cgroup = "") {
    return pod_of(named(name_space, name, uid, sandbox), cgroup);
}

TEST(Pod, TheFirstThatBothHaveDecides) {
    EXPECT_TRUE(same_pod(pod("shop", "web"), pod("shop", "web")));
    EXPECT_FALSE(same_pod(pod("shop", "web"), pod("store", "web")));
    EXPECT_FALSE(same_pod(pod("shop", "web"), pod("shop", "db")));
    EXPECT_FALSE(same_pod(pod("shop", "web", "1"), pod("shop", "web", "2"))) << "made again under the same name";
    EXPECT_TRUE(same_pod(pod("shop", "web", "1"), pod("shop", "web"))) << "where one does not tell";
    EXPECT_TRUE(same_pod(pod("", "", "", kIdA), pod("shop", "web", "1", kIdA)));
    EXPECT_FALSE(same_pod(pod("shop", "web", "", kIdA), pod("shop", "web", "", kIdB)));
    EXPECT_FALSE(same_pod(pod("", ""), pod("", ""))) << "of nobody is it known";
    EXPECT_FALSE(same_pod(pod("", "web"), pod("", "web"))) << "a name without its namespace";
    EXPECT_FALSE(same_pod(pod("shop", ""), pod("shop", "")));
}

TEST(Pod, AnotherPodsCgroupIsNeverIt) {
    const auto scope = [](const std::string& uid, const std::string& id) { return kSlice + uid + ".slice/crio-" + id + ".scope"; };
    EXPECT_TRUE(same_pod(pod("shop", "web", "1", "", scope("1", kIdA)), pod("shop", "web", "1", "", scope("1", kIdB))));
    EXPECT_FALSE(same_pod(pod("shop", "web", "1", "", scope("1", kIdA)), pod("shop", "web", "1", "", scope("2", kIdB)))) << "whatever is written down";
    EXPECT_TRUE(same_pod(pod("shop", "web", "1", "", scope("1", kIdA)), pod("shop", "web", "1", "", "/elsewhere/crio-" + kIdB + ".scope")));
    for (const char* path : {"/kubepods/burstable/pod1f/", "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1f.slice/cri-containerd-", "/kubepods.slice/kubepods-pod1f.slice/crio-"}) {
        const auto one = pod_of({}, path + kIdA);
        EXPECT_EQ(one.cgroup.substr(0, one.cgroup.find("1f") + 2), std::string(path).substr(0, std::string(path).find("1f") + 2)) << path;
        EXPECT_FALSE(one.known()) << "a cgroup of Kubernetes names no pod by itself";
    }
    for (const char* path : {"", "/", "/system.slice/podman.service", "/pod1/x", "/kubepods.slice/kubepods-besteffort.slice/crio-x.scope", "/kubepods/pod"}) EXPECT_EQ(pod_of({}, path).cgroup, "") << path;
}

TEST(Pod, PodmansAreTheirCgroups) {
    const auto by_systemd = [](const std::string& id, const std::string& container) { return pod_of({}, "/machine.slice/machine-libpod_pod_" + id + ".slice/libpod-" + container + ".scope"); };
    const auto by_cgroupfs = [](const std::string& id, const std::string& container) { return pod_of({}, "/libpod_parent/" + id + "/libpod-" + container); };
    for (const auto& make : {std::function<Pod(const std::string&, const std::string&)>(by_systemd), std::function<Pod(const std::string&, const std::string&)>(by_cgroupfs)}) {
        EXPECT_TRUE(make(kIdA, kIdB).known());
        EXPECT_EQ(make(kIdA, kIdB).sandbox, kIdA);
        EXPECT_TRUE(same_pod(make(kIdA, "1"), make(kIdA, "2")));
        EXPECT_FALSE(same_pod(make(kIdA, "1"), make(kIdB, "1")));
        EXPECT_FALSE(same_pod(make(kIdA, "1"), pod("shop", "web", "", kIdA))) << "an annotation is no cgroup";
        EXPECT_EQ(pod_text(make(kIdA, "1")), "aaaaaaaaaaaa");
        EXPECT_TRUE(pod_is_called(make(kIdA, "1"), "aaaa"));
        EXPECT_FALSE(pod_is_called(make(kIdA, "1"), "aaa")) << "too short to mean one";
    }
    EXPECT_FALSE(pod_of({}, "/machine.slice/libpod-" + kIdA + ".scope").known()) << "in no pod";
    EXPECT_FALSE(pod_of({}, "/machine.slice/machine-libpod_pod_x.slice/libpod-" + kIdA + ".scope").known());
}

TEST(Pod, IsCalledByNamespaceAndName) {
    const auto web = pod("shop", "web-1", "1", kIdA);
    EXPECT_TRUE(pod_is_called(web, "shop/web-1"));
    for (const char* other : {"web-1", "shop/web", "/web-1", "shop/", "store/web-1", "", "/"}) EXPECT_FALSE(pod_is_called(web, other)) << other;
    EXPECT_FALSE(pod_is_called(pod("", ""), "/"));
    EXPECT_EQ(pod_text(web), "shop/web-1");
    EXPECT_EQ(pod_text(pod("a\n", "b")), "a\\x0a/b");
}

}  // namespace
}  // namespace quell::incident

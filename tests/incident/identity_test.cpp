// SPDX-License-Identifier: Apache-2.0
#include "user/incident/identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/base/temp_dir.h"
#include "user/base/files.h"
#include "user/incident/identity_names.h"
#include "user/incident/identity_sources.h"

namespace quell {
namespace {

namespace fs = std::filesystem;

const std::string kId = "8f3a51c0d9e84b7a6c2f10e5d7b94a3c8e6f21b0d5a79c4e3b1f8a6d2c0e9b75";

class IdentityTest : public testing::Test {
protected:
    IdentityTest() { ::umask(022); }
    void write(const std::string& path, const std::string& text) {
        fs::create_directories(fs::path(dir_ / path).parent_path());
        std::ofstream(dir_ / path) << text;
    }
    void fixture(const std::string& name, const std::string& path) {
        write(path, *read_file(std::string(QUELL_FIXTURES "/") + name, 1 << 20));
    }
    ContainerIdentity find(quell_runtime runtime, const std::string& id = kId) {
        return IdentityReader(*TrustedFiles::open(dir_.path(), ::geteuid())).find(runtime, id);
    }

    TempDir dir_;
};

TEST_F(IdentityTest, Crio) {
    const std::string path = "run/containers/storage/overlay-containers/" + kId + "/userdata/config.json";
    fixture("crio/config.json", path);
    const auto found = find(QUELL_RUNTIME_CRIO);
    EXPECT_EQ(found.name, "shop") << "not what a pod's annotation of the other runtime says";
    EXPECT_EQ(found.pod, "shop-5d9c7b6f4-x2k8p");
    EXPECT_EQ(found.pod_namespace, "store");
    EXPECT_EQ(found.image, "quay.io/example/shop:1.4.2");
    EXPECT_EQ(found.pod_uid, "2f0f7a1e-0c3d-4b7a-9d21-6c5e8f1a2b3c");
    EXPECT_EQ(found.sandbox, "11aa51c0d9e84b7a6c2f10e5d7b94a3c8e6f21b0d5a79c4e3b1f8a6d2c0e9b75");
    EXPECT_FALSE(found.is_sandbox);
    EXPECT_EQ(found.source, "/" + path);
    EXPECT_EQ(found.bundle, "/run/containers/storage/overlay-containers/" + kId + "/userdata");
    EXPECT_EQ(found.rootfs->substr(0, 36), "/var/lib/containers/storage/overlay/");
    EXPECT_EQ(find(QUELL_RUNTIME_KUBEPODS), found);
}

using Texts = std::optional<std::vector<std::string>>;

TEST_F(IdentityTest, TheSandboxIsToldFromTheOthers) {
    const std::string crio = "run/containers/storage/overlay-containers/" + kId + "/userdata/config.json", cri = "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/config.json";
    write(crio, R"({"annotations":{"io.kubernetes.cri-o.ContainerType":"sandbox","io.kubernetes.cri-o.SandboxID":")" + kId + R"("}})");
    EXPECT_TRUE(find(QUELL_RUNTIME_CRIO).is_sandbox);
    EXPECT_EQ(find(QUELL_RUNTIME_CRIO).sandbox, kId);
    write(cri, R"({"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-id":")" + kId + R"(","io.kubernetes.cri.sandbox-uid":"u","io.kubernetes.cri-o.SandboxID":"other"}})");
    EXPECT_TRUE(find(QUELL_RUNTIME_CONTAINERD).is_sandbox);
    EXPECT_EQ(find(QUELL_RUNTIME_CONTAINERD).sandbox, kId);
    EXPECT_EQ(find(QUELL_RUNTIME_CONTAINERD).pod_uid, "u");
    write(crio, R"({"annotations":{"io.kubernetes.cri-o.SandboxID":"../../etc"}})");
    EXPECT_FALSE(find(QUELL_RUNTIME_CRIO).sandbox) << "no id";
}

TEST_F(IdentityTest, TheStopSignalOfTheImage) {
    fixture("podman/config.json", "var/lib/containers/storage/overlay-containers/" + kId + "/userdata/config.json");
    EXPECT_EQ(find(QUELL_RUNTIME_PODMAN).stop_signal, "15");
    const std::string crio = "run/containers/storage/overlay-containers/" + kId + "/userdata/config.json";
    write(crio, R"({"annotations":{"org.opencontainers.image.stopSignal":"SIGQUIT"}})");
    EXPECT_EQ(find(QUELL_RUNTIME_CRIO).stop_signal, "SIGQUIT");
    write(crio, R"({"annotations":{"org.opencontainers.image.stopSignal":")" + std::string(1000, '9') + R"("}})");
    EXPECT_FALSE(find(QUELL_RUNTIME_CRIO).stop_signal);
    fixture("containerd/config.json", "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/config.json");
    EXPECT_FALSE(find(QUELL_RUNTIME_CONTAINERD).stop_signal) << "in containerd's database alone";
    write("var/lib/docker/containers/" + kId + "/config.v2.json", R"({"Name":"/web","Config":{"Image":"web:2","StopSignal":"SIGINT"}})");
    EXPECT_EQ(find(QUELL_RUNTIME_DOCKER).stop_signal, "SIGINT");
}

TEST_F(IdentityTest, WhatPoliciesMayAskOfIt) {
    const std::string path = "run/containers/storage/overlay-containers/" + kId + "/userdata/config.json";
    const std::string labels = R"("io.kubernetes.cri-o.Labels":"{\"tier\":\"front\",\"app\":\"shop\"}")";
    write(path, R"({"annotations":{"io.kubernetes.container.name":"shop",)" + labels + R"(,"io.kubernetes.cri-o.Image":"i","z":"1"}})");
    auto names = incident::known_names(find(QUELL_RUNTIME_CRIO), "/a/b");
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_NAME), Texts({"shop"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_POD), Texts(std::in_place)) << "it was read whole, and has none";
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_LABELS), Texts({"app=shop", "tier=front"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_ANNOTATIONS)->size(), 4u);
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_ANNOTATIONS)->back(), "z=1");
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_CGROUP), Texts({"/a/b"}));
    // too long: not known, and nothing else is lost by it
    write(path, R"({"annotations":{"io.kubernetes.container.name":")" + std::string(600, 'n') + R"(","io.kubernetes.pod.name":"p",)" + labels + R"(,"z":")" + std::string(40'000, 'z') + R"("}})");
    names = incident::known_names(find(QUELL_RUNTIME_CRIO), "");
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_NAME), std::nullopt);
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_POD), Texts({"p"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_NAMESPACE), Texts(std::in_place));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_LABELS), Texts({"app=shop", "tier=front"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_ANNOTATIONS), std::nullopt);
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_CGROUP), std::nullopt);
    // one value that no container can have: of the others it cannot be said that they are all
    write(path, R"({"annotations":{"io.kubernetes.container.name":"shop","z":")" + std::string(300'000, 'z') + R"("}})");
    names = incident::known_names(find(QUELL_RUNTIME_CRIO), "");
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_NAME), Texts({"shop"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_POD), std::nullopt);
    // nobody tells
    EXPECT_EQ(incident::known_names(find(QUELL_RUNTIME_CONTAINERD), ""), policy::ContainerNames{});
}

// kubelet gives a pod's labels and annotations to the pod's sandbox, and to the container its own few.
TEST_F(IdentityTest, CrioLabelsAndAnnotationsAreThePodsToo) {
    const std::string pod(64, 'a');
    const auto path = [](const std::string& id) { return "var/lib/containers/storage/overlay-containers/" + id + "/userdata/config.json"; };
    const auto ask = [&](quell_field field) { return incident::known_names(find(QUELL_RUNTIME_CRIO), "").of(field); };
    const auto container = [&](const std::string& sandbox) {
        write(path(kId), R"({"annotations":{"io.kubernetes.cri-o.SandboxID":")" + sandbox + R"(","io.kubernetes.cri-o.Labels":"{\"of\":\"both\"}"}})");
    };
    container(pod);
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_LABELS), std::nullopt) << "the pod's are not known";
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_ANNOTATIONS), std::nullopt);
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_NAME), Texts(std::in_place)) << "nothing else is lost by it";
    const std::string long_note(5000, 'n');
    write(path(pod), R"({"annotations":{"io.kubernetes.cri-o.Labels":"{\"tier\":\"front\",\"of\":\"both\"}","io.kubernetes.cri-o.Annotations":"{\"note\":\")" + long_note + R"(\"}"}})");
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_LABELS), Texts({"of=both", "tier=front"}));
    const auto annotations = ask(QUELL_FIELD_CONTAINER_ANNOTATIONS);
    ASSERT_TRUE(annotations);
    EXPECT_EQ(annotations->size(), 3u);
    EXPECT_EQ(annotations->back(), "note=" + long_note);
    write(path(pod), R"({"annotations":{"io.kubernetes.cri-o.Labels":"null","io.kubernetes.cri-o.Annotations":"null"}})");
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_LABELS), Texts({"of=both"})) << "a pod without any";
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_ANNOTATIONS)->size(), 2u);
    write(path(pod), R"({"annotations":{"io.kubernetes.cri-o.Labels":"{\"tier\":"}})");
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_LABELS), std::nullopt) << "broken";
    // no place for it to lead elsewhere
    write("var/lib/containers/storage/pod/userdata/config.json", R"({"annotations":{"io.kubernetes.cri-o.Labels":"{\"a\":\"b\"}"}})");
    container("../pod");
    EXPECT_EQ(ask(QUELL_FIELD_CONTAINER_LABELS), Texts({"of=both"}));
}

TEST_F(IdentityTest, WhatPodmanAndDockerTell) {
    const std::string storage = "var/lib/containers/storage/overlay-containers/";
    fixture("podman/config.json", storage + kId + "/userdata/config.json");
    auto names = incident::known_names(find(QUELL_RUNTIME_PODMAN), "");
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_NAME), std::nullopt) << "its list is not there";
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_POD), Texts(std::in_place));
    fixture("podman/containers.json", storage + "containers.json");
    names = incident::known_names(find(QUELL_RUNTIME_PODMAN), "");
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_NAME), Texts({"web"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_IMAGE), Texts({"docker.io/library/web:2"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_LABELS), std::nullopt);
    write("var/lib/docker/containers/" + kId + "/config.v2.json", R"({"Name":"/web","Config":{"Image":"web:2","Labels":{"a":"b"}}})");
    names = incident::known_names(find(QUELL_RUNTIME_DOCKER), "");
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_NAME), Texts({"web"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_LABELS), Texts({"a=b"}));
    EXPECT_EQ(names.of(QUELL_FIELD_CONTAINER_POD), Texts(std::in_place));
}

TEST_F(IdentityTest, Containerd) {
    fixture("containerd/config.json", "run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/config.json");
    for (const auto runtime : {QUELL_RUNTIME_CONTAINERD, QUELL_RUNTIME_KUBEPODS}) {
        const auto found = find(runtime);
        EXPECT_EQ(found.name, "shop");
        EXPECT_EQ(found.pod, "shop-5d9c7b6f4-x2k8p");
        EXPECT_EQ(found.pod_namespace, "store");
        EXPECT_EQ(found.image, "quay.io/example/shop:1.4.2");
        EXPECT_EQ(found.rootfs, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/rootfs");
    }
}

// What containerd writes of an image whose tag went to a newer one: shown, and no answer to a rule about names.
TEST_F(IdentityTest, ABareIdIsNoNameOfAnImage) {
    const auto image = "sha256:" + kId;
    write("run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/config.json",
          R"({"annotations":{"io.kubernetes.cri.container-name":"shop","io.kubernetes.cri.image-name":")" + image + R"("}})");
    const auto found = find(QUELL_RUNTIME_CONTAINERD);
    EXPECT_EQ(found.image, image);
    EXPECT_EQ(incident::known_names(found, "").of(QUELL_FIELD_CONTAINER_IMAGE), std::nullopt);
    EXPECT_EQ(incident::known_names(found, "").of(QUELL_FIELD_CONTAINER_NAME), Texts({"shop"}));
}

TEST_F(IdentityTest, Podman) {
    const std::string storage = "var/lib/containers/storage/overlay-containers/";
    fixture("podman/config.json", storage + kId + "/userdata/config.json");
    fixture("podman/containers.json", storage + "containers.json");
    const auto found = find(QUELL_RUNTIME_PODMAN);
    EXPECT_EQ(found.name, "web");
    EXPECT_EQ(found.image, "docker.io/library/web:2");
    EXPECT_FALSE(found.pod.has_value()) << "an annotation makes no pod";
    EXPECT_EQ(found.rootfs->substr(0, 36), "/var/lib/containers/storage/overlay/");
}

TEST_F(IdentityTest, Docker) {
    fixture("docker/config.v2.json", "var/lib/docker/containers/" + kId + "/config.v2.json");
    const auto found = find(QUELL_RUNTIME_DOCKER);
    EXPECT_EQ(found.name, "web");
    EXPECT_EQ(found.image, "web:2");
}

TEST_F(IdentityTest, ABundleRunByCrunUnderAnyName) {
    fixture("crun/status", "run/crun/shop/status");
    write("run/crun/other/status", R"({"cgroup-path":"/x/crio-conmon-)" + kId + R"(.scope","bundle":"/wrong"})");
    write("run/crun/broken/status", "{");
    fixture("crio/config.json", "srv/shop/config.json");
    auto found = find(QUELL_RUNTIME_CRIO);
    EXPECT_EQ(found.name, "shop");
    EXPECT_EQ(found.bundle, "/srv/shop");
    EXPECT_EQ(found.rootfs, "/srv/shop/rootfs");
    EXPECT_EQ(found.source, "/srv/shop/config.json");
    fixture("crio/config.json", "run/crun/shop/config.json");
    found = find(QUELL_RUNTIME_CRIO);
    EXPECT_EQ(found.source, "/run/crun/shop/config.json") << "the runtime's own copy comes first";
    EXPECT_EQ(found.bundle, "/srv/shop");
}

TEST_F(IdentityTest, ABundleRunByRunc) {
    fixture("runc/state.json", "run/runc/shop/state.json");
    fixture("crio/config.json", "srv/shop/config.json");
    const auto found = find(QUELL_RUNTIME_CRIO);
    EXPECT_EQ(found.name, "shop");
    EXPECT_EQ(found.bundle, "/srv/shop");
    EXPECT_EQ(found.rootfs, "/srv/shop/rootfs");
}

TEST_F(IdentityTest, AStateNamedByTheId) {
    write("run/crun/" + kId + "/status", R"({"cgroup-path":"","bundle":"/srv/gone","rootfs":"/srv/gone/rootfs"})");
    const auto found = find(QUELL_RUNTIME_PODMAN);
    EXPECT_EQ(found.bundle, "/srv/gone");
    EXPECT_FALSE(found.name.has_value());
    EXPECT_EQ(found.source, "/run/crun/" + kId);
}

TEST_F(IdentityTest, UnknownStaysUnknown) {
    EXPECT_EQ(find(QUELL_RUNTIME_CRIO), ContainerIdentity{});
    EXPECT_EQ(find(QUELL_RUNTIME_NONE), ContainerIdentity{});
    for (const char* id : {"", "../../etc", "8f3a"}) EXPECT_EQ(find(QUELL_RUNTIME_CRIO, id), ContainerIdentity{});
    EXPECT_EQ(find(QUELL_RUNTIME_CRIO, std::string(63, 'a') + "/"), ContainerIdentity{});
}

TEST_F(IdentityTest, ForeignFilesAreNotBelieved) {
    const std::string path = "run/containers/storage/overlay-containers/" + kId + "/userdata/config.json";
    fixture("crio/config.json", path);
    fs::permissions(dir_ / path, fs::perms(0666));
    EXPECT_EQ(find(QUELL_RUNTIME_CRIO), ContainerIdentity{});
}

TEST_F(IdentityTest, HostileTexts) {
    const std::string path = "run/containers/storage/overlay-containers/" + kId + "/userdata/config.json";
    write(path, R"({"annotations":{"io.kubernetes.container.name":")" + std::string(513, 'x') +
                    R"(","io.kubernetes.pod.name":"\u001b[31m\n","io.kubernetes.pod.namespace":{"a":1},"io.kubernetes.cri-o.Image":7}})");
    const auto found = find(QUELL_RUNTIME_CRIO);
    EXPECT_FALSE(found.name.has_value());
    EXPECT_EQ(found.pod, "\x1b[31m\n") << "raw: whoever prints it escapes it";
    EXPECT_FALSE(found.pod_namespace.has_value());
    for (const std::string& text : {std::string("[]"), std::string("null"), std::string(), std::string(100'000, '{'),
                                    std::string((4 << 20) + 1, ' ')}) {
        write(path, text);
        EXPECT_FALSE(find(QUELL_RUNTIME_CRIO).name.has_value());
    }
}

TEST(NamesContainer, OnlyItsOwnCgroup) {
    for (const std::string& path : {"/kubepods.slice/crio-" + kId + ".scope", "/a/cri-containerd-" + kId + ".scope/nested",
                                    "/machine.slice/libpod-" + kId, "/x/libpod-payload-" + kId, "/kubepods/pod1/" + kId,
                                    "crio-" + kId + ".scope"})
        EXPECT_TRUE(identity::names_container(path, kId)) << path;
    for (const std::string& path : {"/x/crio-conmon-" + kId + ".scope", "/x/libpod-conmon-" + kId, "/x/" + kId + "0",
                                    "/x/a" + kId, std::string(), std::string("/"), "/x/" + kId + ".scope.d"})
        EXPECT_FALSE(identity::names_container(path, kId)) << path;
}

}  // namespace
}  // namespace quell

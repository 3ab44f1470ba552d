// SPDX-License-Identifier: Apache-2.0
#include "user/incident/identity_sources.h"

#include <algorithm>
#include <array>

#include "user/incident/flat_json.h"

namespace quell::identity {
namespace {

constexpr std::size_t kConfigBytesMax = 4u << 20;  // annotations may hold 256 KiB each, twice
constexpr std::size_t kAnnotationBytesMax = 256u << 10;
constexpr std::size_t kStateBytesMax = 1u << 20;   // runc lists every mount
constexpr std::size_t kListBytesMax = 4u << 20;
constexpr std::size_t kStatesMax = 512;            // looked through when the id is not the directory's name
constexpr std::size_t kNameMax = 512;
constexpr std::size_t kImageMax = 1024;

constexpr std::array kStateRoots = {"/run/crun", "/run/runc", "/run/containerd/runc/k8s.io", "/run/docker/runtime-runc/moby"};
constexpr std::array kStorageRoots = {"/var/lib/containers/storage", "/run/containers/storage"};

// Of all labels, or annotations, of one container: what is kept of it while it lives. kubectl's own note of what was applied fits.
constexpr std::size_t kPairsBytesMax = 32u << 10;

// What a pod was given, as JSON; of labels CRI-O's record of a pod is as that of a container.
constexpr std::string_view kCrioPodAnnotations = "io.kubernetes.cri-o.Annotations";
constexpr std::string_view kCrioSandbox = "io.kubernetes.cri-o.SandboxID";
constexpr std::string_view kStopSignal = "org.opencontainers.image.stopSignal";
constexpr std::size_t kSignalMax = 32;

// One annotation per field, in the order of preference.
struct Keys {
    std::string_view name, pod, pod_namespace, image, image_else, labels, pod_uid, sandbox, type;
};
constexpr Keys kCrioKeys = {"io.kubernetes.container.name", "io.kubernetes.pod.name", "io.kubernetes.pod.namespace",
                            "io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image", "io.kubernetes.cri-o.Labels",
                            "io.kubernetes.pod.uid", kCrioSandbox, "io.kubernetes.cri-o.ContainerType"};
constexpr Keys kCriKeys = {"io.kubernetes.cri.container-name", "io.kubernetes.cri.sandbox-name",
                           "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.image-name", "", "",
                           "io.kubernetes.cri.sandbox-uid", "io.kubernetes.cri.sandbox-id", "io.kubernetes.cri.container-type"};

std::optional<std::string> bounded(std::optional<std::string> text, std::size_t max) {
    return text && text->size() <= max ? text : std::nullopt;
}

// What stands below `prefix`, as "name=value".
std::optional<std::vector<std::string>> pairs(const FlatJson& json, std::string_view prefix) {
    std::vector<std::string> list;
    std::size_t bytes = 0;
    for (const auto& [path, value] : json.values()) {
        if (path.compare(0, prefix.size(), prefix) != 0) continue;
        list.push_back(path.substr(prefix.size()) + "=" + value);
        bytes += list.back().size();
    }
    return json.is_whole() && bytes <= kPairsBytesMax ? std::optional(std::move(list)) : std::nullopt;
}

Result<FlatJson> read_json(const TrustedFiles& files, const std::string& path, std::size_t max,
                           const std::vector<std::string>& wanted, const FlatJsonBounds& bounds = {}) {
    auto text = files.read(path, max);
    if (!text) return text.error();
    return FlatJson::parse(*text, wanted, bounds);
}

// What stands as JSON in one annotation.
std::optional<std::vector<std::string>> packed(const FlatJson& config, std::string_view annotation) {
    const auto text = config.get("annotations\n" + std::string(annotation));
    if (!text) return std::nullopt;
    const auto json = FlatJson::parse(*text, {""}, {.value_bytes = kAnnotationBytesMax});
    return json ? pairs(*json, "") : std::nullopt;
}

// Both known, or it cannot be said that they are all.
void add(std::optional<std::vector<std::string>>& list, const std::optional<std::vector<std::string>>& more) {
    if (!list || !more) return list.reset();
    list->insert(list->end(), more->begin(), more->end());
    std::ranges::sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
}

// The labels and annotations that people write are the pod's, and kubelet gives them to its sandbox alone.
void add_pod(const TrustedFiles& files, const std::string& sandbox, ContainerIdentity& identity) {
    std::optional<std::vector<std::string>> labels, annotations;
    for (const char* root : kStorageRoots) {
        const auto path = std::string(root) + "/overlay-containers/" + sandbox + "/userdata/config.json";
        const auto record = read_json(files, path, kConfigBytesMax, {"annotations\n"}, {.value_bytes = kAnnotationBytesMax});
        if (!record) continue;
        labels = packed(*record, kCrioKeys.labels);
        annotations = packed(*record, kCrioPodAnnotations);
        break;
    }
    add(identity.labels, labels);
    add(identity.annotations, annotations);
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// What a state's directory says, and whether its cgroup is the container's.
std::optional<RuntimeState> read_state(const TrustedFiles& files, const std::string& directory, std::string_view id, bool by_name) {
    RuntimeState state{directory, std::nullopt, std::nullopt};
    if (auto crun = read_json(files, directory + "/status", kStateBytesMax, {"cgroup-path", "scope", "bundle", "rootfs"})) {
        if (!by_name && !names_container(crun->get("cgroup-path").value_or(""), id) &&
            !names_container(crun->get("scope").value_or(""), id))
            return std::nullopt;
        state.bundle = crun->get("bundle");
        state.rootfs = crun->get("rootfs");
        return state;
    }
    auto runc = read_json(files, directory + "/state.json", kStateBytesMax,
                          {"cgroup_paths\n", "config\ncgroups\npath", "config\nlabels\n", "config\nrootfs"});
    if (!runc) return std::nullopt;
    bool ours = by_name;
    for (const auto& [path, value] : runc->values()) {
        if (path.rfind("cgroup_paths\n", 0) == 0 || path == "config\ncgroups\npath") ours |= names_container(value, id);
        if (path.rfind("config\nlabels\n", 0) == 0 && value.rfind("bundle=", 0) == 0) state.bundle = value.substr(7);
    }
    if (!ours) return std::nullopt;
    state.rootfs = runc->get("config\nrootfs");
    return state;
}

}  // namespace

bool valid_id(std::string_view id) {
    return id.size() == QUELL_CONTAINER_ID_SIZE && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool names_container(std::string_view cgroup_path, std::string_view id) {
    constexpr std::string_view kScope = ".scope";
    constexpr std::array<std::string_view, 6> kPrefixes = {"", "crio-", "cri-containerd-", "docker-", "libpod-", "libpod-payload-"};
    while (!cgroup_path.empty()) {
        const std::size_t end = std::min(cgroup_path.find('/'), cgroup_path.size());
        std::string_view name = cgroup_path.substr(0, end);
        cgroup_path.remove_prefix(std::min(end + 1, cgroup_path.size()));
        if (name.size() > kScope.size() && name.substr(name.size() - kScope.size()) == kScope) name.remove_suffix(kScope.size());
        if (name.size() < id.size() || name.substr(name.size() - id.size()) != id) continue;
        // Not crio-conmon-<id>: that is the monitor's.
        name.remove_suffix(id.size());
        if (std::find(kPrefixes.begin(), kPrefixes.end(), name) != kPrefixes.end()) return true;
    }
    return false;
}

bool read_bundle(const TrustedFiles& files, const std::string& path, Dialect dialect, ContainerIdentity& identity) {
    auto config = read_json(files, path, kConfigBytesMax, {"annotations\n", "root\npath"}, {.value_bytes = kAnnotationBytesMax});
    if (!config) return false;
    identity.source = path;
    if (!identity.bundle) identity.bundle = directory_of(path);
    if (auto root = config->get("root\npath"); root && !identity.rootfs)
        identity.rootfs = (*root)[0] == '/' ? *root : *identity.bundle + "/" + *root;
    identity.annotations = pairs(*config, "annotations\n");
    identity.stop_signal = bounded(config->get("annotations\n" + std::string(kStopSignal)), kSignalMax);
    identity.tells_pod = config->is_whole();
    const Keys& keys = dialect == Dialect::Cri ? kCriKeys : kCrioKeys;  // of what tells the pod Podman has CRI-O's
    const auto annotation = [&](std::string_view key, std::size_t max) {
        return bounded(config->get("annotations\n" + std::string(key)), max);
    };
    if (auto sandbox_id = annotation(keys.sandbox, kNameMax); sandbox_id && valid_id(*sandbox_id)) identity.sandbox = std::move(sandbox_id);
    identity.is_sandbox = annotation(keys.type, kNameMax) == "sandbox";
    if (dialect == Dialect::None) return true;
    identity.tells_names = config->is_whole();
    identity.name = annotation(keys.name, kNameMax);
    identity.pod = annotation(keys.pod, kNameMax);
    identity.pod_namespace = annotation(keys.pod_namespace, kNameMax);
    identity.pod_uid = annotation(keys.pod_uid, kNameMax);
    identity.image = annotation(keys.image, kImageMax);
    if (!identity.image && !keys.image_else.empty()) identity.image = annotation(keys.image_else, kImageMax);
    const auto is_there = [&](std::string_view key) { return config->get("annotations\n" + std::string(key)).has_value(); };
    if ((!identity.name && is_there(keys.name)) || (!identity.image && is_there(keys.image))) identity.tells_names = false;  // too long
    if ((!identity.pod && is_there(keys.pod)) || (!identity.pod_namespace && is_there(keys.pod_namespace))) identity.tells_pod = false;
    // containerd keeps labels where no file tells (docs/design/022)
    if (!keys.labels.empty()) identity.labels = packed(*config, keys.labels);
    const auto sandbox = config->get("annotations\n" + std::string(kCrioSandbox));
    if (dialect == Dialect::Crio && sandbox && valid_id(*sandbox)) add_pod(files, *sandbox, identity);
    return true;
}

void read_storage_list(const TrustedFiles& files, const std::string& id, ContainerIdentity& identity) {
    for (const char* root : kStorageRoots) {
        const std::string path = std::string(root) + "/overlay-containers/containers.json";
        auto text = files.read(path, kListBytesMax);
        if (!text) continue;
        // An array; each element has its id, names and, as JSON in a string, more.
        auto list = FlatJson::parse(*text, {""}, {.value_bytes = 4096, .values = 65'536, .depth = 8});
        if (!list) continue;
        for (const auto& [key, value] : list->values()) {
            const std::size_t separator = key.find('\n');
            if (value != id || separator == std::string::npos || key.substr(separator) != "\nid") continue;
            const std::string element = key.substr(0, separator);
            identity.name = bounded(list->get(element + "\nnames\n0"), kNameMax);
            if (auto more = FlatJson::parse(list->get(element + "\nmetadata").value_or(""), {"image-name"}))
                identity.image = bounded(more->get("image-name"), kImageMax);
            identity.tells_names = identity.name && identity.image;
            if (identity.source.empty()) identity.source = path;
            return;
        }
    }
}

void read_docker(const TrustedFiles& files, const std::string& id, ContainerIdentity& identity) {
    const std::string path = "/var/lib/docker/containers/" + id + "/config.v2.json";
    auto config = read_json(files, path, kConfigBytesMax, {"Name", "Config\nImage", "Config\nLabels\n", "Config\nStopSignal"});
    if (!config) return;
    identity.name = bounded(config->get("Name"), kNameMax);
    if (identity.name && (*identity.name)[0] == '/') identity.name->erase(0, 1);
    identity.image = bounded(config->get("Config\nImage"), kImageMax);
    identity.stop_signal = bounded(config->get("Config\nStopSignal"), kSignalMax);
    identity.labels = pairs(*config, "Config\nLabels\n");
    identity.tells_names = identity.name && identity.image;
    identity.tells_pod = true;
    if (identity.source.empty()) identity.source = path;
}

std::optional<RuntimeState> find_state(const TrustedFiles& files, const std::string& id) {
    for (const char* root : kStateRoots)
        if (auto state = read_state(files, std::string(root) + "/" + id, id, true)) return state;
    for (const char* root : kStateRoots) {
        auto names = files.list(root, kStatesMax);
        if (!names) continue;
        for (const std::string& name : *names)
            if (auto state = read_state(files, std::string(root) + "/" + name, id, false)) return state;
    }
    return std::nullopt;
}

}  // namespace quell::identity

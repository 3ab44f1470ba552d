// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/instances.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/daemon/content_search.h"
#include "user/incident/executable.h"
#include "user/response/process.h"

namespace quell::daemon {
namespace {

// A container's root and mounts, of its first process.
struct Rooted {
    std::uint64_t container = 0;
    Fd root, upper;
    MountTable mounts;
    bool has_layer = false;  // its root is an overlay
};

std::optional<Rooted> enter(bpf::Engine& engine, std::uint64_t container) {
    auto root = open_root(engine, container);
    if (!root) return std::nullopt;
    quell_task_ref init{};
    if (container) {
        const auto record = engine.container(container);
        if (!record) return std::nullopt;
        init.pid = record->init_pid;
        init.start_ns = record->init_start_ns;
    }
    const auto text = read_file("/proc/" + std::to_string(container ? init.pid : 1) + "/mountinfo", kMountinfoBytesMax);
    if (!text || (container && !response::is_alive(init))) return std::nullopt;  // else it may be of another process
    Rooted made{container, std::move(root).value(), {}, MountTable::parse(*text), false};
    const auto upper = upper_of_root(*text);
    made.has_layer = !upper.empty();
    if (made.has_layer) made.upper = Fd(::open(upper.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    return made;
}

SearchPlace place_of(const Rooted& one) { return {one.root.get(), &one.mounts, one.upper.get()}; }

bool is_same_key(const quell_file_key& one, const quell_file_key& other) { return std::memcmp(&one, &other, sizeof(one)) == 0; }

// A denial is of one container, where the file is no container's own.
bool is_same_way(const quell_executable_key& one, const quell_executable_key& other) { return one.container == other.container && is_same_key(one.file, other.file); }

quell_executable_key way_to(const ManualFound& found) {
    quell_pending_key key{};
    key.container = found.container;
    return incident::executable_of(key, found.entry);
}

// What is collected on the way.
struct Collected {
    std::vector<ManualFound> others;
    std::size_t untold = 0;
};

void collect(bpf::Engine& engine, const IdentityReader& identities, const incident::Incident& incident, std::uint64_t container, const std::vector<FoundFile>& files, Collected& to) {
    for (const auto& file : files) {
        auto found = bind_file(engine, file.file.get(), container, file.path);
        if (!found) {  // Quell's own, or nothing lasting is known of it
            to.untold++;
            continue;
        }
        const auto way = way_to(*found);
        if (is_same_way(way, incident::executable_of(incident.key, incident.entry))) continue;
        if (std::ranges::any_of(to.others, [&](const ManualFound& one) { return is_same_way(way_to(one), way); })) continue;  // another name of it, or another mount
        if (!tell_container(engine, identities, *found)) continue;  // it has just ended
        to.others.push_back(std::move(*found));
    }
}

std::string counted(std::size_t count, const char* one, const char* many) { return std::to_string(count) + " " + (count == 1 ? one : many); }

}  // namespace

Result<Instances> find_instances(bpf::Engine& engine, const IdentityReader& identities, const incident::Incident& incident) {
    auto home = enter(engine, incident.key.container);
    if (!home) return Error{"the container's first process has ended: its file cannot be read", ESRCH, {}};
    ContentSearch search;
    const auto& path = incident::executable_path(incident);
    const auto file = search.open(place_of(*home), path);
    if (!file) return Error{escape(path) + ": " + file.error().message, file.error().code, {}};
    const auto facts = engine.open_file(file->get(), incident.key.container);
    if (!facts) return facts.error();
    if (!is_same_key(facts->file, incident.entry.file)) return Error{"what lies at " + escape(path) + " is another file by now", ESTALE, {}};
    const auto content = search.content_of(file->get());
    if (!content) return Error{escape(path) + ": " + content.error().message, content.error().code, {}};
    if (content->size == 0) return Error{"it is empty, as files everywhere are", EINVAL, {}};

    // one file of an image's layer in many containers is read once
    const auto& own = incident.entry.file.file;
    const auto same_in = [&](std::uint64_t container) -> ContentSearch::IsSame {
        return [&engine, &own, container](int other) {
            const auto known = engine.open_file(other, container);
            return known && (known->object_flags & QUELL_OBJECT_FILE) && std::memcmp(&known->file.file, &own, sizeof(own)) == 0;
        };
    };
    std::vector<Rooted> places;
    std::size_t unreached = 0, layers = 0;
    for (const auto& container : engine.containers()) {
        if (container.cgroup == incident.key.container || !container.value.init_pid) continue;
        if (auto one = enter(engine, container.cgroup)) places.push_back(std::move(*one));
        else unreached++;
    }
    Collected collected;
    const auto take = [&](const Rooted& place, const std::vector<FoundFile>& files) { collect(engine, identities, incident, place.container, files, collected); };
    for (const auto& place : places) {
        std::vector<FoundFile> files;
        search.look_at(place_of(place), path, *content, same_in(place.container), files);
        take(place, files);
    }
    if (home->container) places.insert(places.begin(), std::move(*home));
    for (const auto& place : places) {
        if (place.has_layer && !place.upper) {
            layers++;
            continue;
        }
        std::vector<FoundFile> files;
        search.look_everywhere(place_of(place), *content, same_in(place.container), files);
        take(place, files);
    }
    Instances made{content->sha256, std::move(collected.others), {}};
    const auto tell = [&](const std::string& text) { made.unseen += (made.unseen.empty() ? "" : "; ") + text; };
    if (const auto why = search.ended(); !why.empty()) tell("not all was searched: " + why);
    if (unreached) tell(counted(unreached, "container", "containers") + " could not be entered");
    if (layers) tell("the writable layers of " + counted(layers, "container", "containers") + " could not be opened");
    if (collected.untold) tell(counted(collected.untold, "file is", "files are") + " Quell's own, or cannot be told from others by what lasts");
    return made;
}

}  // namespace quell::daemon

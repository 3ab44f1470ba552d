// SPDX-License-Identifier: Apache-2.0
// Followed: workloads that a containment follows. When a container of the same
// names and image is made anew within the term, what was approved once holds
// for it, too. Plain values and a table of them: no kernel side, times are the
// caller's. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "user/incident/describe.h"
#include "user/incident/incident.h"

namespace quell::incident {

inline constexpr std::size_t kFollowedMax = 64;
inline constexpr std::size_t kCameBackMax = 16;                   // of the incidents that a follow made, the newest are named
inline constexpr std::uint64_t kFollowMaxNs = QUELL_EXTEND_MAX_NS;  // the term
inline constexpr std::size_t kFollowedBytesMax = 16u << 20;       // of the file; a full table has less
inline constexpr std::size_t kFollowedPathsMax = 16'384;          // bytes of what one goes by: 64 of them leave that bound its room

// What is the same when a container is made anew. Raw text, bounded as that of ContainerIdentity.
struct Workload {
    quell_runtime runtime = QUELL_RUNTIME_NONE;   // KUBEPODS for all that run pods of Kubernetes
    std::string pod_namespace, pod, name, image;  // the first two "" where there are no such pods

    bool operator==(const Workload&) const = default;
};

// ENOENT: why it is not known, in a text for who asked.
[[nodiscard]] Result<Workload> workload_of(quell_runtime runtime, const ContainerIdentity& identity);
// "shop/cart-0/web of registry.example/cart:1", escaped.
[[nodiscard]] std::string workload_text(const Workload& workload);
// The same names; the image may be another.
[[nodiscard]] bool is_called_alike(const Workload& one, const Workload& other);

// Whether what it is about is found again by paths, in a container that comes back: then it takes a root to look in.
[[nodiscard]] bool goes_by_path(quell_response response);
// Of deny-write where no place was named: the directory of the incident's object; of deny-exec: the object, or the executable
// of who acted. Raw bytes, as the container sees it. ENOENT: why there is none, in a text for who asked.
[[nodiscard]] Result<std::vector<std::string>> paths_of_object(const Incident& incident, quell_response response);
// "" where they can be kept.
[[nodiscard]] std::string unfit_paths(const std::vector<std::string>& paths);
// "/usr/bin/x, /srv/y", escaped and cut.
[[nodiscard]] std::string paths_text(const std::vector<std::string>& paths);

// A response that needs more than this of a container that it follows adds it here, and to text() and read().
struct Followed {
    std::uint64_t incident = 0;  // whose approval it is
    Workload workload;
    quell_response response = QUELL_RESPONSE_COUNT;
    quell_terms terms{};         // of isolate-network
    std::vector<std::string> paths;  // of what goes by them; raw bytes
    bool is_alone = false;           // of deny-write: the directory of the event, without what is mounted below it
    quell_places places{};           // of deny-write: what was denied at first, which the same root may have elsewhere by now
    quell_file_key executable{};     // of deny-exec: the same
    history::Who who;            // approved it
    std::string reason;
    std::uint32_t severity = 0;  // of the incident: rights hang on it
    bool over_guards = false;    // they stood against it, and who approved went over them
    std::uint64_t until_ns = 0;  // CLOCK_BOOTTIME
    std::int64_t until_wall_ns = 0;
    std::uint64_t times = 0;     // it came back
    std::vector<std::uint64_t> came_back;          // incidents made for it, oldest first
    std::optional<std::int64_t> longest_window_us; // from a first exec to its containment, of those that were not told of before
    std::string snapshot;        // the incident, as it was approved: history may have let it go by the end

    void add_came_back(std::uint64_t id);
};

class FollowedTable {
public:
    [[nodiscard]] bool empty() const { return all_.empty(); }
    [[nodiscard]] const std::vector<Followed>& all() const { return all_; }
    [[nodiscard]] quell_u32 responses() const;

    // False: kFollowedMax are followed, and this is none of them.
    [[nodiscard]] bool has_room(const Followed& one) const;
    // Returns the one whose place it takes: of the same workload and response, and of deny-exec the same path, the newest
    // approval counts. There is room.
    std::optional<Followed> add(Followed one);
    // Whose approval it is, or which was made for one that came back. Pointers are good until the table changes.
    [[nodiscard]] Followed* find(std::uint64_t incident);
    [[nodiscard]] const Followed* find(std::uint64_t incident) const;
    // One that was made for a workload that came back, by a daemon that died before it was written that it had: true where it
    // was not known.
    bool rejoin(const Incident& one);
    // By workload; `alike`: of the same names and another image.
    [[nodiscard]] std::vector<const Followed*> of(const Workload& workload) const;
    [[nodiscard]] std::vector<const Followed*> alike(const Workload& workload) const;
    // By whose approval it is.
    std::optional<Followed> remove(std::uint64_t incident);
    // The first whose term has ended.
    [[nodiscard]] const Followed* ended(std::uint64_t now_ns) const;

    // The whole as JSON, and back: false, and nothing changed, where it is no such text or has more than fits. Terms are
    // times of this boot where it was written in this boot, else made of wall time.
    [[nodiscard]] std::string text(std::string_view boot) const;
    [[nodiscard]] bool read(const std::string& text, std::string_view boot, std::uint64_t now_ns, std::int64_t wall_now_ns);

private:
    std::vector<Followed> all_;
};

// docs/io.quell.varlink, Follow
[[nodiscard]] Json follow_json(const Followed& followed, std::uint64_t now_ns);

// The incident of a follow that nobody else remembers: as it was, its container gone.
[[nodiscard]] Incident remembered(const Followed& followed);

}  // namespace quell::incident

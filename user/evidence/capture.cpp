// SPDX-License-Identifier: Apache-2.0
// capture: what a subject is and does at this moment, as a tar.zst. What ends
// meanwhile, or cannot be read, is noted; what grows beyond a bound is cut,
// and said to be. Names keep their bytes in the files of /proc and are escaped
// where they stand in JSON or text.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/evidence/archive.h"
#include "user/evidence/container_files.h"
#include "user/evidence/patience.h"
#include "user/evidence/process_files.h"
#include "user/evidence/take.h"

namespace quell::evidence {
namespace {

constexpr const char* kArchive = "capture.tar.zst";
constexpr std::uint64_t kMembersMax = 1u << 30;  // bytes of all members
constexpr std::size_t kNotesMax = 1000;
constexpr std::size_t kNetworksMax = 64;
constexpr std::size_t kMountSpacesMax = 64;  // namespaces
constexpr std::size_t kStuckMax = 8;
constexpr std::uint64_t kReadPatienceMs = 2000;

std::string dumped(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

struct Seen {
    pid_t parent = 0;
    unsigned uid = 0;
    std::string name, arguments;
};

// One capture. A status that is an error ends it; `cut` says that it is kept all the same.
class Capture {
public:
    Capture(const Order& order, Archive& archive) : order_(order), archive_(archive) {}

    Status run() {
        if (auto put = add("incident.json", dumped(order_.incident_json)); !put) return put;
        if (auto put = add("recent.json", dumped(order_.recent)); !put) return put;
        if (auto put = add("history.json", dumped(order_.history)); !put) return put;
        if (order_.container)
            for (auto& [name, bytes] : container_files(order_, notes_))
                if (auto put = add("container/" + name, bytes); !put) return put;
        if (auto put = processes(); !put) return put;
        return add("tree.txt", tree());
    }

    std::string cut;
    [[nodiscard]] Json notes() const {
        Json list = Json::array();
        for (const auto& note : notes_)
            if (list.size() < kNotesMax) list.push_back(note);
        if (notes_.size() > kNotesMax) list.push_back("and " + std::to_string(notes_.size() - kNotesMax) + " notes more");
        return list;
    }
    [[nodiscard]] std::size_t seen() const { return seen_.size(); }

private:
    Status add(const std::string& name, std::string_view bytes) {
        auto put = archive_.add(name, bytes);
        if (put || put.error().code != EFBIG) return put;
        cut = put.error().message;
        return put;
    }

    Status processes() {
        if (order_.processes_in_all > order_.processes.size())
            notes_.push_back("of " + std::to_string(order_.processes_in_all) + " processes " + std::to_string(order_.processes.size()) + " were looked at");
        std::size_t stuck = 0;
        for (const auto& process : order_.processes) {
            if (boottime_ns() >= order_.deadline_ns) {
                cut = "its time was over";
                return Error{cut, ETIMEDOUT, {}};
            }
            if (stuck >= kStuckMax) {
                notes_.push_back("so many processes did not let themselves be read that the others were left out");
                return success();
            }
            auto read = within_ms(kReadPatienceMs, [process](const std::atomic<bool>& left) { return read_process(process, left); });
            const auto number = std::to_string(process.pid);
            if (!read) {
                stuck++;
                notes_.push_back("process " + number + " did not let itself be read within " + std::to_string(kReadPatienceMs / 1000) + " s");
            } else if (!read->is_there) {
                notes_.push_back("process " + number + " had ended when it was looked at");
            } else if (auto put = put_process(process, std::move(*read)); !put) {
                return put;
            }
        }
        return success();
    }

    Status put_process(const Process& process, ProcessFiles read) {
        const auto number = std::to_string(process.pid);
        for (auto& note : read.notes) notes_.push_back(std::move(note));
        if (read.has_ended) notes_.push_back("process " + number + " ended while it was read");
        for (const auto& [name, bytes] : read.files)
            if (auto put = add("processes/" + number + "/" + name, bytes); !put) return put;
        seen_[process.pid] = {read.parent, read.uid, read.name, read.arguments};
        if (!read.network_of.empty() && networks_.size() < kNetworksMax && networks_.insert(read.network_of).second)
            for (const auto& [name, bytes] : read_network(process))
                if (auto put = add("network/" + inner(read.network_of) + "/" + name, bytes); !put) return put;
        if (read.mounts_of.empty() || mounts_.size() >= kMountSpacesMax || !mounts_.insert(read.mounts_of).second) return success();
        bool too_many = false;
        const auto text = read_mounts(process.pid, too_many);
        if (too_many) notes_.push_back("the mounts that process " + number + " sees are cut");
        return text.empty() ? success() : add("mounts/" + inner(read.mounts_of), text);
    }

    // "net:[4026531840]" -> "4026531840"
    static std::string inner(const std::string& link) {
        std::string digits;
        std::ranges::copy_if(link, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
        return digits;
    }

    std::string tree() const {
        std::multimap<pid_t, pid_t> children;
        std::string text;
        for (const auto& [pid, one] : seen_) children.emplace(seen_.contains(one.parent) && one.parent != pid ? one.parent : 0, pid);
        std::set<pid_t> shown;
        std::vector<std::pair<pid_t, std::size_t>> todo;
        const auto push = [&](pid_t parent, std::size_t depth) {
            const auto [begin, end] = children.equal_range(parent);
            for (auto at = std::make_reverse_iterator(end); at != std::make_reverse_iterator(begin); ++at) todo.emplace_back(at->second, depth);
        };
        push(0, 0);
        while (!todo.empty()) {
            const auto [pid, depth] = todo.back();
            todo.pop_back();
            if (!shown.insert(pid).second) continue;
            const Seen& one = seen_.at(pid);
            auto arguments = one.arguments;
            if (arguments.ends_with('\0')) arguments.pop_back();
            std::ranges::replace(arguments, '\0', ' ');
            text += std::string(std::min<std::size_t>(depth, 40) * 2, ' ') + std::to_string(pid) + " uid " + std::to_string(one.uid) + " " + escape(one.name) +
                    (arguments.empty() ? "" : ": " + escape_cut(arguments, 256)) + "\n";
            push(pid, depth + 1);
        }
        return text;
    }

    const Order& order_;
    Archive& archive_;
    std::vector<std::string> notes_;
    std::map<pid_t, Seen> seen_;
    std::set<std::string> networks_, mounts_;
};

}  // namespace

Taken capture(const Order& order, Store& store) {
    auto room = store.room();
    if (!room) return failed(room.error());
    auto draft = store.begin(item_name(order.incident, word_at(kResponseWords, order.what)));
    if (!draft) return failed(draft.error());
    auto file = draft->create(kArchive);
    if (!file) return failed(file.error());
    auto archive = Archive::open(file->get(), std::min(room->bytes, kMembersMax));
    if (!archive) return failed(archive.error());
    Json manifest = manifest_of(order);
    Capture taking(order, *archive);
    if (auto ran = taking.run(); !ran && taking.cut.empty()) return failed(ran.error());
    if (taking.cut.starts_with("the archive")) taking.cut += ": " + room->why;
    manifest["notes"] = taking.notes();
    manifest["processes"] = taking.seen();
    manifest["members"] = archive->members();
    // also within, for whoever has the archive alone; where even that finds no room, it is beside it
    if (auto put = archive->add(kManifestName, dumped(manifest)); !put && put.error().code != EFBIG) return failed(put.error());
    if (auto closed = archive->close(); !closed) return failed(closed.error());
    auto hash = sha256_of(file->get());
    struct stat info {};
    if (!hash || ::fstat(file->get(), &info)) return failed(hash ? errno_error("cannot look at the archive") : hash.error());
    const std::string text = std::to_string(taking.seen()) + " processes captured";
    return keep(std::move(draft).value(), order, std::move(manifest),
                {{"name", kArchive}, {"size", static_cast<std::uint64_t>(info.st_size)}, {"stored", static_cast<std::uint64_t>(info.st_blocks) * 512}, {"sha256", *hash}}, taking.cut, text);
}

}  // namespace quell::evidence

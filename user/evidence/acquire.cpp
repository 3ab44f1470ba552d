// SPDX-License-Identifier: Apache-2.0
// acquire-file: the content of an incident's object, with what it says of
// itself. A file that is larger than the room, or takes longer than its time,
// is kept as far as it came, and called cut; a disk that is full keeps nothing.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "user/base/escape.h"
#include "user/base/time.h"
#include "user/base/vocabulary.h"
#include "user/evidence/copy.h"
#include "user/evidence/take.h"

namespace quell::evidence {
namespace {

constexpr const char* kFileContent = "content";

std::string time_text(const statx_timestamp& at) { return utc_text(at.tv_sec * kNsPerSecond + at.tv_nsec); }

Result<Json> facts_of(int fd) {
    struct statx info {};
    if (::statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &info)) return errno_error("cannot look at the file");
    char mode[8];
    std::snprintf(mode, sizeof(mode), "%04o", info.stx_mode & 07777u);
    Json json = {{"size", info.stx_size},
                 {"blocks", info.stx_blocks},
                 {"mode", mode},
                 {"uid", info.stx_uid},
                 {"gid", info.stx_gid},
                 {"links", info.stx_nlink},
                 {"device", std::to_string(info.stx_dev_major) + ":" + std::to_string(info.stx_dev_minor)},
                 {"inode", info.stx_ino},
                 {"accessed", time_text(info.stx_atime)},
                 {"modified", time_text(info.stx_mtime)},
                 {"changed", time_text(info.stx_ctime)}};
    if (info.stx_mask & STATX_BTIME) json["born"] = time_text(info.stx_btime);
    return json;
}

}  // namespace

Json manifest_of(const Order& order) {
    utsname host{};
    (void)::uname(&host);
    Json manifest = order.facts;
    manifest["format"] = 1;
    manifest["incident"] = order.incident;
    manifest["response"] = word_at(kResponseWords, order.what);
    manifest["host"] = {{"name", escape(host.nodename)}, {"kernel", escape(host.release)}, {"boot", boot_id()}};
    manifest["begun"] = utc_text(wall_ns());
    manifest["notes"] = Json::array();
    return manifest;
}

Taken keep(Draft draft, const Order& order, Json manifest, const Json& content, const std::string& cut, const std::string& text) {
    const auto name = item_name(order.incident, word_at(kResponseWords, order.what));
    manifest["taken"] = utc_text(wall_ns());
    manifest["content"] = content;
    if (!cut.empty()) manifest["cut"] = cut;
    auto committed = draft.commit(manifest);
    if (!committed) return failed(committed.error());
    Json item = {{"item", order.limits.dir + "/" + name}, {"sha256", content["sha256"]}, {"manifest_sha256", *committed}, {"size", content["size"]}};
    if (cut.empty()) return {true, text, std::move(item)};
    item["cut"] = cut;
    return {false, text + ", and cut: " + cut, std::move(item)};
}

Taken acquire_file(const Order& order, Store& store, const IsObject& is_object) {
    auto room = store.room();
    if (!room) return failed(room.error());
    auto found = find_object(order, is_object);
    if (!found) return failed(found.error());
    auto facts = facts_of(found->fd.get());  // before it is read, which may move its time of access
    if (!facts) return failed(facts.error());
    auto draft = store.begin(item_name(order.incident, word_at(kResponseWords, order.what)));
    if (!draft) return failed(draft.error());
    auto content = draft->create(kFileContent);
    if (!content) return failed(content.error());
    Json manifest = manifest_of(order);
    auto copied = copy_content(found->fd.get(), content->get(), *room, order.deadline_ns);
    if (!copied) return failed(copied.error());
    struct stat stored {};
    if (::fstat(content->get(), &stored)) return failed(errno_error("cannot look at the copy"));
    Json& file = manifest["file"] = std::move(*facts);
    file["path"] = escape(order.path);
    if (!order.renamed_to.empty()) file["renamed_to"] = escape(order.renamed_to);
    file["host_path"] = escape(found->host_path);
    file["found_by"] = found->how;
    file["generation"] = order.file.generation;
    file["number"] = order.file.inode;
    Json& notes = manifest["notes"];
    if (copied->has_changed) notes.push_back("changed while it was read: the content may be of no one moment");
    if (copied->is_cloned) notes.push_back("the copy shares its blocks with the file: it is of one moment");
    if (file["blocks"] == 0 && copied->size > 0 && copied->data == 0)
        notes.push_back("all of it is a hole: of a file that an overlay has copied up without its data, the data is in the layer below");
    const std::string text = std::to_string(copied->size) + " bytes taken by " + found->how + (copied->has_changed ? ", changed while it was read" : "");
    return keep(std::move(draft).value(), order, std::move(manifest),
                {{"name", kFileContent}, {"size", copied->size}, {"stored", static_cast<std::uint64_t>(stored.st_blocks) * 512}, {"sha256", copied->sha256}}, copied->cut, text);
}

}  // namespace quell::evidence

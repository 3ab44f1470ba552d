// SPDX-License-Identifier: Apache-2.0
// quell evidence verify, export: the content itself, which only root can
// read. The daemon says where it lies and what the history has of it.
#include <fcntl.h>
#include <sys/stat.h>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/time.h"
#include "user/cli/ask.h"
#include "user/control/varlink.h"
#include "user/evidence/copy.h"
#include "user/evidence/store.h"

namespace quell::cli {

namespace {

struct Told {
    evidence::Item item;   // as it lies there
    std::string recorded;  // its manifest's hash by the history, "" where it has none
    std::string trouble;   // why the item could not be read
};

std::optional<std::vector<Told>> items_of(Invocation& invocation, std::optional<evidence::Store>& store, int& code) {
    const auto reply = ask(invocation, "Evidence", {{"id", invocation.value("ID")}}, code);
    if (!reply) return std::nullopt;
    evidence::Limits limits;
    limits.dir = control::string_member(*reply, "directory");
    // not made here, where the daemon has none: others may call this
    auto opened = ::access(limits.dir.c_str(), R_OK | X_OK) ? Result<evidence::Store>(errno_error("cannot open " + limits.dir)) : evidence::Store::open(limits);
    if (!opened) {
        const bool is_denied = opened.error().code == EPERM || opened.error().code == EACCES;
        code = is_denied ? report(invocation, control::errors::kNotAllowed, {{"reason", escape(opened.error().message) + "; the content of evidence is for root alone"}}) : report_error(invocation, opened.error());
        return std::nullopt;
    }
    store.emplace(std::move(opened).value());
    std::vector<Told> list;
    for (const Json& one : control::member(*reply, "items")) {
        auto item = store->read(control::string_member(one, "name"));
        Told told;
        if (item) told.item = std::move(item).value();
        else told.trouble = item.error().message;
        told.item.name = control::string_member(one, "name");
        told.recorded = control::string_member(one, "recorded");
        list.push_back(std::move(told));
    }
    if (list.empty()) {
        code = report_error(invocation, Error{"there is no evidence of " + invocation.value("ID"), ENOENT, {}});
        return std::nullopt;
    }
    return list;
}

// "" where it is what was taken.
std::string wrong_with(const evidence::Store& store, const Told& told) {
    if (!told.trouble.empty()) return told.trouble;
    // a manifest vouches for its content, and only a row of the chain for the manifest
    if (told.recorded.empty()) return "the history has no row of it";
    if (told.recorded != told.item.manifest_sha256) return "its manifest is not the one that the history has";
    const auto content = store.content(told.item);
    if (!content) return content.error().message;
    const auto hash = evidence::sha256_of(content->get());
    if (!hash) return hash.error().message;
    return *hash == told.item.sha256 ? "" : "its content is not the one that was taken: its SHA-256 is " + *hash;
}

// DIR/NAME with content and manifest.
Status export_item(const evidence::Store& store, const Told& told, const std::string& to) {
    if (!told.trouble.empty()) return Error{told.trouble, EIO, {}};
    const auto from = store.content(told.item);
    if (!from) return from.error();
    if (::mkdir(to.c_str(), 0700) && errno != EEXIST) return errno_error("cannot make " + to);
    const std::string directory = to + "/" + told.item.name;
    if (::mkdir(directory.c_str(), 0700)) return errno_error("cannot make " + directory);
    const Fd file(::open((directory + "/" + told.item.content).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return errno_error("cannot make " + directory + "/" + told.item.content);
    auto copied = evidence::copy_content(from->get(), file.get(), {UINT64_MAX, 0, {}}, UINT64_MAX);
    if (!copied) return copied.error();
    if (::fsync(file.get())) return errno_error("cannot fsync " + directory);
    if (copied->sha256 != told.item.sha256) return Error{"its content is not the one that was taken: its SHA-256 is " + copied->sha256, EIO, {}};
    return write_file_atomic(directory + "/" + evidence::kManifestName, told.item.manifest, 0600);
}

// One line, or one value of "items", for each.
int tell(Invocation& invocation, const std::vector<std::pair<std::string, std::string>>& outcomes, const std::string& good) {
    bool all = true;
    Json list = Json::array();
    for (const auto& [name, wrong] : outcomes) {
        all = all && wrong.empty();
        list.push_back({{"name", name}, {"ok", wrong.empty()}});
        if (!wrong.empty()) list.back()["detail"] = safe(wrong);
        if (!invocation.json)
            invocation.out.print(safe(name) + ": " + (wrong.empty() ? invocation.out.paint(Colour::Green, good) : invocation.out.paint(Colour::Red, "NOT") + " " + good + ", " + safe(wrong)) + "\n");
    }
    if (invocation.json) print_json(invocation, {{"ok", all}, {"items", list}});
    return all ? kDone : kFailed;
}

}  // namespace

int run_evidence_verify(Invocation& invocation) {
    int code = kDone;
    std::optional<evidence::Store> store;
    const auto items = items_of(invocation, store, code);
    if (!items) return code;
    std::vector<std::pair<std::string, std::string>> outcomes;
    for (const auto& told : *items) outcomes.emplace_back(told.item.name, wrong_with(*store, told));
    return tell(invocation, outcomes, "ok");
}

int run_evidence_export(Invocation& invocation) {
    int code = kDone;
    std::optional<evidence::Store> store;
    const auto items = items_of(invocation, store, code);
    if (!items) return code;
    std::vector<std::pair<std::string, std::string>> outcomes;
    for (const auto& told : *items) {
        const auto exported = export_item(*store, told, invocation.value("DIR"));
        outcomes.emplace_back(told.item.name, exported ? "" : exported.error().message);
    }
    return tell(invocation, outcomes, "exported");
}

}  // namespace quell::cli

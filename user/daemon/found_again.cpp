// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/found_again.h"

#include <linux/openat2.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "user/base/escape.h"
#include "user/response/places.h"

namespace quell::daemon {
namespace {

constexpr std::size_t kAgainShown = 256;  // of a path

Error not_there(const std::string& path, const std::string& why) { return Error{escape_cut(path, kAgainShown) + why, ESRCH, {}}; }

Status places_again(bpf::Engine& engine, const response::Root& root, const incident::Followed& followed, FoundAgain& again) {
    auto found = response::find_places(engine, again.found.container, root, followed.paths, followed.is_alone ? response::Mounted::kNot : response::Mounted::kToo);
    if (!found) return found.error();
    again.places = found->places;
    again.below = found->text;
    // started again on the same root, it may have what was denied elsewhere by now
    if (const auto left_out = response::add_places(again.places, followed.places)) again.text = std::to_string(left_out) + " of the places that were denied at first had no room";
    return success();
}

Status executable_again(bpf::Engine& engine, const response::Root& root, const incident::Followed& followed, FoundAgain& again) {
    const auto& path = followed.paths.front();
    const auto file = response::open_in(root, path, RESOLVE_NO_SYMLINKS);
    if (!file) return not_there(path, ": " + response::why_not_opened(errno));
    const auto bound = bind_file(engine, file.get(), again.found.container, path);
    if (!bound) return bound.error();
    auto entry = bound->entry;
    entry.chain_count = again.found.entry.chain_count;
    std::copy(std::begin(again.found.entry.chain), std::end(again.found.entry.chain), std::begin(entry.chain));
    again.found.entry = entry;
    again.found.path = path;
    // of the same layer, whatever overlay it is seen through
    if (std::memcmp(&entry.file.file, &followed.executable.file, sizeof(entry.file.file))) again.text = "another file lies at " + escape_cut(path, kAgainShown) + " than was denied at first";
    return success();
}

}  // namespace

Result<FoundAgain> find_again(bpf::Engine& engine, const ManualFound& found, const response::Starting& starting, const incident::Followed& followed) {
    const auto root = starting.pid ? response::open_root(starting) : response::open_root(engine, found.container);
    if (!root) return root.error();
    FoundAgain again;
    again.found = found;
    const auto done = followed.response == QUELL_RESPONSE_DENY_WRITE ? places_again(engine, *root, followed, again) : executable_again(engine, *root, followed, again);
    if (!done) return done.error();
    return again;
}

Result<std::string> real_path(bpf::Engine& engine, std::uint64_t container, const std::string& path, const quell_file_key& file) {
    const auto root = response::open_root(engine, container);
    if (!root) return root.error();
    const auto found = response::open_in(*root, path);
    if (!found) return not_there(path, ": " + response::why_not_opened(errno));
    const auto where = response::path_in(*root, found);
    const auto held = engine.held_files(::getpid());
    if (!held) return held.error();
    const auto same = [&](const quell_file_key& one) { return !std::memcmp(&one, &file, sizeof(file)); };
    for (const auto& one : *held)
        if (where && one.fd == static_cast<quell_u32>(found.get()) && one.known && (same(one.file) || same(one.before))) return *where;
    return not_there(path, " leads to another file by now");
}

}  // namespace quell::daemon

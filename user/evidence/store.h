// SPDX-License-Identifier: Apache-2.0
// Store: where evidence is kept, a directory of root's alone (0700). An item
// is a directory in it, named by incident and response: manifest.json and
// the content. It is made under another name and renamed when it is whole and
// on the disk, so that what has its name is complete. One process writes at a
// time; reading is thread-safe.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "user/base/fd.h"
#include "user/base/result.h"
#include "user/evidence/limits.h"

namespace quell::evidence {

using Json = nlohmann::json;

inline constexpr std::size_t kItemsMax = 4096;          // that are listed
inline constexpr std::size_t kManifestBytesMax = 8u << 20;
inline constexpr const char* kManifestName = "manifest.json";

// What one more item may take. `why`: which limit it is.
struct Room {
    std::uint64_t bytes = 0;
    std::uint64_t reserve = 0;  // of the file system, which stays free for the history
    std::string why;
};

// Of a manifest, what everybody asks for. Text is escaped.
struct Item {
    std::string name;      // of its directory
    std::string incident;  // as written by id_text()
    std::string response;
    std::string taken;  // UTC
    std::string path;   // of the file, as the container saw it; "" of a capture
    std::string content;  // name of the file with the content
    std::uint64_t size = 0, stored = 0;
    std::string sha256;
    std::string cut;  // why it is not whole, "" where it is
    std::vector<std::string> notes;
    std::string broken;  // why the manifest cannot be read: then only `name` is known
    std::string manifest, manifest_sha256;
};

// An item that is being made; removed again unless it is committed. Not thread-safe.
class Draft {
public:
    Draft(Fd store, std::string name, Fd directory) : store_(std::move(store)), name_(std::move(name)), directory_(std::move(directory)) {}
    Draft(Draft&&) = default;
    Draft& operator=(Draft&&) = delete;
    ~Draft();

    // A new file in it, for reading and writing.
    [[nodiscard]] Result<Fd> create(const std::string& file);
    // Everything is on the disk and has its name, or nothing is there. The manifest's SHA-256. EEXIST: there is such an item already.
    [[nodiscard]] Result<std::string> commit(const Json& manifest);

private:
    Fd store_;
    std::string name_;  // of the item; the draft's has a dot in front
    Fd directory_;
};

class Store {
public:
    // Makes the directory where it lacks. EPERM: others may write to it, or it is not the caller's.
    [[nodiscard]] static Result<Store> open(Limits limits);

    [[nodiscard]] const std::string& directory() const { return limits_.dir; }
    [[nodiscard]] Result<Room> room() const;
    [[nodiscard]] Result<Draft> begin(const std::string& name);
    // Newest first.
    [[nodiscard]] Result<std::vector<Item>> list() const;
    [[nodiscard]] Result<Item> read(const std::string& name) const;
    // Its content for reading.
    [[nodiscard]] Result<Fd> content(const Item& item) const;
    [[nodiscard]] Status remove(const std::string& name);
    // What a process that died left half done.
    void remove_drafts();

private:
    Store(Limits limits, Fd directory) : limits_(std::move(limits)), directory_(std::move(directory)) {}

    Limits limits_;
    Fd directory_;
};

// "00012-acquire-file"
[[nodiscard]] std::string item_name(std::string_view incident, std::string_view response);
// SHA-256 of all that a descriptor has, from its beginning.
[[nodiscard]] Result<std::string> sha256_of(int fd);

}  // namespace quell::evidence

// SPDX-License-Identifier: Apache-2.0
#include "policy/check/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <cctype>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>

namespace quell::policy {
namespace {

using Ids = std::map<std::string, std::uint32_t>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

constexpr std::size_t kMaxAccounts = 100'000;

// The first entry of a name counts, as it does for whoever logs in.
Ids read_users(std::FILE* file) {
    Ids ids;
    while (const passwd* entry = ::fgetpwent(file))
        if (ids.size() < kMaxAccounts) ids.emplace(entry->pw_name, entry->pw_uid);
    return ids;
}

Ids read_groups(std::FILE* file) {
    Ids ids;
    while (const group* entry = ::fgetgrent(file))
        if (ids.size() < kMaxAccounts) ids.emplace(entry->gr_name, entry->gr_gid);
    return ids;
}

bool is_same(const struct stat& a, const struct stat& b) {
    return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// One of the two files, as it was read last.
class Accounts {
public:
    Accounts(const char* path, Ids (*read)(std::FILE*)) : path_(path), read_(read) {}

    std::optional<std::uint32_t> find(const std::string& name) {
        // what is returned by the two functions above is theirs until the next call
        static std::mutex one_reader;
        const std::lock_guard lock(one_reader);
        refresh();
        const auto found = ids_.find(name);
        return found == ids_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    void refresh() {
        struct stat now {};
        if (::stat(path_, &now) != 0) {
            ids_.clear();
            state_ = {};
            return;
        }
        if (is_same(now, state_)) return;
        const File file(std::fopen(path_, "re"), &std::fclose);
        ids_ = file ? read_(file.get()) : Ids{};
        state_ = now;
    }

    const char* path_;
    Ids (*read_)(std::FILE*);
    Ids ids_;
    struct stat state_ {};
};

}  // namespace

bool is_account_name(std::string_view text) { return !text.empty() && (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '_'); }

std::optional<std::uint32_t> user_id(const std::string& name) {
    static Accounts users("/etc/passwd", &read_users);
    return users.find(name);
}

std::optional<std::uint32_t> group_id(const std::string& name) {
    static Accounts groups("/etc/group", &read_groups);
    return groups.find(name);
}

}  // namespace quell::policy

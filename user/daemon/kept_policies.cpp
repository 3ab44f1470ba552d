// SPDX-License-Identifier: Apache-2.0
#include "user/daemon/kept_policies.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "policy/limits.h"
#include "user/base/files.h"

namespace quell::daemon {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kEnding = ".json";
constexpr mode_t kMode = 0600;
// Escapes may double a text.
constexpr std::size_t kMaxFileBytes = 2 * policy::kMaxTotalBytes + (1u << 20);

Error not_ours(const std::string& path) { return Error{path + " is not what quelld kept", EINVAL, "remove it"}; }

}  // namespace

std::string KeptPolicies::path(std::uint64_t generation) const { return directory_ + "/" + std::to_string(generation) + std::string(kEnding); }

bool KeptPolicies::has(std::uint64_t generation) const {
    std::error_code error;
    return fs::is_regular_file(path(generation), error);
}

Status KeptPolicies::save(const KeptPolicy& kept) const {
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) return errno_error("cannot make " + directory_, error.value());
    Json files = Json::array();
    for (const policy::Source& source : kept.sources) files.push_back({{"file", source.file}, {"text", source.text}});
    const Json json = {{"generation", kept.generation}, {"origin", kept.origin}, {"digest", kept.digest}, {"files", std::move(files)}};
    const auto written = write_file_atomic(path(kept.generation), json.dump(-1, ' ', false, Json::error_handler_t::replace), kMode);
    if (written) remove_oldest();
    return written;
}

Result<KeptPolicy> KeptPolicies::read(std::uint64_t generation) const {
    const std::string from = path(generation);
    const auto text = read_file(from, kMaxFileBytes);
    if (!text && text.error().code == ENOENT)
        return Error{"the files of generation " + std::to_string(generation) + " are not kept", ENOENT, {}};
    if (!text) return text.error();
    const Json json = Json::parse(*text, nullptr, false);
    if (!json.is_object()) return not_ours(from);
    KeptPolicy kept;
    try {
        kept.generation = json.at("generation").get<std::uint64_t>();
        kept.origin = json.at("origin").get<std::uint64_t>();
        kept.digest = json.at("digest").get<std::string>();
        for (const Json& file : json.at("files")) kept.sources.push_back({file.at("file").get<std::string>(), file.at("text").get<std::string>()});
    } catch (const Json::exception&) {
        return not_ours(from);
    }
    if (kept.generation != generation || kept.origin > generation) return not_ours(from);
    return kept;
}

Result<KeptPolicy> KeptPolicies::before(std::uint64_t generation) const {
    std::uint64_t origin = generation;
    if (const auto running = read(generation)) origin = running->origin;
    const auto all = generations();
    for (auto at = std::lower_bound(all.begin(), all.end(), origin); at != all.begin();) {
        --at;
        auto kept = read(*at);
        // one that was rolled back to is there under its own number, too, or too old
        if (kept && kept->origin == kept->generation) return kept;
    }
    return Error{"no policy before generation " + std::to_string(origin) + " is kept", ENOENT, "apply the files that you want with quell policy apply"};
}

std::vector<std::uint64_t> KeptPolicies::generations() const {
    std::vector<std::uint64_t> all;
    std::error_code error;
    for (fs::directory_iterator entry(directory_, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename();
        if (!name.ends_with(kEnding)) continue;
        const std::string_view digits = std::string_view(name).substr(0, name.size() - kEnding.size());
        std::uint64_t number = 0;
        const auto [rest, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (failed == std::errc{} && rest == digits.data() + digits.size() && std::to_string(number) == digits) all.push_back(number);
    }
    std::sort(all.begin(), all.end());
    return all;
}

void KeptPolicies::remove_oldest() const {
    const auto all = generations();
    std::uint64_t bytes = 0;
    std::size_t kept = 0;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
        std::error_code error;
        const auto size = fs::file_size(path(*at), error);
        if (!error) bytes += size;
        if (kept > 0 && (kept >= kMost || bytes > kMostBytes)) fs::remove(path(*at), error);
        else kept++;
    }
}

}  // namespace quell::daemon

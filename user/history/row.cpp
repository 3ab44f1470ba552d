// SPDX-License-Identifier: Apache-2.0
#include "user/history/row.h"

#include <algorithm>

#include "user/base/sha256.h"

namespace quell::history {
namespace {

// Fields one after the other as "<length>:<bytes>,", "~," for one that is
// absent. The order of the calls is the format: only append, under a new tag.
class Canonical {
public:
    explicit Canonical(std::string_view tag) : text_(tag) { text_ += '\n'; }

    Canonical& add(std::string_view value) {
        text_ += std::to_string(value.size());
        text_ += ':';
        text_ += value;
        text_ += ',';
        return *this;
    }
    Canonical& add(std::uint64_t value) { return add(std::to_string(value)); }
    Canonical& add(std::int64_t value) { return add(std::to_string(value)); }
    Canonical& add(const std::optional<std::int64_t>& value) { return value ? add(*value) : absent(); }
    Canonical& absent() {
        text_ += "~,";
        return *this;
    }

    [[nodiscard]] std::string hash() const { return sha256_hex(text_); }

private:
    std::string text_;
};

}  // namespace

std::string_view action_word(Action action) {
    const auto index = static_cast<std::size_t>(action);
    return index < kActionWords.size() ? kActionWords[index] : std::string_view{"?"};
}

std::optional<Action> parse_action(std::string_view word) {
    const auto found = std::find(kActionWords.begin(), kActionWords.end(), word);
    if (found == kActionWords.end()) return std::nullopt;
    return static_cast<Action>(found - kActionWords.begin());
}

const std::string& genesis_hash() {
    static const std::string hash(64, '0');
    return hash;
}

std::string row_hash(const Row& row) {
    Canonical text("quell-history-1");
    text.add(row.number).add(row.boot_ns).add(row.wall_ns).add(row.boot_id).add(action_word(row.action));
    text.add(row.incident).add(row.generation).add(row.subject).add(row.response).add(row.result);
    if (row.who) {
        const Who& who = *row.who;
        text.add(std::uint64_t{who.uid}).add(who.user).add(std::uint64_t{who.login_uid}).add(who.login_user);
        text.add(std::uint64_t{who.pid}).add(who.cgroup);
    } else {
        text.absent();
    }
    text.add(row.reason).add(row.latency.detected_to_approved_us).add(row.latency.approved_to_flipped_us);
    text.add(row.latency.flipped_to_last_gone_us).add(row.detail).add(row.content_hash).add(row.prev_hash);
    return text.hash();
}

std::string content_hash(const Snapshot& snapshot) {
    return Canonical("quell-snapshot-1").add(snapshot.incident).add(snapshot.state).add(snapshot.rule).add(snapshot.json).hash();
}

std::string content_hash(const Generation& generation) {
    return Canonical("quell-generation-1").add(generation.generation).add(generation.digest).add(generation.rules).hash();
}

}  // namespace quell::history

// SPDX-License-Identifier: Apache-2.0
#include "policy/compile/digest.h"

#include "user/base/sha256.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

// Each field with its length, so that no two rules can run into each other.
// Words instead of numbers: the digest outlives a change of their positions.
class Canonical {
public:
    void field(std::string_view text) { text_ += std::to_string(text.size()) + ":" + std::string(text) + ","; }
    void number(std::uint64_t number) { field(std::to_string(number)); }
    template <typename T, typename Text>
    void list(const std::vector<T>& items, Text text) {
        number(items.size());
        for (const T& item : items) field(text(item));
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

void group(Canonical& form, const Group& conditions) {
    form.list(conditions, [](const Condition& condition) { return condition.text(); });
}

}  // namespace

std::string meaning_digest(std::span<const Rule> rules) {
    Canonical form;
    form.field("quell-policy-6");
    for (const Rule& rule : rules) {
        form.field(rule.policy);
        form.field(rule.id);
        form.field(rule.name);
        form.field(word_at(kSeverityWords, rule.severity));
        form.field(kModeWords[static_cast<std::size_t>(rule.mode)]);
        form.list(rule.tags, [](const std::string& tag) { return tag; });
        for (std::size_t i = 0; i < kOperationWords.size(); i++)
            if (rule.operations & QUELL_OP_BIT(i)) form.field(kOperationWords[i]);
        form.number(rule.subjects);
        form.list(rule.paths, [](const Pattern& path) { return path.text(); });
        group(form, rule.conditions);
        form.number(rule.exceptions.size());
        for (const Group& exception : rule.exceptions) group(form, exception);
        form.list(rule.offers, [](std::uint32_t offer) { return std::string(word_at(kResponseWords, offer)); });
        form.number(rule.expires_ns);
        form.number(rule.flags);
        form.number(rule.threshold);
        form.number(rule.within_ns);
        form.number(rule.once_ns);
        const Automatic automatic = rule.automatic.value_or(Automatic{});
        form.field(rule.automatic ? word_at(kResponseWords, automatic.response) : "");
        form.number(automatic.per_hour);
        form.number(automatic.dry_run);
        form.number(rule.while_pending);
        form.number(rule.follow_ns);
        form.number(rule.two_persons);
        form.number(rule.reason_required);
    }
    return sha256_hex(form.text());
}

std::uint64_t rule_id(std::string_view policy, std::string_view rule) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    const auto add = [&](std::string_view text) {
        for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    };
    add(policy);
    add("/");
    add(rule);
    return hash;
}

}  // namespace quell::policy

// SPDX-License-Identifier: Apache-2.0
#include "policy/check/check.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "policy/check/definitions.h"
#include "policy/check/fields.h"
#include "policy/check/override.h"
#include "policy/check/rule.h"
#include "policy/check/words.h"
#include "policy/document/parse.h"
#include "policy/limits.h"

namespace quell::policy {
namespace {

constexpr std::array kDocumentFields = {Field{"apiVersion", true}, Field{"kind", true}, Field{"metadata", true},
                                        Field{"spec", true}};
constexpr std::array kMetadataFields = {Field{"name", true}, Field{"version"}, Field{"description"}};
constexpr std::array kSpecFields = {Field{"rules", true}, Field{"lists"}, Field{"macros"}, Field{"mode"}};
constexpr std::array kOverrideSpecFields = {Field{"overrides", true}, Field{"lists"}, Field{"macros"}};
constexpr std::string_view kApiVersion = "quell/v1";
constexpr std::array<std::string_view, 2> kKinds = {"Policy", "Override"};

class Checker {
public:
    Checker(std::span<const SourceText> sources, Findings& findings) : sources_(sources), findings_(findings) {}

    void file(std::uint32_t index) {
        const std::optional<Node> root = parse(sources_[index], index, findings_);
        if (!root || !check_map(*root, "a policy", kDocumentFields, findings_)) return;
        if (!is_ours(*root)) return;
        const Node* spec = root->find("spec");
        const Node* kind = root->find("kind");
        if (kind != nullptr && kind->text == kKinds[1])
            overrides(root->find("metadata"), spec);
        else
            policy(root->find("metadata"), spec);
    }

    // Rules found so far, right or wrong.
    [[nodiscard]] std::size_t written() const { return written_; }

    Checked finish(bool is_part) {
        std::sort(rules_.begin(), rules_.end(), [](const Rule& a, const Rule& b) {
            return std::tie(a.policy, a.id) < std::tie(b.policy, b.id);
        });
        apply_overrides(overrides_, is_part, rules_, findings_);
        return Checked{std::move(rules_), std::move(versions_)};
    }

private:
    using Places = std::map<std::string, Location>;

    // Keys of a version or kind we do not know would only be noise after this.
    bool is_ours(const Node& root) {
        const Node* version = text_of(root.find("apiVersion"), "apiVersion", findings_);
        const bool is_known = version == nullptr || version->text == kApiVersion;
        if (!is_known)
            findings_.add(Code::kQ1110, version->where, "apiVersion " + in_quotes(version->text) + " is not supported",
                          "write 'apiVersion: quell/v1'", version->text);
        const Node* kind = text_of(root.find("kind"), "kind", findings_);
        if (kind == nullptr) return is_known;
        if (std::find(kKinds.begin(), kKinds.end(), kind->text) != kKinds.end()) return is_known;
        findings_.add(Code::kQ1110, kind->where, "kind " + in_quotes(kind->text) + " is not supported",
                      "write 'kind: Policy' or 'kind: Override'", kind->text);
        return false;
    }

    void policy(const Node* metadata, const Node* spec) {
        const std::string policy = name(metadata, "policy", policies_);
        if (spec == nullptr || !check_map(*spec, "spec", kSpecFields, findings_)) return;
        Mode mode = Mode::kOn;
        read_mode(spec->find("mode"), mode, findings_);
        Definitions definitions(spec->find("lists"), spec->find("macros"), room_, findings_);
        rules(spec->find("rules"), policy, mode, definitions);
        definitions.warn_of_unused();
    }

    // They are applied when the rules of all files are known.
    void overrides(const Node* metadata, const Node* spec) {
        const std::string document = name(metadata, "override", override_names_);
        if (spec == nullptr || !check_map(*spec, "spec", kOverrideSpecFields, findings_)) return;
        Definitions definitions(spec->find("lists"), spec->find("macros"), room_, findings_);
        for (const Node& node : items_of(spec->find("overrides"), "overrides", kMaxOverrides, findings_)) {
            Override override{node, document};
            if (definitions.expand(override.node)) overrides_.push_back(std::move(override));
        }
        definitions.warn_of_unused();
    }

    std::string name(const Node* metadata, const std::string& kind, Places& names) {
        if (metadata == nullptr || !check_map(*metadata, "metadata", kMetadataFields, findings_)) return {};
        if (const Node* text = text_of(metadata->find("description"), "description", findings_))
            if (text->text.size() > kMaxDescriptionBytes || !is_printable(text->text, true))
                findings_.add(Code::kQ1107, text->where, "the description is too long or holds control characters");
        const Node* version = text_of(metadata->find("version"), "version", findings_);
        if (version != nullptr && (version->text.size() > kMaxVersionBytes || !is_printable(version->text, false)))
            findings_.add(Code::kQ1107, version->where, "the version is too long or holds control characters",
                          "at most " + std::to_string(kMaxVersionBytes) + " bytes");
        const Node* text = text_of(metadata->find("name"), "name", findings_);
        if (text == nullptr) return {};
        if (!is_name(text->text)) {
            findings_.add(Code::kQ1106, text->where, in_quotes(text->text) + " is not a " + kind + "'s name",
                          "lower-case letters, digits and hyphens, at most 63", text->text);
            return {};
        }
        if (text->text == kBuiltinPolicy)
            findings_.add(Code::kQ1303, text->where, "the policy 'quell' is built in", "choose another name", text->text);
        const auto [first, added] = names.emplace(text->text, text->where);
        if (!added)
            findings_.add(Code::kQ1302, text->where, "the " + kind + " " + in_quotes(text->text) + " is already defined in " +
                          place(first->second), "rename one of them", text->text);
        if (version != nullptr) versions_.emplace(text->text, version->text);
        return text->text;
    }

    void rules(const Node* list, const std::string& policy, Mode mode, Definitions& definitions) {
        // An empty list is what --allow-empty is for: said once, for all files.
        if (list != nullptr && list->type == Node::Type::kList && list->items.empty()) return;
        Places ids;
        for (const Node& node : items_of(list, "rules", kMaxRules, findings_)) {
            written_++;
            std::optional<Rule> rule = this->rule(node, policy, mode, definitions);
            if (!rule) continue;
            const auto [first, added] = ids.emplace(rule->id, rule->where);
            if (!added)
                findings_.add(Code::kQ1301, rule->where, "the id " + in_quotes(rule->id) + " is already used at " +
                              place(first->second), "ids are unique within a policy", rule->id);
            rules_.push_back(std::move(*rule));
        }
    }

    std::optional<Rule> rule(const Node& node, const std::string& policy, Mode mode, Definitions& definitions) {
        if (!Definitions::refers(node)) return check_rule(node, policy, mode, findings_);
        Node whole = node;
        if (definitions.expand(whole)) return check_rule(whole, policy, mode, findings_);
        // What follows from a name that leads nowhere is not told; that there is the rule must be known.
        Findings untold(sources_);
        return check_rule(node, policy, mode, untold);
    }

    [[nodiscard]] std::string place(const Location& where) const {
        return sources_[where.source].file() + ":" + std::to_string(where.line);
    }

    std::span<const SourceText> sources_;
    Findings& findings_;
    std::vector<Rule> rules_;
    std::vector<Override> overrides_;
    Places policies_;
    Places override_names_;
    std::map<std::string, std::string> versions_;
    std::size_t written_ = 0;
    std::size_t room_ = kMaxExpandedValues;
};

void check_totals(const Checked& checked, Findings& findings) {
    if (checked.rules.size() > kMaxRules)
        findings.add_general(Code::kQ1401, "the files hold " + std::to_string(checked.rules.size()) +
                             " rules, at most " + std::to_string(kMaxRules) + " are accepted");
    std::size_t paths = 0;
    for (const Rule& rule : checked.rules) paths += rule.paths.size();
    if (paths > kMaxPaths)
        findings.add_general(Code::kQ1402, "the rules hold " + std::to_string(paths) + " paths, at most " +
                             std::to_string(kMaxPaths) + " are accepted");
}

bool check_bytes(std::span<const SourceText> sources, Findings& findings) {
    std::size_t bytes = 0;
    for (const SourceText& source : sources) bytes += source.text().size();
    if (bytes <= kMaxTotalBytes && sources.size() <= kMaxFiles) return true;
    findings.add_general(Code::kQ1001, std::to_string(sources.size()) + " files with " + std::to_string(bytes) +
                         " bytes; at most " + std::to_string(kMaxFiles) + " files with " +
                         std::to_string(kMaxTotalBytes) + " bytes are accepted");
    return false;
}

}  // namespace

Checked check(std::span<const SourceText> sources, const Options& options, Findings& findings) {
    if (!check_bytes(sources, findings)) return {};
    Checker checker(sources, findings);
    for (std::uint32_t index = 0; index < sources.size(); index++) checker.file(index);
    // Where rules were written but could not be read, the reasons are enough.
    if (checker.written() == 0 && !options.allow_empty && !findings.has_errors())
        findings.add_general(Code::kQ1307, "there is no rule in " + std::to_string(sources.size()) + " files",
                             "write one, or say --allow-empty");
    Checked checked = checker.finish(options.is_part);
    check_totals(checked, findings);
    return checked;
}

}  // namespace quell::policy

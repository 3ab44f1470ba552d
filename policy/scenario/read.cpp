// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>

#include "policy/check/conditions.h"
#include "policy/check/fields.h"
#include "policy/check/words.h"
#include "policy/document/parse.h"
#include "policy/limits.h"
#include "policy/scenario/scenario.h"
#include "user/base/vocabulary.h"

namespace quell::policy {
namespace {

constexpr std::array kDocumentFields = {Field{"apiVersion", true}, Field{"kind", true}, Field{"spec", true}};
constexpr std::array kSpecFields = {Field{"policies"}, Field{"scenarios", true}};
constexpr std::array kScenarioFields = {Field{"name", true}, Field{"on", true}, Field{"subject"}, Field{"object"}, Field{"fires", true}, Field{"in-doubt"}};
constexpr std::array kExecutableFields = {Field{"path", true}, Field{"intact"}};
constexpr std::array<std::string_view, 2> kSubjectWords = {"host", "container"};
constexpr std::string_view kApiVersion = "quell/v1";
constexpr std::string_view kKind = "PolicyTest";
constexpr std::size_t kAncestors = 7;  // beside the parent
constexpr std::uint32_t kNoLogin = ~0u;
constexpr std::uint32_t kRegular = 8;  // S_IFREG >> 12

class ScenarioReader {
public:
    explicit ScenarioReader(Findings& findings) : findings_(findings) {}

    std::optional<ScenarioFile> file(const Node& root) {
        if (!check_map(root, "a file of scenarios", kDocumentFields, findings_)) return std::nullopt;
        expect(root.find("apiVersion"), "apiVersion", kApiVersion);
        expect(root.find("kind"), "kind", kKind);
        const Node* spec = root.find("spec");
        if (spec == nullptr || !check_map(*spec, "spec", kSpecFields, findings_)) return std::nullopt;
        ScenarioFile file;
        for (const Node* policy : texts_of(spec->find("policies"), "policies", kMaxFiles, findings_)) file.policies.push_back(policy->text);
        for (const Node& node : items_of(spec->find("scenarios"), "scenarios", kMaxScenarios, findings_))
            if (check_map(node, "a scenario", kScenarioFields, findings_)) file.scenarios.push_back(scenario(node));
        return file;
    }

private:
    void expect(const Node* value, std::string_view key, std::string_view wanted) {
        const Node* text = text_of(value, key, findings_);
        if (text == nullptr || text->text == wanted) return;
        findings_.add(Code::kQ1110, text->where, std::string(key) + " " + in_quotes(text->text) + " is not supported",
                      "write '" + std::string(key) + ": " + std::string(wanted) + "'", text->text);
    }

    Scenario scenario(const Node& node) {
        Scenario one;
        if (const Node* name = text_of(node.find("name"), "name", findings_)) {
            one.name = name->text;
            if (one.name.size() > kMaxTitleBytes || !is_printable(one.name, false))
                findings_.add(Code::kQ1107, name->where, "the name is too long or holds control characters", "", name->text);
        }
        if (const Node* word = text_of(node.find("on"), "on", findings_))
            one.act.operation = word_of(*word, "an operation", kOperationWords, findings_).value_or(0);
        one.act.subject = QUELL_SUBJECT_HOST;
        one.act.numbers[QUELL_FIELD_TYPE] = kRegular;
        one.act.numbers[QUELL_FIELD_LOGINUID] = kNoLogin;
        one.act.numbers[QUELL_FIELD_INTACT] = 1;
        if (const Node* subject = node.find("subject")) read_subject(*subject, one.act);
        if (const Node* object = node.find("object")) read_object(*object, one.act);
        std::map<std::string, Location> named;
        if (const Node* fires = node.find("fires")) {
            one.where = fires->where;
            read_rules(*fires, "fires", "", named);
        }
        if (const Node* doubts = node.find("in-doubt")) read_rules(*doubts, "in-doubt", kInDoubt, named);
        for (const auto& [rule, where] : named) {
            one.fires.push_back(rule);
            one.fires_where.push_back(where);
        }
        return one;
    }

    void read_subject(const Node& node, reference::Act& act) {
        static const std::vector<Field> kFields = fields(FieldPlace::kSubject, {Field{"in"}, Field{"exe"}, Field{"parent"}, Field{"ancestors"}, Field{"cgroup"}, Field{"container"}});
        if (!check_map(node, "subject", kFields, findings_)) return;
        if (const Node* word = text_of(node.find("in"), "in", findings_))
            if (const auto subject = word_of(*word, "a subject", kSubjectWords, findings_))
                act.subject = *subject == 0 ? QUELL_SUBJECT_HOST : QUELL_SUBJECT_CONTAINER;
        act.executables = {executable(node.find("exe")), executable(node.find("parent"))};
        for (const Node& above : items_of(node.find("ancestors"), "ancestors", kAncestors, findings_)) act.executables.push_back(executable(&above));
        act.cgroup = path(node.find("cgroup"));
        act.numbers[QUELL_FIELD_EXE_INTACT] = act.executables[0].is_intact;
        if (const Node* container = node.find("container")) read_container(*container, act);
        read_numbers(node, FieldPlace::kSubject, act);
    }

    void read_object(const Node& node, reference::Act& act) {
        static const std::vector<Field> kFields = fields(FieldPlace::kObject, {Field{"path"}, Field{"arguments"}, Field{"environment"}, Field{"target"}, Field{"source"}, Field{"target-exe"}});
        if (!check_map(node, "object", kFields, findings_)) return;
        act.path = path(node.find("path"));
        act.target = path(node.find("target-exe"));
        act.arguments = texts(node.find("arguments"), "arguments");
        act.environment = texts(node.find("environment"), "environment");
        if (const Node* target = text_of(node.find("target"), "target", findings_)) act.link_target = target->text;
        if (const Node* source = text_of(node.find("source"), "source", findings_)) act.mount_source = source->text;
        read_numbers(node, FieldPlace::kObject, act);
    }

    // Texts as they are, also twice the same: no patterns.
    std::vector<std::string> texts(const Node* value, std::string_view key) {
        std::vector<std::string> all;
        for (const Node& item : items_of(value, key, kMaxValuesPerCondition, findings_)) {
            if (item.type == Node::Type::kText)
                all.push_back(item.text);
            else
                (void)text_of(&item, "an entry of " + std::string(key), findings_);
        }
        return all;
    }

    // Keys with one value each; those with paths, texts and what the container is called are read apart.
    static std::vector<Field> fields(FieldPlace place, std::vector<Field> own) {
        for (const FieldRow& row : kFieldRows)
            if (is_one_value(row, place) && row.word != kFieldRows[QUELL_FIELD_EXE_INTACT].word) own.push_back({row.word});
        return own;
    }

    static bool is_one_value(const FieldRow& row, FieldPlace place) { return row.place == place && row.kind != FieldKind::kPaths && row.kind != FieldKind::kNames && row.kind != FieldKind::kTexts; }

    void read_numbers(const Node& node, FieldPlace place, reference::Act& act) {
        for (std::uint32_t field = 0; field < kFieldRows.size(); field++) {
            const FieldRow& row = kFieldRows[field];
            const Node* value = is_one_value(row, place) ? node.find(row.word) : nullptr;
            if (value == nullptr || field == QUELL_FIELD_EXE_INTACT) continue;
            Node list;
            list.type = Node::Type::kList;
            list.where = value->where;
            list.items.push_back(*value);
            // one value, or for bits a list of them
            const bool is_list = row.kind == FieldKind::kYesNo || (is_mask(row.kind) && value->type == Node::Type::kList);
            const Condition condition = read_condition(field, is_list ? *value : list, findings_);
            if (!condition.ranges.empty()) act.numbers[field] = condition.ranges[0].first;
            if (field == QUELL_FIELD_HOLDS && !condition.ranges.empty()) act.capabilities = std::uint64_t{1} << condition.ranges[0].first;
            if (!condition.networks.empty()) act.address = condition.networks[0];
        }
    }

    reference::Executable executable(const Node* value) {
        if (value == nullptr) return {};
        if (value->type != Node::Type::kMap) return {path(value), true};
        if (!check_map(*value, "an executable", kExecutableFields, findings_)) return {};
        reference::Executable one{path(value->find("path")), true};
        if (const Node* word = text_of(value->find("intact"), "intact", findings_))
            one.is_intact = word_of(*word, "intact", std::array<std::string_view, 2>{"false", "true"}, findings_).value_or(1) == 1;
        return one;
    }

    // As the kernel gives it: no pattern.
    std::string path(const Node* value) {
        const Node* text = text_of(value, "a path", findings_);
        if (text == nullptr) return {};
        if (text->text.front() != '/')
            findings_.add(Code::kQ1201, text->where, "the path " + in_quotes(text->text) + " is not absolute", "begin it with a slash", text->text);
        if (text->text.size() > kMaxPathBytes)
            findings_.add(Code::kQ1206, text->where, "the path has " + std::to_string(text->text.size()) + " bytes", "", text->text);
        return text->text;
    }

    // An empty list: nothing does.
    void read_rules(const Node& value, std::string_view key, std::string_view suffix, std::map<std::string, Location>& named) {
        if (value.type == Node::Type::kList && value.items.empty()) return;
        for (const Node* rule : texts_of(&value, key, kMaxRulesPerObject, findings_)) named.emplace(rule->text + std::string(suffix), rule->where);
    }

    // What is known of the container: of a key that is not there nothing. One text, or a list, which may be empty: there is none.
    void read_container(const Node& node, reference::Act& act) {
        std::vector<Field> keys;
        for (std::uint32_t field = QUELL_FIELD_CONTAINER_NAME; field <= QUELL_FIELD_CONTAINER_CGROUP; field++) keys.push_back({inner_key(field)});
        if (!check_map(node, "container", keys, findings_)) return;
        for (std::uint32_t field = QUELL_FIELD_CONTAINER_NAME; field <= QUELL_FIELD_CONTAINER_CGROUP; field++) {
            const Node* value = node.find(inner_key(field));
            if (value == nullptr) continue;
            auto& known = act.names.of(field).emplace();
            if (value->type == Node::Type::kText) known.push_back(value->text);
            else if (value->type != Node::Type::kList || !value->items.empty())
                for (const Node* text : texts_of(value, inner_key(field), kMaxValuesPerCondition, findings_)) known.push_back(text->text);
        }
    }

    static std::string_view inner_key(std::uint32_t field) {
        const std::string_view word = kFieldRows[field].word;
        return word.substr(word.find('.') + 1);
    }

    Findings& findings_;
};

}  // namespace

std::optional<ScenarioFile> read_scenarios(std::span<const SourceText> sources, std::uint32_t index, Findings& findings) {
    const std::optional<Node> root = parse(sources[index], index, findings);
    if (!root) return std::nullopt;
    std::optional<ScenarioFile> file = ScenarioReader(findings).file(*root);
    return findings.has_errors() ? std::nullopt : std::move(file);
}

}  // namespace quell::policy

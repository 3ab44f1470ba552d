// SPDX-License-Identifier: Apache-2.0
// A file with a map image, for people and programs.
#include "policy/check/field_table.h"
#include "policy/describe/rule_keys.h"
#include "policy/imagefile/image_file.h"
#include "policy/imagefile/places.h"

#include <limits>

#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/base/vocabulary.h"
#include "user/cli/policy_files.h"
#include "user/cli/table.h"

namespace quell::cli {

namespace {

using policy::Image;

template <std::size_t N>
std::vector<std::string> words(std::uint64_t mask, const std::array<std::string_view, N>& vocabulary) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < N; i++)
        if (mask & QUELL_BIT(i)) list.emplace_back(vocabulary[i]);
    return list;
}
// In the order of the bits of QUELL_SUBJECT_…, QUELL_RULE_…, QUELL_DIR_… and QUELL_CONDITION_….
constexpr std::array<std::string_view, 2> kSubjects = {"host", "container"};
constexpr std::array<std::string_view, 2> kRuleFlags = {"deny", "silent"};
constexpr std::array<std::string_view, 2> kEdgeFlags = {"all", "leaves"};
constexpr std::array<std::string_view, 5> kConditionFlags = {"not", "or", "end", "intact", "except"};

std::string joined(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& one : list) text += (text.empty() ? "" : ",") + one;
    return text.empty() ? "-" : text;
}

template <typename T>
std::string numbers(const std::vector<T>& list) {
    std::string text;
    for (const T one : list) text += (text.empty() ? "" : " ") + std::to_string(one);
    return text;
}

std::string or_dash(std::uint64_t number) { return number == 0 ? "-" : std::to_string(number); }

std::vector<std::string> offer_words(const policy::ImageRule& rule) {
    std::vector<std::string> list;
    for (const std::uint32_t offer : rule.offers) list.emplace_back(word_at(kResponseWords, offer));
    return list;
}

// "3-5": the first and the last of them.
std::string conditions_text(const quell_rule& rule) {
    return rule.conditions == 0 ? "-" : std::to_string(rule.condition) + "-" + std::to_string(rule.condition + rule.conditions - 1);
}

// null where the rule does nothing by itself.
Json automatic_json(const policy::ImageRule& rule) {
    if (!rule.automatic) return nullptr;
    return {{"response", word_at(kResponseWords, rule.automatic->response)}, {"per_hour", rule.automatic->per_hour}, {"dry_run", rule.automatic->dry_run}};
}

Json rules_json(const Image& image) {
    Json list = Json::array();
    for (const policy::ImageRule& rule : image.rules)
        list.push_back({{"policy", rule.policy}, {"id", rule.id}, {"name", escape(rule.name)}, {"file", escape(rule.file)},
                        {"severity", word_at(kSeverityWords, rule.value.severity)}, {"tags", safe_list(rule.tags)},
                        {"operations", words(rule.value.operations, kOperationWords)}, {"subjects", words(rule.value.subjects, kSubjects)},
                        {"offers", offer_words(rule)}, {"expires_s", rule.value.expires_ns / 1'000'000'000}, {"condition", rule.value.condition}, {"conditions", rule.value.conditions},
                        {"flags", words(rule.value.flags, kRuleFlags)}, {"automatic", automatic_json(rule)},
                        {"while_pending", words(rule.value.wanted, kResponseWords)}, {"follow_s", rule.follow_ns / 1'000'000'000}, {"two_persons", rule.two_persons}, {"reason_required", rule.reason_required}});
    return list;
}

using Places = std::vector<policy::Place>;

Json edges_json(const Image& image, const Places& places) {
    Json list = Json::array();
    for (std::size_t i = 0; i < image.edges.size(); i++) {
        const policy::ImageEdge& edge = image.edges[i];
        list.push_back({{"root", policy::root_word(places[i].root)}, {"place", escape(places[i].path)}, {"kind", policy::edge_word(edge.kind)}, {"node", edge.node},
                        {"child", edge.value.child}, {"cover", edge.value.cover}, {"flags", words(edge.value.flags, kEdgeFlags)}, {"set", edge.value.set}});
    }
    return list;
}

Json image_json(const Image& image, const Places& places) {
    Json sets = Json::array(), conditions = Json::array(), members = Json::array();
    for (const policy::ImageSet& set : image.sets) sets.push_back({{"id", set.id}, {"rules", set.rules}});
    for (const quell_condition& one : image.conditions)
        conditions.push_back({{"field", policy::kFieldRows[one.field].word}, {"flags", words(one.flags, kConditionFlags)}, {"first", one.first}, {"last", one.last}});
    for (const policy::ImageMember& member : image.members) members.push_back({{"set", member.set}, {"condition", member.condition}});
    Json identities = Json::array();
    for (const policy::Identity& one : image.identities) identities.push_back({{"field", policy::kFieldRows[one.field].word}, {"names", safe_list(one.names)}});
    return {{"version", policy::kImageVersion}, {"digest", image.digest}, {"operations", words(image.operations, kOperationWords)}, {"rules", rules_json(image)},
            {"edges", edges_json(image, places)}, {"sets", std::move(sets)}, {"conditions", std::move(conditions)}, {"members", std::move(members)}, {"identities", std::move(identities)}};
}

// Nothing is cut: whoever reads a dump looks for one thing in it.
std::string whole(const Table& table) { return table.empty() ? "none\n" : table.text(std::numeric_limits<std::size_t>::max()); }

std::string rules_text(const Image& image) {
    Table table({{"RULE", 4}, {"NAME", 4}, {"SEVERITY", 8}, {"SUBJECTS", 8}, {"OPERATIONS", 10}, {"OFFERS", 6}, {"EXPIRES", 7}, {"CONDITIONS", 10}, {"FLAGS", 5}, {"FILE", 4}});
    for (std::size_t i = 0; i < image.rules.size(); i++) {
        const policy::ImageRule& rule = image.rules[i];
        table.add({std::to_string(i), rule.policy + "/" + rule.id, std::string(word_at(kSeverityWords, rule.value.severity)), joined(words(rule.value.subjects, kSubjects)),
                   joined(words(rule.value.operations, kOperationWords)), joined(offer_words(rule)), policy::duration_text(rule.value.expires_ns),
                   conditions_text(rule.value), joined(words(rule.value.flags, kRuleFlags)), rule.file.empty() ? "-" : escape(rule.file)});
    }
    return whole(table);
}

std::string edges_text(const Image& image, const Places& places) {
    Table table({{"ROOT", 4}, {"KIND", 4}, {"PLACE", 5}, {"NODE", 4}, {"CHILD", 5}, {"COVER", 5}, {"FLAGS", 5}, {"SET", 3}});
    for (std::size_t i = 0; i < image.edges.size(); i++) {
        const policy::ImageEdge& edge = image.edges[i];
        table.add({std::string(policy::root_word(places[i].root)), std::string(policy::edge_word(edge.kind)), escape(places[i].path), std::to_string(edge.node),
                   or_dash(edge.value.child), or_dash(edge.value.cover), joined(words(edge.value.flags, kEdgeFlags)), or_dash(edge.value.set)});
    }
    return whole(table);
}

std::string image_text(const Image& image, const Places& places) {
    Table sets({{"SET", 3}, {"RULES", 5}}), conditions({{"CONDITION", 9}, {"FIELD", 5}, {"FLAGS", 5}, {"FIRST", 5}, {"LAST", 4}}), members({{"SET", 3}, {"CONDITION", 9}});
    for (const policy::ImageSet& set : image.sets) sets.add({std::to_string(set.id), numbers(set.rules)});
    for (std::size_t i = 0; i < image.conditions.size(); i++) {
        const quell_condition& one = image.conditions[i];
        conditions.add({std::to_string(i), std::string(policy::kFieldRows[one.field].word), joined(words(one.flags, kConditionFlags)), std::to_string(one.first), std::to_string(one.last)});
    }
    for (const policy::ImageMember& member : image.members) members.add({std::to_string(member.set), std::to_string(member.condition)});
    Table identities({{"IDENTITY", 8}, {"FIELD", 5}, {"NAMES", 5}});
    for (std::size_t i = 0; i < image.identities.size(); i++)
        identities.add({std::to_string(i), std::string(policy::kFieldRows[image.identities[i].field].word), joined(safe_list(image.identities[i].names).get<std::vector<std::string>>())});
    return "version " + std::to_string(policy::kImageVersion) + "\ndigest " + image.digest + "\noperations " + joined(words(image.operations, kOperationWords)) +
           "\n\nrules\n" + rules_text(image) + "\nedges\n" + edges_text(image, places) + "\nsets\n" + whole(sets) + "\nconditions\n" + whole(conditions) + "\nmembers\n" + whole(members) + "\nidentities\n" + whole(identities);
}

}  // namespace

int run_policy_dump(Invocation& invocation) {
    const auto bytes = read_file(invocation.value("FILE"), policy::kMaxImageFileBytes);
    if (!bytes) return report_error(invocation, bytes.error());
    const auto failed = [&](const Error& why) { return report_error(invocation, Error{invocation.value("FILE") + ": " + why.message, why.code, why.hint}); };
    const auto image = policy::read_image(*bytes);
    if (!image) return failed(image.error());
    const auto places = policy::places(*image);
    if (!places) return failed(places.error());
    if (invocation.json)
        print_json(invocation, image_json(*image, *places));
    else
        invocation.out.print(image_text(*image, *places));
    return kDone;
}

}  // namespace quell::cli

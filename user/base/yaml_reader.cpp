// SPDX-License-Identifier: Apache-2.0
#include "user/base/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>

#include <charconv>
#include <set>
#include <sstream>

#include "user/base/escape.h"

namespace quell::yaml {
namespace {

Error located(const std::string& file, const YAML::Mark& mark, const std::string& message) {
    return Error{file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": " + message, EINVAL, {}};
}

// Refuses what comes behind the first document. YAML::LoadAll() would not end where the parser does not move on, as at a "]"
// that nothing opened: to it each turn is a document more.
class OneDocument : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > kDocumentsMax) refuse(mark);
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}  // an empty one, as behind a "---" at the end
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { content(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override { content(mark); }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { content(mark); }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { content(mark); }
    void OnMapEnd() override {}

private:
    static constexpr unsigned kDocumentsMax = 8;  // empty ones with them

    [[noreturn]] static void refuse(const YAML::Mark& mark) { throw Wrong{mark, "a second document"}; }
    void content(const YAML::Mark& mark) const {
        if (documents_ > 1) refuse(mark);
    }

    unsigned documents_ = 0;
};

void expect_one_document(const std::string& input) {
    std::istringstream stream(input);
    YAML::Parser parser(stream);
    OneDocument one;
    while (parser.HandleNextDocument(one)) continue;
}

}  // namespace

void wrong(const YAML::Node& node, std::string message) { throw Wrong{node.Mark(), std::move(message)}; }

// yaml-cpp takes a key twice without a word; a typing mistake in a file that
// says who may kill must not pass.
void read_mapping(const YAML::Node& node, const Readers& readers) {
    if (node.IsNull()) return;
    if (!node.IsMap()) wrong(node, "expected a mapping");
    std::set<std::string> seen;
    for (const auto& entry : node) {
        if (!entry.first.IsScalar()) wrong(entry.first, "a key must be a plain word");
        const std::string& key = entry.first.Scalar();
        const auto reader = readers.find(key);
        if (reader == readers.end()) wrong(entry.first, "unknown key '" + escape_cut(key, 64) + "'");
        if (!seen.insert(key).second) wrong(entry.first, "duplicate key '" + key + "'");
        reader->second(entry.second);
    }
}

Reader section(Readers readers) {
    return [readers = std::move(readers)](const YAML::Node& value) { read_mapping(value, readers); };
}

std::string text(const YAML::Node& node, std::string_view what) {
    if (!node.IsScalar() || node.Scalar().empty() || node.Scalar().find('\0') != std::string::npos) wrong(node, std::string(what));
    return node.Scalar();
}

std::string absolute_path(const YAML::Node& node, std::size_t most) {
    std::string path = text(node, "expected an absolute path");
    if (path.front() != '/') wrong(node, "expected an absolute path");
    if (path.size() > most) wrong(node, "the path is too long");
    return path;
}

std::uint64_t number(const YAML::Node& node, int base, std::uint64_t least, std::uint64_t most, const std::string& what) {
    const std::string digits = text(node, what);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < least || value > most) wrong(node, what);
    return value;
}

Status read_document(std::string_view input, const std::string& file, const Reader& read) {
    try {
        const std::string whole(input);
        expect_one_document(whole);
        if (const auto document = YAML::Load(whole); !document.IsNull()) read(document);
    } catch (const Wrong& found) {
        return located(file, found.mark, found.message);
    } catch (const YAML::Exception& found) {
        return located(file, found.mark, escape(found.msg));
    }
    return success();
}

}  // namespace quell::yaml

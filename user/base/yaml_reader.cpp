// SPDX-License-Identifier: Apache-2.0
#include "user/base/yaml_reader.h"

#include <charconv>
#include <set>

#include "user/base/escape.h"

namespace quell::yaml {
namespace {

Error located(const std::string& file, const YAML::Mark& mark, const std::string& message) {
    return Error{file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": " + message, EINVAL, {}};
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
        const auto documents = YAML::LoadAll(std::string(input));
        if (documents.size() > 1) return located(file, documents[1].Mark(), "a second document");
        if (!documents.empty()) read(documents[0]);
    } catch (const Wrong& found) {
        return located(file, found.mark, found.message);
    } catch (const YAML::Exception& found) {
        return located(file, found.mark, escape(found.msg));
    }
    return success();
}

}  // namespace quell::yaml

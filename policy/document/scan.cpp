// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "policy/document/parse.h"

namespace quell::policy {
namespace {

// Why a character may not stand in a file, nullptr if it may.
const char* refused(std::string_view character, bool tabs) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character == "\t") return tabs ? nullptr : "a tab";
    if (first == 0) return "a NUL byte";
    if ((first < 0x20 && character != "\n" && character != "\r") || first == 0x7f) return "a control character";
    if (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) return "a control character";
    if (character == "\xef\xbb\xbf") return "a byte order mark";
    return nullptr;
}

std::string byte_name(char byte) {
    char name[8];
    std::snprintf(name, sizeof name, "0x%02x", static_cast<unsigned char>(byte));
    return name;
}

}  // namespace

bool scan(const SourceText& source, std::uint32_t index, const Dialect& dialect, Findings& findings) {
    if (source.text().size() > dialect.max_file_bytes) {
        findings.add(Code::kQ1001, {index, 0, 0, 0},
                     "the file has " + std::to_string(source.text().size()) + " bytes, at most " +
                         std::to_string(dialect.max_file_bytes) + " are accepted",
                     "split it into several files");
        return false;
    }
    std::string_view rest = source.text();
    for (std::uint32_t number = 1; !rest.empty(); number++) {
        const std::string_view line = next_line(rest);
        if (line.size() > dialect.max_line_bytes) {
            findings.add(Code::kQ1004, {index, number, 1, 0},
                         "the line has " + std::to_string(line.size()) + " bytes, at most " +
                             std::to_string(dialect.max_line_bytes) + " are accepted",
                         "write lists with one entry a line");
            return false;
        }
        for (std::size_t at = 0; at < line.size();) {
            const Location where{index, number, static_cast<std::uint32_t>(at + 1), 1};
            const std::size_t size = utf8_size(line.substr(at));
            if (size == 0) {
                findings.add(Code::kQ1002, where, "byte " + byte_name(line[at]) + " is not part of a UTF-8 character",
                             "save the file as UTF-8");
                return false;
            }
            if (const char* why = refused(line.substr(at, size), dialect.tabs)) {
                findings.add(Code::kQ1003, where, std::string(why) + " (" + byte_name(line[at]) + ") is not allowed",
                             line[at] == '\t' ? "indent with spaces" : "remove it");
                return false;
            }
            at += size;
        }
    }
    return true;
}

}  // namespace quell::policy

// SPDX-License-Identifier: Apache-2.0
// The grammar is the one on varlink.org, read by descent: comments and white
// space separate, nothing else is significant.
#include <cctype>

#include "user/control/interface.h"

namespace quell::control {

namespace {

// Deep enough for any sane file, shallow enough for the stack.
constexpr int kTypeDepthMax = 16;

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Interface> run() {
        Interface interface;
        if (!accept_word("interface")) return fail("expected `interface`");
        interface.name = dotted_name();
        while (skip_blank(), at_ < text_.size()) {
            const bool is_type = accept_word("type");
            const bool is_method = !is_type && accept_word("method");
            if (!is_type && !is_method && !accept_word("error")) return fail("expected `type`, `method` or `error`");
            std::string name = word();
            Type first;
            if (name.empty() || !parenthesised(first, 0)) return fail("expected a name and (fields)");
            if (is_method) {
                Type out;
                if (!accept("->") || !parenthesised(out, 0)) return fail("expected `-> (fields)`");
                interface.methods[name] = Method{std::move(first), std::move(out)};
            } else {
                (is_type ? interface.types : interface.errors)[name] = std::move(first);
            }
        }
        return interface;
    }

private:
    // A struct or an enumeration.
    bool parenthesised(Type& type, int depth) {
        if (depth > kTypeDepthMax || !accept("(")) return false;
        type.kind = TypeKind::Struct;
        if (accept(")")) return true;
        do {
            std::string name = word();
            if (name.empty()) return false;
            if (!accept(":")) {
                type.kind = TypeKind::Enum;
                type.words.push_back(std::move(name));
                continue;
            }
            Field field{std::move(name), {}};
            if (!any_type(field.type, depth + 1)) return false;
            type.fields.push_back(std::move(field));
        } while (accept(","));
        return accept(")") && (type.words.empty() || type.fields.empty());
    }

    bool any_type(Type& type, int depth) {
        if (depth > kTypeDepthMax) return false;
        type.nullable = accept("?");
        const bool is_array = accept("[]");
        if (is_array || accept("[string]")) {
            Type element;
            if (!any_type(element, depth + 1)) return false;
            type.kind = is_array ? TypeKind::Array : TypeKind::Map;
            type.element = std::make_shared<const Type>(std::move(element));
            return true;
        }
        skip_blank();
        if (at_ < text_.size() && text_[at_] == '(') return parenthesised(type, depth + 1);
        type.name = word();
        if (type.name == "bool") type.kind = TypeKind::Bool;
        else if (type.name == "int") type.kind = TypeKind::Int;
        else if (type.name == "float") type.kind = TypeKind::Float;
        else if (type.name == "string") type.kind = TypeKind::String;
        else if (type.name == "object") type.kind = TypeKind::Object;
        else type.kind = TypeKind::Named;
        return !type.name.empty();
    }

    void skip_blank() {
        while (at_ < text_.size()) {
            if (text_[at_] == '#')
                while (at_ < text_.size() && text_[at_] != '\n') at_++;
            else if (std::isspace(static_cast<unsigned char>(text_[at_])))
                at_++;
            else
                return;
        }
    }

    bool accept(std::string_view token) {
        skip_blank();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    bool accept_word(std::string_view expected) {
        skip_blank();
        const std::size_t before = at_;
        if (word() == expected) return true;
        at_ = before;
        return false;
    }

    std::string take(bool dots) {
        skip_blank();
        const std::size_t begin = at_;
        const auto is_part = [dots](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (dots && (c == '.' || c == '-'));
        };
        while (at_ < text_.size() && is_part(text_[at_])) at_++;
        return std::string(text_.substr(begin, at_ - begin));
    }
    std::string word() { return take(false); }
    std::string dotted_name() { return take(true); }

    Error fail(std::string message) const {
        std::size_t line = 1;
        for (std::size_t i = 0; i < at_ && i < text_.size(); i++) line += text_[i] == '\n';
        return Error{"line " + std::to_string(line) + ": " + std::move(message), 0, {}};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Interface> parse_interface(std::string_view description) { return Parser(description).run(); }

}  // namespace quell::control

// SPDX-License-Identifier: Apache-2.0
#include "user/control/interface.h"

#include <gtest/gtest.h>

namespace quell::control {
namespace {

const Type& in(std::string_view method) { return quell_interface().methods.find(method)->second.in; }

std::string bad(std::string_view method, const char* parameters) {
    return mismatch(quell_interface(), in(method), Json::parse(parameters)).value_or("fits");
}

void expect_known(const Type& type) {
    if (type.kind == TypeKind::Named) { EXPECT_TRUE(quell_interface().types.contains(type.name)) << type.name; }
    if (type.element) expect_known(*type.element);
    for (const Field& field : type.fields) expect_known(field.type);
}

TEST(Interface, PublishedFileIsSound) {
    const Interface& own = quell_interface();
    EXPECT_EQ(own.name, "io.quell");
    EXPECT_EQ(own.methods.size(), 23u);
    EXPECT_TRUE(own.errors.contains("TooLate"));
    for (const auto& [name, type] : own.types) expect_known(type);
    for (const auto& [name, type] : own.errors) expect_known(type);
    for (const auto& [name, method] : own.methods) {
        expect_known(method.in);
        expect_known(method.out);
    }
}

TEST(Interface, ChecksParameters) {
    EXPECT_EQ(bad("Show", R"({"id":"1"})"), "fits");
    EXPECT_EQ(bad("Show", "{}"), "id");
    EXPECT_EQ(bad("Show", R"({"id":null})"), "id");
    EXPECT_EQ(bad("Show", R"({"id":1})"), "id");
    EXPECT_EQ(bad("Show", R"({"id":"1","x":1})"), "x");
    EXPECT_EQ(bad("History", R"({"limit":1.5})"), "limit");
    EXPECT_EQ(bad("History", R"({"limit":18446744073709551615})"), "limit");
    EXPECT_EQ(bad("History", R"({"limit":99999999999999999999999})"), "limit");
    EXPECT_EQ(bad("History", R"({"limit":3,"incident":null})"), "fits");
    EXPECT_EQ(bad("ApplyPolicy", R"({"files":["a",2],"dry_run":false,"allow_empty":false})"), "files[1]");
    EXPECT_EQ(bad("ApplyPolicy", R"({"files":"a","dry_run":false,"allow_empty":false})"), "files");
    EXPECT_EQ(bad("ApplyPolicy", R"({"files":[],"dry_run":0,"allow_empty":false})"), "dry_run");
}

TEST(Interface, Grammar) {
    const auto parsed = parse_interface(R"(# c
interface a.b-c.d
type T (e: (one, two), m: [string]?int, n: []T, o: object, f: float)
method M(t: ?T) -> ()
error E ())");
    ASSERT_TRUE(parsed) << parsed.error().message;
    const Type& t = parsed->types.at("T");
    const auto check = [&](const char* text) { return mismatch(*parsed, t, Json::parse(text)).value_or("fits"); };
    EXPECT_EQ(check(R"({"e":"one","m":{"k":null},"n":[],"o":{},"f":1})"), "fits");
    EXPECT_EQ(check(R"({"e":"three","m":{},"n":[],"o":{},"f":1})"), "e");
    EXPECT_EQ(check(R"({"e":"one","m":{"k":"v"},"n":[],"o":{},"f":1})"), "m.k");
    EXPECT_EQ(check(R"({"e":"one","m":{},"n":[{}],"o":{},"f":1})"), "n[0].e");
    EXPECT_EQ(check(R"([])"), "");
}

TEST(Interface, BrokenDescriptions) {
    for (const char* text : {"", "interface", "interface a\nbogus", "interface a\ntype T (x: )", "interface a\nmethod M()", "interface a\nmethod M() ->",
                             "interface a\ntype T (a, b: int)", "interface a\nerror E (x: int"})
        EXPECT_FALSE(parse_interface(std::string(text) == "interface" ? "interface a\ntype" : text)) << text;
    EXPECT_EQ(parse_interface("interface a\n\ntype T [").error().message.substr(0, 7), "line 3:");
    std::string deep = "interface a\ntype T (x: ";
    for (int i = 0; i < 100'000; i++) deep += "[]";
    EXPECT_FALSE(parse_interface(deep + "int)"));
}

}  // namespace
}  // namespace quell::control

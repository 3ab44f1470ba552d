// SPDX-License-Identifier: Apache-2.0
#include "vm-tests/harness/hostile_text.h"

#include <gtest/gtest.h>

#include "vm-tests/harness/guest.h"

namespace quell::guest {

void expect_harmless(const std::string& text, const std::string& what) {
    for (const char c : text)
        if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
            ADD_FAILURE() << what << " has the byte " << static_cast<int>(c) << "\n" << text;
            break;
        }
    EXPECT_FALSE(Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore)).get<std::string>() != text) << what << " is no UTF-8";
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << what << " turns its reader's direction";
    EXPECT_EQ(("\n" + text).find("\nstate  done"), std::string::npos) << what << " has a line that somebody put there\n" << text;
}

void expect_shown_harmlessly(const std::string& id) {
    for (const std::string& command : {"show " + id, std::string("incidents"), std::string("incidents --all"), "history --incident " + id, std::string("history"), std::string("status")}) {
        const auto text = run("quell " + command);
        EXPECT_EQ(text.status, 0) << command;
        expect_harmless(text.text, command);
        const auto json = run("quell " + command + " --json");
        EXPECT_FALSE(Json::parse(json.text, nullptr, false).is_discarded()) << command << "\n" << json.text;
        expect_harmless(json.text, command + " --json");
    }
}

}  // namespace quell::guest

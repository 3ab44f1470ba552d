// SPDX-License-Identifier: Apache-2.0
#include "user/incident/preview.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/incident/made.h"
#include "user/base/vocabulary.h"
#include "user/control/interface.h"

namespace quell::incident {
namespace {

std::string wrong_preview(const Json& preview) {
    const auto& interface = control::quell_interface();
    return control::mismatch(interface, interface.types.at("ResponsePreview"), preview).value_or("fits");
}

TEST(Preview, FitsTheInterfaceAndSaysWhatItHits) {
    FakeKernel kernel;
    for (auto incident : {an_incident(), Incident{}})
        for (const auto& offer : offers(kernel, incident)) EXPECT_EQ(wrong_preview(preview_json(incident, offer, true, {"a reason"})), "fits");
    const auto incident = an_incident();
    for (const auto& offer : offers(kernel, incident)) {
        const auto json = preview_json(incident, offer, true, {});
        ASSERT_TRUE(offer.available);
        const bool is_file = offer.response == QUELL_RESPONSE_QUARANTINE_FILE || offer.response == QUELL_RESPONSE_ACQUIRE_FILE || offer.response == QUELL_RESPONSE_DENY_EXEC;
        EXPECT_EQ(json["files"].size(), is_file ? 1u : 0u);
        EXPECT_EQ(json["offer"].contains("would_hit"), !is_file && offer.response != QUELL_RESPONSE_CAPTURE);
        EXPECT_EQ(json["reversible"].get<bool>(), json["offer"].contains("undo"));
        EXPECT_TRUE(json["offer"].contains("digest"));
    }
}

TEST(Preview, EveryResponseHasARiskOfItsOwn) {
    std::set<std::string_view> risks{risk_of(QUELL_RESPONSE_COUNT)};
    for (std::uint32_t response = 0; response < QUELL_RESPONSE_COUNT; response++) EXPECT_TRUE(risks.insert(risk_of(static_cast<quell_response>(response))).second) << kResponseWords[response];
}

}  // namespace
}  // namespace quell::incident

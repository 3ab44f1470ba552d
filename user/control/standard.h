// SPDX-License-Identifier: Apache-2.0
// org.varlink.service: what every Varlink service answers, to anybody.
#pragma once

#include "user/control/responder.h"
#include "user/control/varlink.h"

namespace quell::control {

inline constexpr std::string_view kStandardInterface = "org.varlink.service";

// Answers a call to kStandardInterface. Thread-safe.
void answer_standard(const Call& call, Responder responder);

}  // namespace quell::control

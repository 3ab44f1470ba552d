// SPDX-License-Identifier: Apache-2.0
// What an entry that was asked for, and no event made, becomes: an incident
// like any other: of the method Request (requests.cpp), and of what follows
// its workload. Loop thread only.
#pragma once

#include "user/daemon/manual.h"
#include "user/incident/store.h"

namespace quell::daemon {

inline constexpr std::uint64_t kRequestTermNs = 900'000'000'000;  // until a person may have decided, where it was not approved at once

// The request program's errors (kern/pending/request.h), positive.
[[nodiscard]] const char* request_refusal_text(int error);

// `entry`: as the kernel side holds it. Its row and its arming are the caller's.
[[nodiscard]] incident::Incident& adopt_requested(incident::Store& store, const bpf::PendingEntry& entry, const ManualFound& found, quell_response response);

}  // namespace quell::daemon

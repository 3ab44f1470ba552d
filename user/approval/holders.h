// SPDX-License-Identifier: Apache-2.0
// Where who holds a quarantined file may be killed with it. Functions only;
// loop thread.
#pragma once

#include <string>

#include "user/approval/joint.h"
#include "user/incident/kernel_view.h"

namespace quell::approval {

// Why nobody is killed in the container of the incident, or in one of the others' (`joint`, null: there are none), each of which
// loses who holds the file in it. "": all of them run, and none is protected.
[[nodiscard]] std::string why_holders_stay(const incident::KernelView& kernel, const incident::Incident& incident, const Joint* joint);

}  // namespace quell::approval

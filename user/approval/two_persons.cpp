// SPDX-License-Identifier: Apache-2.0
#include "user/approval/two_persons.h"

namespace quell::approval {

Person person_of(const std::optional<First>& first, std::uint32_t firsts, std::uint32_t uid, const std::string& digest) {
    if (uid == 0) return Person::kRoot;
    if (first && first->digest == digest) return first->uid == uid ? Person::kSame : Person::kSecond;
    return firsts < kFirstsMax ? Person::kFirst : Person::kTooMany;
}

}  // namespace quell::approval

// SPDX-License-Identifier: Apache-2.0
// Any bytes as a policy file: where it is a policy, its canonical form has one
// more fixed point, and no policy is refused for want of a proof.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/format/format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quell::policy;
    const Formatted once = format({"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)});
    if (!once.text) {
        if (once.refusal.message.find("would not mean the same") != std::string::npos) std::abort();
        return 0;
    }
    const Formatted again = format({"fuzz.yaml", *once.text});
    if (!again.text || *again.text != *once.text) std::abort();
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Bytes of a client, up to the check of their types.
#include <cstddef>
#include <cstdint>

#include "user/control/interface.h"
#include "user/control/varlink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quell::control;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto call = parse_call(text)) {
        const auto method = quell_interface().methods.find(call->method);
        if (method != quell_interface().methods.end()) (void)mismatch(quell_interface(), method->second.in, call->parameters);
    }
    if (const auto reply = parse_reply(text)) (void)error_message("a.B", reply->parameters);
    (void)parse_interface(text);
    return 0;
}

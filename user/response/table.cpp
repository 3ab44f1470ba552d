// SPDX-License-Identifier: Apache-2.0
// The order is that of kern/responses.def; the switch makes the compiler
// complain about a response that has no row here.
#include "user/response/response.h"

namespace quell::response {

const Response& response(quell_response which) {
    switch (which) {
        case QUELL_RESPONSE_KILL_PROCESS: return kill_process();
        case QUELL_RESPONSE_QUARANTINE_FILE: return quarantine_file();
        case QUELL_RESPONSE_PAUSE_CONTAINER: return pause_container();
        case QUELL_RESPONSE_STOP_CONTAINER: return stop_container();
        case QUELL_RESPONSE_ISOLATE_NETWORK: return isolate_network();
        case QUELL_RESPONSE_ACQUIRE_FILE:
        case QUELL_RESPONSE_CAPTURE: return take_evidence();
        case QUELL_RESPONSE_DENY_WRITE: return deny_write();
        case QUELL_RESPONSE_DENY_EXEC: return deny_exec();
        case QUELL_RESPONSE_KILL_CONTAINER:
        case QUELL_RESPONSE_COUNT: break;
    }
    return kill_container();
}

}  // namespace quell::response

// SPDX-License-Identifier: Apache-2.0
#include "user/incident/object_text.h"

#include <arpa/inet.h>

#include <cstring>
#include <span>

#include "policy/check/field_words.h"
#include "user/base/escape.h"

namespace quell::incident {
namespace {

// The word for a number, or the number.
std::string word(std::span<const policy::NumberWord> words, std::uint64_t number) {
    for (const auto& one : words)
        if (one.number == number) return std::string(one.word);
    return std::to_string(number);
}

std::string target_text(const quell_detail& detail) {
    if (detail.target_pid == 0) return "another process";
    return escape({detail.target_comm, strnlen(detail.target_comm, sizeof(detail.target_comm))}) + " (pid " + std::to_string(detail.target_pid) + ")";
}

std::string socket_text(const quell_detail& detail) {
    const auto family = static_cast<std::uint32_t>(detail.value & 255);
    const std::uint64_t protocol = detail.value >> 16 & 0xffff;
    std::string text = protocol != 0 ? word(policy::kProtocolWords, protocol) : word(policy::kFamilyWords, family) + " " + word(policy::kSocketTypeWords, detail.value >> 8 & 255);
    if (family != AF_INET && family != AF_INET6) return text;
    char address[INET6_ADDRSTRLEN] = {};
    if (inet_ntop(static_cast<int>(family), detail.address, address, sizeof(address)) == nullptr) return text;
    const std::string port = std::to_string(detail.value >> 32 & 0xffff);
    return text + " " + (family == AF_INET6 ? "[" + std::string(address) + "]" : std::string(address)) + ":" + port;
}

}  // namespace

std::string object_text(quell_u32 operation, const quell_detail& detail) {
    switch (operation) {
        case QUELL_OP_MOUNT:
            return word(policy::kFilesystemWords, detail.value & 0xffffffff) + (detail.value & QUELL_DETAIL_BLOCK_DEVICE ? " on a block device" : "");
        case QUELL_OP_PTRACE:
            return (detail.value == QUELL_TRACE_TRACEME ? "traced by " : "attach to ") + target_text(detail);
        case QUELL_OP_SIGNAL: return "signal " + word(policy::kSignalWords, detail.value) + " to " + target_text(detail);
        case QUELL_OP_SETUID: return "uid " + std::to_string(detail.value & 0xffffffff) + ", gid " + std::to_string(detail.value >> 32);
        case QUELL_OP_CAPABILITY: return word(policy::kCapabilityWords, detail.value);
        case QUELL_OP_BPF: return word(policy::kCommandWords, detail.value);
        case QUELL_OP_MODULE_LOAD: return "from " + word(policy::kModuleSourceWords, detail.value);
        case QUELL_OP_CONNECT:
        case QUELL_OP_BIND:
        case QUELL_OP_LISTEN:
        case QUELL_OP_ACCEPT: return socket_text(detail);
        case QUELL_OP_SOCKET:
            return word(policy::kFamilyWords, detail.value & 255) + " " + word(policy::kSocketTypeWords, detail.value >> 8 & 255);
        default: return {};
    }
}

}  // namespace quell::incident

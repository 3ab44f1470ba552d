// SPDX-License-Identifier: Apache-2.0
// quarantine-file: the hooks do all of it. It holds until it is undone, or
// until the file's last link and holder are gone.
#include "user/response/response.h"

namespace quell::response {
namespace {

class QuarantineFile final : public Response {
public:
    Result<std::unique_ptr<Prepared>> prepare(bpf::Engine&, const Target&) const override {
        return std::unique_ptr<Prepared>(std::make_unique<Prepared>());
    }

    Outcome carry_out(bpf::Engine& engine, const Target& target, const Prepared*) const override {
        if (engine.file(target.entry.file)) return {QUELL_STATE_ENFORCING, "every access to the file is refused", {}, 0};
        return {QUELL_STATE_FAILED, "the kernel side does not hold the file", {}, 0};
    }
};

}  // namespace

const Response& quarantine_file() {
    static const QuarantineFile instance;
    return instance;
}

}  // namespace quell::response

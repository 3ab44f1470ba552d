// SPDX-License-Identifier: Apache-2.0
// RingReader: hands the kernel side's records to two callbacks, in order.
// Not thread-safe. Records are copied before the callback returns: the
// references are valid during the call only.
#pragma once

#include <functional>
#include <memory>

#include "kern/abi.h"
#include "user/base/result.h"

struct ring_buffer;

namespace quell::bpf {

class RingReader {
public:
    using OnEvent = std::function<void(const quell_event&)>;
    using OnNotice = std::function<void(const quell_notice&)>;

    [[nodiscard]] static Result<std::unique_ptr<RingReader>> open(int ring_fd, OnEvent on_event, OnNotice on_notice);
    ~RingReader();
    RingReader(const RingReader&) = delete;
    RingReader& operator=(const RingReader&) = delete;

    // Becomes readable when there are records.
    [[nodiscard]] int poll_fd() const;
    // Reads what is there; the number of records, or a negative errno.
    int consume();

private:
    RingReader() = default;
    static int record(void* self, void* data, std::size_t size);
    ring_buffer* ring_ = nullptr;
    OnEvent on_event_;
    OnNotice on_notice_;
};

}  // namespace quell::bpf

// SPDX-License-Identifier: Apache-2.0
#include "user/bpf/ring.h"

#include <bpf/libbpf.h>

#include <cstring>

namespace quell::bpf {

Result<std::unique_ptr<RingReader>> RingReader::open(int ring_fd, OnEvent on_event, OnNotice on_notice) {
    std::unique_ptr<RingReader> reader(new RingReader);
    reader->on_event_ = std::move(on_event);
    reader->on_notice_ = std::move(on_notice);
    reader->ring_ = ring_buffer__new(ring_fd, &RingReader::record, reader.get(), nullptr);
    if (!reader->ring_) return errno_error("cannot map the ring of events");
    return reader;
}

RingReader::~RingReader() { ring_buffer__free(ring_); }

int RingReader::poll_fd() const { return ring_buffer__epoll_fd(ring_); }

int RingReader::consume() { return ring_buffer__consume(ring_); }

// The two kinds of record are told apart by their size, which never is the same.
int RingReader::record(void* self, void* data, std::size_t size) {
    static_assert(sizeof(quell_event) != sizeof(quell_notice));
    auto* reader = static_cast<RingReader*>(self);
    if (size == sizeof(quell_event)) {
        quell_event event;
        std::memcpy(&event, data, sizeof(event));
        reader->on_event_(event);
    } else if (size == sizeof(quell_notice)) {
        quell_notice notice;
        std::memcpy(&notice, data, sizeof(notice));
        reader->on_notice_(notice);
    }
    return 0;
}

}  // namespace quell::bpf

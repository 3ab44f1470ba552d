// SPDX-License-Identifier: Apache-2.0
// A container that may not write below some places, and a writer in it that
// tries every way (writer.h).
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

struct Tried {
    int code = 0;      // errno, 0: it worked
    std::string hook;  // that is to refuse it, "-": nobody is
};
// By way.
using Tries = std::map<std::string, Tried>;

class Writer {
public:
    // In the container, which has /bin/writer: in PARENT/NAME, and beside it in PARENT/NAME-out.
    Writer(const Container& container, const std::string& name, const std::string& parent = "/vol");
    // A process of the host that does so in the container's files.
    Writer(const std::string& name, const Container& container, const std::string& parent = "/vol");
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // All that it can do, once more.
    [[nodiscard]] Tries act();
    // As the host numbers it.
    [[nodiscard]] pid_t pid() const;

private:
    void wait() const;

    std::string command_, outside_;
    int round_ = 0;
};

// A container that is started, and has /bin/writer.
class Written : public Container {
public:
    explicit Written(const std::string& name, ContainerOptions options = {});
};

// The rules of apply_pack(), with deny-write among their offers.
void apply_denying_pack();
// An incident of the container that waits; a file in its /var/log is what it is about.
[[nodiscard]] std::string a_writing_incident_of(const Container& container, const std::string& name);
// Approves deny-write, with these options; its output when it is not done.
[[nodiscard]] Output deny_writes(const std::string& id, const std::string& options = "");

// Tries every way: EPERM where a hook is to refuse it, which has counted it as often; the rest works.
void expect_denied(Writer& writer, const std::string& when);
// Every way works, where the file system has it at all.
void expect_all_written(const Tries& tries, const std::string& when);

}  // namespace quell::guest

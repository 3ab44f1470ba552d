// SPDX-License-Identifier: Apache-2.0
// A file under quarantine-file, and what it takes to say that another is not it.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "vm-tests/harness/quelld.h"

namespace quell::guest {

// What an attack leaves of a file in the image's layer: the identity that is contained is the copy's in the upper
// layer, or the lower one's in this overlay.
struct Bound {
    const char* name;
    const char* attack;
    const char* operation;
};
inline constexpr Bound kCopiedUp{"CopiedUp", "truncate /var/log/b.log", "truncate"};
inline constexpr Bound kInTheImage{"InTheImage", "mount-over /var/log/b.log /tmp/other", "mount-over"};

inline void PrintTo(const Bound& bound, std::ostream* out) { *out << bound.name; }

// Waits for the incident of this operation, approves its quarantine, and returns its id.
[[nodiscard]] std::string quarantine(const std::string& container, const std::string& operation);
// The same of an incident of the host.
[[nodiscard]] std::string quarantine_on_host(const std::string& operation);

// As expect_refused, of a command of the host, which ends with 1.
void expect_refused_on_host(const std::string& command, const std::string& hook = "file_open");

// A file system of its own in IMAGE, mounted.
void mount_new(const std::string& type, const std::string& image, const std::string& at, const std::string& size);

[[nodiscard]] std::string number_of(const std::string& file);  // its inode's
[[nodiscard]] std::string device_of(const std::string& file);
// Files are made until one has the number: the file system gives away the lowest one that is free.
[[nodiscard]] std::string new_file_of_number(const std::string& directory, const std::string& number);

}  // namespace quell::guest

// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. std::expected is C++23 and not in g++-12;
// exceptions are kept out of Quell's own interfaces because a daemon that
// guards a host must show at each call what can fail.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace quell {

// What went wrong, for a person; `code` is a positive errno or 0 where none
// fits. `hint` says what to do about it, may be empty.
struct Error {
    std::string message;
    int code = 0;
    std::string hint;
};

// "cannot open /x: No such file or directory"
[[nodiscard]] inline Error errno_error(std::string what, int code = errno) {
    return Error{std::move(what) + ": " + std::strerror(code), code, {}};
}

template <typename T = std::monostate>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
    explicit operator bool() const { return ok(); }

    // Undefined unless ok().
    T& value() & { return *std::get_if<T>(&state_); }
    const T& value() const& { return *std::get_if<T>(&state_); }
    // By value: `for (x : *call())` would walk over what is gone already.
    T value() && { return std::move(*std::get_if<T>(&state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    // Undefined when ok().
    const Error& error() const { return *std::get_if<Error>(&state_); }

private:
    std::variant<T, Error> state_;
};

using Status = Result<std::monostate>;

[[nodiscard]] inline Status success() { return std::monostate{}; }

}  // namespace quell

// SPDX-License-Identifier: Apache-2.0
// Asking the daemon, and telling what went wrong. One thread.
#pragma once

#include <optional>
#include <string_view>

#include "user/base/result.h"
#include "user/cli/verb.h"
#include "user/control/client.h"
#include "user/control/json.h"

namespace quell::cli {

using control::Json;

// The reply's parameters. Where there is none, the reason has been printed
// and `code` is what to end with.
[[nodiscard]] std::optional<Json> ask(Invocation& invocation, std::string_view method, const Json& parameters, int& code,
                                      std::uint64_t timeout_ms = 30'000);

// Why there was no reply, for a person.
[[nodiscard]] std::string failure_text(const control::CallResult& result);

// Prints why there was no reply; what to end with.
[[nodiscard]] int report_failure(Invocation& invocation, const control::CallResult& result);

// The same of what the command itself found: `error` and its parameters where
// JSON was asked for, `text` for a person (else what the daemon's error says).
[[nodiscard]] int report(Invocation& invocation, std::string_view error, const Json& parameters, const std::string& text = {});

// io.quell.Failed with this reason; kFailed.
int report_error(Invocation& invocation, const Error& error);

// The --reason, where one was given, into a call's parameters. False: it is
// longer than the daemon takes, which has been said; a usage error.
[[nodiscard]] bool put_reason(const Invocation& invocation, Json& parameters);

// The options of the response that is asked for (--allow, --allow-node,
// --loopback, --with, --copy), where they were given.
void put_options(const Invocation& invocation, Json& parameters);

// How it is to be decided (--dry-run, --confirm, --break-glass, --follow,
// --kill-holders), where that was given. False: what is wrong with it has been
// said; a usage error.
[[nodiscard]] bool put_decision(const Invocation& invocation, Json& parameters);

// How much more than the incident is meant (--scope, --all-instances), where
// it was given. False: there is no such scope, which has been said; a usage error.
[[nodiscard]] bool put_scope(const Invocation& invocation, Json& parameters);

// Standard output; pure ASCII, so nothing in it can drive a terminal.
void print_json(const Invocation& invocation, const Json& value);

// A finding of the policy compiler as a line (and its hint as a second).
[[nodiscard]] std::string finding_text(const Json& finding);

// A member's text, safe; "" where it is absent.
[[nodiscard]] std::string text_of(const Json& object, std::string_view name);

}  // namespace quell::cli

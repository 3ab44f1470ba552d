// SPDX-License-Identifier: Apache-2.0
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>

#include "user/cli/choose.h"
#include "user/cli/console/app.h"

namespace quell::cli {

int run_console(Invocation& invocation) {
    if (invocation.json) {
        invocation.out.note("the console has no JSON\n  hint: quell incidents --json");
        return kUsage;
    }
    if (!is_at_terminal()) {
        invocation.out.note("the console needs a terminal\n  hint: quell incidents");
        return kUsage;
    }
    std::setlocale(LC_CTYPE, "");
    console::Options options;
    options.socket = invocation.socket;
    options.utc = invocation.utc;
    options.colours = !invocation.has("--no-color") && invocation.out.colours();
    const bool is_utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
    options.charset = is_utf8 && !invocation.has("--ascii") ? console::Charset::Utf8 : console::Charset::Ascii;
    const Status ran = console::run_console(options);
    if (ran) return kDone;
    invocation.out.note(ran.error().message);
    return kFailed;
}

}  // namespace quell::cli

// SPDX-License-Identifier: Apache-2.0
// Policy files -> a file with their map image.
#include <sys/stat.h>

#include "policy/imagefile/image_file.h"

#include "policy/render.h"
#include "user/base/escape.h"
#include "user/base/files.h"
#include "user/cli/policy_files.h"

namespace quell::cli {

int run_policy_compile(Invocation& invocation) {
    constexpr mode_t kMode = 0644;
    const auto sources = read_policy_files(invocation, invocation.all("FILES"));
    if (!sources) return kFailed;
    const policy::CompileResult compiled = policy::compile(*sources, policy::Options{.allow_empty = invocation.has("--allow-empty")});
    if (!compiled.image) return report_findings(invocation, compiled.findings);
    if (!invocation.json) invocation.out.prompt(policy::render_text(compiled.findings, false));
    const auto bytes = policy::write_image(*compiled.image);
    if (!bytes) return report_error(invocation, bytes.error());
    const std::string file = invocation.value("--output");
    // It is put in the place of what has the name: of a device or a link nothing would be left.
    struct stat there {};
    if (::lstat(file.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) return report_error(invocation, Error{file + " is no regular file", EINVAL, "--output takes the name of a file, which is replaced"});
    if (auto written = write_file_atomic(file, *bytes, kMode); !written) return report_error(invocation, written.error());
    if (invocation.json)
        print_json(invocation, {{"file", escape(file)}, {"bytes", bytes->size()}, {"rules", compiled.image->own_rules()}, {"digest", compiled.image->digest},
                                {"findings", policy::findings_to_json(compiled.findings)}});
    else
        invocation.out.print(escape(file) + ": " + std::to_string(compiled.image->own_rules()) + " rules, " + std::to_string(bytes->size()) + " bytes, digest " +
                             compiled.image->digest.substr(0, 12) + "\n");
    return kDone;
}

}  // namespace quell::cli

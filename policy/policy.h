// SPDX-License-Identifier: Apache-2.0
// The policy front end: files in, findings and a map image out. Needs no
// privilege and no kernel. Everything here is thread-safe.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/check/check.h"
#include "policy/document/source_text.h"
#include "policy/finding.h"
#include "policy/image.h"
#include "user/base/result.h"

namespace quell::policy {

// A rule that is observed or off.
struct ModedRule {
    std::string policy;
    std::string id;
    std::string file;
    Mode mode = Mode::kOn;
};

struct CompileResult {
    std::vector<Finding> findings;
    std::optional<Image> image;  // nothing if a finding is an error
    std::vector<ModedRule> moded;  // by policy and id; those that are off are not in the image
    std::map<std::string, std::string> versions;  // by policy, of those that have one
};

// All files are one policy set; their order means nothing. Never fails
// otherwise: whatever the texts hold becomes findings.
[[nodiscard]] CompileResult compile(std::span<const Source> sources, const Options& options = {});

// Reads policy files: of a directory its *.yaml in lexical order (not hidden,
// not below it), else the file itself. Errors: what cannot be read (errno),
// not a regular file (EINVAL), larger than policy/limits.h (EFBIG).
[[nodiscard]] Result<std::vector<Source>> read_sources(std::span<const std::string> paths);

}  // namespace quell::policy

// SPDX-License-Identifier: Apache-2.0
#include "policy/import/falco/translate/language.h"

#include <algorithm>
#include <array>

namespace quell::policy::falco {
namespace {

constexpr bool kKnown = true, kNotYet = false;

constexpr std::array kRows = {
    LanguageRow{"on open-read", kKnown, "on: [open-read]\nmatch: {path: [/x]}"},
    LanguageRow{"on open-write", kKnown, "on: [open-write]\nmatch: {path: [/x]}"},
    LanguageRow{"on create", kKnown, "on: [create]\nmatch: {path: [/x]}"},
    LanguageRow{"on delete", kKnown, "on: [delete]\nmatch: {path: [/x]}"},
    LanguageRow{"on rename", kKnown, "on: [rename]\nmatch: {path: [/x]}"},
    LanguageRow{"on truncate", kKnown, "on: [truncate]\nmatch: {path: [/x]}"},
    LanguageRow{"on link", kKnown, "on: [link]\nmatch: {path: [/x]}"},
    LanguageRow{"on chmod", kKnown, "on: [chmod]\nmatch: {path: [/x]}"},
    LanguageRow{"on chown", kKnown, "on: [chown]\nmatch: {path: [/x]}"},
    LanguageRow{"on setxattr", kKnown, "on: [setxattr]\nmatch: {path: [/x]}"},
    LanguageRow{"on mount-over", kKnown, "on: [mount-over]\nmatch: {path: [/x]}"},
    LanguageRow{"on unmount", kKnown, "on: [unmount]\nmatch: {path: [/x]}"},
    LanguageRow{"on exec", kKnown, "on: [exec]\nmatch: {path: [/x]}"},
    LanguageRow{"on mmap-exec", kKnown, "on: [mmap-exec]\nmatch: {path: [/x]}"},
    LanguageRow{"on symlink", kKnown, "on: [symlink]\nmatch: {path: [/x]}"},
    LanguageRow{"on mount", kKnown, "on: [mount]"},
    LanguageRow{"on pivot-root", kKnown, "on: [pivot-root]"},
    LanguageRow{"on ptrace", kKnown, "on: [ptrace]"},
    LanguageRow{"on signal", kKnown, "on: [signal]"},
    LanguageRow{"on setuid", kKnown, "on: [setuid]"},
    LanguageRow{"on user-namespace", kKnown, "on: [user-namespace]"},
    LanguageRow{"on bpf", kKnown, "on: [bpf]"},
    LanguageRow{"on module-load", kKnown, "on: [module-load]"},
    LanguageRow{"on connect", kKnown, "on: [connect]"},
    LanguageRow{"on bind", kKnown, "on: [bind]"},
    LanguageRow{"on listen", kKnown, "on: [listen]"},
    LanguageRow{"on accept", kKnown, "on: [accept]"},
    LanguageRow{"on socket", kKnown, "on: [socket]"},
    LanguageRow{"on unix-connect", kKnown, "on: [unix-connect]\nmatch: {path: [/x]}"},
    LanguageRow{"on capability", kKnown, "on: [capability]\nmatch: {capability: [sys-chroot]}"},
    LanguageRow{"on io-uring", kKnown, "on: [io-uring]"},

    // Forms.
    LanguageRow{"path globs", kKnown, "on: [exec]\nmatch: {path: ['**/x', '/a/**/b*']}"},
    LanguageRow{"any pattern in a name", kNotYet, "on: [exec]\nmatch: {path: ['**/*a?[bc]*']}"},
    LanguageRow{"executions without a path", kKnown, "on: [exec]\nwhere: {uid: [0]}"},
    LanguageRow{"all", kKnown, "on: [open-read]\nmatch: {path: [/x/**], all: [{path: [/x/y/**]}]}"},
    LanguageRow{"mode", kKnown, "mode: off\non: [open-read]\nmatch: {path: [/x]}"},

    // Below `where`.
    LanguageRow{"exe", kKnown, "on: [delete]\nwhere: {exe: [/x]}\nmatch: {path: [/x]}"},
    LanguageRow{"parent", kKnown, "on: [delete]\nwhere: {parent: [/x]}\nmatch: {path: [/x]}"},
    LanguageRow{"ancestor", kKnown, "on: [delete]\nwhere: {ancestor: [/x]}\nmatch: {path: [/x]}"},
    LanguageRow{"uid", kKnown, "on: [delete]\nwhere: {uid: [0]}\nmatch: {path: [/x]}"},
    LanguageRow{"gid", kKnown, "on: [delete]\nwhere: {gid: [0]}\nmatch: {path: [/x]}"},
    LanguageRow{"loginuid", kKnown, "on: [delete]\nwhere: {loginuid: [0]}\nmatch: {path: [/x]}"},
    LanguageRow{"terminal", kKnown, "on: [delete]\nwhere: {terminal: true}\nmatch: {path: [/x]}"},
    LanguageRow{"exe-intact", kKnown, "on: [delete]\nwhere: {exe-intact: false}\nmatch: {path: [/x]}"},
    LanguageRow{"first-process", kKnown, "on: [delete]\nwhere: {subject: container, first-process: true}\nmatch: {path: [/x]}"},
    LanguageRow{"holds", kKnown, "on: [delete]\nwhere: {holds: [sys-admin]}\nmatch: {path: [/x]}"},
    LanguageRow{"container.name", kKnown, "on: [delete]\nwhere: {container: {name: [x]}}\nmatch: {path: [/x]}"},
    LanguageRow{"container.image", kKnown, "on: [delete]\nwhere: {container: {image: [x, 'x:*']}}\nmatch: {path: [/x]}"},
    LanguageRow{"container.pod", kKnown, "on: [delete]\nwhere: {container: {pod: [x]}}\nmatch: {path: [/x]}"},
    LanguageRow{"container.namespace", kKnown, "on: [delete]\nwhere: {container: {namespace: [x]}}\nmatch: {path: [/x]}"},
    LanguageRow{"container.labels", kKnown, "on: [delete]\nwhere: {container: {labels: ['x=y*']}}\nmatch: {path: [/x]}"},

    // Below `match`.
    LanguageRow{"path", kKnown, "on: [delete]\nmatch: {path: [/x]}"},
    LanguageRow{"type", kKnown, "on: [create]\nmatch: {path: [/x], type: [directory]}"},
    LanguageRow{"new-mode", kKnown, "on: [chmod]\nmatch: {path: [/x], new-mode: [setuid]}"},
    LanguageRow{"intact", kKnown, "on: [exec]\nmatch: {path: [/x], intact: false}"},
    LanguageRow{"memfd", kKnown, "on: [exec]\nmatch: {memfd: true}"},
    LanguageRow{"stdin", kKnown, "on: [exec]\nmatch: {path: [/x], stdin: [socket]}"},
    LanguageRow{"stdout", kKnown, "on: [exec]\nmatch: {path: [/x], stdout: [socket]}"},
    LanguageRow{"open-flags", kKnown, "on: [open-write]\nmatch: {path: [/x], open-flags: [truncate]}"},
    LanguageRow{"arguments", kKnown, "on: [exec]\nmatch: {path: [/x], arguments: ['*x*', {at: 1, is: 'x*'}]}"},
    LanguageRow{"all-arguments", kKnown, "on: [exec]\nmatch: {path: [/x], all-arguments: ['[Xx]?', {at: 7, is: x}]}"},
    LanguageRow{"environment", kKnown, "on: [exec]\nmatch: {path: [/x], environment: [LD_PRELOAD, '*X*']}"},
    LanguageRow{"target", kKnown, "on: [symlink]\nmatch: {path: [/**], target: [/x, '*/x']}"},
    LanguageRow{"address", kKnown, "on: [connect]\nmatch: {address: [10.0.0.0/8]}"},
    LanguageRow{"port", kKnown, "on: [connect]\nmatch: {port: [22, 1-9]}"},
    LanguageRow{"protocol", kKnown, "on: [connect]\nmatch: {protocol: [tcp]}"},
    LanguageRow{"family", kKnown, "on: [socket]\nmatch: {family: [packet]}"},
    LanguageRow{"socket-type", kKnown, "on: [socket]\nmatch: {socket-type: [raw]}"},
    LanguageRow{"trace", kKnown, "on: [ptrace]\nmatch: {trace: [attach]}"},
    LanguageRow{"signal", kKnown, "on: [signal]\nmatch: {signal: [KILL]}"},
    LanguageRow{"command", kKnown, "on: [bpf]\nmatch: {command: [prog-load]}"},
    LanguageRow{"new-uid", kKnown, "on: [setuid]\nmatch: {new-uid: [0]}"},
    LanguageRow{"new-gid", kKnown, "on: [setuid]\nmatch: {new-gid: [0]}"},
    LanguageRow{"new-owner", kKnown, "on: [chown]\nmatch: {path: [/x], new-owner: [0]}"},
    LanguageRow{"new-group", kKnown, "on: [chown]\nmatch: {path: [/x], new-group: [0]}"},
    LanguageRow{"capability", kKnown, "on: [capability]\nmatch: {capability: [sys-chroot]}"},
    LanguageRow{"mount-type", kNotYet, "on: [mount]\nmatch: {mount-type: [overlay]}"},
    LanguageRow{"mount-source", kNotYet, "on: [mount]\nmatch: {mount-source: ['/dev/*']}"},
};

}  // namespace

std::span<const LanguageRow> language_rows() { return kRows; }

bool Language::knows(std::string_view word) const {
    const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const LanguageRow& one) { return one.word == word; });
    return row != kRows.end() && (whole_ || row->known);
}

}  // namespace quell::policy::falco

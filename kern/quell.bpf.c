/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel side as a table of contents: one program a hook, in the order in
 * which they run in a container's life. Everything they do stands in the
 * folders; hooks.def names the hooks.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define __BPF__ 1
#include "abi.h"
#include "compat.h"
#include "types.h"
extern struct quell_globals quell;
#include "number.h"
#include "maps.h"
#include "state.h"
#include "path/name.h"
#include "path/trie.h"
#include "path/chain.h"
#include "path/home.h"
#include "path/host.h"
#include "path/walk.h"
#include "path/resolve.h"
#include "path/cache.h"
#include "path/text.h"
#include "match/identity.h"
#include "subject/container.h"
#include "subject/lineage.h"
#include "subject/exec.h"
#include "subject/actor.h"
#include "subject/iterate.h"
#include "match/except.h"
#include "ring.h"
#include "pending/budget.h"
#include "pending/note.h"
#include "match/judge.h"
#include "enforce/subject.h"
#include "enforce/file.h"
#include "enforce/layer.h"
#include "enforce/overlay.h"
#include "pending/transition.h"
#include "setup.h"
#include "hooks/life.h"
#include "hooks/operations.h"
#include "hooks/contain.h"
#include "hooks/requests.h"

char LICENSE[] SEC("license") = "GPL";

# SPDX-License-Identifier: Apache-2.0
# Shared by every script in tools/: messages, the cache directory, locks. Source it, do not run it.
set -euo pipefail

QUELL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Kernels, the guest image and apt's private state live outside the tree: they are large, shared between clones,
# and a `git clean` must not cost a second download.
QUELL_CACHE=${QUELL_CACHE:-/var/cache/quell}
QUELL_KERNELS=(6.1 6.12 7)

say() { printf '== %s\n' "$*" >&2; }

# die MESSAGE [HINT] [STATUS]
die() {
  printf '%s: error: %s\n' "${0##*/}" "$1" >&2
  [ -z "${2:-}" ] || printf '%s: hint: %s\n' "${0##*/}" "$2" >&2
  exit "${3:-1}"
}

require_root() {
  [ "$(id -u)" = 0 ] || die "has to run as root (it uses apt and builds a root filesystem)" "try: sudo $0"
}

# with_lock NAME COMMAND...: one at a time over all clones on this machine; the lock dies with the process.
with_lock() {
  local name=$1 fd
  shift
  mkdir -p "$QUELL_CACHE" 2>/dev/null || die "cannot write $QUELL_CACHE" "run as root once, or set QUELL_CACHE to a directory of yours"
  exec {fd}>"$QUELL_CACHE/.lock-$name"
  flock -n "$fd" || { say "waiting for another $name"; flock "$fd"; }
  "$@" # not in a condition: that would switch errexit off inside
  exec {fd}>&-
}

# The usage text of a script is its leading comment, so that it cannot drift from a second copy.
usage() { sed -n '3,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }

# SPDX-License-Identifier: Apache-2.0
# What Quell's programs take, by their own run time: under icount its nanoseconds are instructions. Sourced by measure.sh.
LIFE='^quell_(cgroup|task|bprm|sb_)'
bpf_ns() { # NAMES
  bpftool -j prog show | jq --arg names "$1" '[.[] | select(.name // "" | test($names)) | .run_time_ns // 0] | add'
}

bpf_each() { bpftool -j prog show | jq -r '.[] | select(.name // "" | test("^quell_")) | "\(.name) \(.run_cnt // 0) \(.run_time_ns // 0)"'; }

# parts WHAT WHERE TIMES FILE...: what each program did between two snapshots (bpf_each), less what it did between two
# earlier ones where there are: the same without the operations.
parts() {
  local what=$1 where=$2 times=$3
  shift 3
  awk -v head="part $what $where $times" -v files=$# '
    FNR == 1 { file++ }
    { sign = files == 2 ? (file == 1 ? -1 : 1) : (file == 1 ? 1 : file == 2 ? -2 : 1); calls[$1] += sign * $2; ns[$1] += sign * $3 }
    END { for (name in calls) if (calls[name] > 0) print head, name, calls[name], ns[name] }' "$@"
}

# programs WHAT PLACE OPERATION...: of a loop, without entering the container and starting the loop.
programs() {
  local what=$1 place=$2 at
  shift 2
  sysctl -q kernel.bpf_stats_enabled=1
  kill -STOP "$daemon"
  at=$(mktemp -d)
  loop_in "$place" "$@" >/dev/null || fail "no loop in $place"
  bpf_each >"$at/1"
  loop_in "$place" nothing >/dev/null || fail "no loop in $place"
  bpf_each >"$at/2"
  loop_in "$place" "$@" >/dev/null || fail "no loop in $place"
  bpf_each >"$at/3"
  kill -CONT "$daemon"
  parts "$what" "$place" 1400 "$at"/[123] # 7 rounds of 200
  sysctl -q kernel.bpf_stats_enabled=0
}

# SPDX-License-Identifier: Apache-2.0
# The lines of vm-tests/cost/matches.sh as two tables. Ends with 2 when something was not measured.
BEGIN { FS = "\t" }
$1 == "open" { first[$2, $3] = $4; other[$2, $3] = $5 }
$1 == "million" { million[$2, $3] = $4; if (!($3 in seen)) { seen[$3] = 1; what[++n] = $3 } }
function figure(values, state, place) {
  if (!((state, place) in values) || !(("none", place) in values)) { absent++; return "-" }
  return state == "none" ? values[state, place] : sprintf("%+d", values[state, place] - values["none", place])
}
END {
  printf "%-32s %12s %12s\n", "instructions, " kernel, "host", "container"
  printf "%-32s %12s %12s\n", "open-read, without BPF", figure(other, "none", "host"), figure(other, "none", "container")
  printf "%-32s %12s %12s\n", "  that no rule matches", figure(other, "unmatched", "host"), figure(other, "unmatched", "container")
  printf "%-32s %12s %12s\n", "  matched, a new incident", figure(first, "matched", "host"), figure(first, "matched", "container")
  printf "%-32s %12s %12s\n", "  matched, and only counted", figure(other, "matched", "host"), figure(other, "matched", "container")
  split("1 1000", by, " ")
  printf "%-40s %12s %12s\n", "a million matches", "1 actor", "1000 actors"
  if (!n) absent++
  for (i = 1; i <= n; i++) {
    for (b = 1; b <= 2; b++) if (!((by[b], what[i]) in million)) absent++
    printf "%-40s %12s %12s\n", what[i], million[1, what[i]], million[1000, what[i]]
  }
  if (absent) printf "%d figures NOT MEASURED\n", absent
  exit absent ? 2 : 0
}

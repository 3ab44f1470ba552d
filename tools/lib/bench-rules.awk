# SPDX-License-Identifier: Apache-2.0
# The lines of vm-tests/cost/policies.sh as a table: what is added to the loop without BPF, by the number of rules. Ends with 1
# when a limit is passed, with 2 when something was not measured.
BEGIN {
  FS = "\t"
  split("1 100 1000 20000", counts, " ")
  # of 20,000 rules beside 1, floating names and endings among them: each call of a hook may cost 75 more; a container's files have two
  spread["host"] = 75; spread["container"] = 150
  # of a container's creations and renamings the programs alone are judged, with the removal: three calls of 75, or twice as many
  own["host"] = 225; own["container"] = 450
}
$1 == "count" { if (!(($2, $3, $4) in value)) value[$2, $3, $4] = $5; else if ($5 < value[$2, $3, $4]) value[$2, $3, $4] = $5 }
$1 == "exec" { if (!(($2, $3) in exec) || $4 < exec[$2, $3]) exec[$2, $3] = $4 }
$1 == "load" { if (!(($2, $3) in load)) load[$2, $3] = $4; if (!($3 in seen)) { seen[$3] = 1; what[++n] = $3 } }
function cell(text) { printf " %10s", text }
function figure(have, number) { if (!have) { absent++; return "-" } return sprintf("%+d", number) }
END {
  printf "%-24s", "instructions, " kernel
  for (c = 1; c <= 4; c++) cell(counts[c] " rules")
  print ""
  split("open-read create rename unlink connect", operations, " ")
  split("host container", places, " ")
  for (o = 1; o <= 5; o++) for (p = 1; p <= 2; p++) {
    op = operations[o]; place = places[p]
    printf "%-24s", op " " place
    for (c = 1; c <= 4; c++) cell(figure((counts[c], op, place) in value && ("none", op, place) in value, value[counts[c], op, place] - value["none", op, place]))
    few = op == "connect" ? 100 : 1 # the first rule is about no connection: nothing is attached
    d = value[20000, op, place] - value[few, op, place]
    if (d > spread[place] && (place == "host" || (op != "create" && op != "rename"))) { over++; printf "  %d more, at most %d !", d, spread[place] }
    if (op == "connect" && value[20000, op, place] - value["none", op, place] > 500) { over++; printf "  beyond 500 !" }
    print ""
  }
  for (p = 1; p <= 2; p++) {
    place = places[p]
    printf "%-24s", "all three, own " place
    for (c = 1; c <= 4; c++) cell(figure((counts[c], "own", place) in value, value[counts[c], "own", place]))
    d = value[20000, "own", place] - value[1, "own", place]
    if (d > own[place]) { over++; printf "  %d more, at most %d !", d, own[place] }
    print ""
  }
  split("20 200 4000", bytes, " ")
  for (b = 1; b <= 3; b++) {
    printf "%-24s", "exec, " bytes[b] " bytes"
    for (c = 1; c <= 4; c++) cell(figure((counts[c], bytes[b]) in exec, exec[counts[c], bytes[b]]))
    if (bytes[b] == 200 && exec[20000, 200] > 25000) { over++; printf "  beyond 25000 !" }
    print ""
  }
  for (i = 1; i <= n; i++) {
    printf "%-24s", what[i]
    for (c = 1; c <= 4; c++) cell((counts[c], what[i]) in load ? load[counts[c], what[i]] : "-")
    if (what[i] == "KiB of maps" && load[20000, what[i]] > 48 * 1024) { over++; printf "  beyond 49152 !" }
    print ""
  }
  if (over) printf "%d figures beyond their limits\n", over
  if (absent) printf "%d figures NOT MEASURED\n", absent
  exit absent ? 2 : over ? 1 : 0
}

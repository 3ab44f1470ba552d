# SPDX-License-Identifier: Apache-2.0
# The lines of figures_tests (vm-tests/cost) as a table, each with its limit. Ends with 1 when a limit is passed, with 2 when
# something was not measured.
BEGIN { FS = "\t" }
{ sub(/\r$/, "") }
$1 == "suite" { printf "%s%s\n", n++ ? "\n" : "", $2 }
$1 == "figure" && NF == 6 {
  bad = $4 == "<=" && $3 + 0 > $5 + 0 || $4 == ">=" && $3 + 0 < $5 + 0
  if (bad) over++
  figures++
  limit = $4 == "-" ? "" : (bad ? ($4 == "<=" ? " > " : " < ") : " " $4 " ") $5 (bad ? " !" : "")
  printf "%-34s %12s%-14s %s\n", $2, $3, limit, $6
}
# of gtest: a test that fails with no figure beyond its limit has not measured what it was to
/^\[ RUN      \] / { beyond = over }
/^\[  FAILED  \] .* \([0-9]+ ms\)$/ { sub(/^\[  FAILED  \] /, ""); failed[++f] = $0; if (over == beyond) absent++ }
/^\[  PASSED  \]/ { ended++ }
END {
  for (i = 1; i <= f; i++) printf "FAILED: %s\n", failed[i]
  if (over) printf "%d figures beyond their limits\n", over
  if (ended < n || !n || !figures) { print "NOT MEASURED: a run did not come to its end"; absent++ }
  exit absent ? 2 : over ? 1 : 0
}

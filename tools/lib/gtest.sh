# SPDX-License-Identifier: Apache-2.0
# Counting GoogleTest results in a log.

# gtest_count LOG: "<passed> <failed> <skipped>", then "F <test>" and "S <test>: <reason>" lines.
gtest_count() {
  tr -d '\r' <"$1" | awk '
    # The reason of a skip is what stands between "file:line: Skipped" and the SKIPPED line.
    /^\[ RUN      \] / { reason = ""; in_reason = 0 }
    /^[^ ]+:[0-9]+: Skipped$/ { in_reason = 1; next }
    /^\[       OK \] .* \([0-9]+ ms\)$/ { passed++; next }
    /^\[  FAILED  \] .* \([0-9]+ ms\)$/ {
      failed++; sub(/^\[  FAILED  \] /, ""); sub(/ \([0-9]+ ms\)$/, ""); lines = lines "F " $0 "\n"; next
    }
    /^\[  SKIPPED \] .* \([0-9]+ ms\)$/ {
      skipped++; sub(/^\[  SKIPPED \] /, ""); sub(/ \([0-9]+ ms\)$/, "")
      lines = lines "S " $0 ": " (reason == "" ? "no reason given" : reason) "\n"; in_reason = 0; next
    }
    in_reason && NF { reason = reason (reason == "" ? "" : " ") $0 }
    END { printf "%d %d %d\n%s", passed, failed, skipped, lines }'
}

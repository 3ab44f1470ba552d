#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm-suite.sh NAME BUILD FILTER "VM OPTIONS" PROGRAM [FILE...]: one VM suite, started by ctest (cmake/VmTests.cmake).
#
# Leaves BUILD/vm-logs/NAME.log (output), NAME.console, and NAME.count: "<passed> <failed> <skipped>", one line for each
# failed test ("F <test>") and each skipped one ("S <test>: <reason>"). A guest that breaks down is one failure more.
. "$(dirname "$0")/common.sh"
. "$QUELL_ROOT/tools/lib/gtest.sh"

name=$1 build=$2 filter=$3 program=$5
read -ra options <<<"$4"
shift 4
# --boots N: the guest is booted so often with one disk that is kept; the tests of the first boot are Boot1.*, and so on.
boots=''
if [ "${options[0]}" = --boots ]; then boots=${options[1]} options=("${options[@]:2}"); fi
logs=$build/vm-logs
mkdir -p "$logs"
copy=$(mktemp -d "${TMPDIR:-/tmp}/quell-suite.XXXXXX")
trap 'rm -rf "$copy" "$copy.disk"' EXIT
for file in "$@"; do
  # Debug information is most of a test program, and unpacking it is most of the boot.
  objcopy --strip-debug "$file" "$copy/${file##*/}" 2>/dev/null || cp -a "$file" "$copy/"
done
# rules of others, where tools/test --corpus gives some
if [ -n "${QUELL_FALCO_CORPUS:-}" ] && [ "${program##*/}" = packs_tests ]; then
  mkdir -p "$copy/corpus"
  cp "$QUELL_FALCO_CORPUS"/*.yaml "$copy/corpus/"
fi

status=0
: >"$logs/$name.log"
for boot in $(seq "${boots:-1}"); do
  kept=() part=$filter
  [ -z "$boots" ] || kept=(--keep "$copy.disk") part="Boot$boot.*"
  QUELL_BUILD=$build "$QUELL_ROOT/tools/vm" "${options[@]}" "${kept[@]}" --copy "$copy" --log "$logs/$name.console" -- \
    "/w/${program##*/}" --gtest_color=no --gtest_filter="$part" >>"$logs/$name.log" 2>&1 || { status=$?; break; }
done
gtest_count "$logs/$name.log" >"$logs/$name.count"
read -r passed failed skipped <"$logs/$name.count"
why=''
case $status in
  0) [ $((passed + failed + skipped)) != 0 ] || { why="ran no test (filter $filter)"; status=1; } ;;
  1) [ "$failed" != 0 ] || why="ended with 1 without a failed test" ;;
  *) why="did not come to its end (status $status)" ;;
esac
if [ -n "$why" ]; then
  { echo "$passed $((failed + 1)) $skipped"; sed 1d "$logs/$name.count"; echo "F $name $why"; } >"$logs/$name.count.new"
  mv "$logs/$name.count.new" "$logs/$name.count"
fi
cat "$logs/$name.log"
exit "$status"

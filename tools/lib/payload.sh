# SPDX-License-Identifier: Apache-2.0
# The second disk of the guest: a bare tar with everything that changes between runs. Quell itself (a staged install),
# the guest's scripts, the caller's directory for /w, and the command. No file system to make, so it takes milliseconds.

# Prints the staged install of build directory $1, brought up to date; prints nothing when there is no build,
# and fails when it is not complete.
stage_install() {
  local build=$1 stage=$1/vm-stage newer
  [ -f "$build/cmake_install.cmake" ] || return 0
  exec {stage_lock}>"$build/.vm-stage.lock"
  flock "$stage_lock"
  if [ -e "$stage/.stamp" ]; then
    # cmake --install --strip copies everything each time: only do it when something it would install has changed.
    newer=$(find "$build" "$QUELL_ROOT/policy" "$QUELL_ROOT/deploy" -path "$stage" -prune -o -type f -newer "$stage/.stamp" \
      \( -perm -u+x -o -name cmake_install.cmake -o -path "$QUELL_ROOT/*.yaml" -o -path "$QUELL_ROOT/deploy/*" \) \
      -print -quit 2>/dev/null || true)
  fi
  if [ ! -e "$stage/.stamp" ] || [ -n "${newer:-}" ]; then
    rm -rf "$stage"
    mkdir -p "$stage"
    touch "$stage.stamp"
    DESTDIR=$stage cmake --install "$build" --strip >"$build/vm-stage.log" 2>&1 || {
      rm -rf "$stage"
      say "cmake --install $build failed, is it built? $(tail -n 1 "$build/vm-stage.log")"
      return 1
    }
    mv "$stage.stamp" "$stage/.stamp"
  fi
  exec {stage_lock}>&-
  printf '%s\n' "$stage"
}

# write_payload OUT RUNDIR STAGE COPYDIR: RUNDIR holds this run's settings and cmd; STAGE and COPYDIR may be empty.
write_payload() {
  local out=$1 run=$2 stage=$3 copy=$4 args=()
  args+=(-C "$QUELL_ROOT/vm-tests/guest/payload" --transform 's,^\./,usr/lib/quell-vm/run/,' ./init ./job ./quell-vm.target
    ./quell-vm.service -C "$run" ./settings)
  [ ! -e "$run/cmd" ] || args+=(./cmd)
  tar -cf "$out" --owner=0 --group=0 "${args[@]}"
  [ -z "$stage" ] || tar -rf "$out" --owner=0 --group=0 --exclude=./.stamp -C "$stage" .
  # Owners are kept for /w: a test may bring files of its own users.
  [ -z "$copy" ] || tar -rf "$out" --transform 's,^\.,w,' -C "$copy" .
}

# write_suite OUT RUNDIR COPYDIR: the same for a guest that has been kept, which has all but this run's. Of the size that the
# kept guest knows.
write_suite() {
  local out=$1 run=$2 copy=$3 args=(./settings)
  [ ! -e "$run/cmd" ] || args+=(./cmd)
  tar -cf "$out" --owner=0 --group=0 --transform 's,^\./,usr/lib/quell-vm/run/,' -C "$run" "${args[@]}"
  [ -z "$copy" ] || tar -rf "$out" --transform 's,^\.,w,' -C "$copy" .
  truncate -s "$WARM_SUITE_SIZE" "$out"
}

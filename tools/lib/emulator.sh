# SPDX-License-Identifier: Apache-2.0
# The emulator. Under Debian 12's own QEMU (7.2) two of about 50 boots with two CPUs ended in "Oops: int3" in
# sched_clock_cpu, while one CPU patched kernel text that the other ran, which BPF trampolines and static keys do all the
# time. Under the 10.0 of bookworm-backports it has not been seen in about 80 boots: evidence, not proof. That one is used,
# unpacked into the cache beside the host's, whose packages stay as they are and lend it their libraries and firmware.
. "$QUELL_ROOT/tools/lib/apt.sh"

EMULATOR_PACKAGES=(qemu-system-x86 qemu-system-data)

fetch_emulator() {
  local dir=$QUELL_CACHE/qemu tmp deb
  [ ! -s "$dir/version" ] || return 0
  own_apt_setup qemu bookworm-backports
  say "emulator: fetching a newer QEMU from bookworm-backports"
  apt-get "${OWN_APT[@]}" -q update >"$QUELL_CACHE/apt/qemu/update.log" 2>&1 ||
    die "apt-get update for bookworm-backports failed: $(tail -n 3 "$QUELL_CACHE/apt/qemu/update.log")"
  rm -rf "$QUELL_CACHE"/.new-qemu-*
  tmp=$(mktemp -d "$QUELL_CACHE/.new-qemu-XXXXXX")
  (cd "$tmp" && apt-get "${OWN_APT[@]}" -q download "${EMULATOR_PACKAGES[@]}" >apt.log 2>&1) ||
    die "cannot download ${EMULATOR_PACKAGES[*]}: $(tail -n 3 "$tmp/apt.log")"
  for deb in "$tmp"/*.deb; do dpkg-deb -x "$deb" "$tmp"; done
  rm -f "$tmp"/*.deb
  "$tmp/usr/bin/qemu-system-x86_64" --version >"$tmp/version" ||
    die "the QEMU from bookworm-backports does not start on this machine" "ldd $tmp/usr/bin/qemu-system-x86_64 says what is missing"
  chmod 755 "$tmp"
  rm -rf "$dir"
  mv "$tmp" "$dir"
}

# The command and its firmware directories, one word a line. QUELL_QEMU names another emulator.
emulator() {
  if [ -n "${QUELL_QEMU:-}" ]; then printf '%s\n' "$QUELL_QEMU"; return; fi
  printf '%s\n' "$QUELL_CACHE/qemu/usr/bin/qemu-system-x86_64" -L "$QUELL_CACHE/qemu/usr/share/qemu" -L /usr/share/seabios \
    -L /usr/share/qemu
}

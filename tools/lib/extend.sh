# SPDX-License-Identifier: Apache-2.0
# More packages in a guest's root than every guest has: for suites whose programs the others shall not pay for.

# add_packages ROOT LIST: what LIST names, and what that needs, at the versions of the archive that ROOT is from. A name with
# a + before it is only brought: it is in the repository /srv/repository of ROOT.
add_packages() {
  local root=$1 list=$2 name brought log=$QUELL_CACHE/guest/extend.log
  brought=$(sed -n 's/^+//p' "$list")
  name=$(basename "$list" .list)
  say "guest root: $(grep -c '^[a-z]' "$list") more packages, for $name (once)"
  own_apt_setup "guest-$name" bookworm
  OWN_APT+=(-o "Dir::State::status=$root/var/lib/dpkg/status" -o APT::Install-Recommends=false)
  mkdir -p "$root/var/cache/quell-vm"
  # A chroot's services are processes of this machine.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  {
    apt-get "${OWN_APT[@]}" -q update &&
      apt-get "${OWN_APT[@]}" -q -y -d -o "Dir::Cache::archives=$root/var/cache/quell-vm" install $(sed -n '/^[a-z]/p' "$list") &&
      chroot "$root" sh -c 'DEBIAN_FRONTEND=noninteractive dpkg --install /var/cache/quell-vm/*.deb' &&
      { [ -z "$brought" ] || add_repository "$root" $brought; }
  } >"$log" 2>&1 || die "adding packages for $name to the guest root failed: $(tail -n 3 "$log")" "whole log: $log"
  rm -rf "$root/var/cache/quell-vm" "$root/usr/sbin/policy-rc.d"
}

# add_repository ROOT PACKAGE...: a repository for apt in ROOT, of these and of what they need beyond what ROOT has. OWN_APT is set up.
add_repository() {
  local root=$1 deb
  shift
  mkdir -p "$root/srv/repository/partial"
  apt-get "${OWN_APT[@]}" -q -y -d --reinstall -o "Dir::Cache::archives=$root/srv/repository" install "$@" || return
  rm -rf "$root/srv/repository/"{partial,lock}
  for deb in "$root"/srv/repository/*.deb; do
    dpkg-deb --field "$deb" || return
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" "$(sha256sum <"$deb" | cut -d' ' -f1)"
  done >"$root/srv/repository/Packages"
  echo 'deb [trusted=yes] file:/srv/repository ./' >"$root/etc/apt/sources.list"
}

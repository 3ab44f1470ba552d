# SPDX-License-Identifier: Apache-2.0
# More packages in a guest's root than every guest has: for suites whose programs the others shall not pay for.

# add_packages ROOT LIST: what LIST names, and what that needs, at the versions of the archive that ROOT is from.
add_packages() {
  local root=$1 list=$2 name log=$QUELL_CACHE/guest/extend.log
  name=$(basename "$list" .list)
  say "guest root: $(grep -c '^[a-z]' "$list") more packages, for $name (once)"
  own_apt_setup "guest-$name" bookworm
  OWN_APT+=(-o "Dir::State::status=$root/var/lib/dpkg/status" -o APT::Install-Recommends=false)
  mkdir -p "$root/var/cache/quell-vm"
  {
    apt-get "${OWN_APT[@]}" -q update &&
      apt-get "${OWN_APT[@]}" -q -y -d -o "Dir::Cache::archives=$root/var/cache/quell-vm" install $(sed -n '/^[a-z]/p' "$list") &&
      chroot "$root" sh -c 'DEBIAN_FRONTEND=noninteractive dpkg --install /var/cache/quell-vm/*.deb'
  } >"$log" 2>&1 || die "adding packages for $name to the guest root failed: $(tail -n 3 "$log")" "whole log: $log"
  rm -rf "$root/var/cache/quell-vm"
}

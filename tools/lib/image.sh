# SPDX-License-Identifier: Apache-2.0
# The guest's root filesystem: a real Debian 12 with the modules of the three kernels, as one ext4 image in the cache.
# Two steps with a key each, because the first takes a minute or two and changes rarely, and the second takes seconds:
# the root as a tar (keyed by vm-tests/guest/), and the image (keyed by that and by the kernels).
. "$QUELL_ROOT/tools/lib/apt.sh"
. "$QUELL_ROOT/tools/lib/extend.sh"

GUEST_DIR=$QUELL_ROOT/vm-tests/guest
# What the kernel finds its root by: NVMe controllers come up in no fixed order, a partition's UUID is the same anywhere.
ROOT_DISK_ID=5175656c

# An image of its own for each list of more packages: vm-tests/guest/$guest_with.list.
guest_with=''
guest_image_key() {
  { cat "$GUEST_DIR"/{packages.list,customize,stage1} "$QUELL_ROOT/tools/lib/image.sh"
    [ -z "$guest_with" ] || cat "$GUEST_DIR/$guest_with.list" "$QUELL_ROOT/tools/lib/extend.sh"
    for name in "${QUELL_KERNELS[@]}"; do cat "$QUELL_CACHE/kernels/$name/version"; done; } | sha256sum | cut -c1-16
}

guest_image_path() { printf '%s/guest/root-%s.img\n' "$QUELL_CACHE" "$(guest_image_key)"; }

guest_root_tar() {
  local key out options=()
  key=$(cat "$GUEST_DIR"/{packages.list,customize} | sha256sum | cut -c1-16)
  out=$QUELL_CACHE/guest/root-$key.tar
  if [ ! -s "$out" ]; then
    say "guest root: installing Debian 12 and $(grep -c '^[a-z]' "$GUEST_DIR/packages.list") packages into it (once)"
    apt_acquire_options >"$QUELL_CACHE/guest/acquire.conf"
    [ ! -s "$QUELL_CACHE/guest/acquire.conf" ] || options+=(--aptopt="$QUELL_CACHE/guest/acquire.conf")
    mmdebstrap --mode=root --format=tar --variant=minbase --architectures=amd64 --keyring="$DEBIAN_KEYRING" "${options[@]}" \
      --include="$(sed -n '/^[a-z]/p' "$GUEST_DIR/packages.list" | paste -sd,)" \
      --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' --aptopt='APT::Install-Recommends "false"' \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
      --customize-hook="$GUEST_DIR/customize" \
      bookworm "$out.new" "deb $(debian_mirror) bookworm main" >"$QUELL_CACHE/guest/mmdebstrap.log" 2>&1 ||
      die "building the guest root failed: $(tail -n 5 "$QUELL_CACHE/guest/mmdebstrap.log")" "whole log: $QUELL_CACHE/guest/mmdebstrap.log"
    mv "$out.new" "$out"
  fi
  printf '%s\n' "$out"
}

# One primary partition from 1 MiB on, with the disk signature that makes it PARTUUID=<id>-01.
write_partition_table() {
  local image=$1 sectors=$2 le
  le=$(printf '%08x' "$sectors" | sed 's/\(..\)\(..\)\(..\)\(..\)/\\x\4\\x\3\\x\2\\x\1/')
  printf "$(sed 's/\(..\)\(..\)\(..\)\(..\)/\\x\4\\x\3\\x\2\\x\1/' <<<"$ROOT_DISK_ID")" |
    dd of="$image" bs=1 seek=440 conv=notrunc status=none
  printf '\x00\x00\x00\x00\x83\x00\x00\x00\x00\x08\x00\x00'"$le" | dd of="$image" bs=1 seek=446 conv=notrunc status=none
  printf '\x55\xaa' | dd of="$image" bs=1 seek=510 conv=notrunc status=none
}

build_guest_image() {
  local image work tar name release size_mib=3072
  image=$(guest_image_path)
  [ ! -s "$image" ] || return 0
  mkdir -p "$QUELL_CACHE/guest"
  tar=$(guest_root_tar)
  say "guest image: packing root and modules"
  work=$(mktemp -d "$QUELL_CACHE/guest/.new-XXXXXX")
  tar -x -f "$tar" -C "$work" --numeric-owner
  [ -z "$guest_with" ] || add_packages "$work" "$GUEST_DIR/$guest_with.list"
  for name in "${QUELL_KERNELS[@]}"; do
    read -r release _ <"$QUELL_CACHE/kernels/$name/version"
    mkdir -p "$work/usr/lib/modules"
    cp -a "$QUELL_CACHE/kernels/$name/modules/$release" "$work/usr/lib/modules/"
    depmod -b "$work" "$release" 2>/dev/null
    # where Debian's packages put it, for quell doctor
    install -D -m 644 "$QUELL_CACHE/kernels/$name/config" "$work/boot/config-$release"
  done
  # Stage 1: everything later comes with the payload, so that it changes without a new image.
  install -D -m 755 "$GUEST_DIR/stage1" "$work/usr/lib/quell-vm/stage1"
  mkdir -p "$work/w"
  rm -f "$image.new"
  truncate -s "$((size_mib + 1))M" "$image.new"
  mke2fs -q -F -t ext4 -L quell-root -d "$work" -E offset=1048576,lazy_itable_init=1,lazy_journal_init=1 \
    -O ^metadata_csum_seed "$image.new" "${size_mib}M" >&2
  write_partition_table "$image.new" $((size_mib * 2048))
  rm -rf "$work"
  # An image that nobody has booted for a day (each boot touches its own) is half a gigabyte of disk.
  find "$QUELL_CACHE/guest" -maxdepth 1 -name 'root-*' ! -name "${tar##*/}" -mtime +0 -delete
  mv "$image.new" "$image"
}

ensure_guest_image() {
  local image
  image=$(guest_image_path)
  if [ -s "$image" ]; then touch -c "$image" 2>/dev/null || true; return 0; fi
  require_root
  with_lock image build_guest_image
}

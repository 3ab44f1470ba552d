# SPDX-License-Identifier: Apache-2.0
# A kernel's type information, taken out of its vmlinuz: the ELF file inside is compressed (lz4 on Debian's 6.1, zstd
# later, gzip or xz elsewhere), and only trying tells at which of the magic numbers it starts.

# vmlinuz_btf VMLINUZ OUT
vmlinuz_btf() {
  local image=$1 out=$2 work name magic tool offset
  work=$(mktemp -d)
  while read -r name magic tool; do
    for offset in $(LC_ALL=C grep -aboP "$magic" "$image" | cut -d: -f1); do
      tail -c "+$((offset + 1))" "$image" | $tool >"$work/elf" 2>/dev/null || true
      if [ "$(head -c 4 "$work/elf" | od -An -tx1 | tr -d ' \n')" = 7f454c46 ] &&
        objcopy --dump-section ".BTF=$work/btf" "$work/elf" /dev/null 2>/dev/null &&
        [ -s "$work/btf" ]; then
        mv "$work/btf" "$out"
        rm -rf "$work"
        return 0
      fi
    done
  done <<'END'
zstd \x28\xb5\x2f\xfd zstd -dcq
lz4 \x02\x21\x4c\x18 lz4 -dcq
gzip \x1f\x8b\x08 gzip -dcq
xz \xfd7zXZ\x00 xz -dcq
END
  rm -rf "$work"
  return 1
}

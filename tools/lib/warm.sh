# SPDX-License-Identifier: Apache-2.0
# A guest whose daemon is ready, kept in the build directory: its memory and its disk at the moment when `quell status` answered.
# The verifier takes 85 s for all programs in an emulator, more beside others, and each suite had them anew. Used by tools/vm
# only, whose variables it reads, for guests of --start. Disks are virtio's here: QEMU cannot keep a guest that has an NVMe one.
WARM_SUITE_SIZE=1G

# Sets warm to the directory of such a guest, and makes it where there is none of this build.
warm_ensure() {
  warm=$build/vm-warm/$kernel-$mode-$smp${icount:+-icount}${guest_with:+-$guest_with}
  local key
  key=$(warm_key)
  mkdir -p "$build/vm-warm"
  exec {warm_lock}>"$warm.lock"
  flock "$warm_lock"
  if [ "$(cat "$warm/key" 2>/dev/null)" != "$key" ]; then
    warm_make && printf '%s\n' "$key" >"$warm/key" || { say "no guest could be kept: booting each time"; warm=''; }
  fi
  exec {warm_lock}>&-
}

# What a kept guest is made of.
warm_key() {
  { (cd "$stage" && find . -type f ! -name .stamp -print0 | sort -z | xargs -0 sha256sum)
    guest_image_path; vm_cmdline; printf '%s\n' "$mem" "${qemu[@]}"
    cat "$QUELL_CACHE/kernels/$kernel/version" "$QUELL_ROOT"/vm-tests/guest/payload/* "$QUELL_ROOT/tools/lib/"{warm,qemu,payload}.sh
  } | sha256sum | cut -c1-16
}

# The kernel's own drivers of virtio are modules, and what has them has to be there before any disk.
warm_initrd() {
  local out=$1 root=$work/initrd release module
  read -r release _ <"$QUELL_CACHE/kernels/$kernel/version"
  mkdir -p "$root"/{dev,proc,sys,root,modules}
  debugfs -R "dump /usr/bin/busybox $root/busybox" "$(guest_image_path)?offset=1048576" 2>/dev/null
  chmod 755 "$root/busybox"
  for module in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
    find "$QUELL_CACHE/kernels/$kernel/modules/$release" -name "$module.ko*" -exec cp {} "$root/modules/" \;
  done
  find "$root/modules" -name '*.xz' -exec xz -d {} +
  cat >"$root/init" <<'EOF'
#!/busybox sh
b=/busybox
$b mount -t devtmpfs dev /dev && $b mount -t proc proc /proc && $b mount -t sysfs sysfs /sys
for module in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
  [ ! -e /modules/$module.ko ] || $b insmod /modules/$module.ko
done
for try in 1 2 3 4 5 6 7 8 9; do
  for disk in /sys/block/vd*; do
    read -r serial <$disk/serial
    [ "$serial" != root ] || $b mount -t ext4 /dev/${disk##*/}1 /root
  done
  [ ! -e /root/usr ] || break
  $b sleep 0.2
done
$b umount /sys /proc /dev
exec $b switch_root /root /usr/lib/quell-vm/stage1
EOF
  chmod 755 "$root/init"
  (cd "$root" && find . | cpio -o -H newc --quiet) >"$out"
}

# Boots it, waits for the daemon, stops it and keeps it.
warm_make() {
  local new=$warm.new until=$((SECONDS + 900))
  say "keeping a guest of kernel $kernel with a daemon that is ready"
  rm -rf "$warm" "$new"
  mkdir -p "$new"
  warm_initrd "$new/initrd"
  sed 's/^QUELL_VM_WARM=.*/QUELL_VM_WARM=1/' "$work/settings" >"$new/settings"
  write_payload "$new/payload" "$new" "$stage" ''
  truncate -s "$WARM_SUITE_SIZE" "$new/suite"
  mkfifo "$work/monitor.in" "$work/monitor.out"
  vm_take_slots
  : >"$work/console" && : >"$work/out" && : >"$work/status"
  warm_qemu_args "$new" "file=$(guest_image_path),format=raw,file.locking=off" "$new/suite"
  "${qemu[@]}" "${qemu_args[@]}" -serial "file:$work/out" -serial "file:$work/status" -S -chardev "pipe,id=monitor,path=$work/monitor" \
    -mon chardev=monitor,mode=readline </dev/null >"$work/qemu" 2>&1 &
  qemu_pid=$!
  cat "$work/monitor.out" >"$work/monitor" &
  tail_pids=($!)
  exec {monitor}<>"$work/monitor.in"
  # What it writes goes to a file that is kept, too: nothing is written to the image, which others read.
  printf 'snapshot_blkdev root %s qcow2\ncont\n' "$new/disk" >&"$monitor"
  until grep -qE '^(ready|end)' "$work/status"; do
    kill -0 $qemu_pid 2>/dev/null && [ $SECONDS -lt $until ] || break
    sleep 1
  done
  if grep -q ready "$work/status"; then
    printf 'migrate file:%s\ninfo migrate\nquit\n' "$new/state" >&"$monitor"
    wait $qemu_pid 2>/dev/null || true
  fi
  kill -KILL $qemu_pid 2>/dev/null || true
  exec {monitor}>&-
  kill "${tail_pids[@]}" 2>/dev/null || true
  qemu_pid='' tail_pids=()
  vm_give_slots
  grep -qi 'status:.*completed' "$work/monitor" && [ -s "$new/state" ] || {
    tail -n 20 "$work/console" "$work/out" "$work/monitor" "$work/qemu" >&2
    return 1
  }
  # the disk's file says where the image is that it is a change of; its own name is not in it
  mv "$new" "$warm"
}

# warm_qemu_args DIR ROOT SUITE: the same machine in both lives.
warm_qemu_args() {
  vm_machine_args
  qemu_args+=(-initrd "$1/initrd"
    -drive "if=none,id=root,cache=unsafe,$2" -device virtio-blk-pci,drive=root,serial=root
    -drive "file=$1/payload,if=none,id=payload,format=raw,readonly=on" -device virtio-blk-pci,drive=payload,serial=payload
    -drive "file=$3,if=none,id=suite,format=raw,readonly=on" -device virtio-blk-pci,drive=suite,serial=suite)
}

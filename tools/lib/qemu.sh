# SPDX-License-Identifier: Apache-2.0
# Starting qemu, watching over it and reading the result. Used by tools/vm only, whose variables it reads:
# kernel, work, mode, warm, shell, disk_file, icount, smp, mem, timeout, extra, verbose, log.

qemu_pid='' tail_pids=()
qemu=($(emulator))

vm_cleanup() {
  [ -z "$qemu_pid" ] || kill -KILL "$qemu_pid" 2>/dev/null || true
  [ ${#tail_pids[@]} -eq 0 ] || kill "${tail_pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}

# More emulated CPUs than real ones and everything takes several times as long: three guests on two need twice the time of
# two. One with several of its own runs alone. The locks are held by this process until it ends.
vm_take_slots() {
  local slots=${QUELL_VM_SLOTS:-$(nproc)} needed=1 n fd told=''
  [ "$smp" = 1 ] || needed=$slots
  while :; do
    held=()
    for ((n = 0; n < slots && ${#held[@]} < needed; n++)); do
      exec {fd}>"$QUELL_CACHE/.vm-slot-$n"
      if flock -n "$fd"; then held+=("$fd"); else exec {fd}>&-; fi
    done
    ((${#held[@]} < needed)) || return 0
    for fd in "${held[@]}"; do exec {fd}>&-; done
    [ -n "$told" ] || { say "waiting: other guests are running"; told=1; }
    sleep 0.$((RANDOM % 5 + 1))
  done
}

vm_give_slots() {
  local fd
  for fd in "${held[@]}"; do exec {fd}>&-; done
}

vm_cmdline() {
  local line="root=PARTUUID=$ROOT_DISK_ID-01 rootwait rw rootfstype=ext4 init=/usr/lib/quell-vm/stage1 console=ttyS0"
  # oops=panic: a kernel that has oopsed must not go on to a green result.
  line+=" lsm=landlock,lockdown,yama,bpf mitigations=off panic=-1 oops=panic nokaslr cgroup_no_v1=all random.trust_cpu=on cryptomgr.notests"
  [ "$mode" != systemd ] || line+=" systemd.unit=quell-vm.target systemd.show_status=0 systemd.journald.forward_to_console=0"
  [ -n "$verbose" ] || line+=" quiet"
  printf '%s%s\n' "$line" "$extra"
}

vm_machine_args() {
  # What an emulator does byte by byte (rep stosb), or saves at each switch of tasks, is left out of the CPU: a quarter of the time
  # of short processes. A guest that counts instructions has it all.
  local cpu=max,-erms,-fsrm,-fsrs,-fzrm,-xsave,-avx,-avx2,-aes,-vaes,-pclmulqdq,-vpclmulqdq,-f16c,-fma,-la57,-pku accel=(-accel tcg,thread=multi)
  [ -z "$icount" ] || cpu=max accel=(-accel tcg,thread=single -icount shift=0,sleep=off)
  qemu_args=(-nodefaults -no-user-config -no-reboot -display none -monitor none -nic none -M q35 -cpu "$cpu" "${accel[@]}"
    -smp "$smp" -m "$mem" -kernel "$QUELL_CACHE/kernels/$kernel/vmlinuz" -append "$(vm_cmdline)" -serial "file:$work/console")
}

vm_qemu_args() {
  if [ -n "$warm" ]; then
    warm_qemu_args "$warm" "file=$warm/disk,format=qcow2,snapshot=on" "$work/payload"
    qemu_args+=(-incoming "file:$warm/state")
  else
    vm_machine_args
    qemu_args+=(-drive "file=$(guest_image_path),if=none,id=root,format=raw,snapshot=on,cache=unsafe" -device nvme,drive=root,serial=root
      -drive "file=$work/payload,if=none,id=payload,format=raw,readonly=on" -device nvme,drive=payload,serial=payload)
  fi
  [ -z "$disk_file" ] || qemu_args+=(-drive "file=$disk_file,if=none,id=disk,format=raw,cache=unsafe" -device nvme,drive=disk,serial=disk)
  # Output goes through a file: qemu writes to pipes without blocking and drops what a slow reader has not taken.
  if [ -n "$shell" ]; then qemu_args+=(-chardev stdio,id=out,signal=off -serial chardev:out)
  else qemu_args+=(-serial "file:$work/out"); fi
  qemu_args+=(-serial "file:$work/status")
}

# Now and then, on a machine with much to do, an emulated CPU gets no timer interrupt any more and the kernel stops in the
# middle of its boot. Nothing of the caller's has run by then, so that it is booted again; and it is said.
BOOT_LIMIT=100 BOOT_TRIES=3
vm_run() {
  local try
  for ((try = 1; ; try++)); do
    stuck=''
    vm_run_once $((try < BOOT_TRIES ? BOOT_LIMIT : timeout))
    [ -n "$stuck" ] || return 0
    say "the guest's kernel did not boot within $BOOT_LIMIT s: once more"
    if [ -n "$warm" ]; then
      warm=''
      write_payload "$work/payload" "$work" "$stage" "$copy"
    fi
  done
}

# vm_run_once SECONDS: gives the boot so long, and sets stuck when that is over.
vm_run_once() {
  local limit boot_limit=$((SECONDS + $1))
  : >"$work/console" && : >"$work/out" && : >"$work/status"
  vm_qemu_args
  if [ -n "$shell" ]; then
    "${qemu[@]}" "${qemu_args[@]}" || true
  else
    "${qemu[@]}" "${qemu_args[@]}" </dev/null >"$work/qemu" 2>&1 &
    qemu_pid=$!
    tail -q -s 0.5 -c +1 -f --pid=$qemu_pid "$work/out" 2>/dev/null &
    tail_pids=($!)
    if [ -n "$verbose" ]; then
      tail -q -s 0.5 -c +1 -f --pid=$qemu_pid "$work/console" >&2 2>/dev/null &
      tail_pids+=($!)
    fi
    limit=$((SECONDS + timeout))
    while kill -0 $qemu_pid 2>/dev/null; do
      if [ $SECONDS -ge $limit ]; then
        timed_out=1
        kill -KILL $qemu_pid 2>/dev/null || true
        break
      fi
      if [ -n "$boot_limit" ] && [ -s "$work/status" ]; then boot_limit=''; fi
      if [ -n "$boot_limit" ] && [ $SECONDS -ge $boot_limit ]; then
        stuck=1
        kill -KILL $qemu_pid 2>/dev/null || true
        break
      fi
      # Not a shorter sleep: 20 new processes a second for each guest were a quarter of this machine.
      sleep 1 &
      wait -n $qemu_pid $! 2>/dev/null || true
    done
    wait $qemu_pid 2>/dev/null || true
    qemu_pid=''
    wait "${tail_pids[@]}" 2>/dev/null || true
    tail_pids=()
  fi
}

# Ends the script with the guest's status.
vm_report() {
  [ -z "$log" ] || cp "$work/console" "$log"
  # NUL and CR: what a serial line may add.
  local status
  status=$(tr -d '\000\r' <"$work/status" | awk '/^status [0-9]+$/ { s = $2 } /^end$/ { print s }')
  if [ -n "$status" ]; then
    # Not a failure by itself, but nobody should have to find it by chance.
    ! grep -aqE 'WARNING: |BUG: |rcu: INFO|Oops' "$work/console" || {
      say "the kernel complained:"
      grep -aE -A 12 'WARNING: |BUG: |rcu: INFO|Oops' "$work/console" | tail -n 30 >&2
    }
    exit "$status"
  fi
  say "last lines of the guest's console:"
  { tail -n 30 "$work/console"; cat "$work/qemu" 2>/dev/null; } >&2
  if [ -n "${timed_out:-}" ]; then die "the guest was not done after $timeout s and was killed" "--timeout gives it longer, --verbose shows what it does" 125; fi
  die "the guest ended without a status (a panic, or it was powered off by hand)" "--verbose shows its console" 125
}

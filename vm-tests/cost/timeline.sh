# SPDX-License-Identifier: Apache-2.0
# What happens between an event and the last process's end, by the kernel's trace; its clock counts instructions.
trace=/sys/kernel/tracing/instances/quell

trace_begin() {
  local event
  mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
  mkdir -p "$trace"
  echo x86-tsc >"$trace/trace_clock"
  echo 32768 >"$trace/buffer_size_kb"
  echo 'cmd == 10' >"$trace/events/syscalls/sys_enter_bpf/filter" # a program is run
  for event in sched/sched_switch sched/sched_process_exit syscalls/sys_{enter,exit}_{bpf,write,unlink,unlinkat}; do
    echo 1 >"$trace/events/$event/enable" || fail "no trace of $event"
  done
  echo >"$trace/trace"
  echo 1 >"$trace/tracing_on"
}

trace_end() {
  echo 0 >"$trace/tracing_on"
  cat "$trace/trace" >/tmp/trace
  rmdir "$trace"
}

time_line() { # LINE DAEMON NANOSECONDS-FROM-REQUEST-TO-FLIP
  awk -v line="$1" -v daemon="$2" -v asked="$3" -f "$here/timeline.awk" /tmp/trace || fail "the trace has no $1"
}

# SPDX-License-Identifier: Apache-2.0
# A trace (timeline.sh) as steps, in instructions from the flip, or from the write where nobody flips; and who had the
# CPU from there to the last process's end.
#   step LINE N WHAT    share LINE N WHO     tabs between
function step(at, what,    i) { # in the order of time
  if (at == "") return
  for (i = ++steps; i > 1 && number[i - 1] > at; i--) { number[i] = number[i - 1]; text[i] = text[i - 1] }
  number[i] = at
  text[i] = what
}
function who(comm, pid) {
  if (comm ~ /^quelld/) return comm == "quelld" ? "quelld, the loop" : comm
  if (pid == killer) return "who wrote to cgroup.kill"
  if (comm == "events") return "the dying"
  return pid == 0 ? "nobody" : "others"
}
{
  cpu = index($0, " [000] ")
  if (!cpu) next
  left = substr($0, 1, cpu - 1)
  sub(/ +$/, "", left)
  pid = left
  sub(/.*-/, "", pid)
  comm = substr(left, 1, length(left) - length(pid) - 1)
  sub(/^ +/, "", comm)
  rest = substr($0, cpu + 7)
  sub(/^[^ ]+ +/, "", rest)
  now = rest + 0
  sub(/^[0-9]+: /, "", rest)
}
rest ~ /^sys_unlink(at)?\(/ && comm == "rm" { event = now }
rest ~ /^sys_unlink(at)? -> / && comm == "rm" { removed = now }
rest ~ /^sched_switch: / {
  if (flip != "") used[who(comm, pid)] += now - since
  since = now
  next_pid = rest
  sub(/.*next_pid=/, "", next_pid)
  next_pid += 0
  if (event != "" && woken == "" && next_pid == daemon && daemon) woken = now
  if (flip != "" && sweeper == "" && rest ~ /next_comm=quelld-sweep/) sweeper = now
}
# the last program that the daemon runs before it writes is the flip
rest ~ /^sys_bpf\(/ && pid == daemon && !struck { entered = now; running = 1 }
rest ~ /^sys_bpf -> / && pid == daemon && running && !struck { running = 0; flipped = now }
rest ~ /^sys_unlink(at)? -> / && pid == daemon && !struck { canary = now }
rest ~ /^sys_write\(/ && comm == "quelld-arm" && !struck { armed = now }
rest ~ /^sys_write\(/ && rest ~ /count: (0x)?1\)/ && !struck && (daemon ? pid == daemon && flipped != "" : comm == "cost_events") {
  struck = now
  killer = daemon ? -1 : pid
  flip = daemon ? entered : now
  since = flip
  for (name in used) delete used[name]
}
rest ~ /^sys_write -> / && struck && written == "" && (pid == daemon || pid == killer) { written = now }
rest ~ /^sched_process_exit: / && struck && comm == "events" && pid != killer {
  gone++
  if (gone == 1) first = now
  last = now
  for (name in used) { share[name] = used[name] }
  share[who(comm, pid)] += now - since
}
END {
  if (!struck || written == "" || gone != 20 || daemon && (event == "" || armed == "" || canary == "")) {
    printf "timeline: struck %s, written %s, %d gone, event %s, armed %s, canary %s\n", struck, written, gone, event, armed, canary >"/dev/stderr"
    exit 1
  }
  step(event, "the event: unlink is called")
  step(removed, "unlink has returned, with the incident in the kernel")
  step(woken, "the daemon runs")
  step(armed, "its hooks are attached, its descriptors open, its names looked up")
  if (daemon) step(flip - asked, "the request is received")
  step(canary, "the canary was tried")
  if (daemon) step(flip, "the flip")
  if (daemon) step(flipped, "its program has returned")
  step(struck, "cgroup.kill is written")
  step(first, "the first process has gone")
  step(written, "the write has returned")
  step(sweeper, "the sweeping thread runs")
  step(last, "the last of 20 has gone")
  for (i = 1; i <= steps; i++) printf "step\t%s\t%d\t%s\n", line, number[i] - flip, text[i]
  for (name in share) printf "share\t%s\t%d\t%s\n", line, share[name], name
}

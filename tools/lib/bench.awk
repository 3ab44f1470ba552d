# SPDX-License-Identifier: Apache-2.0
# The lines of vm-tests/cost/measure.sh as a table: what is added to the loop without BPF, beside its limit. Ends with 1
# when a limit is passed, or something was not measured.
BEGIN {
  # operation: host, container; then what an armed and an enforced quarantine may add to the former
  limit["open-read"] = limit["open-write"] = kernel == "6.1" ? "450 720" : "385 545"
  limit["unlink"] = kernel == "6.1" ? "410 720" : "370 660"
  if (kernel != "6.1") { # which has limits for opens and unlinks only
    limit["truncate"] = "390 720"
    limit["rename"] = "800 0"
  }
  limit["write"] = limit["read"] = "0 0"
  limit["connect"] = "0 0"
  armed["open-read"] = armed["open-write"] = kernel == "6.1" ? "465 750" : "400 575"
  enforced["open-read"] = enforced["open-write"] = kernel == "6.1" ? "585 995" : "520 820"
  armed["write"] = armed["read"] = "210 410"; enforced["write"] = enforced["read"] = "330 650"
  split("pack armed enforced", states, " ")
  split("tmpfs ext4 host-names container container-names first-process", places, " ")
}
$1 == "row" {
  for (i = 4; i < NF; i += 2) {
    value[$2, $3, $i] = $(i + 1)
    if (!($i in known)) { known[$i] = 1; order[++n] = $i }
  }
}
$1 == "value" { values[++m] = $0; named[$2] = $3 }
function known_row(state, place, op) { return (state SUBSEP place SUBSEP op) in value }
# What is added in a state; the first process has its container's loop to compare with.
function added(state, place, op,    base) {
  base = place == "first-process" ? "container" : place
  if (!known_row(state, place, op) || !known_row("none", base, op)) return ""
  # a truncation is of a byte that is written each time
  return value[state, place, op] - value["none", base, op] - (op == "truncate" ? added(state, place, "write") : 0)
}
function bound(state, place, op,    two, own) {
  if (!(op in limit)) return ""
  split(limit[op], two, " ")
  if (place ~ /names/) return op == "unlink" && place == "host-names" ? 720 + (state == "armed" ? 20 : state == "enforced" ? 140 : 0) : ""
  own = place == "container" || place == "first-process" ? two[2] : two[1]
  if (op == "rename" && place != "tmpfs" && place != "ext4") return ""
  # a first process may cost 110 more a call of a hook: opens are judged in one of them, the others in both
  if (state == "pack") return own + (place == "first-process" && own > 0 ? (op ~ /^open/ ? 110 : 220) : 0)
  if (state == "armed" && op in armed || state == "enforced" && op in enforced) {
    split(state == "armed" ? armed[op] : enforced[op], two, " ")
    return place == "container" ? two[2] : two[1]
  }
  return op == "connect" ? 0 : own + (state == "armed" ? 20 : 140)
}
function cell(got, most) {
  if (got == "") return "-"
  if (most != "" && got > most) { over++; return sprintf("%+d > %d !", got, most) }
  return most == "" ? sprintf("%+d", got) : sprintf("%+d <= %d", got, most)
}
# Everything that has to be there: a run that stopped in the middle is no good result.
function missing(what) { printf "NOT MEASURED: %s\n", what; absent++ }
function check_complete(    s, p, o, list, k, i, got) {
  o = split("open-read open-write write read create rename unlink truncate connect", list, " ")
  for (s = 0; s <= 3; s++) for (p = 1; p <= 6; p++) for (i = 1; i <= o; i++) {
    k = s ? states[s] : "none"
    if (places[p] == "first-process" && k != "pack") continue
    if (value[k, places[p], list[i]] !~ /^[0-9]+$/) missing(k " " places[p] " " list[i])
  }
  for (p = 1; p <= 4; p += 3) for (i = 1; i <= o; i++) {
    if (value["one-rule", places[p], list[i]] !~ /^[0-9]+$/) missing("one-rule " places[p] " " list[i])
    if (value["thousand-rules", places[p], list[i]] !~ /^[0-9]+$/) missing("thousand-rules " places[p] " " list[i])
  }
  o = split("fork-exec-exit fork-exec-exit-armed fork-exec-exit-enforced container-start container-end request-to-flip " \
    "bare-kill kill kill-per-mille daemon-VmRSS daemon-VmHWM maps maps-after own-one-rule own-thousand-rules", list, " ")
  for (i = 1; i <= o; i++) if (named[list[i]] !~ /^[0-9]+$/) missing(list[i])
}
END {
  check_complete()
  printf "instructions added, %s\n%-11s %-16s %9s", kernel, "operation", "where", "without"
  for (s = 1; s <= 3; s++) printf " %17s", states[s]
  print ""
  for (i = 1; i <= n; i++) for (p = 1; p <= 6; p++) {
    if (added("pack", places[p], order[i]) == "") continue
    printf "%-11s %-16s %9s", order[i], places[p], value["none", places[p] == "first-process" ? "container" : places[p], order[i]]
    for (s = 1; s <= 3; s++) printf " %17s", cell(added(states[s], places[p], order[i]), bound(states[s], places[p], order[i]))
    print ""
  }
  print "1,000 rules beside 1:"
  for (i = 1; i <= n; i++) for (p = 1; p <= 4; p += 3)
    if (known_row("one-rule", places[p], order[i])) {
      d = value["thousand-rules", places[p], order[i]] - value["one-rule", places[p], order[i]]
      mark = ""
      # on overlay these end in a journal: what the programs alone did is compared below
      if (d > 30 && !(places[p] == "container" && order[i] ~ /^(create|rename)$/)) { mark = " > 30 !"; over++ }
      printf "%-11s %-16s %+d%s\n", order[i], places[p], d, mark
    }
  for (i = 1; i <= m; i++) {
    split(values[i], part, " ")
    text = values[i]
    sub(/^value [^ ]+ [^ ]+ [^ ]+ /, "", text)
    bad = part[4] > 0 && part[3] > part[4]
    most = ""
    if (part[4] > 0) most = (bad ? " > " : " <= ") part[4]
    printf "%-24s %9s%-12s %s\n", part[2], part[3], most, text
    if (bad) over++
  }
  # nine kinds of operations in turn, counted in tenths: 30 in a single kind would show as 33
  d = named["own-thousand-rules"] - named["own-one-rule"]
  printf "%-24s %+9d%-12s %s\n", "own-rules-difference", d, (d > 33 ? " > 33 !" : " <= 33"), "the two"
  if (d > 33) over++
  if (absent) { printf "%d figures were not measured\n", absent; exit 1 }
  if (over) { printf "%d figures beyond their limits\n", over; exit 1 }
}

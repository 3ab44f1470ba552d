# SPDX-License-Identifier: Apache-2.0
# What more rules cost, and the memory of maps. Sourced by measure.sh.
policy_of() { # COUNT
  local i
  printf 'apiVersion: quell/v1\nkind: Policy\nmetadata: {name: many}\nspec:\n  rules:\n'
  for ((i = 0; i < $1; i++)); do
    printf '    - {id: r%d, name: R, severity: low, on: [delete, rename, truncate, open-read], where: {subject: any}, match: {path: [/srv/data%d/**, /opt/app%d/secret]}, respond: {offer: [kill-container]}}\n' $i $i $i
  done
}

# What the elements that there are take. bpftool has that from 6.4 on; on 6.1 it says what the maximum would take. As the
# kernel counts: 16 bytes for a bucket, 48 and key and value, to 8 bytes, for an element.
held_kib() {
  local map shown count
  for map in /sys/fs/bpf/quell/{maps,policy}/*; do
    shown=$(bpftool -j map show pinned "$map") count=0
    [ "$(jq -r .type <<<"$shown")" != hash ] || count=$(bpftool -j map dump pinned "$map" | jq length)
    jq --argjson count "$count" 'def up: (. + 7) / 8 | floor * 8;
      if .type != "hash" then .bytes_memlock
      else (.max_entries | log2 | ceil | exp2) * 16 + $count * (48 + (.bytes_key | up) + (.bytes_value | up)) end' <<<"$shown" || echo unknown # ends the sum: a map left out would make it look good
  done | jq -s 'add / 1024 | floor'
}

value maps "$(maps_kib)" 8192 "KiB of BPF maps with the pack, as bpftool tells"
value maps-held "$(held_kib)" 8192 "KiB of the elements that there are"
"$events" visit /cost-tmpfs/many 100000
value maps-after "$(maps_kib)" 8192 "KiB after 100,000 directories"

rm -f /etc/quell/policy.d/*
# Creating, renaming and removing on overlay end in a journal whose own cost hides a difference: the programs are compared,
# with 1 rule, with 1,000 and with 1 again.
with_rules() { # NAME COUNT
  policy_of "$2" >/etc/quell/policy.d/many.yaml
  quell policy apply >/dev/null || fail "$2 rules were not applied"
  row "$1" tmpfs container
  programs "$1" container create rename unlink
  for place in tmpfs container; do programs "$1-open" "$place" open-read; done
}
with_rules one-rule 1
with_rules thousand-rules 1000
memory daemon-1000-rules 0 0
with_rules one-rule-again 1

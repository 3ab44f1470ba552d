# SPDX-License-Identifier: Apache-2.0
# What more rules cost, and the memory of maps. Sourced by measure.sh.
policy_of() { # COUNT
  local i
  printf 'apiVersion: quell/v1\nkind: Policy\nmetadata: {name: many}\nspec:\n  rules:\n'
  for ((i = 0; i < $1; i++)); do
    printf '    - {id: r%d, name: R, severity: low, on: [delete, rename, truncate, open-read], where: {subject: any}, match: {path: [/srv/data%d/**, /opt/app%d/secret]}, respond: {offer: [kill-container]}}\n' $i $i $i
  done
}
maps_kib() { for map in /sys/fs/bpf/quell/maps/*; do bpftool -j map show pinned "$map"; echo; done | jq -s 'map(.bytes_memlock) | add / 1024 | floor'; }

value maps "$(maps_kib)" 8192 "KiB of BPF maps with the pack"
"$events" visit /cost-tmpfs/many 100000
value maps-after "$(maps_kib)" 8192 "KiB after 100,000 directories"

# What the programs did in a whole loop: creating and renaming end in a journal whose own cost hides a difference.
own_rules() { # NAME WHAT
  local before
  sysctl -q kernel.bpf_stats_enabled=1
  before=$(bpf_ns '^quell')
  loop_in container >/dev/null
  value "own-$1" $((($(bpf_ns '^quell') - before) / 1260)) 0 "ten operations of a whole loop in a container with $2, the programs alone"
  sysctl -q kernel.bpf_stats_enabled=0
}

rm -f /etc/quell/policy.d/*
policy_of 1 >/etc/quell/policy.d/many.yaml
quell policy apply >/dev/null || exit 1
row one-rule tmpfs container
own_rules one-rule "1 rule"
policy_of 1000 >/etc/quell/policy.d/many.yaml
quell policy apply >/dev/null || exit 1
row thousand-rules tmpfs container
own_rules thousand-rules "1,000 rules"

# SPDX-License-Identifier: Apache-2.0
# Telling and checking: every claim of the demo is a check, and the first that does not hold ends it. Source it.
export NO_COLOR=1 COLUMNS=200

checks=0
chapter() { printf '\n—— %s\n' "$*"; }
tell() { printf '%s\n' "$*"; }

# play COMMAND...: shows it as an operator would type it, and what it prints; $output and $status remain.
prompt='' as=()
play() {
  local word line=
  for word; do
    [[ $word != *[!A-Za-z0-9_./@:=-]* ]] || word="\"$word\""
    line+=" $word"
  done
  printf '\n%s$%s\n' "$prompt" "$line"
  status=0
  output=$("${as[@]}" "$@" 2>&1) || status=$?
  [ -z "$output" ] || printf '%s\n' "$output"
}
# play_as USER COMMAND...: the same, typed by this user.
play_as() {
  local prompt=$1 as=(setpriv --reuid "$1" --regid "$1" --init-groups --)
  shift
  play "$@"
}

fail() {
  printf '\nNOT SEEN: %s\n' "$*"
  tail -n 20 /var/log/quelld.console 2>/dev/null
  exit 1
}
# seen WHAT COMMAND...: the command says whether it is so.
seen() {
  local what=$1
  shift
  "$@" >/dev/null 2>&1 || fail "$what"
  checks=$((checks + 1))
  printf '  ✓ %s\n' "$what"
}
# soon WHAT COMMAND...: the same, within 20 s.
soon() {
  local what=$1 try
  shift
  for ((try = 0; try < 100; try++)); do
    if "$@" >/dev/null 2>&1; then seen "$what" true; return; fi
    sleep 0.2
  done
  fail "$what"
}
says() { seen "$1" grep -qE -- "$2" <<<"$output"; }
ended() { seen "$1" [ "$status" = "$2" ]; }
not() { ! "$@"; }

# find_incident CONTAINER OPERATION: sets $id, once it waits for a decision.
find_incident() {
  local try
  for ((try = 0; try < 100; try++)); do
    id=$(quell incidents --json | jq -r --arg name "$1" --arg operation "$2" '[.incidents[]
      | select(.state == "pending" and .operation == $operation and .container.name == $name)][0].id // empty')
    [ -z "$id" ] || return 0
    sleep 0.2
  done
  fail "an incident of $2 in $1"
}
digest() { quell show "$1" --json | jq -r --arg response "$2" '.incident.offers[] | select(.response == $response) | .digest // empty'; }
# row_says ID ACTION TEXT: of the incident's newest row of that kind, result and reason.
row_says() {
  quell history --incident "$1" --json |
    jq -r --arg action "$2" '[.rows[] | select(.action == $action) | (.result // "") + " | " + (.reason // "")][0] // empty' | grep -qE -- "$3"
}
# has_row ID ACTION USER
has_row() {
  quell history --incident "$1" --json |
    jq -e --arg action "$2" --arg user "$3" 'any(.rows[]; .action == $action and .who.user == $user)'
}
state_is() { [ "$(quell show "$1" --json | jq -r .incident.state)" = "$2" ]; }

# SPDX-License-Identifier: Apache-2.0
# A terminal of 100x30 in which somebody works with quell console: keys are pressed, the screen is looked at. tmux and its
# libraries lie beside this. Source it.
terminal() { LD_LIBRARY_PATH=$here "$here/tmux" -u -f /dev/null -S /tmp/demo-terminal "$@" </dev/null; }

# open_console USER
open_console() {
  printf '\n%s$ quell console\n' "$1"
  terminal start-server \; set-option -g status off \; set-option -g escape-time 0 \; new-session -d -x 100 -y 30 \
    "env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 TERM=\"\$TERM\" setpriv --reuid $1 --regid $1 --init-groups -- quell console; echo left with \$?; exec sleep 1000" || fail "a terminal"
}
close_console() {
  press q q q
  soon "the console is left" on_screen "left with 0"
  terminal kill-server
}

press() { terminal send-keys "$@"; }
type_text() { terminal send-keys -l -- "$1"; }
on_screen() { grep -qF -- "$1" <<<"$(terminal capture-pane -p)"; }
picture() { printf '%s\n' "$(terminal capture-pane -p)"; }

# pick RESPONSE: until that offer is the marked one; the page may still be loading.
pick() {
  local try
  for ((try = 0; try < 40; try++)); do
    on_screen "> $1" && return
    ! on_screen "> " || press Tab
    sleep 0.5
  done
  return 1
}

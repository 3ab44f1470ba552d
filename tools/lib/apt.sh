# SPDX-License-Identifier: Apache-2.0
# Debian's archive as this machine is set up to reach it, and an apt of our own beside the host's: own sources, own
# lists, own (empty) status, so that other suites can be read without the host ever being offered an upgrade.

# The URI of the main Debian archive, from the machine's own apt configuration.
debian_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(CREATED_BY)' 2>/dev/null |
    awk '$2 ~ /^(bookworm|stable|trixie|sid)$/ && $3 == "main" && $4 == "Packages" { print $1; exit }')
  [ -n "$uri" ] || die "no Debian archive found in this machine's apt configuration" \
    "add bookworm main to /etc/apt/sources.list and run apt-get update"
  printf '%s\n' "${uri%/}"
}

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# own_apt_setup NAME SUITE...: makes $QUELL_CACHE/apt/NAME; afterwards `apt-get "${OWN_APT[@]}" ...` uses it.
own_apt_setup() {
  local dir=$QUELL_CACHE/apt/$1 mirror suite
  shift
  mirror=$(debian_mirror)
  mkdir -p "$dir"/{state/lists/partial,cache/archives/partial}
  : >"$dir/status"
  for suite in "$@"; do
    printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$DEBIAN_KEYRING" "$mirror" "$suite"
  done >"$dir/sources.list"
  OWN_APT=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null
    -o "Dir::State=$dir/state" -o "Dir::State::lists=$dir/state/lists" -o "Dir::State::status=$dir/status"
    -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root -o APT::Architecture=amd64
    -o Acquire::Languages=none -o Acquire::Retries=3
    -o 'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false')
}

# Proxy, pinning of certificates and the like, as options for a chroot that does not see /etc/apt.
apt_acquire_options() { apt-config dump | sed -n '/^Acquire::\(http\|https\)::[A-Za-z:.-]* "..*";$/p'; }

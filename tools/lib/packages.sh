# SPDX-License-Identifier: Apache-2.0
# Debian 12 packages of the host, by purpose. bootstrap installs what is missing.
PACKAGES_BUILD=(g++ clang-14 libclang-rt-14-dev llvm-14 cmake ninja-build ccache pkg-config git bpftool libbpf-dev libelf-dev zlib1g-dev
  libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libspdlog-dev libsqlite3-dev libboost-dev libcap-dev libseccomp-dev
  libncurses-dev libcurl4-openssl-dev libmicrohttpd-dev nettle-dev libarchive-dev)
PACKAGES_TEST=(libgtest-dev libgmock-dev libbenchmark-dev sqlite3 liburing-dev golang-go golang-github-varlink-go-dev tmux openssl)
PACKAGES_VM=(qemu-system-x86 cpio mmdebstrap debian-archive-keyring e2fsprogs kmod binutils zstd lz4 xz-utils tar jq)

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# day.sh PART: a part of a host's ordinary day, by Debian's own programs (day_test.cpp runs them in this order). Each part ends
# with what it was to bring about; the first thing that fails ends it.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

# What an administrator made before the day began, and the rules of hardened-host would see made.
before() {
  mkdir -p -m 700 /root/.ssh /home/user/.ssh
  ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
  cat /root/.ssh/id_ed25519.pub | tee /root/.ssh/authorized_keys >/home/user/.ssh/authorized_keys
  chown -R user: /home/user/.ssh
  # cron.daily at once and not at 6:25, by cron itself, of packages that are whole; with the path of /etc/crontab, without which
  # their scripts do not find their programs
  printf '%s\n' 'PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin' \
    '* * * * * root test ! -e /run/day.whole -o -e /run/day.daily || { touch /run/day.daily; cd / && run-parts /etc/cron.daily >/run/day.said 2>&1 && echo done >/run/day.daily; }' >/etc/cron.d/day
  echo '* * * * * date >>/home/user/by-cron' | crontab -u user -
  # by the time of the last change of the text alone: nobody can set the others back
  printf 'd /var/log/aged 0755 root root m:1d\nf /var/log/made 0640 root adm\n' >/etc/tmpfiles.d/day.conf
  mkdir -p /run/systemd/journald.conf.d
  printf '[Journal]\nStorage=persistent\nSystemMaxFiles=2\n' >/run/systemd/journald.conf.d/day.conf
  systemctl restart systemd-journald
  systemctl -q enable --now rsyslog cron
}

packages() {
  apt-get -q update
  apt-get -q -y install openssh-server at anacron libpam-cap
  test -u /usr/bin/at -a -f /etc/ssh/sshd_config
  grep -q pam_cap /etc/pam.d/common-auth
  systemctl is-active ssh atd
  dpkg -i /srv/repository/{libsensors*,sysstat*}.deb
  apt-get -q -y install lighttpd chrony
  getent passwd _chrony
  test -d /var/log/chrony -a -d /var/log/lighttpd
  apt-get -q -y --reinstall install at
  touch /run/day.whole
}

users() {
  local name
  groupadd staff2
  useradd -m -s /bin/bash -G staff2 anna
  echo anna:secret | chpasswd
  adduser --quiet --disabled-password --gecos Bert bert
  usermod -aG adm,staff2 bert
  gpasswd -d bert adm
  passwd -q -l bert
  passwd -S anna | grep '^anna P '
  chage -M 90 anna
  chsh -s /bin/sh anna
  chfn -f 'Anna B' anna
  su - anna -c 'id -un' | grep -x anna
  sudo -u bert id -un | grep -x bert
  deluser --quiet bert staff2
  # su has made a session, which ends a moment later than it
  loginctl terminate-user anna bert || true
  for name in anna bert; do timeout 60 sh -c "while pgrep -u $name; do sleep 0.2; done"; done
  userdel -r bert
  userdel -r anna
  groupdel staff2
  ! getent passwd anna bert
}

logins() {
  local at="-o StrictHostKeyChecking=accept-new -o BatchMode=yes"
  ssh $at user@localhost id -un | grep -x user
  ssh $at root@localhost 'cat /proc/self/loginuid' | grep -x 0
  ssh -tt $at user@localhost 'tty && last -n 1 && exit' </dev/null | grep /dev/pts
  # by hand: a login shell, and what it keeps of it
  (sleep 3; printf 'id -un\nexit\n') | ssh -tt $at root@localhost | grep root
  grep -x 'id -un' /root/.bash_history
  scp -q $at /etc/hosts user@localhost:copied
  cmp /etc/hosts /home/user/copied
  printf 'get copied /tmp/fetched\nrm copied\n' | sftp -q $at -b - user@localhost
  cmp /etc/hosts /tmp/fetched
}

compile() {
  mkdir -p /home/user/src && cd /home/user/src
  printf 'int twice(int);\n' >twice.h
  printf '#include "twice.h"\nint twice(int n) { return 2 * n; }\n' >twice.c
  printf '#include <stdio.h>\n#include "twice.h"\nint main(void) { printf("%%d\\n", twice(21)); return 0; }\n' >main.c
  printf 'twice: main.o twice.o\n\tgcc -o $@ $^\n%%.o: %%.c twice.h\n\tgcc -O2 -Wall -c $<\ninstall: twice\n\tinstall twice /usr/local/bin/\nclean:\n\trm -f *.o twice\n' >Makefile
  chown -R user: .
  su user -c make
  make install
  su user -c 'make clean'
  twice | grep -x 42
}

logs() {
  local name
  logger of the day
  until grep -q 'of the day' /var/log/syslog; do sleep 0.2; done
  logrotate -f /etc/logrotate.conf
  for name in syslog dpkg.log wtmp lighttpd/error.log apt/history.log; do test -s /var/log/$name.1 -o -s /var/log/$name.1.gz || { echo "$name was not rotated"; false; }; done
  systemctl start logrotate.service
  for name in 1 2 3; do
    logger "journal $name"
    journalctl --sync
    journalctl --rotate
  done
  test "$(ls /var/log/journal/*/system@*.journal | wc -l)" -le 2
  mkdir -p /var/log/aged && touch /var/log/aged/new && touch -d '3 days ago' /var/log/aged/old
  systemd-tmpfiles --create --clean
  test "$(ls /var/log/aged)" = new -a -f /var/log/made
}

services() {
  systemctl daemon-reload
  systemctl restart rsyslog ssh lighttpd
  # a reload is a signal, which ends it while it reads its configuration
  timeout 120 bash -c 'until (: </dev/tcp/127.0.0.1/80) 2>/dev/null; do sleep 0.5; done'
  systemctl reload lighttpd
  systemctl disable --now chrony
  systemctl enable --now chrony
  systemctl mask atd
  systemctl unmask atd
  systemctl is-active rsyslog ssh lighttpd
  systemd-run --wait -q -p ProtectSystem=strict -p LogsDirectory=day -p PrivateTmp=yes touch /var/log/day/x
  hostnamectl set-hostname elsewhere && hostnamectl set-hostname quell
  timedatectl set-timezone Europe/Berlin && timedatectl set-timezone UTC
}

# A log, and a volume of the host, in containers of an image.
containers() {
  local P='podman --log-level error --cgroup-manager systemd' number
  tar -C /usr/share/quell-vm/rootfs -c . | $P import -q - localhost/day:1
  mkdir -p /srv/data
  for number in 1 2 3; do
    $P run --rm --network none -v /srv/data:/data -v day:/cache localhost/day:1 sh -c "echo $number >>/data/podman; echo >>/var/log/app.log; cat /data/podman"
  done
  test "$(wc -l </srv/data/podman)" = 3
  $P volume rm day
  $P rmi localhost/day:1
}

timed() {
  local until=$((SECONDS + 150))
  until [ -s /run/day.daily -a -s /home/user/by-cron ]; do
    [ $SECONDS -lt $until ] || { echo 'cron has not run its jobs'; ls -l /run/day.daily /home/user; cat /run/day.said; false; }
    sleep 1
  done
}

removal() {
  dpkg -r at
  dpkg --purge sysstat
  apt-get -q -y remove anacron
  apt-get -q -y purge lighttpd chrony libpam-cap at
  apt-get -q -y --purge autoremove
  apt-get -q clean
  ! test -e /var/log/lighttpd -o -e /etc/at.deny -o -e /etc/cron.d/sysstat
  ! grep -q pam_cap /etc/pam.d/common-auth
}

"$1"

# SPDX-License-Identifier: Apache-2.0
# @summary The policy files: staged, checked as one set, installed.
#
# @api private
class quell::policy {
  $staging = $quell::policy_staging
  $place = $quell::policy_place

  file { $staging:
    ensure  => directory,
    owner   => 'root',
    group   => 'root',
    mode    => '0600',
    source  => $quell::policy_directory,
    recurse => true,
    purge   => true,
    force   => true,
    backup  => false,
  }
  $quell::policies.each |$name, $source| {
    file { "${staging}/${name}":
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0600',
      source => $source,
      before => Exec['quell policy check'],
    }
  }

  # What is installed is what was checked: the staged files, and with them the ones in place that stay.
  if $quell::policy_purge {
    $recurse = true
    $stay = ''
  } else {
    $recurse = remote
    $stay = @("SH"/L$)
      for file in ${place}/*.yaml; do \
      [ ! -e "\$file" ] || [ -e "${staging}/\${file##*/}" ] || set -- "\$@" "\$file"; done;
      |-SH
  }
  # A set that is right is no news. The command is there to fail, and to say why.
  $check = "set -- ${staging}; ${stay} /usr/bin/quell policy check \"\$@\""
  exec { 'quell policy check':
    command   => $check,
    unless    => $check,
    provider  => shell,
    logoutput => true,
    require   => File[$staging],
  }

  file { $place:
    ensure  => directory,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    source  => $staging,
    recurse => $recurse,
    purge   => $quell::policy_purge,
    require => Exec['quell policy check'],
  }
}

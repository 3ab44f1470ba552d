# SPDX-License-Identifier: Apache-2.0
# @summary Policies, configuration and service of Quell.
#
# All policy files are one set: what is right by itself may clash with another file. So the whole set is put together
# beside the one in place and checked there; where the check fails, all that comes after it is left as it is.
#
# @param policies
#   Names of policy files to their sources, as a file resource takes them.
# @param policy_directory
#   The source of a directory of policy files.
# @param policy_purge
#   Whether everything else is removed from the directory of policies.
# @param policy_place
#   The directory of policies, where the configuration names another one than usual.
# @param policy_staging
#   Where the set is put together.
# @param config
#   quell.yaml, whole: sections of keys, see quell.yaml(5). Empty: the file on the host is left as it is.
class quell (
  Hash[Quell::Filename, String[1]]                   $policies         = {},
  Optional[String[1]]                                $policy_directory = undef,
  Boolean                                            $policy_purge     = false,
  Quell::Path                                        $policy_place     = '/etc/quell/policy.d',
  Quell::Path                                        $policy_staging   = '/etc/quell/policy.staged',
  Hash[Quell::Word, Hash[Quell::Word, Quell::Value]] $config           = {},
) {
  unless empty($config) {
    file { '/etc/quell/quell.yaml':
      ensure       => file,
      owner        => 'root',
      group        => 'root',
      mode         => '0644',
      content      => epp('quell/quell.yaml.epp', { 'config' => $config }),
      validate_cmd => '/usr/sbin/quelld --check-config --config %',
      notify       => Service['quelld'],
    }
  }

  service { 'quelld':
    ensure => running,
    enable => true,
  }

  if $policy_purge or $policy_directory or !empty($policies) {
    contain quell::policy
    # The configuration too: a restart that a policy hinders would be forgotten.
    Class['quell::policy'] -> File <| title == '/etc/quell/quell.yaml' |>
    Class['quell::policy'] -> Service['quelld']

    # The daemon is asked, and not the files: what an earlier run left undone is done by this one.
    exec { 'quell policy apply':
      command  => '/usr/bin/quell policy apply',
      unless   => '/usr/bin/quell policy apply --dry-run | grep -q "^would change nothing"',
      provider => shell,
      require  => Service['quelld'],
    }
  }
}

# SPDX-License-Identifier: Apache-2.0
# The name of a policy file; the daemon reads no other ones.
type Quell::Filename = Pattern[/\A[A-Za-z0-9_][A-Za-z0-9_.-]*\.yaml\z/]

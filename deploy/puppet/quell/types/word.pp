# SPDX-License-Identifier: Apache-2.0
# A section or key of quell.yaml.
type Quell::Word = Pattern[/\A[a-z_]+\z/]

# SPDX-License-Identifier: Apache-2.0
# Text that needs no quotes in YAML.
type Quell::Text = Pattern[/\A[A-Za-z0-9\/][A-Za-z0-9\/_.-]*\z/]

# SPDX-License-Identifier: Apache-2.0
# An absolute path that needs no quotes, neither in YAML nor in a shell.
type Quell::Path = Pattern[/\A\/[A-Za-z0-9\/_.-]*[A-Za-z0-9_-]\z/]

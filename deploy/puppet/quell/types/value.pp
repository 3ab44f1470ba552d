# SPDX-License-Identifier: Apache-2.0
# A value of quell.yaml: no text that would need quotes in YAML.
type Quell::Value = Variant[Integer, Quell::Text, Array[Quell::Text]]

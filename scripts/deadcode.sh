#!/bin/sh
# Fails when a function is there that no program reaches. What other programs
# may call (kinde, importer, exporter, mapping) is left out, and so is what holds
# tests only; scripts/deadcode.txt lists what else may stay, and why.
set -eu
cd "$(dirname "$0")/.."
found=$(mktemp)
trap 'rm -f "$found"' EXIT
go tool deadcode ./... >"$found"
sed -i -E '/^(kinde|importer|exporter|mapping|internal\/(openapitest|databasetest|providertest|tenanttest|testenv)|examples)\//d; s/:[0-9]+:[0-9]+: unreachable func://' "$found"
grep -vE '^(#|$)' scripts/deadcode.txt | LC_ALL=C sort | diff -u --label 'may stay' --label 'unreachable' - /dev/fd/3 3<<EOF
$(LC_ALL=C sort "$found")
EOF

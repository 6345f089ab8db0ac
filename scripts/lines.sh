#!/usr/bin/env bash
# How many lines of Go are written for the program and for its tests. What is neither
# part of the program nor of the packages that others import is there for tests: their
# providers, databases and tenants.
set -euo pipefail
cd "$(dirname "$0")/.."

count() { xargs -r cat | wc -l; }
shipped=$(go list -deps . ./kinde/... ./importer ./exporter ./mapping | grep "^$(go list -m)" | sort -u)
code=0 support=0
while read -r path dir; do
	lines=$(find "$dir" -maxdepth 1 -name '*.go' ! -name '*_test.go' | count)
	if grep -qxF "$path" <<<"$shipped"; then code=$((code + lines)); else support=$((support + lines)); fi
done < <(go list -f '{{.ImportPath}} {{.Dir}}' ./...)
tests=$(git ls-files '*_test.go' | count)
stories=$(git ls-files 'testdata/script/*.txtar' | count)
echo "program and public packages: $code"
echo "tests: $tests, what only they need: $support, stories: $stories"
awk -v c="$code" -v t="$((tests + support + stories))" 'BEGIN { printf "lines of test for each line of code: %.2f\n", t / c }'

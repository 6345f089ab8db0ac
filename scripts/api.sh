#!/bin/sh
# Lists the public API of the packages that other programs may build on, as
# docs/api.txt holds it. A test compares the two: a change of the API is made
# on purpose, and seen in a review.
#
#   scripts/api.sh > docs/api.txt
set -eu
cd "$(dirname "$0")/.."
for package in kinde importer exporter mapping; do
	go doc -all "./$package"
done

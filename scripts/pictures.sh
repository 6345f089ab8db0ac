#!/usr/bin/env bash
# Draws docs/images/terminal.svg from a real run over the Auth0 sample.
#   KINDE_MIGRATE=./kinde-migrate scripts/pictures.sh
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${KINDE_MIGRATE:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "$binary" ]; then
	go build -o "$folder/kinde-migrate" .
	binary="$folder/kinde-migrate"
fi
binary=$(realpath "$binary")
cp samples/auth0/*.ndjson "$folder"
{
	echo '$ kinde-migrate import --sandbox users.ndjson --passwords passwords.ndjson'
	(cd "$folder" && "$binary" import --sandbox users.ndjson --passwords passwords.ndjson 2>&1)
} | go run ./scripts/terminal >"$folder/terminal.svg"
mkdir -p docs/images
cp "$folder/terminal.svg" docs/images/terminal.svg

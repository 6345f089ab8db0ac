#!/usr/bin/env bash
# Builds the release of a commit into dist/: static binaries for six platforms,
# SHA256SUMS and an SBOM. The same commit and the same Go give the same bytes,
# on any machine and in any folder: the build runs in a clean clone, so that the
# version comes from the tag and nothing of the working tree gets in.
#
#   scripts/release.sh [COMMIT]          default HEAD
#   PLATFORMS="linux/amd64" scripts/release.sh
#   DIST=/tmp/again scripts/release.sh   another folder, to compare
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse --verify "${1:-HEAD}^{commit}")
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}
dist=${DIST:-$PWD/dist}
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct "$commit")}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet --no-hardlinks . "$work/src"
git -C "$work/src" -c advice.detachedHead=false checkout --quiet "$commit"

# Nothing of the caller's environment may change a byte.
export CGO_ENABLED=0 GOFLAGS="-mod=readonly" GOAMD64=v1 GOARM64=v8.0 GOEXPERIMENT= GOWORK=off LC_ALL=C TZ=UTC
mkdir -p "$work/out"
for platform in $platforms; do
	os=${platform%/*} arch=${platform#*/} suffix=
	if [ "$os" = windows ]; then suffix=.exe; fi
	echo "building $platform" >&2
	(cd "$work/src" && GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=true -ldflags="-s -w -buildid=" \
		-o "$work/out/kinde-migrate-$os-$arch$suffix" .)
done

# The list of materials is read back from the binaries, not from go.mod: it
# names what was linked, and nothing else.
(cd "$work/src" && go run ./scripts/sbom "$work"/out/kinde-migrate-*) > "$work/out/sbom.cdx.json"
(cd "$work/out" && sha256sum -- kinde-migrate-* sbom.cdx.json > SHA256SUMS)

mkdir -p "$dist"
for file in "$work"/out/*; do
	touch -d "@$SOURCE_DATE_EPOCH" "$file"
	mv -f "$file" "$dist/"
done
cat "$dist/SHA256SUMS"

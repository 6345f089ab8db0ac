#!/usr/bin/env bash
# make.sh [NAME...]: make the exports of testdata/real/ anew with the real software,
# and show what changed. Packages of Debian are installed when they are missing and
# the user may do that; packages of npm and modules of Go go into a temporary folder. Databases and
# directories run in that folder too, on sockets that only this script knows.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export REAL="$top/testdata/real" DATABASES="$top/testdata/databases"
mkdir -p "$DATABASES"
export WORK=${REALEXPORTS_WORK:-$(mktemp -d)}
mkdir -p "$WORK" && chmod 755 "$WORK"

packages=(python3-django python3-psycopg2 python3-argon2 python3-bcrypt wordpress php-cli php-mysql php-sqlite3
  php-illuminate-database php-illuminate-hashing mariadb-server slapd slapd-contrib ldap-utils ruby ruby-devise
  ruby-activerecord ruby-sqlite3 ruby-pg sqlite3 postgresql postgresql-contrib)
missing=$(for p in "${packages[@]}"; do dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"; done)
if [ -n "$missing" ]; then
  echo "installing" $missing
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >"$WORK/apt.log" 2>&1
fi

# npm_install FOLDER PACKAGE@VERSION...: what a maker needs, in a folder of its own.
npm_install() {
  local folder="$WORK/npm/$1"
  shift
  if [ ! -d "$folder/node_modules" ]; then
    mkdir -p "$folder"
    (cd "$folder" && npm init -y >/dev/null && npm install --no-audit --no-fund --ignore-scripts "$@" >npm.log 2>&1)
  fi
  echo "$folder"
}

. "$here/services.sh"
. "$here/mongo.sh"
trap stop_services EXIT

names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(ls "$here"/*/make.sh | xargs -n1 dirname | xargs -n1 basename))
for name in "${names[@]}"; do
  echo "$name"
  export HERE="$here/$name" OUT="$REAL/$name"
  set +e # within an || the shell would go on after a command that fails
  ( set -e; . "$here/$name/make.sh" )
  [ $? = 0 ] || { echo "$name failed" >&2; failed=1; }
  set -e
done
cd "$top" && git --no-pager diff --stat -- testdata/real && git status --short -- testdata/real
exit ${failed:-0}

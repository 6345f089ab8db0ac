# mongo.sh: a server of MongoDB's protocol in $WORK: FerretDB, from the Go module proxy,
# on SQLite. Sourced by make.sh.

# mongo_database NAME: sets MONGODB to an empty database.
mongo_database() {
  export MONGODB="mongodb://$(printf %s "$WORK/mongo/db.sock" | sed 's|/|%2F|g')/$1"
  [ ! -e "$WORK/mongo.service.pid" ] || return 0
  ferretdb_build
  rm -rf "$WORK/mongo"
  folder_of "$WORK/mongo" daemon
  serve mongo daemon "$WORK/ferretdb" --handler=sqlite --sqlite-url="file:$WORK/mongo/" --state-dir="$WORK/mongo" \
    --telemetry=disable --listen-addr= --listen-unix="$WORK/mongo/db.sock" --debug-addr=- --log-level=warn
  until_true test -S "$WORK/mongo/db.sock"
}

# ferretdb_build: the module holds everything but the file that names its version.
ferretdb_build() {
  [ ! -x "$WORK/ferretdb" ] || return 0
  local module source="$WORK/ferretdb.src"
  module=$(cd "$WORK" && go mod download -json github.com/FerretDB/FerretDB@v1.24.2 | jq -r .Dir)
  cp -r "$module" "$source" && chmod -R u+w "$source"
  echo v1.24.2 >"$source/build/version/version.txt"
  (cd "$source" && go build -ldflags=-w -o "$WORK/ferretdb" ./cmd/ferretdb)
}

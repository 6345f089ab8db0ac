# services.sh: PostgreSQL, MariaDB and OpenLDAP in $WORK, each started when a maker
# asks for it and ended by its id. Sourced by make.sh.
services=()

# The servers start in the subshell of a maker: they are ended by what they noted.
stop_services() {
  local pid i
  for pid in $(cat "$WORK"/*.service.pid 2>/dev/null); do
    kill "$pid" 2>/dev/null || continue
    for i in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
  done
  rm -f "$WORK"/*.service.pid
}

# as USER COMMAND...: servers refuse to run as root.
as() {
  local user=$1
  shift
  if [ "$(id -u)" = 0 ]; then setpriv --reuid="$user" --regid="$user" --clear-groups "$@"; else "$@"; fi
}

# serve NAME USER COMMAND...: a server of that name, whose id is noted so that it ends.
serve() {
  local name=$1 user=$2
  shift 2
  if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid="$user" --regid="$user" --clear-groups "$@"; fi
  "$@" >>"$WORK/$name.log" 2>&1 &
  echo $! >"$WORK/$name.service.pid"
}

folder_of() { mkdir -p "$1" && { [ "$(id -u)" != 0 ] || chown "$2" "$1"; }; }

# until_true COMMAND...: waits for a server, 30 seconds at most.
until_true() {
  local i
  for i in $(seq 150); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  echo "not up after 30 s: $*" >&2
  return 1
}

# postgres_start: sets PGHOST and PGUSER, so that psql and every driver finds it.
postgres_start() {
  export PGHOST="$WORK/pg" PGUSER=postgres PGTZ=UTC TZ=UTC PGCLIENTENCODING=UTF8
  [ ! -e "$WORK/pg.service.pid" ] || return 0
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
  rm -rf "$WORK/pg"
  folder_of "$WORK/pg" postgres
  as postgres "$bin/initdb" -D "$WORK/pg/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$WORK/pg.log" 2>&1
  serve pg postgres "$bin/postgres" -D "$WORK/pg/data" -k "$WORK/pg" -c listen_addresses= -c fsync=off
  until_true psql -d postgres -c 'select 1'
}

# postgres_database NAME: an empty database, chosen by PGDATABASE.
postgres_database() {
  postgres_start
  psql -q -d postgres -c "drop database if exists $1" -c "create database $1" 2>/dev/null
  export PGDATABASE=$1
}

# postgres_dump NAME: the whole database, for tests that fetch from it.
postgres_dump() {
  pg_dump --no-owner --no-privileges --inserts --rows-per-insert 100 "$PGDATABASE" | grep -v -e '^--' -e '^$' -e '^.restrict' -e '^.unrestrict' >"$DATABASES/$1.postgres.sql"
}

# mariadb_dump NAME: the whole database, for tests that fetch from it.
mariadb_dump() {
  mariadb-dump $MYSQL --skip-dump-date --hex-blob "$MYSQL_DATABASE" | grep -v -e '^--' -e '^$' -e '^/\*M\?!' >"$DATABASES/$1.mariadb.sql"
}

# mariadb_start: sets MYSQL to the options that reach it, MYSQL_SOCKET to its socket.
mariadb_start() {
  export MYSQL_SOCKET="$WORK/maria/socket" MYSQL_FILES="$WORK/maria/files"
  export MYSQL="--no-defaults --socket=$MYSQL_SOCKET -u root --default-character-set=utf8mb4"
  [ ! -e "$WORK/maria.service.pid" ] || return 0
  rm -rf "$WORK/maria"
  folder_of "$WORK/maria" mysql
  mkdir -p "$MYSQL_FILES" && chmod 777 "$MYSQL_FILES"
  as mysql mariadb-install-db --no-defaults --datadir="$WORK/maria/data" --auth-root-authentication-method=normal >"$WORK/maria.log" 2>&1
  serve maria mysql mariadbd --no-defaults --datadir="$WORK/maria/data" --socket="$MYSQL_SOCKET" --skip-networking \
    --pid-file="$WORK/maria/pid" --secure-file-priv= --character-set-server=utf8mb4
  until_true mariadb $MYSQL -e 'select 1'
}

# outfile NAME "SELECT … INTO OUTFILE …": what that writes, as a file of $OUT.
outfile() {
  local into="INTO OUTFILE '$MYSQL_FILES/out'"
  rm -f "$MYSQL_FILES/out"
  mariadb $MYSQL "$MYSQL_DATABASE" -e "${2/INTO OUTFILE/"$into"}"
  cat "$MYSQL_FILES/out" >"$OUT/$1"
  rm -f "$MYSQL_FILES/out"
}

# slapd_start CONFIG: an empty directory; sets LDAPURI and SLAPD_CONF.
slapd_start() {
  export SLAPD_CONF="$WORK/ldap/slapd.conf" LDAPNOINIT=1
  export LDAPURI="ldapi://$(printf %s "$WORK/ldap/socket" | sed 's|/|%2F|g')"
  if [ -e "$WORK/slapd.service.pid" ]; then
    kill "$(cat "$WORK/slapd.service.pid")" && until_true test ! -e "$WORK/ldap/socket"
  fi
  rm -rf "$WORK/ldap"
  folder_of "$WORK/ldap" openldap
  folder_of "$WORK/ldap/data" openldap
  sed "s|@DATA@|$WORK/ldap/data|" "$1" >"$SLAPD_CONF"
  serve slapd openldap slapd -d 0 -f "$SLAPD_CONF" -h "$LDAPURI"
  until_true ldapsearch -x -H "$LDAPURI" -b '' -s base
}

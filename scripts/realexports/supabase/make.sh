# Supabase: the migrations of supabase/auth, whose folder GOTRUE names, on
# PostgreSQL, with rows as GoTrue writes them. The server itself does not run.
if [ -z "${GOTRUE:-}" ]; then
  echo "GOTRUE names no folder with supabase/auth: its database stays as it is" >&2
  exit 0
fi
postgres_database supabase
psql -q -v ON_ERROR_STOP=1 -c 'create schema auth' -c 'create role postgres_gotrue' 2>/dev/null || true
for migration in "$GOTRUE"/migrations/*.up.sql; do
  sed 's/{{ *index .Options "Namespace" *}}/auth/g' "$migration" | psql -q -v ON_ERROR_STOP=1 >/dev/null
done
psql -q -v ON_ERROR_STOP=1 -f "$HERE/people.sql" >/dev/null
postgres_dump supabase

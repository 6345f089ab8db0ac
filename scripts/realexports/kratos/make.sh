# Ory Kratos from the Go module proxy, with PostgreSQL, on two ports of loopback.
if [ ! -x "$WORK/kratos" ]; then
  module=$(cd "$WORK" && go mod download -json github.com/ory/kratos@v1.3.1 | jq -r .Dir)
  cp -r "$module" "$WORK/kratos.src" && chmod -R u+w "$WORK/kratos.src"
  (cd "$WORK/kratos.src" && GOFLAGS=-mod=mod go build -ldflags=-w -o "$WORK/kratos" .)
fi
free_port() { node -e 'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); this.close() })'; }
admin=$(free_port) public=$(free_port)
postgres_database kratos
export DSN="postgres://postgres@/kratos?host=$WORK/pg&sslmode=disable"
cp "$HERE/identity.schema.json" "$WORK/identity.schema.json"
cat >"$WORK/kratos.json" <<CONFIG
{"version": "v1.3.1", "dsn": "$DSN",
 "serve": {"admin": {"host": "127.0.0.1", "port": $admin}, "public": {"host": "127.0.0.1", "port": $public, "base_url": "http://127.0.0.1:$public/"}},
 "selfservice": {"default_browser_return_url": "http://127.0.0.1:$public/", "methods": {"password": {"enabled": true}, "oidc": {"enabled": true,
   "config": {"providers": [{"id": "google", "provider": "google", "client_id": "none", "client_secret": "none", "mapper_url": "base64://e30="},
     {"id": "github", "provider": "github", "client_id": "none", "client_secret": "none", "mapper_url": "base64://e30="}]}}}},
 "identity": {"default_schema_id": "default", "schemas": [{"id": "default", "url": "file://$WORK/identity.schema.json"}]},
 "hashers": {"algorithm": "bcrypt", "bcrypt": {"cost": 8}}, "courier": {"smtp": {"connection_uri": "smtp://127.0.0.1:1/"}},
 "secrets": {"cookie": ["only-for-exports-of-invented-people"], "cipher": ["32-characters-of-invented-people"]}}
CONFIG
"$WORK/kratos" migrate sql -e --yes -c "$WORK/kratos.json" >"$WORK/kratos.log" 2>&1
SQA_OPT_OUT=true serve kratos daemon "$WORK/kratos" serve -c "$WORK/kratos.json" --dev
until_true curl -sf "http://127.0.0.1:$admin/health/ready"
node "$HERE/people.mjs" "http://127.0.0.1:$admin"

list="http://127.0.0.1:$admin/admin/identities?page_size=500"
curl -s "$list&include_credential=password&include_credential=oidc" >"$OUT/identities.json"
curl -s "$list" >"$OUT/without-credentials.json"
"$WORK/kratos" list identities --format json -e "http://127.0.0.1:$admin" --page-size 500 >"$OUT/cli.json"
jq -c '.[]' "$OUT/identities.json" >"$OUT/identities.ndjson"
joined='select i.id, i.schema_id, i.traits, i.metadata_public, i.state, i.nid, c.config from identities i
  left join identity_credentials c on c.identity_id = i.id and c.nid = i.nid order by i.created_at, c.created_at'
psql -q -c "\\copy ($(echo $joined)) to '$OUT/joined.csv' csv header"
psql -q -At -c "select row_to_json(r) from ($joined) r" >"$OUT/joined.ndjson"
psql -q -At -c "select json_build_object('identities', (select json_agg(i) from identities i),
  'identity_credentials', (select json_agg(c) from identity_credentials c),
  'identity_verifiable_addresses', (select json_agg(a) from identity_verifiable_addresses a))" >"$OUT/tables.json"

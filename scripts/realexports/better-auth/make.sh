# better-auth with PostgreSQL and with SQLite: its tables in every form that psql,
# sqlite3 and drizzle give them.
export MODULES=$(npm_install better-auth better-auth@1.7.25 pg@8.23.1 kysely@0.28.19 libsql@0.5.29 drizzle-orm@0.45.4 bcryptjs@3.0.3)
postgres_database better_auth
node "$HERE/people.mjs"
postgres_dump better-auth

sql() { psql -q -c "\\copy ($1) to '$OUT/$2' with ($3)"; }
users='select * from "user" order by id'
accounts='select "userId", "providerId", "accountId", password from account order by id'
members='select * from member order by id'
joined='select u.*, a."providerId", a."accountId", a.password from "user" u left join account a on a."userId" = u.id order by u.id, a.id'
hashes='select u.*, a.password from "user" u left join account a on a."userId" = u.id and a."providerId" = '"'credential'"' order by u.id'
belong='select u.*, m."organizationId", m.role as "memberRole" from "user" u left join member m on m."userId" = u.id order by u.id, m.id'
nested='select u.*, (select json_agg(a) from account a where a."userId" = u.id) accounts, (select json_agg(m) from member m where m."userId" = u.id) members from "user" u order by id'
document="select json_build_object(
  'user',         (select json_agg(u) from \"user\" u),
  'account',      (select json_agg(json_build_object('userId', \"userId\", 'providerId', \"providerId\",
                     'accountId', \"accountId\", 'password', password)) from account),
  'member',       (select json_agg(m) from member m),
  'organization', (select json_agg(o) from organization o))"
psql -q -At -c "$document" >"$OUT/database.json"
sql "$users" user.csv 'format csv, header'
sql "$accounts" account.csv 'format csv, header'
sql "$members" member.csv 'format csv, header'
sql "$joined" joined.csv 'format csv, header'
sql "$joined" joined.tsv header
sql "$hashes" user-password.csv 'format csv, header'
sql "$belong" user-member.csv 'format csv, header'
psql -q -At -c "select json_agg(n) from ($nested) n" >"$OUT/json-agg.json"
psql -q -At -c "select row_to_json(n) from ($nested) n" >"$OUT/row-to-json.ndjson"
node "$HERE/drizzle.mjs" >"$OUT/drizzle.json"

rm -f "$WORK/better-auth.sqlite"
node "$HERE/people.mjs" "$WORK/better-auth.sqlite"
lite() { sqlite3 "$WORK/better-auth.sqlite" "$@"; }
lite -csv -header "$joined" >"$OUT/sqlite-joined.csv"
lite -csv -header "$users" >"$OUT/sqlite-user.csv"
lite -csv -header "$accounts" >"$OUT/sqlite-account.csv"
lite -json "$hashes" >"$OUT/sqlite-user-password.json"
lite -cmd '.mode tabs' -header "$joined" >"$OUT/sqlite-joined.tsv"

# Auth.js: its adapters for PostgreSQL and for MongoDB, which FerretDB serves.
export MODULES=$(npm_install authjs @auth/pg-adapter@1.11.3 pg@8.23.1 @auth/mongodb-adapter@3.11.3 mongodb@6.21.0 bson@6.10.4 bcryptjs@3.0.3)
postgres_database authjs
mongo_database authjs
node "$HERE/people.mjs"

sql() { psql -q -c "\\copy ($1) to '$OUT/$2' with ($3)"; }
users='select * from users order by id'
accounts='select "userId", type, provider, "providerAccountId" from accounts order by id'
joined='select u.*, a.provider, a."providerAccountId" from users u left join accounts a on a."userId" = u.id order by u.id, a.id'
nested='select u.*, (select coalesce(json_agg(a), '"'[]'"') from accounts a where a."userId" = u.id) accounts from users u order by id'
sql "$users" users.csv 'format csv, header'
sql "$users" users.tsv header
sql "$accounts" accounts.csv 'format csv, header'
sql "$joined" joined.csv 'format csv, header'
psql -q -At -c "select json_agg(n) from ($nested) n" >"$OUT/json-agg.json"
psql -q -At -c "select row_to_json(n) from ($nested) n" >"$OUT/row-to-json.ndjson"
psql -q -At -c "select json_build_object('users', (select json_agg(u) from users u), 'accounts', (select json_agg(a) from accounts a))" >"$OUT/tables.json"

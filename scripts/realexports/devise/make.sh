# Devise: users of SQLite and PostgreSQL, with a pepper and without, and what Ruby writes.
people() { (cd "$WORK" && ruby -W0 "$HERE/people.rb" "$OUT/expected.json" "$@"); }

postgres_database devise
DATABASE=postgresql people "$OUT"
postgres_dump devise
named='id, email, encrypted_password, username, first_name, last_name, confirmed_at, locked_at, active, created_at'
psql -q -c "\\copy users to '$OUT/copy.tsv'"
psql -q -c "\\copy users to '$OUT/copy.csv' csv header"
psql -q -c "\\copy (select $named from users order by id) to '$OUT/copy-columns.csv' csv header"
psql -q -c "\\copy (select user_id, provider, uid from identities) to '$OUT/identities.csv' csv header"
psql -q -c "\\copy (select user_id as user, string_agg(name, ',') as roles from users_roles join roles on roles.id = role_id where resource_type is null group by 1 order by 1) to '$OUT/memberships.csv' csv header"
psql -q --csv -c "select u.id, email, encrypted_password, username, first_name, last_name, confirmed_at, active, user_id, provider, uid from users u left join identities on user_id = u.id order by u.id, provider" >"$OUT/joined.csv"
psql -q -At -c 'select json_agg(u order by id) from users u' >"$OUT/json-agg.json"
psql -q -A -c 'select * from users order by id' >"$OUT/psql-unaligned.txt"
psql -q -A -F, -c "select $named from users order by id" >"$OUT/psql-unaligned-commas.csv"
psql -q -A -F';' -c "select $named from users order by id" >"$OUT/psql-unaligned-semicolons.csv"
psql -q -H -c "select $named from users order by id" >"$OUT/psql.html"
pg_dump --data-only --column-inserts -t users | grep -v -e '^--' -e '^SET' -e '^$' -e '^SELECT' -e restrict >"$OUT/dump-inserts.sql"

rm -f "$WORK/devise.sqlite3"
DATABASE=sqlite people
lite() { sqlite3 "$WORK/devise.sqlite3" "$@"; }
lite -cmd '.headers on' -cmd '.mode csv' 'select * from users' >"$OUT/sqlite.csv"
lite -cmd '.headers on' -cmd '.mode tabs' 'select * from users' >"$OUT/sqlite.tsv"
lite -cmd '.headers on' -cmd '.mode list' 'select * from users' >"$OUT/sqlite-list.txt"
lite -cmd '.headers on' -cmd '.mode quote' 'select * from users' >"$OUT/sqlite-quote.txt"
lite -cmd '.headers on' -cmd '.mode ascii' 'select * from users' >"$OUT/sqlite-ascii.txt"
lite -cmd '.headers on' -cmd '.mode csv' -cmd '.separator ;' "select $named from users" >"$OUT/sqlite-semicolon.csv"
lite -cmd '.headers on' -cmd '.mode tcl' "select $named from users" >"$OUT/sqlite-tcl.txt"
lite -cmd '.mode csv' "select $named from users" >"$OUT/sqlite-nameless.csv"
lite -json 'select * from users' >"$OUT/sqlite.json"
lite -cmd '.headers on' -cmd '.mode markdown' "select $named from users" >"$OUT/sqlite-markdown.txt"
lite -cmd '.headers on' -cmd '.mode column' "select $named from users" >"$OUT/sqlite-column.txt"
lite -cmd '.headers on' -cmd '.mode html' "select $named from users" >"$OUT/sqlite-html.txt"
lite '.dump users' >"$OUT/sqlite-dump.sql"

rm -f "$WORK/devise.sqlite3"
PEPPER=of-no-use DATABASE=sqlite people
lite -cmd '.headers on' -cmd '.mode csv' "select $named from users" >"$OUT/pepper.csv"
lite -json "select $named from users" >"$OUT/pepper.json"
printf 'pepper: of-no-use\n' >"$OUT/pepper.yaml"

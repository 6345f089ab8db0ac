# Django: auth_user of PostgreSQL and SQLite, and manage.py dumpdata.
cp -r "$HERE"/*.py "$HERE/crm" "$WORK/"
manage() { (cd "$WORK" && PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 manage.py "$@"); }

postgres_database django
export DJANGO_DB=postgresql
manage migrate -v0 --run-syncdb
manage shell -c "import people; people.make('$OUT/expected.json')"
postgres_dump django
manage dumpdata auth --indent 2 >"$OUT/dumpdata.json"
manage dumpdata auth.user auth.group --natural-foreign --natural-primary >"$OUT/dumpdata-natural.json"
manage dumpdata auth.user auth.group --format jsonl >"$OUT/dumpdata.jsonl"
manage dumpdata crm.customer --indent 2 >"$OUT/customers.json"
manage dumpdata auth.user --format xml --indent 2 >"$OUT/dumpdata.xml"
manage dumpdata auth.user --format yaml >"$OUT/dumpdata.yaml"
psql -q -c "\\copy auth_user to '$OUT/copy.tsv'"
psql -q -c "\\copy (select * from auth_user order by id) to '$OUT/copy-header.tsv' with (header)" 2>/dev/null || rm -f "$OUT/copy-header.tsv"
psql -q -c "\\copy auth_user to '$OUT/copy.csv' csv header"
psql -q -c "\\copy auth_user to '$OUT/copy-quoted.csv' with (format csv, header, force_quote *)"
psql -q -c "\\copy auth_user to '$OUT/copy-tabs.csv' with (format csv, header, delimiter E'\\t')"
psql -q -c "\\copy auth_user to '$OUT/copy-semicolon.csv' with (format csv, header, delimiter ';', null 'NULL')"
psql -q --csv -c 'select * from auth_user order by id' >"$OUT/psql.csv"
psql -q -A -F $'\t' -c 'select * from auth_user order by id' >"$OUT/psql-unaligned.tsv"
psql -q -A -c 'select * from auth_user order by id' >"$OUT/psql-unaligned.txt"
psql -q -A -F, -P footer=off -c 'select * from auth_user order by id' >"$OUT/psql-unaligned-commas.csv"
psql -q -c 'select * from auth_user order by id' >"$OUT/psql-aligned.txt"
psql -q -x -c 'select * from auth_user order by id' >"$OUT/psql-expanded.txt"
psql -q -c "\\copy (select row_to_json(u) from auth_user u order by id) to '$OUT/copy-row-to-json.ndjson'"
psql -q -At -c 'select row_to_json(u) from auth_user u order by id' >"$OUT/row-to-json.ndjson"
psql -q -At -c 'select json_agg(u order by id) from auth_user u' >"$OUT/json-agg.json"
psql -q -At -c "select json_build_object('auth_user', (select json_agg(u order by id) from auth_user u), 'auth_group', (select json_agg(g) from auth_group g), 'auth_user_groups', (select json_agg(g) from auth_user_groups g))" >"$OUT/tables.json"
psql -q -c "copy auth_user to stdout with (format csv, header)" >"$OUT/copy-stdout.csv"
pg_dump --data-only --column-inserts -t auth_user | grep -v -e '^--' -e '^SET' -e '^$' -e '^SELECT' -e restrict >"$OUT/dump-inserts.sql"
pg_dump --data-only -t auth_user | grep -v -e '^--' -e '^SET' -e '^$' -e '^SELECT' -e restrict >"$OUT/dump-copy.sql"

rm -f "$WORK/django.sqlite3"
export DJANGO_DB=sqlite3
manage migrate -v0 --run-syncdb
manage shell -c "import people; people.make('$OUT/expected.json')"
lite() { sqlite3 "$WORK/django.sqlite3" "$@"; }
lite -cmd '.headers on' -cmd '.mode csv' 'select * from auth_user' >"$OUT/sqlite.csv"
lite -cmd '.headers on' -cmd '.mode tabs' 'select * from auth_user' >"$OUT/sqlite.tsv"
lite -cmd '.headers on' -cmd '.mode list' 'select * from auth_user' >"$OUT/sqlite-list.txt"
lite -json 'select * from auth_user' >"$OUT/sqlite.json"
lite -cmd '.mode insert auth_user' 'select * from auth_user' >"$OUT/sqlite-insert.sql"
lite -cmd '.mode line' 'select * from auth_user' >"$OUT/sqlite-line.txt"
lite -cmd '.headers on' -cmd '.mode box' 'select * from auth_user' >"$OUT/sqlite-box.txt"

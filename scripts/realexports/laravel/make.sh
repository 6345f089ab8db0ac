# Laravel: its hashing and database on MariaDB and SQLite, and what PHP writes.
people() { php -d error_reporting=5 -d display_errors=stderr "$HERE/people.php" "$OUT/expected.json" "$@"; }

mariadb_start
export MYSQL_DATABASE=laravel
sql() { mariadb $MYSQL "$@" laravel; }
mariadb $MYSQL -e 'drop database if exists laravel; create database laravel'
people "$OUT"
mariadb_dump laravel
columns='id,name,email,email_verified_at,password,is_active,deleted_at'
named="select '${columns//,/\',\'}' union all select * from (select $columns from users order by id limit 1000) x"
sql -B -e 'select * from users order by id' >"$OUT/users.tsv"
sql -B --raw -e 'select * from users order by id' >"$OUT/users-raw.tsv"
sql -B -e 'select user_id, provider, provider_id from social_accounts' >"$OUT/social_accounts.tsv"
sql -B -e "select model_id as user, group_concat(name) as roles from model_has_roles join roles on roles.id = role_id group by model_id" >"$OUT/roles.tsv"
sql -B -e 'select u.id, u.name, email, email_verified_at, password, is_active, deleted_at, r.name as role_name from users u left join model_has_roles on model_id = u.id left join roles r on r.id = role_id order by u.id, r.id' >"$OUT/joined.tsv"
outfile outfile-enclosed.csv "$named INTO OUTFILE fields terminated by ',' enclosed by '\"'"
outfile outfile-optionally.csv "$named INTO OUTFILE fields terminated by ',' optionally enclosed by '\"' lines terminated by '\r\n'"
outfile outfile-doubled.csv "$named INTO OUTFILE fields terminated by ',' optionally enclosed by '\"' escaped by '\"'"
outfile outfile-unescaped.csv "$named INTO OUTFILE fields terminated by ',' enclosed by '\"' escaped by ''"
outfile outfile-single.csv "$named INTO OUTFILE fields terminated by ',' enclosed by '\''"

rm -f "$WORK/laravel.sqlite3" && touch "$WORK/laravel.sqlite3"
DATABASE=sqlite people
lite() { sqlite3 "$WORK/laravel.sqlite3" "$@"; }
lite -cmd '.headers on' -cmd '.mode csv' 'select * from users' >"$OUT/sqlite.csv"
lite -cmd '.headers on' -cmd '.mode tabs' 'select * from users' >"$OUT/sqlite.tsv"
lite -json 'select * from users' >"$OUT/sqlite.json"

# WordPress: its own code through php-cli, the rows of MariaDB in the ways of its client,
# of SELECT … INTO OUTFILE, of mysqldump and of PHP.
mariadb_start
export MYSQL_DATABASE=wordpress
sql() { mariadb $MYSQL "$@" "$MYSQL_DATABASE"; }
site() { php -d display_errors=stderr "$HERE/$@"; }

mariadb $MYSQL -e 'drop database if exists wordpress; create database wordpress'
site install.php
site people.php "$OUT/expected.json"
mariadb_dump wordpress

people='select * from wp_users order by ID'
meta="select * from wp_usermeta where meta_key <> 'session_tokens' order by umeta_id"
columns='ID,user_login,user_pass,user_email,user_registered,display_name,first_name,last_name,wp_capabilities'
joined="select u.ID, user_login, user_pass, user_email, user_registered, display_name,
  max(if(meta_key = 'first_name', meta_value, null)) first_name, max(if(meta_key = 'last_name', meta_value, null)) last_name,
  max(if(meta_key = 'wp_capabilities', meta_value, null)) wp_capabilities
  from wp_users u left join wp_usermeta on user_id = u.ID group by u.ID order by u.ID"
named="select '${columns//,/\',\'}' union all select * from ($joined limit 1000) x"

sql -B -e "$people" >"$OUT/users.tsv"
sql -B -e "$meta" >"$OUT/usermeta.tsv"
sql -B --raw -e "$people" >"$OUT/users-raw.tsv"
sql -B --raw -e "$meta" >"$OUT/usermeta-raw.tsv"
sql -B -e "$joined" >"$OUT/joined.tsv"
sql -B --raw -e "$joined" >"$OUT/joined-raw.tsv"
sql -BN -e "$joined" >"$OUT/joined-nameless.tsv"
sql -t -e "$joined" >"$OUT/table.txt"
sql -E -e "$joined" >"$OUT/vertical.txt"
sql -H -e "$joined" >"$OUT/html.txt"
sql -X -e "$joined" >"$OUT/xml.txt"
object="json_object('ID', ID, 'user_login', user_login, 'user_pass', user_pass, 'user_email', user_email, 'display_name', display_name,
  'first_name', first_name, 'last_name', last_name, 'wp_capabilities', wp_capabilities)"
sql -BN -e "select $object from ($joined) x" >"$OUT/json-object.ndjson"
sql -BN --raw -e "select $object from ($joined) x" >"$OUT/json-object-raw.ndjson"
sql -BN --raw -e "set group_concat_max_len = 1000000; select json_arrayagg($object order by ID) from ($joined) x" >"$OUT/json-arrayagg.json"

outfile outfile.tsv "$named INTO OUTFILE"
outfile outfile-nameless.tsv "$joined INTO OUTFILE"
outfile outfile-enclosed.csv "$named INTO OUTFILE fields terminated by ',' enclosed by '\"'"
outfile outfile-optionally.csv "$named INTO OUTFILE fields terminated by ',' optionally enclosed by '\"' lines terminated by '\n'"
outfile outfile-crlf.csv "$named INTO OUTFILE fields terminated by ',' enclosed by '\"' lines terminated by '\r\n'"
outfile outfile-semicolon.csv "$named INTO OUTFILE fields terminated by ';' enclosed by '\"'"
outfile outfile-doubled.csv "$named INTO OUTFILE fields terminated by ',' enclosed by '\"' escaped by '\"'"
outfile outfile-unescaped.csv "$named INTO OUTFILE fields terminated by ',' enclosed by '\"' escaped by ''"
outfile outfile-commas.csv "$named INTO OUTFILE fields terminated by ','"
outfile outfile-bars.txt "$named INTO OUTFILE fields terminated by '|' optionally enclosed by '\"'"
outfile usermeta-optionally.csv "select 'umeta_id','user_id','meta_key','meta_value' union all select * from ($meta limit 10000) x INTO OUTFILE fields terminated by ',' optionally enclosed by '\"'"
outfile users-optionally.csv "select 'ID','user_login','user_pass','user_email' union all select * from (select ID,user_login,user_pass,user_email from wp_users order by ID limit 1000) x INTO OUTFILE fields terminated by ',' optionally enclosed by '\"'"

plain() { grep -v -e '^--' -e '^$' -e '^/\*M\?!' ; }
mariadb-dump $MYSQL --skip-dump-date wordpress wp_users | plain >"$OUT/dump.sql"
mariadb-dump $MYSQL --skip-dump-date --no-create-info --skip-extended-insert --complete-insert wordpress wp_users | plain >"$OUT/dump-inserts.sql"
mariadb-dump $MYSQL --skip-dump-date --xml wordpress wp_users >"$OUT/dump-xml.txt"
rm -f "$MYSQL_FILES"/*
mariadb-dump $MYSQL --tab="$MYSQL_FILES" wordpress wp_users
cat "$MYSQL_FILES/wp_users.txt" >"$OUT/dump-tab.txt"
site write.php "$OUT"

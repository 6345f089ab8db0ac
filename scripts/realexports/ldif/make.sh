# OpenLDAP: slapcat and ldapsearch in their ways.
slapd_start "$HERE/slapd.conf"
base=dc=example,dc=com
bind=(-x -H "$LDAPURI" -D "cn=admin,$base" -w admin)
mkdir -p "$WORK/people" && cd "$WORK/people"
python3 "$HERE/people.py" "$OUT/expected.json" >people.ldif
ldapadd "${bind[@]}" -f people.ldif >/dev/null
python3 "$HERE/people.py" passwords "$LDAPURI"
ldapmodify "${bind[@]}" >/dev/null <<LDIF
dn: uid=off,ou=people,$base
changetype: modify
add: pwdAccountLockedTime
pwdAccountLockedTime: 000001010000Z

dn: uid=change,ou=people,$base
changetype: modify
add: pwdReset
pwdReset: TRUE
LDIF

search() { ldapsearch "${bind[@]}" -b "$base" "$@"; }
slapcat -f "$SLAPD_CONF" -b "$base" >"$OUT/slapcat.ldif"
slapcat -f "$SLAPD_CONF" -b "$base" -o ldif-wrap=no -a '(|(objectClass=person)(objectClass=groupOfNames)(objectClass=posixGroup))' >"$OUT/slapcat-filtered.ldif"
search -LLL '(|(objectClass=person)(objectClass=groupOfNames)(objectClass=posixGroup))' '*' + >"$OUT/search.ldif"
search '(objectClass=*)' >"$OUT/search-comments.ldif"
search -L -o ldif-wrap=40 '(objectClass=*)' '*' + >"$OUT/search-narrow.ldif"
search -LLL -o ldif-wrap=no '(objectClass=inetOrgPerson)' '*' memberOf entryUUID pwdAccountLockedTime pwdReset >"$OUT/people.ldif"
search -LLL -E pr=5/noprompt '(objectClass=inetOrgPerson)' uid mail sn givenName mobile userPassword memberOf >"$OUT/paged.ldif"
search -LLL -S sn '(objectClass=inetOrgPerson)' uid mail sn givenName mobile memberOf >"$OUT/no-passwords.ldif"
ldapsearch -x -H "$LDAPURI" -LLL -b "$base" '(objectClass=person)' '*' memberOf >"$OUT/anonymous.ldif"
mkdir -p values && search -LLL -t -T values '(objectClass=inetOrgPerson)' '*' memberOf | sed "s|file://[^ ]*/ldapsearch-\([a-zA-Z]*\)-.*|file:///tmp/ldapsearch-\1-XXXXXX|" >"$OUT/values-in-files.ldif"

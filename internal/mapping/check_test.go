package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// checked maps one record and writes its comparison, a row a line.
func checked(t *testing.T, yaml, record string) string {
	t.Helper()
	m, err := Load("t.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	list := Check(m, []Record{{Number: 3, Line: 4, Fields: mustJSON(t, record)}}, &Env{Now: goldenNow})
	if len(list) != 1 || list[0].Record != 3 || list[0].Line != 4 {
		t.Fatalf("%+v", list)
	}
	var b strings.Builder
	for _, r := range list[0].Rows {
		fmt.Fprintf(&b, "%s = %s -> %s = %s\n", r.Source, r.Value, r.Target, r.Mapped)
	}
	if list[0].Skip != "" {
		fmt.Fprintf(&b, "skip: %s\n", list[0].Skip)
	}
	for _, p := range list[0].Problems {
		fmt.Fprintf(&b, "%s %s\n", p.Code, p.Field)
	}
	return b.String()
}

// TestComparisonOfARecord shows every value of a record with what it becomes, what
// the user has besides, and why a value becomes nothing.
func TestComparisonOfARecord(t *testing.T) {
	const mapping = `
id: id
given_name: name.first
family_name: name.last
picture: picture
provider: via
emails: [{value: email, verified: email_ok}, {each: more, value: address}]
phones: phone
usernames: {value: nick, keep_as: old_nick}
links: [{each: accounts, provider: kind, subject: sub}]
password: [{hash: pw, method: algo}]
suspended: blocked
password_reset: {path: reset, is: "1"}
mfa: {path: totp, set: true}
properties: [{from: meta}, {key: plan, value: plan}]
flags: {beta: beta}
memberships: [{each: teams, external_id: tid, roles: roles, permissions: may}, {code: {value: main}, where: everywhere}]
drop: [fax, {"too old": [telex]}]
ignore: [etag, {of no use: [trace]}]
`
	const record = `{"id":7,"name":{"first":"Ana","last":"Lind"},"picture":"https://example.com/a.png","via":"google","email":"ana@example.com","email_ok":true,
		"more":[{"address":"ana@example.org","note":"n"},{"address":"bad"}],"phone":"+61491570156","nick":"an na","accounts":[{"kind":"google","sub":"g1"},{"kind":"github","sub":"h2"}],
		"pw":"$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W","algo":"bcrypt","blocked":true,"reset":1,"totp":"s3cr3t","meta":{"color":"red","n":5},"plan":"gold",
		"beta":true,"teams":[{"tid":"t1","roles":["admin"],"may":"read"},{"tid":"t2","roles":"guest"}],"everywhere":true,"fax":"+1","telex":"2","etag":"e","trace":"t","other":{"deep":["v"]},
		"empty":"","api_token":"tok","token_created_at":"2024"}`
	const want = `id = 7 -> id = 7
name.first = Ana -> given_name = Ana
name.last = Lind -> family_name = Lind
picture = https://example.com/a.png -> picture = https://example.com/a.png
via = google -> provider = google
email = ana@example.com -> emails = ana@example.com (verified), ana@example.org (not verified)
email_ok = true -> emails verified = 
more[0].address = ana@example.org -> emails = ana@example.com (verified), ana@example.org (not verified)
more[0].note = n -> not read = Not read by this mapping.
more[1].address = bad -> emails = ana@example.com (verified), ana@example.org (not verified)
phone = +61491570156 -> phones = +61491570156 (not verified)
nick = an na -> usernames = 
accounts[0].kind = google -> links provider = oauth2:google g1
accounts[0].sub = g1 -> links subject = oauth2:google g1
accounts[1].kind = github -> links provider = oauth2:github h2
accounts[1].sub = h2 -> links subject = oauth2:google g1, oauth2:github h2
pw = (hidden) -> password hash = bcrypt
algo = bcrypt -> password method = bcrypt
blocked = true -> suspended = suspended
reset = 1 -> password_reset = asked for a new password
totp = (hidden) -> mfa = had a second factor
meta.color = red -> properties = color=red
meta.n = 5 -> properties = n=5
plan = gold -> properties plan = plan=gold
beta = true -> flags beta = beta=true
teams[0].tid = t1 -> memberships external_id = t1 as admin may read
teams[0].roles[0] = admin -> memberships roles = t1 as admin may read
teams[0].may = read -> memberships permissions = t1 as admin may read
teams[1].tid = t2 -> memberships external_id = t2 as guest
teams[1].roles = guest -> memberships roles = t2 as guest
everywhere = true -> memberships = t1 as admin may read, t2 as guest, main
fax = +1 -> dropped = Kinde has no field for it.
telex = 2 -> dropped = Too old.
etag = e -> ignored = listed under ignore
trace = t -> ignored = of no use
other.deep[0] = v -> not read = Not read by this mapping.
api_token = (hidden) -> not read = Not read by this mapping.
token_created_at = 2024 -> not read = Not read by this mapping.
EMAIL_INVALID address
USERNAME_INVALID nick
FIELD_DROPPED fax
FIELD_DROPPED telex
FIELD_DROPPED api_token
FIELD_DROPPED token_created_at
FIELD_DROPPED more[*].note
FIELD_DROPPED other
`
	if got := checked(t, mapping, record); got != want {
		t.Errorf("got:\n%s", got)
	}
}

// TestComparisonOfOddRecords shows records that are left out, rows of tables and
// what only an expression, a condition or a pattern reads.
func TestComparisonOfOddRecords(t *testing.T) {
	for _, c := range []struct{ name, yaml, record, want string }{
		{"skipped", "id: id\nskip: [{when: gone, reason: it is gone}]\nemails: email", `{"id":"1","email":"ana@example.com","gone":true}`, `id = 1 -> id = 1
email = ana@example.com -> emails = ana@example.com (not verified)
gone = true -> skip = 
skip: it is gone
`},
		{"made of nothing", "id: {value: x}\ngiven_name: {value: Ana}\nno_identity: skip\nmfa: 'true'\nsuspended: 'true'\npassword_reset: 'true'", `{"a":{}}`, ` =  -> given_name = Ana
 =  -> id = x
 =  -> mfa = had a second factor
 =  -> password_reset = asked for a new password
 =  -> suspended = suspended
skip: has nothing to sign in with
`},
		{"in text", "id: id\nno_identity: skip\nproperties: [{key: x, value: meta.x}]", `{"id":"1","meta":"{\"x\":\"y\",\"z\":1}","[a] b":"q"}`, `id = 1 -> id = 1
meta.x = y -> properties x = x=y
meta.z = 1 -> not read = Not read by this mapping.
"[a] b" = q -> not read = Not read by this mapping.
skip: has nothing to sign in with
FIELD_DROPPED "[a] b"
FIELD_DROPPED meta.z
`},
		{"in text that nothing looks into", "id: id\nno_identity: skip\nlinks: [{provider: p, subject: s}]", `{"id":"1","note":"{\"x\":1}","p":"corpnet","s":"7"}`, `id = 1 -> id = 1
note = {"x":1} -> not read = Not read by this mapping.
p = corpnet -> links provider = corpnet 7
s = 7 -> links subject = corpnet 7
FIELD_DROPPED note
`},
		{"an array of one", "id: id\nno_identity: skip\nproperties: {x: list.x}", `{"id":"1","list":[{"x":"y"}]}`, `id = 1 -> id = 1
list[0].x = y -> properties x = x=y
skip: has nothing to sign in with
`},
		{"a filter", "id: id\nno_identity: skip\nproperties: {x: 'list[k=a].v'}", `{"id":"1","list":[{"k":"a","v":"1"},{"k":"b","v":"2"}]}`, `id = 1 -> id = 1
list[0].k = a -> properties x = 
list[0].v = 1 -> properties x = x=1
list[1].k = b -> properties x = 
list[1].v = 2 -> dropped = Not read by this mapping.
skip: has nothing to sign in with
FIELD_DROPPED list[k=b].v
`},
		{"folded", "keys: loose\nid: id\nno_identity: skip\ngiven_name: first_name\nproperties: [{from: $, only: ['x_*']}]", `{"ID":"1","First Name":"Ana","X_1":"a"}`, `ID = 1 -> id = 1
First Name = Ana -> given_name = Ana
X_1 = a -> properties = X_1=a
skip: has nothing to sign in with
`},
		{"looked up", "id: id\nno_identity: skip\nlinks: [{provider: p, subject: s}]\nmemberships: [{name: org}, {roles: role}]", `{"id":"1","p":"google","s":"sub","org":"Acme","role":"admin"}`, `id = 1 -> id = 1
p = google -> links provider = oauth2:google sub
s = sub -> links subject = oauth2:google sub
org = Acme -> memberships name = Acme as admin
role = admin -> memberships roles = Acme as admin
`},
		{"unsupported", "id: id\nno_identity: skip\npassword: pw", `{"id":"1","pw":"$9$nothing$x"}`, `id = 1 -> id = 1
pw = (hidden) -> password = unknown (can't be kept)
skip: has nothing to sign in with
PASSWORD_UNSUPPORTED pw
`},
		{"deep", "id: id\nno_identity: skip", `{"id":"1","a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"j":1}}}}}}}}}}`, `id = 1 -> id = 1
a.b.c.d.e.f.g.h.i.j = 1 -> dropped = Not read by this mapping.
skip: has nothing to sign in with
FIELD_DROPPED a
`},
	} {
		if got := checked(t, c.yaml, c.record); got != c.want {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}

// TestSecretValues hides what is read as a password, and what is named as a secret.
func TestSecretValues(t *testing.T) {
	for _, c := range []struct {
		steps, targets string
		want           bool
	}{
		{"pw", "password", true}, {"pw", "password hash", true}, {"pw", "password salt", true}, {"pw", "password method", false},
		{"pw", "passwords", false},
		{"a passwordHash", "", true}, {"passwd", "", true}, {"my_hash", "", true}, {"Salt", "", true}, {"client-secret", "", true},
		{"api_token", "", true},
		{"otp_seed", "", true}, {"recovery_code", "", true}, {"backup-codes", "", true}, {"privateKey x", "", true},
		{"otp_enabled", "", false}, {"password_changed_at", "", false}, {"token_date", "", false}, {"name", "id", false}, {"", "", false},
	} {
		var targets []string
		if c.targets != "" {
			targets = []string{"id", c.targets}
		}
		if got := secretLeaf(strings.Fields(c.steps), targets); got != c.want {
			t.Errorf("%q read by %q: %v", c.steps, c.targets, got)
		}
	}
}

// TestWhatReadsALeaf tells which paths lead to a value, or to what holds it.
func TestWhatReadsALeaf(t *testing.T) {
	for _, c := range []struct {
		loose      bool
		path, leaf string
		want       bool
	}{
		{false, "a", "a", true}, {false, "a", "a b", true}, {false, "a b", "a", false}, {false, "", "a", false}, {false, "a", "", false},
		{false, "a b", "a c", false}, {false, "a *", "a *", true}, {false, "a * b", "a * b", true}, {false, "a * b", "a * c", false},
		{false, "a b", "a * b", true}, {false, "a b", "a * * b", true}, {false, "a b", "a *", false}, {false, "a .* b", "a x b", true},
		{false, ".*", "a", true},
		{false, "a *", "a", false}, {false, "A", "a", true}, {false, "a_b", "ab", false}, {true, "a_b", "A B", true},
		{false, "x_*", "x_1", true}, {false, "x_*", "y_1", false},
	} {
		m := &Mapping{ks: newKeyspace(c.loose)}
		if got := m.covers(strings.Fields(c.path), leafSteps(c.leaf)); got != c.want {
			t.Errorf("%q to %q (loose %v): %v", c.path, c.leaf, c.loose, got)
		}
	}
	if got := compact([]string{"", "b", "a", "b", ""}); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("compact: %q", got)
	}
}

func leafSteps(s string) []string {
	if s == "A B" {
		return []string{s}
	}
	return strings.Fields(s)
}

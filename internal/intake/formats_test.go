package intake

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// whole writes everything that matters of the users of a source.
func whole(c *collector) string {
	var b strings.Builder
	for _, n := range c.order {
		it := c.items[n]
		if it.Disposition == Skip {
			fmt.Fprintf(&b, "skip %s: %s\n", it.Key.Value, it.Reason)
			continue
		}
		if it.User == nil {
			fmt.Fprintf(&b, "malformed line %d\n", it.Line)
			continue
		}
		u := it.User
		fmt.Fprintf(&b, "%s %q %q", u.SourceID, u.GivenName, u.FamilyName)
		for _, id := range u.Identities {
			fmt.Fprintf(&b, " %s=%s", id.Type, id.Value)
		}
		for _, l := range u.Links {
			fmt.Fprintf(&b, " %s=%s", l.Provider, l.Subject)
		}
		for _, p := range u.Properties {
			fmt.Fprintf(&b, " %s:%s", p.Key, p.Value)
		}
		for _, m := range u.Memberships {
			fmt.Fprintf(&b, " %q", m.Roles)
		}
		if u.Suspended {
			b.WriteString(" suspended")
		}
		if u.Password != nil {
			fmt.Fprintf(&b, " %s (%s)", u.Password.Encoding, u.Password.Reason)
		}
		for _, p := range it.Problems {
			if p.Code != mapping.FieldDropped {
				fmt.Fprintf(&b, " %s", p.Code)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestFirebaseLayouts reads what firebase-tools 13 and 15 write of the same people:
// the CSV is the JSON in other words.
func TestFirebaseLayouts(t *testing.T) {
	const withheld = `firebase-scrypt (it was withheld: the account that exported lacks the permission firebaseauth.configs.getHashConfig; export again with one that has it) PASSWORD_UNSUPPORTED`
	common := `u01 "Gia," "G" email=gia@example.com google.com=104200000000000000017 a:b,c admin:true ` + withheld + "\n"
	rest := `skip u03: is anonymous, or signs in with custom tokens only
u04 "Cy" "\"the, one\" X, Jr" email=cy@example.com github.com=8842 q:say "hi" w:x,\ z:1`
	names := "\nu05 \"Two\" \"Lines, Di\" email=di@example.com\nu06 \"Two\" \"Lines\" email=ed@example.com phone=+447700900102"
	for name, want := range map[string]string{
		"13.0.0.csv":   common + "u02 \"Bo\" \"\\\"B\\\" Li\" email=bo@example.com phone=+447700900101 suspended\n" + rest + " RECORD_REPAIRED" + names + " RECORD_REPAIRED",
		"15.34.2.csv":  common + "u02 \"Bo\" \"\\\"B\\\" Li\" email=bo@example.com phone=+447700900101 linkedin.com=li-77 suspended\n" + rest + " RECORD_REPAIRED" + names,
		"15.34.2.json": common + "u02 \"Bo\" \"\\\"B\\\" Li\" email=bo@example.com phone=+447700900101 linkedin.com=li-77 suspended\n" + rest + names,
	} {
		_, c, _ := scan(t, Options{Files: []string{filepath.Join("testdata/firebase", name)}})
		got := whole(c)
		got = got[:max(strings.Index(got, "\nu07"), 0)]
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestFirebaseRows holds rows of which one thing is odd.
func TestFirebaseRows(t *testing.T) {
	row := func(name, google string) string {
		return "u1,a@example.com,true,,," + name + ",,1042,g@example.com," + google + ",,,,,,,,,,,,,,1704067200000,1704067200000,,true,,\n"
	}
	for text, want := range map[string]string{
		row(`"Gia, G"`, `"Gia, G"`):           `u1 "Gia," "G" email=a@example.com google.com=1042 suspended`,
		row(`Gia, G`, ``):                     `malformed line 1`, // nothing says where the name ends
		row(`"Cy "x, y" Z"`, `"Cy "x, y" Z"`): `u1 "Cy" "\"x, y\" Z" email=a@example.com google.com=1042 suspended RECORD_REPAIRED`,
		"u1,a@example.com,true,,,Al,,,,,,,,,,,,,,,,,,soon,1704067200000,,true,,\n": `malformed line 1`,
	} {
		_, c, _ := scan(t, Options{Files: []string{write(t, "users.csv", text)}, Preset: "firebase"})
		if got := strings.TrimSpace(whole(c)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	// A layout that nobody knows yet.
	wide := strings.Repeat("u1,a@example.com,true,,,Al,,,,,,,,,,,,,,,,,,1704067200000,1704067200000,,true,"+strings.Repeat(",", 32)+"\n", 3)
	_, err := Open(context.Background(), Options{Files: []string{write(t, "users.csv", wide)}, Preset: "firebase"})
	if err == nil || !strings.Contains(err.Error(), "more than any layout that is known (28, 52)") {
		t.Errorf("a wider layout: %v", err)
	}
}

// TestAnonymousUsers: they are skipped by name, whatever address was made up for them.
func TestAnonymousUsers(t *testing.T) {
	for text, want := range map[string]string{
		`[{"id":"a","aud":"authenticated","app_metadata":{"provider":"email"},"user_metadata":{},"is_anonymous":true,"email":""}]`:                                             "skip a: is an anonymous user",
		`[{"id":"b","name":"Anonymous","email":"temp-b@example.com","emailVerified":false,"image":null,"createdAt":"2024-01-01","updatedAt":"2024-01-01","isAnonymous":true}]`: "skip b: is an anonymous user",
	} {
		_, c, sum := scan(t, Options{Files: []string{write(t, "users.json", text)}})
		if got := strings.TrimSpace(whole(c)); got != want || sum.Skipped != 1 || sum.Rejected != 0 {
			t.Errorf("%s: %s, want %s (%+v)", text, got, want, sum)
		}
	}
}

// TestDirectory reads what ldapsearch prints: a folded comment first, groups of all
// kinds among the people, names with escapes.
func TestDirectory(t *testing.T) {
	text := `# extended LDIF
# base <dc=example,dc=com> with scope subtree
# filter: (|(objectClass=inetOrgPerson)(objectClass=groupOfNames)(objectClass=posi
 xGroup))
# requesting: ALL

# ana, people, example.com
dn: uid=ana,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ana
cn: Ana Li
sn: Li
mail: ana@example.com
memberOf: cn=Ops\2C North,ou=groups,dc=example,dc=com

dn: uid=bo,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bo
cn: Bo Li
sn: Li
mail: bo@example.com

dn: cn=Ops\2C North,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: Ops, North
member: UID=ana, OU=people, DC=example, DC=com
member: uid=bo,ou=people,dc=example,dc=com

dn: cn=wheel,ou=groups,dc=example,dc=com
objectClass: posixGroup
cn: wheel
gidNumber: 500
memberUid: bo

# search result
search: 2
result: 0 Success
`
	in, c, _ := scan(t, Options{Files: []string{write(t, "people.ldif", text)}})
	want := "\"Ana\" \"Li\" email=ana@example.com username=ana [\"Ops, North\"]\n\"Bo\" \"Li\" email=bo@example.com username=bo [\"Ops, North\" \"wheel\"]\n"
	got := whole(c)
	got = strings.ReplaceAll(strings.ReplaceAll(got, "uid=ana,ou=people,dc=example,dc=com ", ""), "uid=bo,ou=people,dc=example,dc=com ", "")
	if in.Source().Preset != "ldif" || got != want {
		t.Errorf("%s:\n%s\nwant\n%s", in.Source().Preset, got, want)
	}
}

// TestLargeGroup: a group of many members is read once, not once for each.
func TestLargeGroup(t *testing.T) {
	var b strings.Builder
	var members []string
	for i := range 2000 {
		dn := fmt.Sprintf("uid=p%d,ou=people,dc=example,dc=com", i)
		members = append(members, "member: "+dn)
		fmt.Fprintf(&b, "dn: %s\nobjectClass: inetOrgPerson\nuid: p%d\ncn: P\nsn: Q\nmail: p%d@example.com\n\n", dn, i, i)
	}
	b.WriteString("dn: cn=all,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: all\n" + strings.Join(members, "\n") + "\n")
	_, c, _ := scan(t, Options{Files: []string{write(t, "people.ldif", b.String())}})
	for _, it := range c.items {
		if it.User == nil || len(it.User.Memberships) != 1 || !slices.Equal(it.User.Memberships[0].Roles, []string{"all"}) {
			t.Fatalf("%+v", it)
		}
	}
	if len(c.items) != 2000 {
		t.Errorf("%d people", len(c.items))
	}
}

// TestNoNamesOfColumns: a dump without a header is refused in words.
func TestNoNamesOfColumns(t *testing.T) {
	path := write(t, "users.tsv", "1\ta@example.com\tAl\n2\tb@example.com\tBo\n")
	for _, preset := range []string{"", "laravel"} {
		if _, err := Open(context.Background(), Options{Files: []string{path}, Preset: preset}); err == nil ||
			!strings.Contains(err.Error(), "the names of the columns") {
			t.Errorf("%q: %v", preset, err)
		}
	}
	mapped := write(t, "m.yaml", "csv: {columns: [id, email, name], dialect: postgres}\nid: id\nemails: [email]\nfull_name: name\n")
	_, c, _ := scan(t, Options{Files: []string{path}, MappingFile: mapped})
	if got := whole(c); got != "1 \"Al\" \"\" email=a@example.com\n2 \"Bo\" \"\" email=b@example.com\n" {
		t.Error(got)
	}
}

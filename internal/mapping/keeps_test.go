package mapping

import "testing"

func TestKeepsTellsWhatEachPresetCanCarry(t *testing.T) {
	for _, c := range []struct {
		preset                         string
		social, passwords, memberships Place
		attributes, suspended          bool
	}{
		{"auth0", InExport, InExport, SecondFile, true, true},
		{"okta", SecondFile, SecondFile, SecondFile, true, true},
		{"cognito", InExport, Nowhere, SecondFile, true, true},
		{"azure-b2c", InExport, Nowhere, SecondFile, true, true},
		{"keycloak", InExport, InExport, SecondFile, true, true},
		{"firebase", InExport, InExport, SecondFile, true, true},
	} {
		m, err := Preset(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		k := m.Keeps()
		if k.Social != c.social || k.Passwords != c.passwords || k.Memberships != c.memberships || k.Attributes != c.attributes ||
			k.Suspended != c.suspended ||
			!k.Emails {
			t.Errorf("%s: %+v", c.preset, k)
		}
	}
}

// TestKeepsOfAMapping tells what a mapping carries over by what it reads, and where
// that lies.
func TestKeepsOfAMapping(t *testing.T) {
	const tables = "tables:\n  apart: {companion: identities, on: [{row: u, user: id}]}\n" +
		"  both: {companion: identities, at: ['b[*]'], on: [{row: u, user: id}]}\n"
	for _, c := range []struct {
		yaml string
		want Keeps
	}{
		{"emails: email", Keeps{Emails: true}},
		{"phones: phone", Keeps{Phones: true}},
		{"usernames: nick", Keeps{Usernames: true}},
		{"suspended: blocked", Keeps{Suspended: true}},
		{"properties: {a: a}", Keeps{Attributes: true}},
		{"unmapped: property", Keeps{Attributes: true}},
		{"unmapped: ignore", Keeps{}},
		{"links: [{provider: p, subject: s}]", Keeps{Social: InExport}},
		{"links: [{each: $apart, provider: p, subject: s}]", Keeps{Social: SecondFile}},
		{"links: [{each: $both, provider: p, subject: s}]", Keeps{Social: InExport}},
		{"links: [{each: l, provider: p, subject: {value: x}}]", Keeps{}},
		{"links: [{each: $apart, provider: p, subject: s}, {provider: p, subject: s}]", Keeps{Social: InExport}},
		{"password: pw", Keeps{Passwords: InExport}},
		{"password: [{hash: pw}]", Keeps{Passwords: InExport}},
		{"password: [{hash: pw, added: true}]", Keeps{}},
		{"password: [{hash: {value: x}, salt: s, method: m, iterations: i, set_at: a}]", Keeps{}},
		{"password: [{each: $apart, hash: pw}]", Keeps{Passwords: SecondFile}},
		{"password: [{params: {document: d}}]", Keeps{Passwords: InExport}},
		{"password: [{params: {variant: d}}]", Keeps{}},
		{"memberships: [{name: n}]", Keeps{Memberships: InExport}},
		{"memberships: [{organization: n}]", Keeps{Memberships: InExport}},
		{"memberships: [{each: $apart, code: n}]", Keeps{Memberships: SecondFile}},
		{"memberships: [{external_id: n, added: true, roles: r}]", Keeps{}},
		{"memberships: [{roles: r}]", Keeps{Roles: InExport}},
		{"memberships: [{each: $apart, permissions: r}]", Keeps{Roles: SecondFile}},
	} {
		m, err := Load("t.yaml", []byte(tables+"id: id\n"+c.yaml))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Keeps(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.yaml, got, c.want)
		}
	}
	for name := range notHash {
		m, err := Load("t.yaml", []byte("id: id\npassword: [{params: {"+name+": x}}]"))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Keeps(); got != (Keeps{}) {
			t.Errorf("%s alone is a hash: %+v", name, got)
		}
	}
}

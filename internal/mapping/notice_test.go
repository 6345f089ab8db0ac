package mapping

import (
	"strings"
	"testing"
)

// TestPresetsKnowWhatIsMissing asserts that an export without what matters is
// named, and that one that is whole is not.
func TestPresetsKnowWhatIsMissing(t *testing.T) {
	const bcrypt = `$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W`
	for _, c := range []struct {
		name, preset, record string
		want, never          string
	}{
		{"auth0 without hashes", "auth0", `{"user_id":"auth0|1","email":"a@example.com","identities":[{"provider":"auth0","user_id":"1"}]}`,
			"missing: No passwords: 1 record", ""},
		{"auth0 with social users only", "auth0",
			`{"user_id":"google-oauth2|1","email":"a@example.com","identities":[{"provider":"google-oauth2","user_id":"1"}]}`,
			"missing: No memberships", "passwords"},
		{"auth0 with hashes", "auth0", `{"user_id":"auth0|1","email":"a@example.com","passwordHash":"` + bcrypt + `"}`, "memberships",
			"passwords"},
		{"kratos without credentials", "kratos", `{"id":"k1","schema_id":"default","traits":{"email":"a@example.com"}}`,
			"missing: No passwords", ""},
		{"kratos with an identifier alone", "kratos",
			`{"id":"k1","schema_id":"default","traits":{"email":"a@example.com"},"credentials":{"password":{"identifiers":["a@example.com"]}}}`,
			"hashes behind password credentials", "No passwords"},
		{"better-auth's table user alone", "better-auth", `{"id":"u1","email":"a@example.com","emailVerified":true}`, "missing: No accounts", ""},
		{"supabase's admin list", "supabase",
			`{"id":"s1","email":"a@example.com","app_metadata":{"provider":"google","providers":["google"]},"identities":null}`,
			"missing: No links", "passwords"},
		{"supabase, an address among the providers", "supabase",
			`{"id":"s1","email":"a@example.com","app_metadata":{"providers":["email"]},"identities":null}`, "missing: No passwords", "links"},
		{"logto", "logto", `{"id":"l1","primaryEmail":"a@example.com","hasPassword":true}`, "missing: No passwords", ""},
		{"logto without a password", "logto", `{"id":"l1","primaryEmail":"a@example.com","hasPassword":false}`, "", "passwords"},
		{"firebase without the permission", "firebase",
			`{"localId":"f1","email":"a@example.com","providerUserInfo":[{"providerId":"password","rawId":"a@example.com"}]}`,
			"missing: No passwords", ""},
		{"wordpress", "wordpress", `{"ID":1,"user_login":"ana","user_email":"a@example.com","user_pass":"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"}`,
			"doubt: A password with a quote or a backslash in it needs a backslash more in Kinde (1 record).", ""},
		{"devise", "devise", `{"id":1,"email":"a@example.com","encrypted_password":"` + bcrypt + `"}`, "doubt: A pepper", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Preset(c.preset)
			if err != nil {
				t.Fatal(err)
			}
			got := noticesOf(t, m, c.record)
			if !strings.Contains(got, c.want) || c.never != "" && strings.Contains(got, c.never) {
				t.Errorf("said:\n%s\nwant %q, not %q", got, c.want, c.never)
			}
		})
	}
}

// TestWhatAnybodyMayLack is said only when nobody has it; what somebody should have, of each who lacks it.
func TestWhatAnybodyMayLack(t *testing.T) {
	const one = `{"id":"1","email":"a@example.com","h":"$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W","has":true}`
	const two = `{"id":"2","email":"b@example.com","has":true}`
	for among, want := range map[string]string{"": "", "among: has, ": "missing: No passwords: 1 of the 2 records that should have some."} {
		m, err := Load(
			"t.yaml",
			[]byte("id: id\nemails: [email]\npassword: [h]\nnotices: [{missing: passwords, "+among+"says: Ask for them.}]\n"),
		)
		if err != nil {
			t.Fatal(err)
		}
		if got := noticesOf(t, m, one, two); got != want {
			t.Errorf("%q says %q, want %q", among, got, want)
		}
	}
}

// TestEachPresetSaysWhatItLacks keeps the notices of presets whose providers withhold something.
func TestEachPresetSaysWhatItLacks(t *testing.T) {
	for _, name := range presetNames() {
		m, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		// Kinde's own import file and files of unknown origin hold what their authors put in.
		if len(m.notices) == 0 && name != "generic" && name != "kinde" {
			t.Errorf("%s says of nothing that it is missing", name)
		}
		for _, n := range m.notices {
			if len(n.says) < 20 || !strings.HasSuffix(n.says, ".") {
				t.Errorf("%s: %q says too little: %q", name, n.what, n.says)
			}
		}
	}
}

func TestNoticeErrors(t *testing.T) {
	for yaml, want := range map[string]string{
		"id: id\nnotices: [{says: x}]":                                "either missing or doubt",
		"id: id\nnotices: [{missing: passwords}]":                     "says is missing",
		"id: id\nnotices: [{missing: shoes, says: x}]":                `"shoes" needs found:`,
		"id: id\nnotices: [{doubt: rain, found: id, says: x}]":        "found belongs to missing",
		"id: id\nnotices: [{missing: passwords, doubt: x, says: x}]":  "either missing or doubt",
		"id: id\nnotices: [{missing: passwords, says: x, where: id}]": "where",
	} {
		if _, err := Load("t.yaml", []byte(yaml)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
}

// TestAnInvalidAddressIsNotNothing rejects a record whose only address is wrong,
// also where records without any are left out.
func TestAnInvalidAddressIsNotNothing(t *testing.T) {
	m, err := Load("t.yaml", []byte("id: id\nemails: [email]\nno_identity: skip\n"))
	if err != nil {
		t.Fatal(err)
	}
	for record, want := range map[string]string{`{"id":"1","email":"not an address"}`: "rejected", `{"id":"2"}`: "skipped"} {
		rec := Record{Number: 1, Fields: mustJSON(t, record)}
		res := m.Map(&rec, nil)
		if got := map[bool]string{true: "rejected", false: "skipped"}[res.Rejected()]; got != want || (want == "skipped") != (res.Skip != "") {
			t.Errorf("%s is %s (%q), want %s", record, got, res.Skip, want)
		}
	}
}

// TestAMappingNamesAVariant keeps the parameters that Kinde names usable without params.
func TestAMappingNamesAVariant(t *testing.T) {
	m, err := Load(
		"t.yaml",
		[]byte(
			"id: id\nemails: [email]\npassword:\n  - {hash: h, method: {value: pbkdf2}, salt: s, iterations: i, variant: {value: salted-pbkdf2-hmac-sha256}}\n",
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	rec := Record{
		Number: 1,
		Fields: mustJSON(
			t,
			`{"id":"1","email":"a@example.com","h":"KUep4x6EZ2LAaLmGharhsMA9jmnOWuBMAz1zrYxsESU=","s":"AAECAwQFBgcICQoLDA0ODw==","i":24000}`,
		),
	}
	p := m.Map(&rec, nil).User.Password
	if p == nil || p.Body == nil || p.Body.Variant != "salted-pbkdf2-hmac-sha256" || p.Body.Iterations != 24000 {
		t.Errorf("password: %+v", p)
	}
}

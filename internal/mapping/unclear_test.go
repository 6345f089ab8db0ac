package mapping

import (
	"strings"
	"testing"
)

// TestUnclearStates asserts that what is neither yes nor no, and what is no date,
// does not pass for a no in silence where it decides on who may sign in.
func TestUnclearStates(t *testing.T) {
	const yaml = `
id: id
emails: [{value: email, verified: [confirmed, {path: confirmed_at, past: true}]}]
suspended: [disabled, {path: banned_until, future: true}]
password_reset: must_change
`
	m, err := Load("t.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ fields, want string }{
		{`"disabled":"no","banned_until":"2001-01-01","confirmed":"f","confirmed_at":"","must_change":0`, ""},
		{`"disabled":"","banned_until":null,"confirmed":null,"confirmed_at":"0000-00-00 00:00:00","must_change":"NULL"`, ""},
		{`"disabled":"enabled"`, "disabled"},
		{`"disabled":-1`, "disabled"},
		{`"disabled":"2"`, "disabled"},
		{`"disabled":"x","banned_until":"2999-01-01"`, ""},
		{`"banned_until":"12/01/2999"`, "banned_until"},
		{`"banned_until":"infinity"`, ""},
		{`"banned_until":"forever"`, "banned_until"},
		{`"confirmed":"maybe"`, "confirmed"},
		{`"confirmed":"2024-01-12"`, "confirmed"},
		{`"confirmed":"maybe","confirmed_at":"2024-01-12"`, ""},
		{`"confirmed_at":"1.7040672E+12"`, "confirmed_at"},
		{`"must_change":"perhaps","disabled":"x"`, "disabled must_change"},
	} {
		rec := Record{Number: 1, Fields: mustJSON(t, `{"id":"u1","email":"ana@example.com",`+c.fields+`}`)}
		res := m.Map(&rec, nil)
		var got []string
		for _, p := range res.Problems {
			if strings.Contains(p.Message, "is treated as no") {
				got = append(got, p.Field)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.fields, s, c.want)
		}
	}
}

// TestColumnsAreNoRecord rejects a table that was written by its columns.
func TestColumnsAreNoRecord(t *testing.T) {
	m, err := Preset("generic")
	if err != nil {
		t.Fatal(err)
	}
	for record, want := range map[string]bool{
		`{"id":["1","2"],"email":["ana@example.com","bo@example.com"]}`: true,
		`{"id":["1"],"email":["ana@example.com","bo@example.com"]}`:     false,
		`{"id":"1","email":["ana@example.com","bo@example.com"]}`:       false,
	} {
		rec := Record{Number: 1, Fields: mustJSON(t, record)}
		if res := m.Map(&rec, nil); res.Rejected() != want {
			t.Errorf("%s: rejected %v: %v", record, res.Rejected(), res.Problems)
		}
	}
}

// TestListsAsProgramsWriteThem reads roles in one cell in every notation.
func TestListsAsProgramsWriteThem(t *testing.T) {
	for cell, want := range map[string]string{
		`admin,editor`: "admin|editor", `admin;editor`: "admin|editor", `admin`: "admin", ``: "", `[]`: "", `{}`: "",
		`["admin","chief editor"]`: "admin|chief editor", `['admin', 'editor']`: "admin|editor",
		`{admin,"chief editor",NULL}`: "admin|chief editor",
		`{"admin","a\"b"}`:            `admin|a"b`, `{"admin":true,"editor":false}`: "admin",
		`a:2:{i:0;s:5:"admin";i:1;s:6:"editor";}`: "admin|editor", `a:2:{s:5:"admin";b:1;s:6:"editor";b:0;}`: "admin",
	} {
		if got := strings.Join(textsOf(splitText(cell, ",;|")), "|"); got != want {
			t.Errorf("%s: %q, want %q", cell, got, want)
		}
	}
}

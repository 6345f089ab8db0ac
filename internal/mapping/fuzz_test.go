package mapping

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
)

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"a.b", "a[0]", `"x y".z`, "a[type=email].v", "$passwords[*].x", "@key", "^.a", "a.*.b", "[*]", "a['q''r']",
		"a[", "..", "$"} {
		f.Add(s)
	}
	rec := Value{Kind: Object, Keys: []string{"a"}, Elems: []Value{{Kind: Array, Elems: []Value{StringValue(`{"b":[1]}`)}}}}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePath(s)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		ks := newKeyspace(true)
		a := compileAccess(ks, p, 0)
		sc := newScope(ks, rec, nil)
		a.one(sc)
		a.each(sc, func(string, Value) bool { return true })
	})
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"generic", "kinde-export"} {
		src, err := PresetSource(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Add("id: =a.b + 1\nemails: [{each: x, value: y, verified: {path: z, is: [a]}}]\n")
	f.Add("extends: auth0\nadd: {properties: {a: b}}\n")
	f.Add("properties: [{from: $, only: ['a*']}]\nflags: {x: ~}\n")
	f.Add("tables: {t: {at: ['a[*]'], on: [{row: x, user: y}]}}")
	rec := &Record{
		Fields: Value{Kind: Object, Keys: []string{"id", "email"}, Elems: []Value{{Kind: Number, Text: "1"}, StringValue("a@example.com")}},
	}
	f.Fuzz(func(t *testing.T, src string) {
		m, err := Load("fuzz.yaml", []byte(src))
		if err != nil {
			return
		}
		m.Map(rec, nil)
		for i := range m.Tables() {
			tab := &m.Tables()[i]
			tab.RowKeys(rec.Fields)
			tab.UserKeys(rec)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2024-01-12T09:00:00Z", "1705050000000", "11-FEB-20 07.51.57.521000000 PM", "20240112090000Z", "infinity",
		"0000-00-00", "-1", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := ParseTime(s)
		if ok && at.IsZero() {
			t.Errorf("%q became the zero time", s)
		}
		if _, known := ParseBool(s); known && len(s) > 8 {
			t.Errorf("%q is a boolean", s)
		}
	})
}

// FuzzMap maps arbitrary JSON with every preset: it must neither panic nor
// mark an address as verified that the record does not hold.
func FuzzMap(f *testing.F) {
	f.Add(`{"user_id":"auth0|1","email":"a@example.com","identities":[{"provider":"x","user_id":1}],"app_metadata":"{\"a\":[1]}"}`)
	f.Add(`{"id":[[]],"email":{"$oid":"a@b.c"},"phones":[{"number":"+61491570156"}],"identities":{"google":{"userId":"1"}}}`)
	f.Add(`{"phone":"+1 (256) 555-0100","roles":{"a":1},"created_at":1e999,"properties":[{"key":1,"value":{}}]}`)
	f.Fuzz(func(t *testing.T, src string) {
		v, err := ParseJSON(src)
		if err != nil || v.Kind != Object {
			return
		}
		for _, name := range presetNames() {
			m, err := Preset(name)
			if err != nil {
				t.Fatal(err)
			}
			r := m.Map(&Record{Number: 1, Fields: v}, nil)
			for _, id := range r.User.Identities {
				if id.Value == "" || strings.ContainsAny(id.Value, "\x00\n") {
					t.Errorf("%s: identity %q", name, id.Value)
				}
			}
			usable := len(r.User.Identities)+len(r.User.Links) > 0
			if !usable && !r.Rejected() && r.Skip == "" && !r.Filtered {
				t.Errorf("%s: a record without identity was accepted", name)
			}
		}
	})
}

func FuzzPhoneEmail(f *testing.F) {
	for _, s := range []string{"+61491570156", "+44 (0)7700 900123", "a@b.co", "a@xn--e1afmkfd.xn--p1ai", "@", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := ParsePhone(s, "", true); err == nil && (len(p.E164) < 8 || len(p.E164) > 16 || p.E164[0] != '+') {
			t.Errorf("%q became %q", s, p.E164)
		}
		if e, err := CheckEmail(s); err == nil && compare.Fold("email", e) == "" {
			t.Errorf("%q folds to nothing", s)
		}
		parsePHP(s)
	})
}

package mapping

import (
	"fmt"
	"strings"
	"testing"
)

const oddMapping = `
id: id
emails: [email]
phones: [phone]
links:
  - {provider: {value: google}, subject: google}
properties:
  - {from: meta}
  - {from: more}
`

// odd maps an object and writes what matters of the result.
func odd(t *testing.T, members ...any) string {
	t.Helper()
	m, err := Load("odd.yaml", []byte(oddMapping))
	if err != nil {
		t.Fatal(err)
	}
	v := Value{Kind: Object}
	for i := 0; i < len(members); i += 2 {
		e, ok := members[i+1].(Value)
		if !ok {
			e = StringValue(members[i+1].(string))
		}
		v.Keys, v.Elems = append(v.Keys, members[i].(string)), append(v.Elems, e)
	}
	r := m.Map(&Record{Fields: v}, nil)
	var b strings.Builder
	fmt.Fprintf(&b, "%s", r.User.SourceID)
	for _, p := range r.User.Properties {
		fmt.Fprintf(&b, " %s=%s", p.Key, p.Value)
	}
	for _, l := range r.User.Links {
		fmt.Fprintf(&b, " link %s", l.Subject)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, " [%s %s %s]", p.Severity, p.Code, p.Field)
	}
	return b.String()
}

func textMembers(kv ...string) Value {
	v := Value{Kind: Object}
	for i := 0; i < len(kv); i += 2 {
		v.Keys, v.Elems = append(v.Keys, kv[i]), append(v.Elems, StringValue(kv[i+1]))
	}
	return v
}

// TestCollidingKeys: two names that become one key are both accounted for.
func TestCollidingKeys(t *testing.T) {
	for _, c := range []struct {
		meta, more Value
		want       string
	}{
		{textMembers("a b", "1", "a_b", "2"), Value{}, "u a_b=1 [warning FIELD_DROPPED meta.a_b]"},
		{textMembers("$x", "1", "€x", "2"), Value{}, "u _x=1 [warning FIELD_DROPPED meta.€x]"},
		{textMembers("名前", "1", "住所", "2"), Value{}, "u __=1 [warning FIELD_DROPPED meta.住所]"},
		{textMembers("a b", "1", "a_b", "1"), Value{}, "u a_b=1"}, // nothing is lost
		{textMembers("", "1", " ", "2", "k", "3"), Value{}, "u k=3 [warning FIELD_DROPPED meta.] [warning FIELD_DROPPED meta. ]"},
		{textMembers("k", "1"), textMembers("k", "2"), "u k=2 [warning FIELD_DROPPED meta.k]"}, // the later entry wins
		{textMembers("k", "1"), textMembers("k", "1"), "u k=1"},
	} {
		if got := odd(t, "id", "u", "email", "a@example.com", "meta", c.meta, "more", c.more); got != c.want {
			t.Errorf("%v %v: %s, want %s", c.meta, c.more, got, c.want)
		}
	}
}

// TestDamagedIDs: what a spreadsheet rounded, or what is no single value, is no id.
func TestDamagedIDs(t *testing.T) {
	for _, c := range []struct {
		id   any
		want string
	}{
		{"1.0420E+20", " [error RECORD_MALFORMED id]"},
		{"1,0420E+20", " [error RECORD_MALFORMED id]"},
		{"1E+20", " [error RECORD_MALFORMED id]"},
		{Value{Kind: Number, Text: "1.042e+20"}, " [error RECORD_MALFORMED id]"},
		{"12e3", "12e3"},
		{"1e5f0000", "1e5f0000"},
		{"104200000000000000017", "104200000000000000017"},
		{textMembers("$oid", "65a1b2c3d4e5f60718293a4b"), "65a1b2c3d4e5f60718293a4b"},
		{textMembers("value", "7"), " [error RECORD_MALFORMED id] [warning FIELD_DROPPED id.value]"},
	} {
		if got := odd(t, "id", c.id, "email", "a@example.com"); got != c.want {
			t.Errorf("%v: %q, want %q", c.id, got, c.want)
		}
	}
	if got := odd(t, "id", "u", "email", "a@example.com", "phone", "4.4770E+11", "google",
		"1.0420E+20"); got != "u [warning PHONE_INVALID phone] [warning FIELD_DROPPED google]" {
		t.Error(got)
	}
}

// TestInvisibleSigns names what nobody sees in an address.
func TestInvisibleSigns(t *testing.T) {
	for addr, want := range map[string]string{
		"h@example.com.":            "it ends with a dot",
		"a\u200bb@example.com":      "U+200B",
		"a\u200db@example.com":      "U+200D",
		"a@exam\u200bple.com":       "U+200B",
		"a\u202eb@example.com":      "U+202E",
		"\ufeffa@example.com":       "U+FEFF",
		"a\u2066@example.com":       "U+2066",
		"a\u00adb@example.com":      "U+00AD",
		"می\u200cخواهم@example.com": "",
	} {
		_, err := CheckEmail(addr)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", addr, err, want)
		}
	}
}

package erasure

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

func ana() *People {
	p := NewPeople(&Person{})
	p.Learn(
		0,
		&Names{
			KindeID:   "kp_a",
			SourceIDs: []string{"auth0|5f7c8ec7c33c", "17"},
			Emails:    []string{"Ana@example.com"},
			Phones:    []string{"+12025550141"},
			Usernames: []string{"ana_s"},
		},
		false,
	)
	return p
}

func TestTextFindsNamesAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		text string
		held bool
	}{
		{"ana@example.com", true}, {"<ANA@EXAMPLE.COM>", true}, {`"was ana@example.com."`, true}, {"'+12025550141", true},
		{`\nana@example.com`, true},
		{"?email=ana%40example.com&x", true}, {"q=%3Cana%40example.com%3E", true}, {"tel%3A%2B12025550141", true}, {"auth0%7C5f7c8ec7c33c", true},
		{"mail:: YW5hQGV4YW1wbGUuY29t", true}, {"forum|auth0|5f7c8ec7c33c", true}, {"&lt;ana@example.com&gt;", true}, {"&#43;12025550141", true},
		{"joana@example.com", false}, {"ana@example.com.au", false}, {"jo.ana@example.com", false}, {"kp_ab", false}, {"17", false},
		{"ana_s", false},
		{"auth0|5f7c8ec7c33c9", false}, {"x+12025550141", false}, {"+120255501410", false}, {"mail:: yw5hqgv4yw1wbguuy29t", false},
	} {
		text := ana().Text()
		if held := text.Holds([]byte(c.text)); held != c.held {
			t.Errorf("%q: held %v", c.text, held)
		}
		if in, err := text.HeldIn(strings.NewReader(strings.Repeat("x ", window/2+7) + c.text)); err != nil || in != c.held {
			t.Errorf("%q far into a stream: held %v %v", c.text, in, err)
		}
		if out, n := text.Without([]byte(c.text)); c.held != (n > 0) || c.held == bytes.Equal(out, []byte(c.text)) || text.Holds(out) {
			t.Errorf("%q became %q", c.text, out)
		}
	}
	for at := window - 18; at < window+3; at += 3 {
		in, err := ana().Text().HeldIn(strings.NewReader(strings.Repeat(" ", at) + "joana@example.com"))
		if err != nil || in {
			t.Fatalf("joana at %d: %v %v", at, in, err)
		}
		in, err = ana().Text().HeldIn(strings.NewReader(strings.Repeat(" ", at) + "ana@example.com "))
		if err != nil || !in {
			t.Fatalf("ana at %d: %v %v", at, in, err)
		}
	}
}

func TestMatchTellsPeopleApart(t *testing.T) {
	for what, c := range map[string]struct {
		n    Names
		sure bool
		want bool
	}{
		"the tenant's id":                       {n: Names{KindeID: "kp_a", Emails: []string{"new@example.com"}}, want: true},
		"an address":                            {n: Names{Emails: []string{"ANA@example.com"}}, want: true},
		"an old address that another user has":  {n: Names{KindeID: "kp_b", Emails: []string{"ana@example.com"}}},
		"an address of today in another tenant": {n: Names{KindeID: "kp_b", Emails: []string{"ana@example.com"}}, sure: true, want: true},
		"an id of one source": {n: Names{SourceIDs: []string{"auth0|5f7c8ec7c33c"},
			Emails: []string{"new@example.com"}}, want: true},
		"a number that many sources give":              {n: Names{SourceIDs: []string{"17"}}},
		"a number that was asked for":                  {n: Names{SourceIDs: []string{"17"}}, sure: true, want: true},
		"a phone number of somebody with an address":   {n: Names{Emails: []string{"bo@example.com"}, Phones: []string{"+12025550141"}}},
		"a phone number alone":                         {n: Names{Phones: []string{"+1 202 555 0141"}}, want: true},
		"a phone number under another id":              {n: Names{SourceIDs: []string{"18"}, Phones: []string{"+12025550141"}}},
		"a username alone":                             {n: Names{Usernames: []string{"ANA_S"}}, want: true},
		"nobody":                                       {n: Names{}},
		"the Kelvin sign is no k, and a dot no letter": {n: Names{Emails: []string{"a.na@example.com"}}},
	} {
		p := ana()
		if c.sure {
			p.Learn(0, &Names{SourceIDs: []string{"17"}, Emails: []string{"ana@example.com"}}, true)
		}
		if _, got := p.Match(&c.n); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestWhatIsSharedStays(t *testing.T) {
	p := ana()
	p.Keep(&Names{Emails: []string{"bo@example.com"}, Phones: []string{"+12025550141"}})
	if text := p.Text(); text.Holds([]byte("+12025550141")) || !text.Holds([]byte("ana@example.com")) || p.Shared() != 1 {
		t.Errorf("%d shared", p.Shared())
	}
}

func TestListHoldsDigestsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.json")
	l, err := OpenList(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Add(ana().Persons[0], time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err := l.Save(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if info, e := os.Stat(path); err != nil || e != nil || info.Mode().Perm()&0o077 != 0 || ana().Text().Holds(data) {
		t.Fatalf("%v %v %s", err, e, data)
	}
	if l, err = ReadList(path); err != nil || l.Len() != 6 {
		t.Fatalf("%d entries, %v", l.Len(), err)
	}
	for what, c := range map[string]struct {
		n    Names
		want bool
	}{
		"by address":             {Names{SourceIDs: []string{"1"}, Emails: []string{"ANA@example.com"}}, true},
		"by id":                  {Names{SourceIDs: []string{"auth0|5f7c8ec7c33c"}, Emails: []string{"new@example.com"}}, true},
		"a number says nothing":  {Names{SourceIDs: []string{"17"}, Emails: []string{"bo@example.com"}}, false},
		"a number alone neither": {Names{SourceIDs: []string{"17"}}, false},
		"by phone alone":         {Names{Phones: []string{"+12025550141"}}, true},
		"somebody's phone":       {Names{Emails: []string{"bo@example.com"}, Phones: []string{"+12025550141"}}, false},
	} {
		if l.Holds(&c.n) != c.want {
			t.Errorf("%s: %v", what, !c.want)
		}
	}
	if !l.Knows(&Names{SourceIDs: []string{"17"}}) || l.Knows(&Names{SourceIDs: []string{"18"}}) {
		t.Error("Knows")
	}
	other, _ := OpenList(filepath.Join(t.TempDir(), "other.json"))
	other.Add(ana().Persons[0], time.Now())
	for digest := range other.held {
		if l.held[digest] != "" {
			t.Error("two lists have a digest in common: it is not keyed")
		}
	}
}

func TestNamesOfAnySource(t *testing.T) {
	object := func(pairs ...any) mapping.Value {
		v := mapping.Value{Kind: mapping.Object}
		for i := 0; i < len(pairs); i += 2 {
			v.Keys = append(v.Keys, pairs[i].(string))
			switch x := pairs[i+1].(type) {
			case string:
				v.Elems = append(v.Elems, mapping.StringValue(x))
			case mapping.Value:
				v.Elems = append(v.Elems, x)
			}
		}
		return v
	}
	list := func(e ...mapping.Value) mapping.Value { return mapping.Value{Kind: mapping.Array, Elems: e} }
	n := NamesOf(
		object(
			"user_id",
			"auth0|1",
			"E-Mail",
			"",
			"emailAddress",
			"ana@example.com",
			"phone_number",
			"+12025550141",
			"invited_by",
			"bo@example.com",
			"identities",
			list(object("type", "username", "value", "ana_s", "connection_id", "conn_1")),
			"organizations",
			list(object("id", "org", "email", "x@example.com")),
		),
	)
	if len(n.Emails) != 1 || n.Emails[0] != "ana@example.com" || len(n.Phones) != 1 || len(n.Usernames) != 1 || len(n.SourceIDs) != 1 {
		t.Errorf("%+v", n)
	}
	if n := NamesOf(object("invited_by", "ana@example.com", "note", "ana@example.com")); len(n.Emails)+len(n.SourceIDs) > 0 {
		t.Errorf("a mention makes a record somebody's: %+v", n)
	}
}

func TestLooksLikeHeader(t *testing.T) {
	for line, want := range map[string]bool{
		"id,email": true, "name;E-Mail\r": true, "plan\tuser_id": true,
		"17,ana@example.com": false, "name;town": false, "email": false, "": false, "a," + strings.Repeat("id ", 20): false,
	} {
		if got := LooksLikeHeader(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

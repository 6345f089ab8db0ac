package erasure

import (
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// TestTake sorts a value by its form, then by its field.
func TestTake(t *testing.T) {
	for _, c := range []struct {
		field, text string
		want        Names
	}{
		{"id", "", Names{}}, {"id", "'", Names{}}, {"id", "kp_1", Names{KindeID: "kp_1"}}, {"id", "'kp_1", Names{KindeID: "kp_1"}},
		{"id", "a@example.com", Names{Emails: []string{"a@example.com"}}}, {"id", "a@b c", Names{SourceIDs: []string{"a@b c"}}},
		{"value", "a@b/c", Names{Usernames: []string{"a@b/c"}}}, {"id", "+1202555", Names{Phones: []string{"+1202555"}}},
		{"id", "+120255", Names{SourceIDs: []string{"+120255"}}}, {"id", "12025550141", Names{SourceIDs: []string{"12025550141"}}},
		{"phonenumber", "1", Names{Phones: []string{"1"}}}, {"mobile", "1", Names{Phones: []string{"1"}}},
		{"userlogin", "a", Names{Usernames: []string{"a"}}}, {"preferredusername", "a", Names{Usernames: []string{"a"}}},
		{"samaccountname", "a", Names{Usernames: []string{"a"}}}, {"identity", "a", Names{Usernames: []string{"a"}}},
		{"value", "a", Names{Usernames: []string{"a"}}}, {"uid", "a", Names{SourceIDs: []string{"a"}}},
	} {
		var n Names
		n.take(c.field, c.text)
		if !reflect.DeepEqual(n, c.want) {
			t.Errorf("%s %q: %+v, want %+v", c.field, c.text, n, c.want)
		}
	}
	n := Names{KindeID: "kp_1"}
	n.take("id", "kp_1")
	n.take("id", "kp_2")
	if !reflect.DeepEqual(n, Names{KindeID: "kp_1", SourceIDs: []string{"kp_2"}}) {
		t.Errorf("a second id: %+v", n)
	}
}

func TestNamesWithinMembers(t *testing.T) {
	object := func(key string, v mapping.Value) mapping.Value {
		return mapping.Value{Kind: mapping.Object, Keys: []string{key}, Elems: []mapping.Value{v}}
	}
	v := object("id", mapping.StringValue(" x "))
	for depth := range 6 {
		want := Names{SourceIDs: []string{"x"}}
		if depth > deepest {
			want = Names{}
		}
		if got := NamesOf(v); !reflect.DeepEqual(got, want) {
			t.Errorf("%d members within members: %+v, want %+v", depth, got, want)
		}
		v = object("Pro-file", v)
	}
	number := object("id", mapping.Value{Kind: mapping.Number, Text: "17"})
	if got := NamesOf(number); !reflect.DeepEqual(got, Names{SourceIDs: []string{"17"}}) {
		t.Errorf("a number: %+v", got)
	}
	for name, v := range map[string]mapping.Value{"a list of a field that holds one name": object("id",
		mapping.Value{Kind: mapping.Array, Elems: []mapping.Value{mapping.StringValue("x")}}),
		"a name of a field that holds members": object("profile", mapping.StringValue("x")), "another field's": object("owner", number)} {
		if got := NamesOf(v); !reflect.DeepEqual(got, Names{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestLists(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "list")
	if _, err := ReadList(path); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "reading the erasure list: ") {
		t.Error(err)
	}
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	short := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 31)))
	for text, want := range map[string]string{"x": " is not one of this release", `{"schema":"x"}`: " is not one of this release",
		`{"schema":"` + listSchema + `","key":"*"}`:             " has no usable key",
		`{"schema":"` + listSchema + `","key":"` + short + `"}`: " has no usable key"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, open := range []func(string) (*List, error){ReadList, OpenList} {
			if l, err := open(path); l != nil || err == nil || err.Error() != "reading the erasure list: "+path+want {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if err := os.WriteFile(path, []byte(`{"schema":"`+listSchema+`","key":"`+key+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := OpenList(path)
	if err != nil || l.Path() != path || l.Len() != 0 {
		t.Fatalf("%+v, %v", l, err)
	}
	empty := l.Fingerprint()
	first, later := time.Date(2026, 3, 2, 0, 30, 0, 0, time.FixedZone("", 3600)), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	l.Add(&Person{Emails: []string{"ana@example.com"}}, first)
	one := l.Fingerprint()
	l.Add(&Person{Emails: []string{"ANA@example.com"}, KindeIDs: []string{"kp_1"}}, later)
	two := l.Fingerprint()
	if days := slices.Sorted(maps.Values(l.held)); !slices.Equal(days, []string{"2026-03-01", "2026-04-01"}) {
		t.Errorf("erased on %v", days)
	}
	if empty == one || one == two || len(two) != 32 {
		t.Errorf("fingerprints %s, %s, %s", empty, one, two)
	}
	if err := l.Save(); err != nil {
		t.Fatal(err)
	}
	if again, err := ReadList(path); err != nil || again.Fingerprint() != two || !maps.Equal(again.held, l.held) {
		t.Errorf("%+v, %v", again, err)
	}
	l.path = dir
	if err := l.Save(); err == nil || !strings.HasPrefix(err.Error(), "writing the erasure list: ") {
		t.Error(err)
	}
}

// TestHolds: who is on the list by which of their names, beside which others.
func TestHolds(t *testing.T) {
	const long, other = "auth0|5f7c8ec7c33c", "auth0|000000000000"
	l, err := OpenList(filepath.Join(t.TempDir(), "list"))
	if err != nil {
		t.Fatal(err)
	}
	l.Add(&Person{KindeIDs: []string{"kp_1"}, SourceIDs: []string{long, "17"}, Emails: []string{"ana@example.com"},
		Phones: []string{"+12025550141"}, Usernames: []string{"ana_s"}}, time.Now())
	for _, c := range []struct {
		n           Names
		holds, know bool
	}{
		{Names{}, false, false}, {Names{KindeID: "kp_1"}, true, true}, {Names{KindeID: "kp_2"}, false, false},
		{Names{Emails: []string{"x@example.com", "ana@example.com"}}, true, true}, {Names{SourceIDs: []string{"17"}}, false, true},
		{Names{SourceIDs: []string{"1", long}, Emails: []string{"x@example.com"}}, true, true},
		{Names{SourceIDs: []string{other}, Emails: []string{"x@example.com"}}, false, false},
		{Names{Phones: []string{"+12025550141"}}, true, true}, {Names{Usernames: []string{"ANA_S"}}, true, true},
		{Names{Phones: []string{"+12025550141"}, SourceIDs: []string{"18"}}, true, true},
		{Names{Phones: []string{"+12025550141"}, SourceIDs: []string{other}}, false, true},
		{Names{Usernames: []string{"ana_s"}, Emails: []string{"x@example.com"}}, false, true},
		{Names{Phones: []string{""}, Usernames: []string{""}, Emails: nil, SourceIDs: []string{""}}, false, false},
	} {
		if l.Holds(&c.n) != c.holds || l.Knows(&c.n) != c.know {
			t.Errorf("%+v: held %v, known %v", c.n, l.Holds(&c.n), l.Knows(&c.n))
		}
	}
}

func TestTelling(t *testing.T) {
	for id, want := range map[string]bool{"": false, "17": false, "abcdefghi1": true, "ABCDEFGHI1": true, "abcdefgh1": false,
		"abcdefghij": false, "1234567890": false,
		"123456789012345": false, "1234567890123456": true, "zzzzzzzzz0": true, "AZZZZZZZZ9": true} {
		if telling(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}

// TestTheRightPersonIsMatched among several, by the strongest name.
func TestTheRightPersonIsMatched(t *testing.T) {
	const long = "auth0|5f7c8ec7c33c"
	fresh := func() *People {
		return NewPeople(&Person{KindeIDs: []string{"kp_0"}, Emails: []string{"zero@example.com"}},
			&Person{KindeIDs: []string{"kp_1"}, SourceIDs: []string{long, "17"}, Emails: []string{"one@example.com"},
				Phones:    []string{"+12025550141"},
				Usernames: []string{"one"}, Surely: []string{"17", "today@example.com"}})
	}
	for _, c := range []struct {
		n  Names
		at int
		ok bool
	}{
		{Names{KindeID: "kp_1", Emails: []string{"zero@example.com"}}, 1, true}, {Names{Emails: []string{"ONE@example.com"}}, 1, true},
		{Names{KindeID: "kp_9", Emails: []string{"one@example.com"}}, 0, false}, {Names{SourceIDs: []string{"", long}}, 1, true},
		{Names{SourceIDs: []string{long}, KindeID: "kp_9"}, 0, false}, {Names{SourceIDs: []string{"17"}, KindeID: "kp_9"}, 1, true},
		{Names{Phones: []string{"", "+12025550141"}}, 1, true}, {Names{Usernames: []string{"ONE"}, SourceIDs: []string{"17"}}, 1, true},
		{Names{Usernames: []string{"one"}, SourceIDs: []string{"18"}}, 0, false}, {Names{Usernames: []string{"one"}, KindeID: "kp_9"}, 0, false},
		{Names{Usernames: []string{"one"}, Emails: []string{"x@example.com"}}, 0, false}, {Names{}, 0, false},
		{Names{Usernames: []string{""}, Phones: []string{""}, Emails: []string{""}, SourceIDs: []string{""}}, 0, false},
	} {
		if at, ok := fresh().Match(&c.n); at != c.at || ok != c.ok {
			t.Errorf("%+v: %d, %v, want %d, %v", c.n, at, ok, c.at, c.ok)
		}
	}
	p := fresh()
	if p.Learn(1, &Names{Emails: []string{" ", "One@example.com"}, KindeID: "kp_1"}, false) {
		t.Error("nothing of it is new")
	}
	if !p.Learn(1, &Names{Emails: []string{"new@example.com", "zero@example.com"}, SourceIDs: []string{"19"}}, true) {
		t.Error("it is new")
	}
	want := &Person{KindeIDs: []string{"kp_1"}, SourceIDs: []string{long, "17", "19"}, Emails: []string{"one@example.com",
		"new@example.com", "zero@example.com"},
		Phones: []string{"+12025550141"}, Usernames: []string{"one"}, Surely: []string{"17", "today@example.com", "19",
			"new@example.com", "zero@example.com"}}
	if !reflect.DeepEqual(p.Persons[1], want) {
		t.Errorf("%+v, want %+v", p.Persons[1], want)
	}
	if at, ok := p.Match(&Names{Emails: []string{"zero@example.com"}}); at != 0 || !ok {
		t.Error("whose name it was first keeps it")
	}
	for name, shared := range map[*Names]bool{{Emails: []string{"x@example.com"}}: false, {SourceIDs: []string{"17"}}: true,
		{Emails: []string{"ONE@example.com"}}: true,
		{Phones: []string{"+1 2025550141"}}:   true, {Usernames: []string{"one"}}: true, {Usernames: []string{""}}: false} {
		p.Begin()
		if got := p.Keep(name); got != shared || p.Shared() != len(map[bool][]int{true: {1}}[shared]) {
			t.Errorf("%+v is shared: %v, %d", *name, got, p.Shared())
		}
	}
}

func TestTerms(t *testing.T) {
	p := NewPeople(&Person{KindeIDs: []string{"kp_1"}, SourceIDs: []string{"17", "auth0|5f7c8ec7c33c"}, Emails: []string{"a@b", "none"},
		Phones: []string{"+1202555", "+120255"}, Usernames: []string{"ana_s", "ana-smith-2026"}})
	want := []string{"kp_1", "auth0|5f7c8ec7c33c", "a@b", "+1202555", "ana-smith-2026"}
	if got := p.terms(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	p.Keep(&Names{Emails: []string{"A@b"}})
	if got := p.terms(); slices.Contains(got, "a@b") || len(got) != 4 {
		t.Errorf("somebody has it who stays: %q", got)
	}
}

// TestWithout compares the whole text that stays.
func TestWithout(t *testing.T) {
	text := ana().Text()
	for in, want := range map[string]string{
		"": "", "nobody": "nobody", "ana@example.com": Mark, "ANA@example.com, +12025550141;kp_a": Mark + ", " + Mark + ";" + Mark,
		"to ana@example.com.": "to " + Mark + ".", "ana@example.com.x": "ana@example.com.x",
		"ana@example.com-x": "ana@example.com-x", "ana@example.com-": Mark + "-",
		"ana@example.comé": "ana@example.comé", "éana@example.com": "éana@example.com", "_ana@example.com": "_ana@example.com",
		"%ana@example.com": "%ana@example.com",
		"+ana@example.com": "+ana@example.com", "-ana@example.com": "-ana@example.com", "x'ana@example.com": "x'ana@example.com",
		"'ana@example.com":   "'" + Mark,
		" 'ana@example.com'": " '" + Mark + "'", `\tana@example.com`: `\t` + Mark, "%3Cana@example.com": "%3C" + Mark,
		`\u003cana@example.com`: `\u003c` + Mark,
		`x\u03cana@example.com`: `x\u03cana@example.com`, "YW5hQGV4YW1wbGUuY29t": Mark, "QW5hQGV4YW1wbGUuY29t": Mark,
		"qw5hqgv4yw1wbguuy29t": "qw5hqgv4yw1wbguuy29t",
		"kp_a kp_a":            Mark + " " + Mark, "9kp_a": "9kp_a", "akp_a": "akp_a", "Zkp_a": "Zkp_a", "kp_az": "kp_az", "kp_a0": "kp_a0",
	} {
		out, n := text.WithoutString(in)
		if out != want || n != strings.Count(want, Mark) {
			t.Errorf("%q became %q (%d), want %q", in, out, n, want)
		}
		if text.Holds([]byte(in)) != (in != want) {
			t.Errorf("%q is held: %v", in, in == want)
		}
	}
	if out, n := text.Loose().WithoutString("xana@example.comx"); out != "x"+Mark+"x" || n != 1 || text.Holds([]byte("xana@example.comx")) {
		t.Errorf("loosely: %q, %d", out, n)
	}
}

// TestStreams: all that is found, once each, and what stops it.
func TestStreams(t *testing.T) {
	text := ana().Text()
	in := "ANA@example.com kp_a " + strings.Repeat(" ", 2*window) + " ana@example.com +12025550141"
	found := map[string]bool{}
	if err := text.Collect(strings.NewReader(in), found); err != nil || !maps.Equal(found,
		map[string]bool{"ana@example.com": true, "kp_a": true, "+12025550141": true}) {
		t.Errorf("%v, %v", found, err)
	}
	seen := 0
	if err := text.search(strings.NewReader(in), func([]byte) bool { seen++; return seen < 2 }); err != nil || seen != 2 {
		t.Errorf("%d, %v", seen, err)
	}
	broken := errors.New("broken")
	if held, err := text.HeldIn(iotest.ErrReader(broken)); held || !errors.Is(err, broken) {
		t.Errorf("%v, %v", held, err)
	}
	if err := text.Collect(io.MultiReader(strings.NewReader("kp_a"), iotest.ErrReader(broken)), found); !errors.Is(err, broken) {
		t.Error(err)
	}
	if held, err := NewPeople().Text().HeldIn(strings.NewReader(in)); held || err != nil {
		t.Errorf("nobody: %v, %v", held, err)
	}
}

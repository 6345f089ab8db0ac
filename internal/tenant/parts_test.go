package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// shows tells as JSON what differs between two values.
func shows(t *testing.T, what string, got, want any) {
	t.Helper()
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) || !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n%s, want\n%s", what, a, b)
	}
}

// Each part is named, and brings those along without which it says nothing.
func TestParts(t *testing.T) {
	for name, want := range map[string]Parts{
		"":                     {},
		"identities":           {Identities: true},
		"organizations":        {Organizations: true},
		"roles":                {Organizations: true, Roles: true},
		"permissions":          {Organizations: true, Roles: true, Permissions: true},
		"properties":           {Properties: true},
		"verified":             {Identities: true, Verified: true},
		"mfa":                  {MFA: true},
		"sessions":             {Sessions: true},
		" mfa , properties,":   {MFA: true, Properties: true},
		"sessions,identities ": {Sessions: true, Identities: true},
	} {
		got, err := ParseParts([]string{name})
		if err != nil || got != want {
			t.Errorf("%q: %+v, want %+v, %v", name, got, want, err)
		}
		if again, err := ParseParts(strings.Split(got.String(), ",")); err != nil || again != got {
			t.Errorf("%q is called %q, which is read as %+v, %v", name, got, again, err)
		}
		if alone := strings.Contains(name, "verified") || strings.Contains(name, "mfa") || strings.Contains(name,
			"sessions"); got.perUser() != alone {
			t.Errorf("%q costs a request per user: %v", name, got.perUser())
		}
	}
	if all, err := ParseParts(PartNames); err != nil || all.String() != strings.Join(PartNames, ",") {
		t.Errorf("all parts are %q, %v", all, err)
	}
	_, err := ParseParts([]string{"mfa", "names"})
	if err == nil || err.Error() != `unknown part "names"; use `+strings.Join(PartNames, ", ") {
		t.Errorf("an unknown part: %v", err)
	}
}

// A person is called by what is most their own.
func TestName(t *testing.T) {
	r := Row{Email: "ana@example.com", Phone: "+15550100", Username: "ana", FirstName: "Ana", LastName: "Tester"}
	for _, step := range []struct {
		want  string
		clear *string
	}{{"ana@example.com", &r.Email}, {"+15550100", &r.Phone}, {"ana", &r.Username}, {"Ana Tester", &r.FirstName}, {"Tester", &r.LastName},
		{"", &r.Picture}} {
		if got := r.Name(); got != step.want {
			t.Errorf("%q, want %q", got, step.want)
		}
		*step.clear = ""
	}
}

// The row of a user comes from both listings, each identity once, the preferred one first.
func TestProfile(t *testing.T) {
	created, signed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	listed := kinde.User{ID: "kp_1", ProvidedID: "usr_1", Email: "b@example.com", Phone: "+15550100", Username: "ana", FirstName: "Ana",
		LastName: "Tester", Picture: "https://example.com/a.png", IsSuspended: true, CreatedOn: kinde.User{}.CreatedOn, TotalSignIns: 3,
		Identities: []kinde.UserIdentity{{Type: "email", Identity: "a@example.com"}, {Type: "email", Identity: "b@example.com"},
			{Type: "email", Identity: "a@example.com"}, {Type: "oauth2:google", Identity: "g-1", ConnectionID: "conn_1"}}}
	listed.CreatedOn, listed.LastSignedIn = created, signed
	found := kinde.User{ID: "kp_1", Email: "old@example.com", Properties: map[string]string{"plan": "gold"},
		Identities: []kinde.UserIdentity{{Type: "username", Identity: "of search"}}}
	utc := created.UTC()
	base := Row{ID: "kp_1", ProvidedID: "usr_1", Email: "b@example.com", Phone: "+15550100", Username: "ana", FirstName: "Ana",
		LastName: "Tester",
		Picture:  "https://example.com/a.png", IsSuspended: true, CreatedOn: &utc, LastSignedIn: &signed, TotalSignIns: 3}
	shows(t, "the profile alone", *Parts{}.profile(&found, &listed), base)
	whole := base
	whole.Properties = map[string]string{"plan": "gold"}
	whole.Identities = []Identity{{Type: "email", Value: "b@example.com"}, {Type: "phone", Value: "+15550100"}, {Type: "username",
		Value: "ana"},
		{Type: "email", Value: "a@example.com"},
		{Type: "social", Value: "g-1", ConnectionID: "conn_1", Connection: ConnectionRef{Strategy: "oauth2:google"}}}
	shows(t, "with both parts", *Parts{Identities: true, Properties: true}.profile(&found, &listed), whole)
	whole.Properties = map[string]string{}
	shows(t, "without search's view", *Parts{Identities: true, Properties: true}.profile(nil, &listed), whole)
	shows(t, "search's view alone", *Parts{Identities: true, Properties: true}.profile(&found, nil), Row{ID: "kp_1", Email: "old@example.com",
		Properties: found.Properties, Identities: []Identity{{Type: "email", Value: "old@example.com"}, {Type: "username", Value: "of search"}}})
	listed.Identities, listed.Email, listed.Phone, listed.Username = nil, "", "", ""
	shows(t, "identities that only search shows", Parts{Identities: true}.profile(&found, &listed).Identities,
		[]Identity{{Type: "username", Value: "of search"}})
	shows(t, "no identity at all", Parts{Identities: true}.profile(nil, &listed).Identities, []Identity{})
	for name, c := range map[string]struct {
		has  Identity
		want bool
	}{
		"the same in other letters": {Identity{Type: "email", Value: "ANA@example.com"}, true},
		"another":                   {Identity{Type: "email", Value: "bea@example.com"}, false},
		"of another type":           {Identity{Type: "username", Value: "ana@example.com"}, false},
		"an enterprise identity":    {Identity{Type: "enterprise", Value: "whoever"}, true},
	} {
		if got := hasIdentity([]Identity{c.has}, Identity{Type: "email", Value: "ana@example.com"}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if hasIdentity([]Identity{{Type: "enterprise", Value: "whoever"}}, Identity{Type: "phone", Value: "+15550100"}) ||
		!hasIdentity([]Identity{{Type: "enterprise", Value: "ana"}}, Identity{Type: "username", Value: "ana"}) {
		t.Error("an enterprise identity stands for an e-mail address, else for its own value alone")
	}
}

// Details are added to the identity that they are about, and a part that was read
// and is empty is there.
func TestDetailsAreAdded(t *testing.T) {
	yes, no := true, false
	on := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	row := func() *Row {
		return &Row{Identities: []Identity{{Type: "email", Value: "Ana@example.com"}, {Type: "social", Value: "7", ConnectionID: "conn_1"},
			{Type: "social", Value: "7"}}}
	}
	d := &Details{ReadOn: on, Cut: true, Identities: []Confirmation{
		{Type: "email", Value: "ana@example.com", ConnectionID: "conn_0", Verified: true},
		{Type: "social", Value: "7", ConnectionID: "conn_2", Primary: true},
		{Type: "social", Value: "7", ConnectionID: "conn_1", Verified: true, Primary: true},
		{Type: "username", Value: "ana"},
	}}
	got := row()
	d.fill(got, Parts{Verified: true, MFA: true, Sessions: true})
	shows(t, "all parts", *got, Row{DetailsOn: &on, MFA: []Factor{}, Sessions: []Session{}, SessionsCut: true, Identities: []Identity{
		{Type: "email", Value: "Ana@example.com", ConnectionID: "conn_0", Verified: &yes, Primary: &no},
		{Type: "social", Value: "7", ConnectionID: "conn_1", Verified: &yes, Primary: &yes},
		{Type: "social", Value: "7", ConnectionID: "conn_2", Verified: &no, Primary: &yes},
		{Type: "username", Value: "ana", Verified: &no, Primary: &no},
	}})
	d = &Details{ReadOn: on, MFA: []Factor{{ID: "f"}}, Sessions: []Session{{ID: "s"}}}
	want := *row()
	want.DetailsOn = &on
	got = row()
	d.fill(got, Parts{})
	shows(t, "no part", *got, want)
	got = row()
	d.fill(got, Parts{MFA: true})
	want.MFA = d.MFA
	shows(t, "second factors", *got, want)
	got = row()
	d.fill(got, Parts{Sessions: true})
	want.MFA, want.Sessions = nil, d.Sessions
	shows(t, "sessions", *got, want)
	if moment(time.Time{}) != nil {
		t.Error("a moment that is not known is a moment")
	}
}

// A list of keys is kept in an order of its own, each once.
func TestKeys(t *testing.T) {
	asked := []string{"b", "a", "b"}
	if text := joinKeys(asked); text != "a"+keySeparator+"b" || !slices.Equal(splitKeys(text), []string{"a", "b"}) || asked[0] != "b" {
		t.Errorf("%q, and %q is left", text, asked)
	}
	if keys := splitKeys(""); keys != nil || !reflect.DeepEqual(present(keys), []string{}) ||
		!slices.Equal(present([]string{"a"}), []string{"a"}) {
		t.Errorf("%q of nothing", keys)
	}
}

// What is written is read by people and compared by its bytes.
func TestMarshal(t *testing.T) {
	if text, err := Marshal(Row{ID: "kp_1", LastName: "O'Neil & <Söhne>"}); err != nil ||
		string(text) != `{"id":"kp_1","last_name":"O'Neil & <Söhne>","is_suspended":false,"total_sign_ins":0}` {
		t.Errorf("%s, %v", text, err)
	}
}

// pages is a listing whose cursors die: fails gives the errors of the lists that
// begin behind a user, one after the other.
type pages struct {
	next  map[string]string // by cursor
	fails map[string][]error
	asked []string
}

func (p *pages) list(_ context.Context, after string) iter.Seq2[pageOfUsers, error] {
	p.asked = append(p.asked, after)
	return func(yield func(pageOfUsers, error) bool) {
		for at := after; ; {
			if f := p.fails[at]; len(f) > 0 {
				p.fails[at] = f[1:]
				yield(pageOfUsers{}, f[0])
				return
			}
			page := pageOfUsers{Next: p.next[at], Items: []kinde.User{{ID: "in:" + at}, {ID: p.next[at]}}}
			if !yield(page, nil) || page.Next == "" {
				return
			}
			at = page.Next
		}
	}
}

// A listing whose cursor died goes on behind a user that is known, or from the
// start; any other failure, and one without end, is told.
func TestFetchPages(t *testing.T) {
	gone := &kinde.Error{Class: kinde.ClassNotFound}
	wrong, stopped, plain := &kinde.Error{Class: kinde.ClassFinal}, &kinde.Error{Class: kinde.ClassStopped}, errors.New("no JSON")
	for name, c := range map[string]struct {
		byID  bool
		after string
		fails map[string][]error
		asked []string
		err   error
	}{
		"undisturbed":         {true, "", nil, []string{""}, nil},
		"taken up":            {true, "b", nil, []string{"b"}, nil},
		"a cursor that died":  {true, "", map[string][]error{"c": {gone}}, []string{"", "in:b"}, nil},
		"one that is refused": {true, "", map[string][]error{"c": {wrong}}, []string{"", "in:b"}, nil},
		"one that dies again": {true, "", map[string][]error{"c": {gone, gone}, "in:b": {gone}}, []string{"", "in:b", "a", "in:b"},
			nil},
		"nobody is known":               {true, "a", map[string][]error{"a": {gone}}, []string{"a", ""}, nil},
		"a cursor that names nobody":    {false, "", map[string][]error{"c": {gone}}, []string{"", ""}, nil},
		"the beginning":                 {true, "", map[string][]error{"": {gone}}, []string{""}, gone},
		"a run that is stopped":         {true, "", map[string][]error{"c": {stopped}}, []string{""}, stopped},
		"what is no answer":             {true, "", map[string][]error{"c": {plain}}, []string{""}, plain},
		"a cursor that dies every time": {false, "", map[string][]error{"c": slices.Repeat([]error{error(gone)}, maxRestarts+1)}, nil, gone},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pages{next: map[string]string{"": "a", "a": "b", "b": "c", "c": "", "in:b": "c", "in:a": "b"}, fails: c.fails}
			out := make(chan pageOfUsers, 1000)
			err := fetchPages(t.Context(), c.after, c.byID, p.list, out)
			if !errors.Is(err, c.err) || c.err != nil && !strings.HasPrefix(err.Error(), "listing the users: ") {
				t.Errorf("%v", err)
			}
			if c.asked != nil && !slices.Equal(p.asked, c.asked) || c.asked == nil && len(p.asked) != maxRestarts+1 {
				t.Errorf("asked behind %q, want %q", p.asked, c.asked)
			}
			close(out)
			last := "?"
			for page := range out {
				last = page.Next
			}
			if (last == "") != (c.err == nil) {
				t.Errorf("the last page goes on at %q", last)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fetchPages(ended, "", true, (&pages{}).list, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

// A partial reading is taken up only by a run that reads the same of the same
// tenant, within a day.
func TestResumable(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		origin string
		parts  Parts
		at     time.Time
		want   bool
	}{
		"at once":          {"https://a", Parts{MFA: true}, now, true},
		"within a day":     {"https://a", Parts{MFA: true}, now.Add(maxResume - time.Second), true},
		"a day later":      {"https://a", Parts{MFA: true}, now.Add(maxResume), false},
		"before it began":  {"https://a", Parts{MFA: true}, now.Add(-time.Second), false},
		"another tenant":   {"https://b", Parts{MFA: true}, now, false},
		"with other parts": {"https://a", Parts{}, now, false},
	} {
		s, err := openStage(t.Context(), "", t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		first, err := s.resumable(t.Context(), "https://a", Parts{MFA: true}, now)
		if err != nil || first {
			t.Errorf("%s: an empty one is taken up: %v, %v", name, first, err)
		}
		if err := s.putPage(t.Context(), viewListed, []kinde.User{{ID: "kp_1", Organizations: []string{"org_1"}}, {}}, "kp_1",
			false); err != nil {
			t.Fatal(err)
		}
		got, err := s.resumable(t.Context(), c.origin, c.parts, c.at)
		users, e := s.count(t.Context(), "SELECT count(*) FROM user")
		if err != nil || e != nil || got != c.want || (users == 1) != c.want {
			t.Errorf("%s: %v with %d users, %v, %v", name, got, users, err, e)
		}
		if again, err := s.resumable(t.Context(), c.origin, c.parts, c.at); err != nil || !again {
			t.Errorf("%s: what began anew is not taken up: %v, %v", name, again, err)
		}
		if err := s.close(true); err != nil {
			t.Fatal(err)
		}
	}
}

// Two runs don't write one file; what is done leaves nothing, and what is to be
// taken up stays.
func TestStageOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a #1?.partial")
	for _, keep := range []bool{true, false} {
		s, err := openStage(t.Context(), path, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openStage(t.Context(), path, ""); !errors.Is(err, ErrExporting) {
			t.Errorf("a second one: %v", err)
		}
		if err := s.setMeta(t.Context(), "a", "1"); err != nil {
			t.Fatal(err)
		}
		if err := (&Reading{&reader{stage: s, opt: ReadOptions{Resume: path}}}).Close(!keep); err != nil {
			t.Error(err)
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		if err != nil || (len(left) > 0) != keep || keep && !slices.Equal(left, []string{path}) {
			t.Errorf("kept %v: %q, %v", keep, left, err)
		}
	}
	damaged := path + "2"
	if err := os.WriteFile(damaged, []byte("no database, but long enough to be taken for one"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openStage(t.Context(), damaged, "")
	if _, gone := os.Stat(damaged); err == nil || !strings.HasPrefix(err.Error(), "preparing "+damaged+": ") || gone == nil {
		t.Errorf("a damaged one stands in the way of every later run: %v, %v", err, gone)
	}
	if _, err := openStage(t.Context(), t.TempDir(), ""); err == nil || !strings.HasPrefix(err.Error(), "creating the temporary file for the export: ") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := openStage(t.Context(), filepath.Join(path, "none", "x"), ""); err == nil || !strings.HasPrefix(err.Error(), "locking ") {
		t.Errorf("no folder: %v", err)
	}
}

// Progress counts the listing that is ahead.
func TestProgress(t *testing.T) {
	var told []string
	c := &counter{expect: 9, tell: func(p Progress) { told = append(told, fmt.Sprint(p.Stage, " ", p.Done, " ", p.Total)) }}
	c.read(viewListed, 2)
	c.read(viewFound, 1)
	c.read(viewFound, 3)
	(&Reading{&reader{progress: c}}).Tell("Reading roles", 1, 2)
	if want := []string{"Reading users 2 9", "Reading users 2 9", "Reading users 4 9", "Reading roles 1 2"}; !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
	(&counter{}).read(viewFound, 1) // nobody is to be told
}

package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// numbered are users of a tenant whose ids count from 1.
func numbered(n int) (users []kinde.User) {
	for i := range n {
		users = append(users, kinde.User{ID: fmt.Sprint("kp", i+1), ProvidedID: fmt.Sprint(i + 1), Email: fmt.Sprintf("p%d@example.com", i+1)})
	}
	return users
}

// askingFor is a checkpoint with records of these ids, whose user nobody knows.
func askingFor(t *testing.T, ids ...string) *checkpoint.Store {
	store, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	var records checkpoint.PutRecords
	for n, id := range ids {
		records = append(
			records,
			&checkpoint.Record{Number: int64(n + 1), Key: store.Keyed(fmt.Sprint(n)), SourceID: id, Outcome: checkpoint.Pending},
		)
	}
	if err := store.Commit(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	return store
}

// Everyone is read as long as that costs less than to ask. Where ids are in
// question it is read on, and only who carries one of them is kept; a later run
// does so only if a new record has an id that somebody else carries.
func TestSurvey(t *testing.T) {
	for name, c := range map[string]struct {
		users, pageSize int
		budget          int64
		ids             []string
		carried         []string // what an earlier run met; nil: there was none
		complete        bool
		pages           int
		carriers        string
	}{
		"nobody is there":                  {0, 2, 1, []string{"1"}, nil, true, 1, "map[]"},
		"one page":                         {2, 2, 1, []string{"1"}, nil, true, 1, "map[1:[kp1] 2:[kp2]]"},
		"as many pages as asking costs":    {4, 2, 2, []string{"1"}, nil, true, 2, "map[1:[kp1] 2:[kp2] 3:[kp3] 4:[kp4]]"},
		"one page more, and an id":         {6, 2, 2, []string{"1", "5"}, nil, false, 3, "map[1:[kp1] 5:[kp5]]"},
		"one page more, and no id":         {6, 2, 2, []string{"", ""}, nil, false, 2, "map[1:[kp1] 2:[kp2] 3:[kp3] 4:[kp4]]"},
		"an id that somebody has carried":  {6, 2, 2, []string{"5"}, []string{"5", "6"}, false, 3, "map[5:[kp5]]"},
		"an id that nobody has carried":    {6, 2, 2, []string{"4"}, []string{"5", "6"}, false, 2, "map[1:[kp1] 2:[kp2] 3:[kp3] 4:[kp4]]"},
		"ids that nobody carries are left": {6, 2, 1, []string{"9"}, nil, false, 3, "map[]"},
	} {
		store := askingFor(t, c.ids...)
		s := &idSurvey{store: store, fresh: checkpoint.Selection{Any: true}}
		if c.carried != nil {
			for _, id := range c.carried {
				s.seen = append(s.seen, s.digest(id))
			}
			if err := s.keep(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.seen = nil
		}
		f := &finder{target: &shelf{users: numbered(c.users), pageSize: c.pageSize}}
		if err := f.survey(t.Context(), c.budget, s); err != nil {
			t.Fatal(name, err)
		}
		if f.complete != c.complete || f.pages != c.pages || f.complete && len(f.users) != c.users || !f.complete &&
			(f.users != nil || f.snapshot != nil) ||
			f.pageSize != min(c.users, c.pageSize) ||
			c.carriers != fmt.Sprint(f.carriers) {
			t.Errorf("%s: complete %v, %d pages of %d, %d users, carriers %v", name, f.complete, f.pages, f.pageSize, len(f.users), f.carriers)
		}
		note, err := store.Note(t.Context(), noteCarried)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := unpackDigests(note)
		want := c.carried
		if c.pages*c.pageSize >= c.users { // to the end
			want = nil
			for _, u := range numbered(c.users) {
				want = append(want, u.ProvidedID)
			}
		}
		var digests []uint64
		for _, id := range want {
			digests = append(digests, s.digest(id))
		}
		slices.Sort(digests)
		if err != nil || !slices.Equal(kept, digests) {
			t.Errorf("%s: %d ids are kept, want %d, %v", name, len(kept), len(digests), err)
		}
	}
}

// Digests come back as they were kept, and a note that is damaged is no list.
func TestDigestsComeBack(t *testing.T) {
	for _, list := range [][]uint64{{}, {1}, {1, 1 << 63, 7}} {
		if got, err := unpackDigests(packDigests(list)); err != nil || !slices.Equal(got, list) {
			t.Errorf("%v: %v, %v", list, got, err)
		}
	}
	for note, want := range map[string]string{`"AAAA"`: "which ids users of others carry", `"?"`: "illegal base64", ``: "",
		`"`: "", `""`: ""} {
		got, err := unpackDigests([]byte(note))
		if len(got) != 0 || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", note, got, err)
		}
	}
}

// Whom a record hits is the same by a snapshot and by look-ups: who has an address,
// whom the checkpoint knows, and who carries its id, unless that is somebody else.
func TestFind(t *testing.T) {
	users := []kinde.User{
		{ID: "kp1", Email: "a@example.com", ProvidedID: "1"},
		{ID: "kp2", Email: "b@example.com"},
		{ID: "kp3", Email: "c@example.com", ProvidedID: "3"},
		{ID: "kp4", ProvidedID: "4"},
		{ID: "kp5", Email: "e@example.com", ProvidedID: "4"},
	}
	for name, c := range map[string]struct {
		id, knows string
		emails    []string
		want      []string
		other     string
	}{
		"nobody":                                     {"9", "", []string{"z@example.com"}, nil, ""},
		"an address":                                 {"", "", []string{"B@example.com"}, []string{"kp2"}, ""},
		"an address and the id":                      {"1", "", []string{"a@example.com"}, []string{"kp1"}, ""},
		"two addresses of two":                       {"", "", []string{"a@example.com", "b@example.com"}, []string{"kp1", "kp2"}, ""},
		"the id of somebody else":                    {"3", "", []string{"z@example.com"}, nil, "kp3"},
		"the id of somebody else and an address":     {"3", "", []string{"b@example.com"}, []string{"kp2"}, "kp3"},
		"the id alone":                               {"3", "", nil, []string{"kp3"}, ""},
		"the id of one without addresses":            {"4", "", []string{"z@example.com"}, []string{"kp4"}, "kp5"},
		"whom the checkpoint knows":                  {"3", "kp3", []string{"z@example.com"}, []string{"kp3"}, ""},
		"whom the checkpoint knows, with an address": {"3", "kp3", []string{"c@example.com"}, []string{"kp3"}, ""},
		"whom the checkpoint knows, and is gone":     {"", "kp9", []string{"z@example.com"}, nil, ""},
		"whom the checkpoint knows beside another":   {"", "kp3", []string{"b@example.com"}, []string{"kp2", "kp3"}, ""},
	} {
		for _, complete := range []bool{true, false} {
			x := &shelf{users: users}
			f := &finder{target: x, snapshot: map[string]int32{}, carriers: map[string][]string{}, complete: complete}
			for _, u := range users {
				if u.ProvidedID != "" {
					f.carriers[u.ProvidedID] = append(f.carriers[u.ProvidedID], u.ID)
				}
				f.remember(u)
			}
			w := &wanted{user: &mapping.User{SourceID: c.id}}
			for _, e := range c.emails {
				w.identities = append(w.identities, mapping.Identity{Type: mapping.Email, Value: e})
			}
			found, err := f.find(t.Context(), []checkpoint.Record{{KindeID: c.knows}}, []*wanted{w})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, u := range found[0].users {
				ids = append(ids, u.ID)
			}
			if !slices.Equal(ids, c.want) || found[0].other != c.other || complete && len(x.calls) > 0 {
				t.Errorf("%s, a snapshot %v: %v, other %q, calls %v", name, complete, ids, found[0].other, x.calls)
			}
		}
	}
}

// A tenant that is large is looked at in part, and that is said.
func TestCollisionsInALargeTenant(t *testing.T) {
	p := counted("beta", 3)
	for pages, all := range map[int]bool{1: true, collisionPages: true, collisionPages + 1: false} {
		x := &shelf{users: numbered(pages), pageSize: 1}
		got, err := CollisionsOf(t.Context(), p, x, nil)
		taken := int64(min(pages, 3))
		want := Collisions{IDs: 3, Taken: taken, Users: int64(min(pages, collisionPages)), All: all, SourceID: "1", KindeID: "kp1"}
		if err != nil || got != want || len(x.calls) != min(pages, collisionPages) {
			t.Errorf("%d pages: %+v, want %+v, %d calls, %v", pages, got, want, len(x.calls), err)
		}
	}
	p.users[0].SourceID, p.users[1].Identities[0].Value = "", "p2@example.com"
	p.bad = map[int]mapping.Problem{2: {Code: mapping.EmailInvalid}}
	if got, err := CollisionsOf(
		t.Context(),
		p,
		&shelf{users: numbered(3), pageSize: 5},
		nil,
	); err != nil ||
		got != (Collisions{IDs: 1, Users: 3, All: true}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A record that another one replaces counts no more.
func TestCollisionsOfReplacedRecords(t *testing.T) {
	v := &collider{ctx: t.Context(), carriers: map[string][]carrier{"1": {{"kp1", []string{"email:x@example.com"}}}}}
	p := counted("beta", 2)
	if err := v.Add(p.item(0)); err != nil || v.found != (Collisions{IDs: 1, Taken: 1, SourceID: "1", KindeID: "kp1"}) {
		t.Errorf("%+v, %v", v.found, err)
	}
	if err := v.Replace(p.item(0), p.item(1)); err != nil || v.found.IDs != 1 || v.found.Taken != 0 {
		t.Errorf("%+v, %v", v.found, err)
	}
}

// What the checkpoint held is asked once, and tells the user of ours who has an identity.
func TestHoldingsTellTheUser(t *testing.T) {
	w := newWorld(t, sandbox.Options{}).inMemory()
	defer w.store.Close()
	p := &people{users: []*mapping.User{somebody("1", "email:A@example.com", "google:7"), somebody("2", "email:b@example.com", "username:bo")}}
	w.run(p, Options{})
	x := newHoldings(w.store)
	first, _ := w.tenant.Find("a@example.com")
	second, _ := w.tenant.Find("b@example.com")
	got := map[string]string{}
	for _, key := range []string{"email:a@example.com", "email:b@example.com", "username:bo", "email:c@example.com", "phone:b@example.com"} {
		kind, value, _ := strings.Cut(key, ":")
		id, err := x.user(t.Context(), identityID(kind, value))
		if err != nil {
			t.Fatal(err)
		}
		got[key] = id
	}
	want := map[string]string{"email:a@example.com": first.ID, "email:b@example.com": second.ID, "username:bo": second.ID,
		"email:c@example.com": "", "phone:b@example.com": ""}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

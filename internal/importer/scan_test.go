package importer

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// becomes lets the source correct its nth record after it gave all of them.
func (p *people) becomes(n int, change func(*intake.Item)) {
	old, now := p.item(n), p.item(n)
	if now.User != nil {
		now.User = cloneUser(now.User)
	}
	change(&now)
	p.replaced = append(p.replaced, [2]intake.Item{old, now})
}

// told is what the checkpoint holds of each record of the current source: number,
// id, name, outcome, what is wanted, further rows, and the problems and other ids.
func (w *world) told() (lines []string) {
	w.reader(func(r *checkpoint.Reader) {
		for x, err := range r.Records(w.t.Context(), checkpoint.Selection{}) {
			must(w.t, err)
			line := fmt.Sprintf("%d %s %s %s %d+%d", x.Number, x.SourceID, x.Name, x.Outcome, x.Want.Identities, x.Want.Memberships)
			for _, y := range x.Rows {
				line += fmt.Sprintf(" row %d", y.Number)
			}
			problems, err := r.ProblemsOf(w.t.Context(), x.ID)
			must(w.t, err)
			for _, y := range problems {
				line += fmt.Sprintf(" %s(%d,%d)", y.Code, y.Number, y.Line)
			}
			aliases, err := r.Aliases(w.t.Context(), x.ID, x.ID+1)
			must(w.t, err)
			line += strings.Join(aliases[x.ID], "")
			lines = append(lines, line)
		}
	})
	slices.Sort(lines)
	return lines
}

// Rows that the source corrects after the last of them are in the checkpoint as if
// they had come so, in a first pass and in a later one: a further row is no record,
// a duplicate is rejected, and a record has the rows that it took in.
func TestCorrectedRows(t *testing.T) {
	source := func(more int) *people {
		p := invent(5 + more)
		for _, u := range p.users {
			u.Memberships, u.Links, u.Properties, u.Flags, u.Suspended = nil, nil, nil, nil, false
		}
		p.becomes(1, func(i *intake.Item) { i.Disposition = intake.PartOf })
		p.becomes(2, func(i *intake.Item) {
			i.Disposition = intake.Reject
			i.Problems = []mapping.Problem{{Severity: mapping.Error, Code: mapping.DuplicateInSource, Message: "twice"}}
		})
		p.becomes(0, func(i *intake.Item) {
			i.Rows = []intake.Position{{Number: 2, Line: 3, Offset: 1}}
			i.User.Memberships, i.User.OtherIDs = member("org_a", "member"), []string{"other"}
			i.Problems = []mapping.Problem{{Severity: mapping.Warning, Code: mapping.FieldDropped, Message: "left out"}}
		})
		p.becomes(3, func(i *intake.Item) { i.Disposition = intake.Filtered })
		for n := range more {
			p.becomes(5+n, func(i *intake.Item) { i.Disposition = intake.PartOf })
		}
		return p
	}
	want := []string{
		"1 auth0|0 Ana 0 Tester created 2+1 row 2 FIELD_DROPPED(1,2)other",
		"3 auth0|2 Ana 2 Tester rejected 1+0 DUPLICATE_IN_SOURCE(3,4)",
		"5 auth0|4 Ana 4 Tester created 1+0",
	}
	for _, more := range []int{0, batchOf, 2*batchOf + 3} {
		w := newWorld(t, sandbox.Options{})
		o := w.run(source(more), Options{NoReconcile: true})
		expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 2, checkpoint.Rejected: 1})
		if got := w.told(); !slices.Equal(got, want) {
			t.Errorf("%d more: %q\nwant %q", more, got, want)
		}
		w.reader(func(r *checkpoint.Reader) {
			ids, err := r.Note(t.Context(), noteIDs)
			// The third is rejected, and the first has a phone number, too.
			if err != nil || string(ids) != "[2,1,0,3]" {
				t.Errorf("e-mails, phones, usernames and records are %s, %v", ids, err)
			}
			names := map[string]int64{}
			for x, err := range r.Names(t.Context()) {
				must(t, err)
				names[x.Kind+" "+x.Key] = x.Records
			}
			if len(names) != 2 || names["organization org_a"] != 1 || names["role member"] != 1 {
				t.Errorf("named are %v", names)
			}
		})
		// The same again, but for one.
		again := source(more)
		again.users[4].GivenName = "Bea"
		again.replaced = again.replaced[:4+more]
		o = w.run(again, Options{NoReconcile: true, OnExisting: Update})
		expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 1, checkpoint.Updated: 1, checkpoint.Rejected: 1})
		later := slices.Clone(want)
		later[2] = "5 auth0|4 Bea Tester updated 1+0"
		if got := w.told(); !slices.Equal(got, later) {
			t.Errorf("%d more, again: %q\nwant %q", more, got, later)
		}
	}
}

// A record of a newer source that seemed to have changed, and is as it was once its
// further rows are in, is not planned again.
func TestCorrectedToWhatItWas(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	source := func() *people {
		p := &people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}}
		p.becomes(0, func(i *intake.Item) { i.User.Memberships = member("org_a", "member") })
		return p
	}
	expect(t, w.run(source(), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	was := w.record("a@example.com")
	p := source()
	p.users[1].GivenName = "Bea"
	o := w.run(p, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 1, checkpoint.Updated: 1})
	now := w.record("a@example.com")
	was.Seen = now.Seen
	if !reflect.DeepEqual(now, was) {
		t.Errorf("%+v, was %+v", now, was)
	}
	steps, err := []checkpoint.Step(nil), error(nil)
	w.reader(func(r *checkpoint.Reader) { steps, err = r.StepsOf(t.Context(), now.ID) })
	must(t, err)
	for _, s := range steps {
		if s.Run != 1 {
			t.Errorf("%+v was done again", s)
		}
	}
}

// A record that a newer source merges with no other has no other ids: they belong to
// somebody else now, and whoever asks for one must not be given this user.
func TestMergedIDsEnd(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	merged, apart := invent(3), invent(3)
	merged.becomes(0, func(i *intake.Item) { i.User.OtherIDs = []string{"other"} })
	for i, p := range []*people{merged, apart, merged} {
		if o := w.run(p, Options{}); o.err != nil {
			t.Fatal(o.err)
		}
		w.reader(func(r *checkpoint.Reader) {
			aliases, err := r.Aliases(t.Context(), 0, 9)
			want := map[int64][]string{1: {"other"}}
			if p == apart {
				want = map[int64][]string{}
			}
			if must(t, err); !reflect.DeepEqual(aliases, want) {
				t.Errorf("version %d: the other ids are %v, want %v", i+1, aliases, want)
			}
		})
	}
}

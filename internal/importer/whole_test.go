package importer

import (
	"errors"
	"reflect"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// A source with a hole in it takes nobody away, and nothing is sent by it.
func TestSourceWithAHoleTakesNothingAway(t *testing.T) {
	for name, c := range map[string]func(*people){
		"a record can't be read": func(p *people) {
			p.bad = map[int]mapping.Problem{0: {Severity: mapping.Error, Code: mapping.RecordMalformed}}
		},
		"a record has no id": func(p *people) { p.users[0].SourceID = "" },
		"nobody is known":    func(p *people) { p.users = nil },
	} {
		for _, opt := range []Options{{Gone: DeleteGone, MaxGone: 100}, {Gone: SuspendGone, MaxGone: 100}, {Mirror: true}} {
			w := newWorld(t, sandbox.Options{})
			expect(t, w.run(invent(10), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 10})
			p := invent(9)
			c(p)
			o := w.run(p, opt)
			var refused *job.RefusedError
			if !errors.As(o.err, &refused) || refused.Kind != job.SourceIncomplete || o.total != 0 || w.tenant.Count() != 10 {
				t.Errorf("%s, gone %q mirror %v: %v after %d requests", name, opt.Gone, opt.Mirror, o.err, o.total)
			}
		}
	}
}

// Whoever comes back as they were is let in again.
func TestWhoComesBackIsLetInAgain(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	all := func() *people {
		return &people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}}
	}
	w.run(all(), Options{})
	left := all()
	left.users = left.users[:1]
	w.run(left, Options{Gone: SuspendGone, MaxGone: 50})
	if u, _ := w.tenant.Find("b@example.com"); !u.Suspended {
		t.Fatal("who left is not suspended")
	}
	w.run(left, Options{Gone: SuspendGone, MaxGone: 50})
	third := all()
	third.users[0].GivenName = "Ana"
	third.users = third.users[:1]
	w.run(third, Options{Gone: SuspendGone, MaxGone: 50})
	if o := w.run(all(), Options{Gone: SuspendGone, MaxGone: 50}); o.err != nil {
		t.Fatal(o.err)
	}
	if u, _ := w.tenant.Find("b@example.com"); u.Suspended {
		t.Error("who came back is still suspended")
	}
}

// An identity is removed only after what replaces it is in place.
func TestRefusedAddressKeepsTheOldOne(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	if err := w.tenant.Edit(func(e *sandbox.Edit) error { _, err := e.Add("taken@example.net", "A", "Stranger"); return err }); err != nil {
		t.Fatal(err)
	}
	w.run(&people{users: []*mapping.User{somebody("1", "email:a@example.com", "username:ana")}}, Options{})
	o := w.run(&people{users: []*mapping.User{somebody("1", "email:taken@example.net", "username:ana")}}, Options{Mirror: true})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Failed: 1})
	if _, there := w.tenant.Find("a@example.com"); !there {
		t.Error("the old address is gone, and the new one was refused")
	}
}

// TestWholeness: each hole of a source is said, once, in the singular or the plural.
func TestWholeness(t *testing.T) {
	malformed := []mapping.Problem{{Code: mapping.RecordMalformed}}
	row := func(id string, problems []mapping.Problem) *intake.Item {
		i := &intake.Item{Problems: problems}
		if id != "" {
			i.User = &mapping.User{SourceID: id}
		}
		return i
	}
	for name, c := range map[string]struct {
		rows  []*intake.Item
		recur int64
		sum   intake.Summary
		was   wholeness
		want  wholeness
	}{
		"nothing":          {want: wholeness{Holes: []string{"it holds no record"}}},
		"nobody new":       {rows: []*intake.Item{row("1", nil)}, want: wholeness{Holes: []string{"no record of it is known from earlier"}}},
		"whole":            {rows: []*intake.Item{row("1", nil)}, recur: 1, want: wholeness{}},
		"nobody has an id": {rows: []*intake.Item{row("", nil), row("", nil)}, recur: 1, want: wholeness{}},
		"one hole of each": {rows: []*intake.Item{row("1", nil), row("2", malformed), row("", nil)}, recur: 1,
			sum: intake.Summary{Joins: map[string]intake.JoinCounts{"passwords": {Malformed: 1}},
				Notices: []mapping.Notice{{What: mapping.MissingRecords}}},
			was: wholeness{Ended: true},
			want: wholeness{Holes: []string{"a record can't be read", "a record has no id, while others have one",
				"a row of the file of passwords can't be read", "it is one page of several",
				"it stops in the middle of a line, as a file does that was cut; the one before did not"}}},
		"two holes of each": {rows: []*intake.Item{row("1", nil), row("2", malformed), row("3", malformed), row("", nil), row("", nil)}, recur: 1,
			sum: intake.Summary{Ended: true, Joins: map[string]intake.JoinCounts{"passwords": {Malformed: 2},
				"memberships": {Malformed: 3}, "x": {}}},
			was: wholeness{Ended: true},
			want: wholeness{Ended: true, Holes: []string{"2 records can't be read", "2 records have no id, while others have one",
				"3 rows of the file of memberships can't be read", "2 rows of the file of passwords can't be read"}}},
	} {
		v := &scanner{recur: c.recur}
		for _, i := range c.rows {
			v.records++
			v.countHoles(i, 2)
			v.countHoles(i, -1)
		}
		if got := v.wholeness(c.sum, c.was); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

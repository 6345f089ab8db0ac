package checkpoint

import (
	"errors"
	"testing"
	"time"
)

// Who goes on as whom when the source gives people new ids.
func TestSucceed(t *testing.T) {
	ana := Record{
		SourceID: "1",
		Email:    "ana@example.com",
		Name:     "Ana",
		KindeID:  "kp_1",
		Owner:    Made,
		Outcome:  Created,
		Stage:    Present,
		Seen:     1,
	}
	heir := Record{SourceID: "9", Email: "Ana@example.com", Name: "Ana", Outcome: Pending, Seen: 2}
	with := func(r Record, f func(*Record)) *Record { f(&r); return &r }
	as := func(r Record) *Record { return &r }
	for name, c := range map[string]struct {
		old, late []*Record // of the first version, and added by the second
		want      int64
	}{
		"a new id":             {[]*Record{as(ana)}, []*Record{as(heir)}, 1},
		"an adopted user":      {[]*Record{with(ana, func(r *Record) { r.Owner = Adopted })}, []*Record{as(heir)}, 1},
		"somebody who existed": {[]*Record{with(ana, func(r *Record) { r.Owner = Existed })}, []*Record{as(heir)}, 0},
		"a deleted user":       {[]*Record{with(ana, func(r *Record) { r.Outcome = Deleted })}, []*Record{as(heir)}, 0},
		"nobody in the tenant": {[]*Record{with(ana, func(r *Record) { r.Stage = Untouched })}, []*Record{as(heir)}, 0},
		"another name":         {[]*Record{as(ana)}, []*Record{with(heir, func(r *Record) { r.Name = "Bea" })}, 0},
		"another phone": {[]*Record{with(ana, func(r *Record) { r.Phone = "+15550100" })},
			[]*Record{with(heir, func(r *Record) { r.Phone = "+15550101" })}, 0},
		"another username": {[]*Record{with(ana, func(r *Record) { r.Username = "ana" })},
			[]*Record{with(heir, func(r *Record) { r.Username = "anna" })}, 0},
		"a name that one lacks": {[]*Record{with(ana, func(r *Record) { r.Name = "" })}, []*Record{as(heir)}, 1},
		"the Kelvin sign": {[]*Record{with(ana, func(r *Record) { r.Email = "kim@example.com" })},
			[]*Record{with(heir, func(r *Record) { r.Email = "\u212aim@example.com" })}, 0},
		"a rejected record":           {[]*Record{as(ana)}, []*Record{with(heir, func(r *Record) { r.Outcome = Rejected })}, 0},
		"who has not left":            {[]*Record{with(ana, func(r *Record) { r.Seen = 2 })}, []*Record{as(heir)}, 0},
		"two who left, one address":   {[]*Record{as(ana), with(ana, func(r *Record) { r.SourceID = "2" })}, []*Record{as(heir)}, 0},
		"two who came, one address":   {[]*Record{as(ana)}, []*Record{as(heir), with(heir, func(r *Record) { r.SourceID = "10" })}, 0},
		"known from the same version": {[]*Record{as(ana), with(heir, func(*Record) {})}, nil, 0},
		// Who has not left decides nothing about who has: the address that Bea has now
		// is no reason to lose Ana her user.
		"who left, and who stayed and has the address now": {[]*Record{as(ana), with(ana, func(r *Record) {
			r.SourceID, r.Name, r.KindeID, r.Seen, r.Outcome = "2", "Bea", "kp_2", 2, Rejected
		})}, []*Record{as(heir)}, 1},
		"by phone": {[]*Record{with(ana, func(r *Record) { r.Email, r.Phone = "", "+15550100" })},
			[]*Record{with(heir, func(r *Record) { r.Email, r.Phone = "", "+15550100" })}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := OpenMemory(t.Context())
			must(t, err)
			defer s.Close()
			key := byte(0)
			put := func(list []*Record) {
				for _, r := range list {
					key++
					r.Key, r.Number = Digest{key}, int64(key)
					must(t, s.Commit(t.Context(), PutRecords{r}))
				}
			}
			must(
				t,
				s.Commit(
					t.Context(),
					SetJob{Job{Command: "import", Pass: 1, Source: 1, Options: "{}", Created: time.Unix(5, 0)}},
					BeginVersion{1},
					IndexKeys{},
				),
			)
			put(c.old)
			must(
				t,
				s.Commit(t.Context(), SetJob{Job{Command: "import", Pass: 2, Source: 2, Options: "{}", Created: time.Unix(5, 0)}}, BeginVersion{2}),
			)
			put(c.late)
			var n int64
			must(t, s.Commit(t.Context(), Succeed{&n}))
			if n != c.want {
				t.Errorf("%d went on, want %d", n, c.want)
			}
			r, ok, err := s.RecordByKindeID(t.Context(), "kp_1")
			must(t, err)
			if c.want == 1 && (!ok || r.SourceID != "9" || r.Owner == NoOwner || r.Stage != Present || r.Outcome != Pending) {
				t.Errorf("kp_1 belongs to %+v", r)
			}
			if c.want == 0 && ok && r.SourceID == "9" {
				t.Errorf("kp_1 was given to %+v", r)
			}
		})
	}
}

// A first pass that was cut begins anew, and numbers its records anew: nothing that
// was known of a number may be said of another person.
func TestForgetting(t *testing.T) {
	s, err := OpenMemory(t.Context())
	must(t, err)
	defer s.Close()
	mine := PutRecords{{Key: Digest{1}, SourceID: "a", Seen: 1}}
	must(t, s.Commit(t.Context(), mine, PutAliases{Record: 1, IDs: []string{"b"}}, PutStep{Step{Record: 1, Kind: "create"}},
		AddProblems{{Record: 1, Code: "X"}}))
	must(t, s.Commit(t.Context(), Forget{}, PutRecords{{Key: Digest{2}, SourceID: "c", Seen: 1}}))
	aliases, err := s.Aliases(t.Context(), 0, 9)
	steps, err2 := s.StepsOf(t.Context(), 1)
	problems, err3 := s.ProblemsOf(t.Context(), 1)
	if must(t, errors.Join(err, err2, err3)); len(aliases)+len(steps)+len(problems) > 0 {
		t.Errorf("of the new record 1 is known: %v, %v, %v", aliases, steps, problems)
	}
}

package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

func TestDelta(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(400)
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 400})

	// A newer export: its rows have moved, one changed, one is new, one is gone.
	next := invent(401)
	next.users[0], next.users[400] = next.users[400], next.users[0]
	next.users[7].GivenName = "Anabel"
	next.users[7].Properties = []mapping.KeyValue{{Key: "city", Value: "Porto"}, {Key: "plan", Value: "gold"}}
	next.users = append(next.users[:20], next.users[21:]...)
	o := w.run(next, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Updated: 1, checkpoint.Unchanged: 398})
	if o.total >= 20 {
		t.Errorf("a delta of two made %d requests: %v", o.total, o.calls)
	}
	if o.calls["createUser"] != 1 || o.calls["updateUser"] != 2 || o.calls["UpdateUserProperties"] != 1 {
		t.Errorf("%v", o.calls)
	}
	if o.GoneKept != 1 {
		t.Errorf("%d gone", o.GoneKept)
	}
	if u, _ := w.tenant.Find("ana7@example.com"); u.GivenName != "Anabel" || u.Properties["city"] != "Porto" {
		t.Errorf("%+v", u)
	}
	if o := w.run(next, Options{}); o.total != 0 || o.err != nil {
		t.Errorf("a rerun made %v, %v", o.calls, o.err)
	}
}

func TestGone(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(50)
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 50})
	p.users = p.users[:48]
	var refused *job.RefusedError
	if o := w.run(p, Options{Gone: DeleteGone}); !errors.As(o.err, &refused) || refused.Kind != job.SourceIncomplete {
		t.Fatalf("4 %% gone: %v", o.err)
	}
	if o := w.run(p, Options{Gone: DeleteGone, Partial: true}); !errors.As(o.err, &refused) || refused.Kind != job.BadOptions {
		t.Fatalf("a part of the source: %v", o.err)
	}
	o := w.run(p, Options{Gone: SuspendGone, MaxGone: 10})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 48})
	if u, _ := w.tenant.Find("ana49@example.com"); !u.Suspended {
		t.Error("who is gone is not suspended")
	}
	if o := w.run(p, Options{Gone: SuspendGone, MaxGone: 10}); o.total != 0 {
		t.Errorf("a rerun made %v", o.calls)
	}
	o = w.run(p, Options{Gone: DeleteGone, MaxGone: 10})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 48, checkpoint.Deleted: 2})
	if w.tenant.Count() != 48 {
		t.Errorf("%d users", w.tenant.Count())
	}
}

// Whatever a version in between said of somebody whose user stands: who is in the
// source no more is gone.
func TestGoneAfterAWrongRecord(t *testing.T) {
	for name, wrong := range map[string]func(*people){
		"rejected": func(p *people) {
			p.bad = map[int]mapping.Problem{49: {Severity: mapping.Error, Code: mapping.EmailInvalid, Message: "it has no @"}}
		},
		"left out": func(p *people) { p.left = map[int]bool{49: true} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.run(invent(50), Options{})
			second := invent(50)
			wrong(second)
			if o := w.run(second, Options{Gone: DeleteGone, MaxGone: 10}); o.err != nil || w.tenant.Count() != 50 {
				t.Fatalf("who is in the source was taken for gone: %v, %d users", o.err, w.tenant.Count())
			}
			third := invent(49)
			if o := w.run(third, Options{}); o.GoneKept != 1 {
				t.Errorf("%d are said to be gone, want 1", o.GoneKept)
			}
			o := w.run(third, Options{Gone: DeleteGone, MaxGone: 10})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 49, checkpoint.Deleted: 1})
			if _, there := w.tenant.Find("ana49@example.com"); there {
				t.Error("who is gone is in the tenant")
			}
		})
	}
}

func TestPasswordThatChangedAtTheSource(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(3)
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
	p.users[1].Password = &password.Password{
		Encoding: "md5",
		Body:     &password.Body{HashedPassword: "5f4dcc3b5aa765d61d8327deb882cf99", HashingMethod: "md5"},
	}
	o := w.run(p, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 2})
	if u, _ := w.tenant.Find("ana1@example.com"); u.Password.HashingMethod != "md5" {
		t.Errorf("the password is %s", u.Password.HashingMethod)
	}
}

func TestCorrectedRejects(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(30)
	p.bad[4] = mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 29, checkpoint.Rejected: 1})
	rejects := &people{users: []*mapping.User{p.users[4]}}
	expect(t, w.run(rejects, Options{Correction: true}), map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Unchanged: 29})
	w.complete(invent(30))
}

// A correction says where some records lie; what is to be read of the others it does
// not hold, so it waits until they are finished.
func TestCorrectionOfAnUnfinishedSource(t *testing.T) {
	for name, change := range map[string]func(*checkpoint.Record){
		"to be done":      func(r *checkpoint.Record) { r.Outcome = checkpoint.Pending },
		"to be read back": func(r *checkpoint.Record) { r.Pass++ },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			p := invent(4)
			p.bad[3] = mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid}
			expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3, checkpoint.Rejected: 1})
			must(t, w.process(func(j Job) error {
				x, _, err := j.Checkpoint.RecordByID(t.Context(), 2)
				must(t, err)
				change(&x)
				return j.Checkpoint.Commit(t.Context(), checkpoint.SetRecord{Record: &x})
			}))
			correction := &people{users: p.users[3:]}
			for range 2 {
				o := w.run(correction, Options{Correction: true})
				if refused, ok := errors.AsType[*job.RefusedError](o.err); !ok || refused.Kind != job.SourceIncomplete ||
					refused.Message != "1 record of the source that this one corrects is not finished" || o.total != 0 {
					t.Fatalf("%v after %v", o.err, o.calls)
				}
			}
			w.run(p, Options{})
			o := w.run(correction, Options{Correction: true})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Unchanged: 3})
			w.complete(invent(4))
		})
	}
}

// What is known of the records that a correction does not hold stays true: why they
// were rejected, and that they are not as they should be.
func TestCorrectionOfSome(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(5)
	p.bad[3] = mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid, Message: "no"}
	p.bad[4] = mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid, Message: "neither"}
	expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3, checkpoint.Rejected: 2})
	different := checkpoint.Difference{Record: 1, Kind: "different", Field: "given_name", Expected: "Ana 0", Actual: "Bea"}
	missing := checkpoint.Difference{Record: 2, Kind: "missing"}
	seen := append(slices.Repeat(checkpoint.AddDifferences{different}, maxDifferent), missing)
	must(t, w.process(func(j Job) error { return j.Checkpoint.Commit(t.Context(), seen) }))
	o := w.run(&people{users: p.users[3:4]}, Options{Correction: true})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Unchanged: 3, checkpoint.Rejected: 1})
	if c := o.Read; c.Matched != 1 || c.Different != 1 || c.Missing != 1 {
		t.Errorf("the comparison says %+v", c)
	}
	w.reader(func(r *checkpoint.Reader) {
		problems, err := r.ProblemsOf(t.Context(), 5)
		must(t, err)
		if len(problems) != 1 || problems[0].Message != "neither" || problems[0].File != checkpoint.Elsewhere ||
			problems[0].Number != 0 || problems[0].Line != 0 {
			t.Errorf("the problems of the other are %+v", problems)
		}
		if corrected, err := r.ProblemsOf(t.Context(), 4); err != nil || slices.ContainsFunc(corrected, func(x checkpoint.Problem) bool {
			return x.Message == "no"
		}) {
			t.Errorf("those of the corrected one %+v, %v", corrected, err)
		}
		differences, err := r.Differences(t.Context(), len(seen)+1)
		must(t, err)
		if len(differences) != len(seen) {
			t.Errorf("there are %d differences, want %d", len(differences), len(seen))
		}
		for o, err := range report.Outcomes(t.Context(), r) {
			must(t, err)
			if held := o.SourceID == "auth0|3"; held != (o.Record > 0) || held != (o.Line > 0) {
				t.Errorf("%s lies at record %d, line %d of the correction", o.SourceID, o.Record, o.Line)
			}
		}
		for at, err := range report.Rejected(t.Context(), r) {
			t.Errorf("rejects of the correction: %+v, %v", at, err)
		}
	})
}

// cutPeople are a source whose reading is cut after so many rows.
type cutPeople struct {
	*people
	after int
}

var errCut = errors.New("cut")

func (c cutPeople) Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error) {
	_, err := (&people{users: c.users[:c.after], bad: c.bad}).Scan(ctx, v)
	if s, ok := v.(*scanner); ok && err == nil {
		err = s.flush() // as it is done every few hundred rows
	}
	return intake.Summary{}, errors.Join(err, errCut)
}

// A newer source that was refused, or cut, before anything of it was kept leaves what
// is known of the one before: why records were rejected, too.
func TestReasonsOutliveARefusedSource(t *testing.T) {
	strangers := invent(5)
	for i, u := range strangers.users {
		u.GivenName, u.FamilyName = "Zoe", "Zorn"
		u.Identities = []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("zoe%d@example.com", i)}}
	}
	for name, newer := range map[string]Source{"refused": strangers, "cut": cutPeople{strangers, 0}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			p := invent(5)
			p.bad[4] = mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid, Message: "no"}
			expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 4, checkpoint.Rejected: 1})
			if o := w.run(p, Options{}, func(j *Job) { j.Source = newer }); o.err == nil {
				t.Fatal("the other source was taken")
			}
			for range 2 {
				w.reader(func(r *checkpoint.Reader) {
					if problems, err := r.ProblemsOf(t.Context(), 5); err != nil || len(problems) != 1 || problems[0].Message != "no" {
						t.Errorf("the problems of the rejected one are %+v, %v", problems, err)
					}
				})
				expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 4, checkpoint.Rejected: 1})
			}
		})
	}
}

// A source that was cut has changed some of the records, and that is made up for only
// by reading a whole one. What was to be corrected waits for it; a cut correction may
// be followed by itself.
func TestCorrectionAfterACutReading(t *testing.T) {
	after := map[string]func(w *world, p *people) outcome{
		"of the first source": func(w *world, p *people) outcome {
			return w.run(p, Options{}, func(j *Job) { j.Source = cutPeople{p, 3} })
		},
		"of a newer one": func(w *world, p *people) outcome {
			w.run(p, Options{})
			newer := &people{users: slices.Clone(p.users), bad: maps.Clone(p.bad)}
			newer.bad[0] = mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid, Message: "only in the cut one"}
			return w.run(p, Options{}, func(j *Job) { j.Source = cutPeople{newer, 3} })
		},
	}
	for name, cut := range after {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			p := invent(5)
			p.bad[3] = mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid, Message: "no"}
			if o := cut(w, p); !errors.Is(o.err, errCut) {
				t.Fatal(o.err)
			}
			correction := &people{users: p.users[3:4]}
			for range 2 {
				o := w.run(correction, Options{Correction: true})
				if refused, ok := errors.AsType[*job.RefusedError](o.err); !ok || refused.Kind != job.SourceIncomplete || o.total != 0 {
					t.Fatalf("%v after %v", o.err, o.calls)
				}
			}
			w.run(p, Options{})
			if o := w.run(correction, Options{Correction: true}, func(j *Job) { j.Source = cutPeople{correction, 1} }); !errors.Is(o.err, errCut) {
				t.Fatal(o.err)
			}
			expect(t, w.run(correction, Options{Correction: true}), map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Unchanged: 4})
			w.complete(invent(5))
		})
	}
}

func TestOtherSourceTenantOptions(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(invent(5), Options{Pinned: map[string]string{"on-existing": "skip"}}), map[checkpoint.Outcome]int64{checkpoint.Created: 5})

	var refused *job.RefusedError
	if o := w.run(invent(5), Options{Pinned: map[string]string{"on-existing": "update"}}); !errors.As(o.err, &refused) ||
		refused.Kind != job.OptionsChanged {
		t.Errorf("other options: %v", o.err)
	}
	other := invent(5)
	for _, u := range other.users {
		u.SourceID = "x" + u.SourceID
	}
	if o := w.run(other, Options{Pinned: map[string]string{"on-existing": "skip"}}); !errors.As(o.err, &refused) ||
		refused.Kind != job.OtherSource {
		t.Errorf("another source: %v", o.err)
	}
	other.preset = "okta"
	if o := w.run(other, Options{Pinned: map[string]string{"on-existing": "skip"}}); !errors.As(o.err, &refused) ||
		refused.Kind != job.OtherSource {
		t.Errorf("another preset: %v", o.err)
	}
	expect(
		t,
		w.run(invent(5), Options{Pinned: map[string]string{"on-existing": "skip"}}),
		map[checkpoint.Outcome]int64{checkpoint.Unchanged: 5},
	)

	elsewhere := newWorld(t, sandbox.Options{BaseURL: "http://127.0.0.1:9999"})
	elsewhere.path = w.path
	if o := elsewhere.run(invent(6), Options{Pinned: map[string]string{"on-existing": "skip"}}); !errors.As(o.err, &refused) ||
		refused.Kind != job.OtherTenant {
		t.Errorf("another tenant: %v", o.err)
	}
}

func TestRollback(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	strangers(w, true)
	w.inhabit(kindeUser("zoe@example.com"))
	was := w.tenant.Snapshot()
	p := invent(40)
	p.users[2].Memberships = []mapping.Membership{{Organization: mapping.Organization{Code: "org_b"}, Roles: []string{"admin"}}}
	p.users[2].Properties = []mapping.KeyValue{{Key: "city", Value: "Porto"}}
	p.users[2].Suspended = true
	expect(t, w.run(p, Options{OnExisting: Update}), map[checkpoint.Outcome]int64{checkpoint.Created: 39, checkpoint.Updated: 1})

	back := func() outcome {
		return w.rollback(RollbackOptions{})
	}
	expect(t, back(), map[checkpoint.Outcome]int64{checkpoint.Deleted: 39, checkpoint.Skipped: 1})
	now := w.tenant.Snapshot()
	if len(now) != len(was) {
		t.Fatalf("%d users are left, %d were there", len(now), len(was))
	}
	for i := range was {
		if now[i].ID != was[i].ID || now[i].GivenName != was[i].GivenName || now[i].Suspended != was[i].Suspended ||
			now[i].Properties["city"] != "" ||
			len(now[i].Memberships) != len(was[i].Memberships) ||
			now[i].ProvidedID != was[i].ProvidedID {
			t.Errorf("was %+v\nnow %+v", was[i], now[i])
		}
	}
	if o := back(); o.err != nil || o.total != 0 {
		t.Errorf("again: %v %v", o.calls, o.err)
	}
	expect(t, w.run(p, Options{OnExisting: Skip}), map[checkpoint.Outcome]int64{checkpoint.Created: 39, checkpoint.Skipped: 1})
}

func TestDryRun(t *testing.T) {
	w := newWorld(t, sandbox.Options{SeedUsers: 30})
	strangers(w, true)
	p := invent(600)
	planned := w.dryRun(p, Options{})
	expect(t, planned, map[checkpoint.Outcome]int64{checkpoint.Created: 599, checkpoint.Skipped: 1})
	if w.tenant.Count() != 31 {
		t.Fatalf("a dry run left %d users", w.tenant.Count())
	}
	o := w.run(p, Options{})
	for op, n := range o.calls {
		if planned.Planned[op] != n {
			t.Errorf("%s: planned %d, made %d", op, planned.Planned[op], n)
		}
	}
	for op, n := range planned.Planned {
		if n > 0 && o.calls[op] == 0 {
			t.Errorf("%s: planned %d, made none", op, n)
		}
	}
}

func TestClaimsAreRefreshedLast(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(invent(20), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 20})
	p := invent(20)
	p.users[3].Memberships = []mapping.Membership{{Organization: mapping.Organization{Code: "org_b"}, Roles: []string{"admin"}}}
	o := w.run(p, Options{RefreshClaims: true})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Updated: 1, checkpoint.Unchanged: 19})
	if u, _ := w.tenant.Find("ana3@example.com"); u.ClaimsRefreshed != 1 || len(u.Memberships["org_b"].Roles) != 1 {
		t.Errorf("%+v", u)
	}
}

// Of a source that was read in part nobody can say who is gone.
func TestPartOfASourceCallsNobodyGone(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(counted("alpha", 6), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 6})
	for partial, gone := range map[bool]int64{true: 0, false: 2} {
		o := w.run(counted("alpha", 4), Options{Partial: partial})
		expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 4})
		if o.GoneKept != gone {
			t.Errorf("partial %v: %d are called gone, want %d", partial, o.GoneKept, gone)
		}
	}
}

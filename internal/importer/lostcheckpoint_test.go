package importer

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// process is one run of the program: it opens the checkpoint, works, and closes it.
func (w *world) process(work func(Job) error) (err error) {
	store, _, err := checkpoint.Open(w.t.Context(), w.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	recorder := engine.NewRecorder()
	return work(Job{Target: w.newClient(recorder), Checkpoint: store, Recorder: recorder})
}

// importing is a process that imports. It knows a source again that it has read.
func (w *world) importing(p *people, opt Options) error {
	return w.process(func(j Job) error {
		j.Source = printed{p}
		_, err := Run(w.t.Context(), j, opt)
		return err
	})
}

// printed are people of a file that is known by its content, as files are.
type printed struct{ *people }

func (p printed) Fingerprint() (string, error) {
	data, err := json.Marshal(p.users)
	return fmt.Sprintf("%x %v", sha256.Sum256(data), p.bad), err
}

// state is all that a run leaves: what the tenant shows and what the checkpoint tells.
func (w *world) state() string {
	var lines []string
	for _, x := range w.visible() {
		lines = append(lines, x)
	}
	slices.Sort(lines)
	w.reader(func(r *checkpoint.Reader) {
		totals, err := r.Totals(w.t.Context())
		for _, o := range []checkpoint.Outcome{checkpoint.Updated, checkpoint.Unchanged} { // by a run after the end
			totals[checkpoint.Created] += totals[o]
			delete(totals, o)
		}
		steps, err2 := r.Steps(w.t.Context())
		problems, err3 := r.ProblemCounts(w.t.Context())
		made, err4 := r.Definitions(w.t.Context())
		if err := errors.Join(err, err2, err3, err4); err != nil {
			w.t.Fatal(err)
		}
		for i := range made {
			made[i].ID = "" // one whose answer was lost is found by its name
		}
		lines = append(lines, fmt.Sprint(totals), fmt.Sprint(steps), fmt.Sprint(problems), fmt.Sprint(made))
	})
	return strings.Join(lines, "\n")
}

// gathering are people who need each kind of step, some of whom were there before.
func gathering(w *world) *people {
	w.inhabit(kinde.CreateUserRequest{Profile: &kinde.Profile{GivenName: "Old"}, OrganizationCode: "org_a",
		Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana5@example.com", true), kinde.EmailIdentity("ana6@example.com", true)}})
	p := invent(6)
	p.users[0].Properties = append(p.users[0].Properties, mapping.KeyValue{Key: "shoe", Value: "42"})
	p.users[0].PasswordReset, p.users[0].Password = true, nil
	p.users[1].Memberships = []mapping.Membership{{Organization: mapping.Organization{ExternalID: "new", Name: "New"},
		Roles: []string{"owner"}}}
	p.users[1].Identities = append(p.users[1].Identities, mapping.Identity{Type: mapping.Username, Value: "ana_one"})
	p.users[2].Identities, p.users[2].Links = nil, []mapping.Link{{Strategy: "oauth2:google", Subject: "12"}}
	p.users[3].Flags = []mapping.KeyValue{{Key: "nowhere", Value: "1"}}
	p.users[5] = &mapping.User{SourceID: "auth0|5", GivenName: "Ana", Identities: p.users[5].Identities, Suspended: true,
		Properties: []mapping.KeyValue{{Key: "city", Value: "Lisboa"}}, Memberships: append(member("org_a", "member"),
			member("org_b", "admin")...),
		Links: []mapping.Link{{Strategy: "oauth2:google", Subject: "15"}}}
	p.bad[4] = mapping.Problem{Severity: mapping.Error, Code: mapping.NoIdentity, Message: "nobody"}
	return p
}

// moved are the same people in a newer version of their source: some have
// exchanged identities, lost something, come back under another id, or left.
func moved(p *people) *people {
	q := &people{users: slices.Clone(p.users[:5])}
	q.users[0] = &mapping.User{SourceID: "auth0|0", GivenName: "Ana 0", Identities: p.users[1].Identities[:1],
		Memberships: member("org_b", "member")}
	q.users[1] = &mapping.User{SourceID: "auth0|1", GivenName: "Ana 1", Identities: p.users[0].Identities[:1],
		Properties: p.users[5].Properties}
	again := *p.users[3]
	again.SourceID = "auth0|30"
	q.users[3] = &again
	return q
}

// TestCheckpointThatFails lets each place that asks the checkpoint fail, and each
// transaction. The failure comes out of the run, and the same command again ends
// where it would have ended.
func TestCheckpointThatFails(t *testing.T) {
	full := Options{OnExisting: Update, CreateMissing: true}
	mirror := Options{OnExisting: Update, CreateMissing: true, Mirror: true, Gone: SuspendGone, MaxGone: 60, RefreshClaims: true}
	swept := map[string]bool{}
	for _, c := range []struct {
		name   string
		faults []sandbox.Fault
		before func(w *world) func(w *world) error // returns the process that is to fail
	}{
		{
			name:   "import",
			faults: []sandbox.Fault{{Operations: []string{"createUser"}, Kind: sandbox.FaultResetAfter, Nth: []int{4}}},
			before: func(w *world) func(w *world) error {
				p := gathering(w)
				return func(w *world) error { return w.importing(p, full) }
			},
		},
		{name: "first import of a mirror", before: func(w *world) func(w *world) error {
			p := gathering(w)
			return func(w *world) error { return w.importing(p, mirror) }
		}},
		{name: "mirror", before: func(w *world) func(w *world) error {
			p := gathering(w)
			must(w.t, w.importing(p, full))
			p = moved(p)
			return func(w *world) error { return w.importing(p, mirror) }
		}},
		{name: "correction", before: func(w *world) func(w *world) error {
			p := gathering(w)
			must(w.t, w.importing(p, full))
			corrected := full
			corrected.Correction = true
			return func(w *world) error { return w.importing(&people{users: p.users[4:5]}, corrected) }
		}},
		{name: "rollback", before: func(w *world) func(w *world) error {
			must(w.t, w.importing(gathering(w), full))
			return func(w *world) error {
				return w.process(func(j Job) error {
					_, err := Rollback(w.t.Context(), j, Options{}, RollbackOptions{Definitions: true})
					return err
				})
			}
		}},
		{name: "repairs", before: func(w *world) func(w *world) error {
			p := gathering(w)
			must(w.t, w.importing(p, full))
			w.damage()
			return func(w *world) error { return w.mend(p) }
		}},
		{name: "files", before: func(w *world) func(w *world) error {
			p := gathering(w)
			p.users[3].SourceID = ""
			shards, _ := w.convert(p, importfile.NDJSON, 0)
			w.load(shards)
			must(w.t, w.tenant.Edit(func(e *sandbox.Edit) error { return e.Delete("ana0@example.com") }))
			return func(w *world) error {
				return w.importing(p, Options{Complete: true, RetryFailed: true, CreateMissing: true})
			}
		}},
		{name: "conversion", before: func(w *world) func(w *world) error {
			p := gathering(w)
			return func(w *world) error {
				return w.process(func(j Job) error {
					j.Source, j.Target = p, nil
					_, err := Convert(w.t.Context(), j, Options{}, importfile.NDJSON, inOneFile)
					return err
				})
			}
		}},
		{name: "those who left are kept", before: func(w *world) func(w *world) error {
			p := gathering(w)
			must(w.t, w.importing(p, full))
			kept := Options{OnExisting: Update, CreateMissing: true, Mirror: true, MaxGone: 60}
			must(w.t, w.importing(&people{users: p.users[:4]}, kept))
			return func(w *world) error { return w.importing(&people{users: p.users[:3]}, kept) }
		}},
		{name: "prefix", before: func(w *world) func(w *world) error {
			p := counted("alpha", 3)
			must(w.t, w.importing(p, Options{}))
			for _, u := range p.users {
				u.SourceID = "beta|" + u.SourceID
			}
			opt := Options{Pinned: map[string]string{"id-prefix": "beta"}, AcceptChanges: true}
			return func(w *world) error { return w.importing(p, opt) }
		}},
		{name: "question", before: func(w *world) func(w *world) error {
			must(w.t, w.importing(counted("alpha", 2), Options{}))
			return func(w *world) error {
				return w.process(func(j Job) error {
					_, err := CollisionsOf(w.t.Context(), counted("beta", 2), j.Target, j.Checkpoint)
					return err
				})
			}
		}},
		{name: "dry run", before: func(w *world) func(w *world) error {
			p := gathering(w)
			must(w.t, w.importing(p, full))
			p = moved(p)
			return func(w *world) error {
				store, err := checkpoint.OpenCopy(w.t.Context(), w.path, filepath.Dir(w.path))
				if err != nil {
					return err
				}
				defer store.Close()
				recorder := engine.NewRecorder()
				opt := mirror
				opt.DryRun = true
				_, err = Run(w.t.Context(), Job{Source: p, Target: w.newClient(recorder), Checkpoint: store, Recorder: recorder}, opt)
				return err
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			attempt := func(place string, nth int) (seen map[string]int, after string) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{Faults: c.faults, Seed: 1})
					faults := databasetest.Watch(t, filepath.Dir(w.path))
					act := c.before(w)
					faults.Begin(place, nth)
					err := act(w)
					var fired bool
					if seen, fired = faults.End(); fired != databasetest.Refused(err) || err != nil && !fired {
						t.Errorf("%s failed for time %d: %v, and the run said %v", place, nth, fired, err)
					}
					if fired {
						must(t, act(w))
					}
					after = w.state()
				})
				return seen, after
			}
			seen, want := attempt("", 0)
			first, step := databasetest.Drawn()
			for n, place := range slices.Sorted(maps.Keys(seen)) {
				if n%step != first {
					continue
				}
				nth, every := 1, seen[place] // only the first
				switch {
				case strings.HasPrefix(place, "checkpoint.(*writer).commit:"):
					nth, every = first+1, step
				case swept[place] || !strings.Contains(place, "importer."): // the writer's own
					continue
				}
				for ; nth <= seen[place]; nth += every {
					if _, have := attempt(place, nth); have != want {
						t.Errorf("%s failed for time %d: afterwards\n%s\nwant\n%s", place, nth, have, want)
					}
				}
				swept[place] = true
			}
		})
	}
}

// inOneFile writes nobody, and names the file that would hold them.
func inOneFile(*mapping.User, *password.Body) (string, error) { return "users.ndjson", nil }

// mend creates whom the tenant lacks, and mends everything of the others.
func (w *world) mend(p *people) error {
	return w.process(func(j Job) error {
		j.Source = p
		shown := map[string]*kinde.User{}
		all := kinde.GetUsersRequest{Expand: []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}}
		for page, err := range j.Target.GetUsersPages(w.t.Context(), all) {
			must(w.t, err)
			for _, u := range page.Items {
				shown[u.ProvidedID] = &u
			}
		}
		repairs := func(yield func(Repair, error) bool) {
			for n, u := range p.users {
				if _, bad := p.bad[n]; !bad && !yield(Repair{Key: p.item(n).Key, Shown: shown[u.SourceID], Fields: everyField}, nil) {
					return
				}
			}
		}
		_, err := RunRepairs(w.t.Context(), j, Options{}, repairs)
		return err
	})
}

// everyField are the fields of a comparison.
var everyField = []string{"given_name", "is_suspended", "email", "phone", "username", "social", "properties.city",
	"organizations.org_a",
	"roles.org_b"}

// damage is what others do to users in the tenant.
func (w *world) damage() {
	c, yes := w.newClient(engine.NewRecorder()), true
	id := func(who string) string {
		u, _ := w.tenant.Find(who)
		return u.ID
	}
	for _, err := range []error{
		c.DeleteUser(w.t.Context(), id("ana3@example.com"), false),
		c.UpdateUser(w.t.Context(), id("ana0@example.com"), kinde.UpdateUserRequest{GivenName: new("Bea"), IsSuspended: &yes}),
		c.UpdateUserProperties(w.t.Context(), id("ana5@example.com"), map[string]string{"city": "Porto"}),
		c.RemoveOrganizationUser(w.t.Context(), "org_a", id("ana5@example.com")),
	} {
		must(w.t, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

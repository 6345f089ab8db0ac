package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// inhabitants are users who were there before the import; the source names some of them.
func inhabitants(w *world) {
	w.inhabit(kindeUser("zoe@example.com"))
	w.inhabit(
		kinde.CreateUserRequest{
			ProvidedID:       "elsewhere|1",
			OrganizationCode: "org_a",
			Profile:          &kinde.Profile{GivenName: "Ana", FamilyName: "Before", Picture: "https://example.com/a.png"},
			Identities:       []kinde.NewIdentity{kinde.EmailIdentity("ana0@example.com", true)},
		},
	)
	for _, i := range []int{8, 11, 13, 14, 16, 35} {
		id := w.inhabit(
			kinde.CreateUserRequest{
				Profile:    &kinde.Profile{GivenName: "Old", FamilyName: fmt.Sprint(i)},
				Identities: []kinde.NewIdentity{kinde.EmailIdentity(fmt.Sprintf("ana%d@example.com", i), true)},
			},
		)
		if i%2 == 0 {
			client := w.newClient(engine.NewRecorder())
			if err := client.UpdateUserProperties(context.Background(), id, map[string]string{"city": "Kyoto"}); err != nil {
				w.t.Fatal(err)
			}
			if _, err := client.AddOrganizationUsers(context.Background(), "org_b",
				[]kinde.NewMember{{ID: id, Roles: []string{"member"}}}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// visible is all that the API shows of the users, by id.
func (w *world) visible() map[string]string {
	out := map[string]string{}
	for _, u := range w.tenant.Snapshot() {
		memberships := map[string][]string{}
		for code, m := range u.Memberships {
			memberships[code] = slices.Sorted(slices.Values(append(slices.Clone(m.Roles), m.Permissions...)))
		}
		properties := map[string]string{}
		for k, v := range u.Properties {
			if v != "" {
				properties[k] = v // the API can empty a property and not remove it
			}
		}
		var identities []string
		for _, i := range u.Identities {
			identities = append(identities, i.Type+" "+strings.ToLower(i.Value))
		}
		slices.Sort(identities)
		data, err := json.Marshal([]any{u.ProvidedID, u.GivenName, u.FamilyName, u.Picture, u.Suspended, identities, properties, memberships})
		if err != nil {
			w.t.Fatal(err)
		}
		out[u.ID] = string(data)
	}
	return out
}

func (w *world) unchanged(was map[string]string) {
	w.t.Helper()
	now := w.visible()
	for id, x := range was {
		if now[id] != x {
			w.t.Errorf("%s\n was %s\n now %s", id, x, now[id])
		}
	}
	for id, x := range now {
		if _, ok := was[id]; !ok {
			w.t.Errorf("%s was left behind: %s", id, x)
		}
	}
}

// killedRun runs f once, killed at a random request.
func (w *world) killedRun(random *rand.Rand, most int, f func(context.Context, Job) (Result, error)) (Result, bool) {
	w.t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	recorder := engine.NewRecorder()
	k := &killer{next: sandbox.Transport(w.tenant), kill: cancel, after: random.IntN(2) == 0}
	k.left.Store(int64(1 + random.IntN(most)))
	result, err := f(ctx, Job{Target: w.newClientOver(recorder, k), Checkpoint: w.store, Recorder: recorder})
	killed := ctx.Err() != nil
	synctest.Wait()
	if err != nil && !killed && kinde.ClassOf(err) != kinde.ClassUnreachable {
		w.t.Fatal(err)
	}
	return result, err == nil && !killed
}

// Whatever kills an import and its rollback, at the end the tenant is as it was.
func TestRollbackLeavesTheTenantAsItWas(t *testing.T) {
	rounds := 12
	if testing.Short() || underRace {
		rounds = 4
	}
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 11))
				faults := schedule(random)
				for i := range faults {
					faults[i].AfterCount = 40 // the inhabitants come first
				}
				w := newWorld(
					t,
					sandbox.Options{Seed: seed + 1, Faults: faults, DuplicateAnswer: []string{"created-false", "400", "409"}[random.IntN(3)],
						Quirks: sandbox.Quirks{UnknownAnswers404: random.IntN(2) == 0}},
				).inMemory()
				defer w.store.Close()
				inhabitants(w)
				was := w.visible()
				p := invent(40)
				p.users[3].Identities, p.users[3].Links = nil, p.users[9].Links // nobody to look up
				p.users[9].Links = nil
				// Some imports finish, some are taken back half-way, or after one request.
				for range 1 + random.IntN(6) {
					if _, done := w.killedRun(random, 150, func(ctx context.Context, j Job) (Result, error) {
						j.Source = p
						return Run(ctx, j, Options{Concurrency: 6, OnExisting: Update})
					}); done {
						break
					}
				}
				time.Sleep(time.Hour) // of virtual time: what hung in the tenant has happened by now
				for n := 1; ; n++ {
					if n > 60 {
						t.Fatal("the rollback never ends")
					}
					result, done := w.killedRun(random, 60+20*n, func(ctx context.Context, j Job) (Result, error) {
						return Rollback(ctx, j, Options{Concurrency: 6}, RollbackOptions{})
					})
					if done && result.Failed == 0 {
						break
					}
				}
				w.unchanged(was)
			})
		})
	}
}

// signInNine signs somebody of invent's people in: the ninth has a social login.
func (w *world) signInNine() {
	w.t.Helper()
	if in := w.tenant.SignInSocial(w.tenant.Connection("oauth2:google"), fmt.Sprintf("10%020d", 9)); !in.SignedIn {
		w.t.Fatalf("%+v", in)
	}
}

func TestRollbackKeepsWhoSignedIn(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(invent(10), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 10})
	w.signInNine()
	was := w.tenant.Count()
	o := w.rollbackDry()
	if o.err != nil || w.tenant.Count() != was || o.Planned[operation.DeleteUser] != 9 {
		t.Errorf("a dry run: %v, %d users, planned %v", o.err, w.tenant.Count(), o.Planned)
	}
	expect(t, w.rollback(RollbackOptions{}), map[checkpoint.Outcome]int64{checkpoint.Deleted: 9, checkpoint.Unchanged: 1})
	if _, ok := w.tenant.Find("ana9@example.com"); !ok {
		t.Error("who has signed in was deleted")
	}
	expect(t, w.rollback(RollbackOptions{}), map[checkpoint.Outcome]int64{checkpoint.Deleted: 9, checkpoint.Unchanged: 1})
	expect(t, w.rollback(RollbackOptions{Force: true}), map[checkpoint.Outcome]int64{checkpoint.Deleted: 10})
	if w.tenant.Count() != 0 {
		t.Errorf("%d users are left", w.tenant.Count())
	}
}

// A filter that misses somebody must not cost a user who has signed in their account.
func TestRollbackDeletesNobodyUnseen(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(invent(10), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 10})
	w.signInNine()
	u, _ := w.tenant.Find("ana9@example.com")
	store, _, err := checkpoint.Open(t.Context(), w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	recorder := engine.NewRecorder()
	client := w.newClientOver(recorder, &without1{sandbox.Transport(w.tenant), u.ID})
	result, err := Rollback(t.Context(), Job{Target: client, Checkpoint: store, Recorder: recorder}, Options{}, RollbackOptions{})
	if err != nil || result.Totals[checkpoint.Deleted] != 9 {
		t.Errorf("%v, %v", result.Totals, err)
	}
	if _, ok := w.tenant.Find("ana9@example.com"); !ok {
		t.Error("who has signed in was deleted")
	}
}

// without1 is a tenant whose filter by id does not find one user.
type without1 struct {
	next http.RoundTripper
	id   string
}

func (x *without1) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if ids := q.Get("user_id"); ids != "" {
		q.Set("user_id", strings.ReplaceAll(ids, x.id, "kp_nobody"))
		r = r.Clone(r.Context())
		r.URL.RawQuery = q.Encode()
	}
	return x.next.RoundTrip(r)
}

func TestRollbackOfDefinitions(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(4)
	p.users[0].Memberships = []mapping.Membership{
		{Organization: mapping.Organization{ExternalID: "ext-9", Name: "Nine"}, Roles: []string{"owner"}, Permissions: []string{"fly"}},
	}
	p.users[1].Properties = []mapping.KeyValue{{Key: "shoe", Value: "42"}}
	expect(t, w.run(p, Options{CreateMissing: true}), map[checkpoint.Outcome]int64{checkpoint.Created: 4})
	expect(t, w.rollback(RollbackOptions{}), map[checkpoint.Outcome]int64{checkpoint.Deleted: 4})
	names := func() (n int) {
		client := w.newClient(engine.NewRecorder())
		for role, err := range client.GetRoles(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if role.Key == "owner" {
				n++
			}
		}
		for x, err := range client.GetProperties(t.Context(), "usr") {
			if err != nil {
				t.Fatal(err)
			}
			if x.Key == "shoe" {
				n++
			}
		}
		return n
	}
	if n := names(); n != 2 {
		t.Errorf("without --definitions %d of 2 are left", n)
	}
	expect(t, w.rollback(RollbackOptions{Definitions: true}), map[checkpoint.Outcome]int64{checkpoint.Deleted: 4})
	if n := names(); n != 0 {
		t.Errorf("with --definitions %d of 2 are left", n)
	}
}

// What was given up without an answer may have happened, and is taken back, too.
func TestRollbackOfWhatGotNoAnswer(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	id := strangers(w, true)
	if _, err := w.newClient(engine.NewRecorder()).AddOrganizationUsers(t.Context(), "org_b",
		[]kinde.NewMember{{ID: id, Roles: []string{"member"}}}); err != nil {
		t.Fatal(err)
	}
	was := w.visible()
	p := invent(4)
	p.users[2].Memberships = member("org_b", "admin")
	o := w.run(p, Options{OnExisting: Update}, func(j *Job) { j.Target = deaf{j.Target} })
	if o.err != nil || o.Totals[checkpoint.Failed] == 0 || len(w.roles("ana2@example.com", "org_b")) != 2 {
		t.Fatalf("%v %v", o.Totals, o.err)
	}
	if back := w.rollback(RollbackOptions{}); back.err != nil {
		t.Fatal(back.err)
	}
	w.unchanged(was)
}

// As long as one user stays, what they may refer to stays, too.
func TestRollbackLeavesDefinitionsToWhoStays(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(10)
	p.users[9].Memberships = []mapping.Membership{{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{"new"}}}
	expect(t, w.run(p, Options{CreateMissing: true}), map[checkpoint.Outcome]int64{checkpoint.Created: 10})
	w.signInNine()
	if o := w.rollback(RollbackOptions{Definitions: true}); o.err != nil || len(o.Left) != 1 || o.Totals[checkpoint.Deleted] != 9 {
		t.Errorf("left %v, %v, %v", o.Left, o.Totals, o.err)
	}
	if got := w.roles("ana9@example.com", "org_a"); !slices.Equal(got, []string{"new"}) {
		t.Errorf("who stays has %v", got)
	}
	if o := w.rollback(RollbackOptions{Definitions: true, Force: true}); o.err != nil || len(o.Left) != 0 || w.tenant.Count() != 0 {
		t.Errorf("left %v, %v", o.Left, o.err)
	}
}

// A restoration that stopped at its definitions has no users yet: what it created is
// named, and what to do about it.
func TestRollbackOfDefinitionsAlone(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	for made, want := range map[bool][2]string{
		false: {"the checkpoint holds no import", "Choose the checkpoint of the import with --checkpoint."},
		true: {"the checkpoint holds no import yet, only what was created before it stopped: organization Acme, role editor",
			"Run the same command as then again. When it has come to the users, rollback --definitions deletes these, too."},
	} {
		store, err := checkpoint.OpenMemory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if made {
			if err := store.Commit(t.Context(), checkpoint.PutDefinition{Kind: "organization", ID: "org_1", Name: "Acme"},
				checkpoint.PutDefinition{Kind: "role", Name: "editor"}); err != nil {
				t.Fatal(err)
			}
		}
		recorder := engine.NewRecorder()
		_, err = Rollback(t.Context(), Job{Target: w.newClient(recorder), Checkpoint: store, Recorder: recorder}, Options{},
			RollbackOptions{Definitions: true})
		refused, ok := errors.AsType[*job.RefusedError](err)
		if !ok || refused.Kind != job.OtherCommand || [2]string{refused.Message, refused.Try} != want || len(recorder.Calls()) > 0 {
			t.Errorf("created %v: %v, %v", made, err, recorder.Calls())
		}
	}
}

// Whoever somebody else deleted is named by a rollback, but not by one that goes on
// where another stopped: that one may have deleted them and not come to note it.
func TestWhoIsGoneInARollback(t *testing.T) {
	for name, stopped := range map[string]bool{"the first": false, "one that goes on": true} {
		w := newWorld(t, sandbox.Options{})
		expect(t, w.run(invent(3), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
		if stopped {
			w.before = answers(http.StatusForbidden, "", func(*http.Request) bool { return true })
			if back := w.rollback(RollbackOptions{}); kinde.ClassOf(back.err) != kinde.ClassAuth {
				t.Fatal(back.err)
			}
			w.before = nil
		}
		if err := w.tenant.Edit(func(e *sandbox.Edit) error { return e.Delete("ana1@example.com") }); err != nil {
			t.Fatal(err)
		}
		back := w.rollback(RollbackOptions{})
		expect(t, back, map[checkpoint.Outcome]int64{checkpoint.Deleted: 3})
		if n := w.problems()[string(UserGone)]; n != map[bool]int64{false: 1}[stopped] {
			t.Errorf("%s says of %d that they were gone", name, n)
		}
	}
}

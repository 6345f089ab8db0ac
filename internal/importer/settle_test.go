package importer

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

var meant = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Each condition of what makes a user ours, one by one.
func TestWhoIsOurs(t *testing.T) {
	emails := []mapping.Identity{{Type: mapping.Email, Value: "ana@example.com"}}
	withID := ownership{sourceID: "7", names: [][2]string{{"Ana", "Lee"}}, addresses: addressesOf(emails)}
	without := withID
	without.sourceID = ""
	after := meant.Add(time.Minute)
	named := kinde.User{ID: "kp", Email: "ana@example.com", FirstName: "Ana", LastName: "Lee", CreatedOn: after}
	but := func(change func(*kinde.User)) kinde.User {
		u := named
		change(&u)
		return u
	}
	for name, c := range map[string]struct {
		user  kinde.User
		owner ownership
		want  rule
	}{
		"our id":                  {but(func(u *kinde.User) { u.ProvidedID = "7" }), withID, ruleProvidedID},
		"another id":              {but(func(u *kinde.User) { u.ProvidedID = "8" }), withID, ""},
		"no id":                   {named, withID, ""},
		"our id on somebody else": {but(func(u *kinde.User) { u.ProvidedID, u.Email = "7", "eve@example.net" }), withID, ""},
		"our id and no address":   {but(func(u *kinde.User) { u.ProvidedID, u.Email = "7", "" }), withID, ruleProvidedID},
		"our id, no address, older": {but(func(u *kinde.User) {
			u.ProvidedID, u.Email, u.CreatedOn = "7", "",
				meant.Add(-time.Hour)
		}), withID, ""},
		"our id, no address, who knows when": {but(func(u *kinde.User) { u.ProvidedID, u.Email, u.CreatedOn = "7", "", time.Time{} }),
			withID, ruleProvidedID},
		"our id and address, older": {but(func(u *kinde.User) { u.ProvidedID, u.CreatedOn = "7", meant.Add(-time.Hour) }),
			withID, ruleProvidedID},
		"our id, a source without addresses, older": {but(func(u *kinde.User) { u.ProvidedID, u.CreatedOn = "7", meant.Add(-time.Hour) }),
			ownership{sourceID: "7"}, ""},
		"names and time":                {named, without, ruleNames},
		"an id that we never sent":      {but(func(u *kinde.User) { u.ProvidedID = "7" }), without, ""},
		"created before the intent":     {but(func(u *kinde.User) { u.CreatedOn = meant.Add(-time.Minute) }), without, ""},
		"within the grain of the clock": {but(func(u *kinde.User) { u.CreatedOn = meant.Add(-time.Second) }), without, ruleNames},
		"created who knows when":        {but(func(u *kinde.User) { u.CreatedOn = time.Time{} }), without, ""},
		"another given name":            {but(func(u *kinde.User) { u.FirstName = "Eve" }), without, ""},
		"another family name":           {but(func(u *kinde.User) { u.LastName = "Moe" }), without, ""},
		"signed in, counted":            {but(func(u *kinde.User) { u.TotalSignIns = 1 }), without, ""},
		"signed in, dated":              {but(func(u *kinde.User) { u.LastSignedIn = after }), without, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := &settler{}
			seen, ours := x.proves(&c.user, c.owner, meant)
			if ours != (c.want != "") || ours && seen.Rule != c.want {
				t.Errorf("ours %v by %q, want %q", ours, seen.Rule, c.want)
			}
		})
	}
}

// Only a create without an answer may have made somebody before this intent.
func TestWhoseACreateIs(t *testing.T) {
	w := &wanted{user: &mapping.User{SourceID: "7"}, identities: []mapping.Identity{{Type: mapping.Email, Value: "ana@example.com"}}}
	for name, c := range map[string]struct {
		created time.Time
		doubt   bool
		want    checkpoint.Owner
	}{
		"before the intent, answered":         {meant.Add(-time.Hour), false, checkpoint.Existed},
		"before the intent, without answer":   {meant.Add(-time.Hour), true, checkpoint.Adopted},
		"after the intent, answered":          {meant.Add(time.Second), false, checkpoint.Adopted},
		"nobody knows when, without answer":   {time.Time{}, true, checkpoint.Adopted},
		"nobody knows when, and was answered": {time.Time{}, false, checkpoint.Existed},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := checkpoint.OpenMemory(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			user := kinde.User{ID: "kp", ProvidedID: "7", Email: "ana@example.com", CreatedOn: c.created}
			p := &planner{
				opt:    &Options{Now: time.Now},
				store:  store,
				settle: &settler{openSince: map[int64]time.Time{}},
				target: oneUser{user: user},
			}
			for way, settle := range map[string]func(*createStep, *engine.Subject){
				"by look-up": func(step *createStep, s *engine.Subject) {
					step.whose(t.Context(), s, []kinde.User{user}, meant, c.doubt, nil)
				},
				"by its id": func(step *createStep, s *engine.Subject) { step.taken(t.Context(), s, "kp", meant, c.doubt, nil) },
			} {
				step := p.createStep(w)
				s := &engine.Subject{Steps: []engine.Step{step}}
				if settle(step, s); s.Record.Owner != c.want {
					t.Errorf("%s: the user is %q, want %q", way, s.Record.Owner, c.want)
				}
			}
		})
	}
}

type oneUser struct {
	Target
	user kinde.User
}

func (x oneUser) GetUserData(context.Context, string, ...string) (kinde.User, error) {
	return x.user, nil
}

// A tenant that ignores a filter answers with everybody; that makes nobody a holder.
func TestHolders(t *testing.T) {
	all := []kinde.User{{ID: "1", Email: "eve@example.net"}, {ID: "2", Email: "ANA@example.com"}, {ID: "3", Username: "ana@example.com"},
		{ID: "4", Identities: []kinde.UserIdentity{{Type: "email", Identity: "ana@example.com"}}}, {ID: "5", Email: "\u212Ana@example.com"}}
	got := ""
	for _, u := range holders(all, []mapping.Identity{{Type: mapping.Email, Value: "ana@example.com"}}) {
		got += u.ID
	}
	if got != "24" {
		t.Errorf("the holders are %s", got)
	}
}

// withoutIDs takes the ids from a source: names and the clock must do.
func withoutIDs(n int) *people {
	p := counted("alpha", n)
	for _, u := range p.users {
		u.SourceID = ""
	}
	return p
}

// Our clock may be set by an hour, either way, in the middle of a run: our own
// users stay ours, and who registered half an hour ago does not become ours.
func TestClockThatJumps(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(
					t,
					sandbox.Options{Faults: []sandbox.Fault{{Operations: []string{"createUser"}, Kind: sandbox.FaultResetAfter, Every: 3}}},
				).inMemory()
				defer w.store.Close()
				stranger := w.inhabit(kinde.CreateUserRequest{Profile: &kinde.Profile{GivenName: "alpha", FamilyName: "Number 30"},
					Identities: []kinde.NewIdentity{kinde.EmailIdentity("p30@alpha.example", false)}})
				time.Sleep(30 * time.Minute)
				n := 0
				jump := func() time.Time {
					if n++; n > 30 {
						return time.Now().Add(by)
					}
					return time.Now()
				}
				o := w.run(withoutIDs(40), Options{Concurrency: 1, Now: jump}, func(j *Job) { j.Target = &hiding{Target: j.Target, id: stranger} })
				expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 39, checkpoint.Skipped: 1})
				if u, _ := w.tenant.Find(stranger); w.tenant.Count() != 40 || u.Password != nil {
					t.Errorf("%d users, the stranger is %+v", w.tenant.Count(), u)
				}
			})
		})
	}
}

// hiding shows a user in no list before the first create was tried for them, and loses that create's answer.
type hiding struct {
	Target
	id    string
	tried bool
}

func (x *hiding) CreateUser(ctx context.Context, r kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	answer, err := x.Target.CreateUser(ctx, r)
	if errors.Is(err, kinde.ErrExists) && answer.ID == x.id {
		x.tried = true
		return kinde.CreateUserResult{}, &kinde.Error{
			Operation: operation.CreateUser,
			Class:     kinde.ClassInDoubt,
			Message:   "the connection was lost",
		}
	}
	return answer, err
}

func (x *hiding) GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	return func(yield func(kinde.Page[kinde.User], error) bool) {
		for page, err := range x.Target.GetUsersPages(ctx, r) {
			if !x.tried {
				kept := page.Items[:0]
				for _, u := range page.Items {
					if u.ID != x.id {
						kept = append(kept, u)
					}
				}
				page.Items = kept
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

// A rollback deletes an adopted user by what the evidence is, not by how it reads.
func TestRollbackByEvidence(t *testing.T) {
	for detail, sure := range map[string]bool{
		evidence{Rule: ruleProvidedID, ProvidedID: "same names"}.String():  true,
		evidence{Rule: ruleNames}.String():                                 false,
		`{"rule":"created after the intent, same names, never signed in"}`: false, // as old versions wrote it
		`{"rule":"created after the intent, equal names"}`:                 false,
		"": false, "{": false,
	} {
		if got := beyondDoubt([]checkpoint.Step{{Kind: checkpoint.StepUpdate, Detail: `{"rule":"provided_id"}`},
			{Kind: checkpoint.StepCreate, Detail: detail}}); got != sure {
			t.Errorf("%s is beyond doubt: %v", detail, got)
		}
	}
	r := &run{opt: &Options{}, Job: &Job{}}
	record := checkpoint.Record{ID: 1, KindeID: "kp", Owner: checkpoint.Adopted, Outcome: checkpoint.Created, Stage: checkpoint.Present}
	weak := []checkpoint.Step{{Kind: checkpoint.StepCreate, State: checkpoint.Done, Detail: evidence{Rule: ruleNames}.String()}}
	shown := map[string]kinde.User{"kp": {ID: "kp"}}
	if s := r.planBack(record, weak, shown, RollbackOptions{}, false); len(s.Steps) != 0 {
		t.Error("who was recognised by names only is deleted")
	}
	if s := r.planBack(record, weak, shown, RollbackOptions{Force: true}, false); len(s.Steps) != 1 {
		t.Error("--force keeps them")
	}
	record.Owner = checkpoint.Made
	for name, u := range map[string]kinde.User{"counted": {ID: "kp", TotalSignIns: 1}, "dated": {ID: "kp", LastSignedIn: meant}} {
		if s := r.planBack(record, nil, map[string]kinde.User{"kp": u}, RollbackOptions{}, false); len(s.Steps) != 0 {
			t.Errorf("who signed in (%s) is deleted", name)
		}
	}
	if s := r.planBack(record, nil, shown, RollbackOptions{}, false); len(s.Steps) != 1 {
		t.Error("who was created is kept")
	}
}

// says answers every create with that the user exists.
type says struct {
	oneUser
	found []kinde.User // by a filter
}

func (x says) CreateUser(context.Context, kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	return kinde.CreateUserResult{
			ID: x.user.ID,
		}, &kinde.Error{
			Operation: operation.CreateUser,
			Class:     kinde.ClassFinal,
			Status:    409,
			Code:      "USER_ALREADY_EXISTS",
			Message:   "the user exists already",
		}
}

func (x says) GetUsersPages(context.Context, kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	return func(yield func(kinde.Page[kinde.User], error) bool) {
		yield(kinde.Page[kinde.User]{Items: x.found}, nil)
	}
}

// creating is a step that creates user 7, an hour after it was meant first.
func creating(t *testing.T, target Target) *createStep {
	t.Helper()
	store, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	p := &planner{opt: &Options{Now: time.Now}, store: store, target: target,
		settle: &settler{
			target:    target,
			openSince: map[int64]time.Time{},
			doubted:   map[int64]time.Time{},
			clock:     func() time.Time { return meant.Add(time.Hour) },
		}}
	return p.createStep(
		&wanted{user: &mapping.User{SourceID: "7"}, identities: []mapping.Identity{{Type: mapping.Email, Value: "ana@example.com"}}},
	)
}

// A create of an earlier run may have happened as long as nobody knows its outcome.
// Then the user that it made is ours, however long ago that was.
func TestCreateOfAnEarlierRun(t *testing.T) {
	made := kinde.User{ID: "kp", ProvidedID: "7", Email: "ana@example.com", CreatedOn: meant.Add(time.Second)}
	for state, want := range map[checkpoint.StepState]checkpoint.Owner{
		checkpoint.Intent: checkpoint.Adopted, checkpoint.GaveUp: checkpoint.Adopted, checkpoint.Refused: checkpoint.Existed,
		"": checkpoint.Existed,
	} {
		step := creating(t, says{oneUser: oneUser{user: made}})
		s := &engine.Subject{Steps: []engine.Step{step}, Before: map[engine.StepID]checkpoint.Step{
			{Kind: checkpoint.StepCreate}: {Kind: checkpoint.StepCreate, State: state,
				Detail: `{"server_time":"` + meant.Format(time.RFC3339) + `","identities":[{"type":"email","value":"ana@example.com"}]}`}}}
		step.Intent(s)
		if step.Do(t.Context(), s); s.Record.Owner != want {
			t.Errorf("after %q the user is %q, want %q", state, s.Record.Owner, want)
		}
	}
}

// The intent of the first create counts: what it made may show only after others.
func TestFirstIntentCounts(t *testing.T) {
	x := &settler{doubted: map[int64]time.Time{}}
	x.doubt(1, meant)
	x.doubt(1, meant.Add(time.Hour))
	if intent, doubted := x.doubtOf(1); !doubted || !intent.Equal(meant) {
		t.Errorf("doubted %v, meant at %s", doubted, intent)
	}
	if _, doubted := x.doubtOf(2); doubted {
		t.Error("who was never doubted is")
	}
}

// An answer that names somebody with other addresses is not about this person:
// they are looked for by their own.
func TestAnswerThatNamesSomebodyElse(t *testing.T) {
	eve := oneUser{user: kinde.User{ID: "kp_eve", Email: "eve@example.net"}}
	for name, c := range map[string]struct {
		found []kinde.User
		who   string
		state checkpoint.StepState
	}{
		"nobody has the address":   {nil, "", checkpoint.Refused},
		"somebody has the address": {[]kinde.User{{ID: "kp_ana", Email: "ANA@example.com"}}, "kp_ana", checkpoint.Omitted},
	} {
		step := creating(t, says{oneUser: eve, found: c.found})
		s := &engine.Subject{Steps: []engine.Step{step}}
		step.Intent(s)
		if r := step.Do(t.Context(), s); s.Record.KindeID != c.who || r.State != c.state {
			t.Errorf("%s: user %q, %q, want %q, %q", name, s.Record.KindeID, r.State, c.who, c.state)
		}
	}
}

// The tenant took what it says that it took, and all when it speaks of none.
func TestWhatACreateTook(t *testing.T) {
	yes, no := kinde.CreatedIdentity{Created: true}, kinde.CreatedIdentity{}
	for _, c := range []struct {
		answer []kinde.CreatedIdentity
		asked  int
		want   bool
	}{
		{nil, 2, true}, {[]kinde.CreatedIdentity{yes, yes}, 2, true}, {[]kinde.CreatedIdentity{yes}, 2, false},
		{[]kinde.CreatedIdentity{yes, no}, 2, false}, {[]kinde.CreatedIdentity{no}, 1, false}, {[]kinde.CreatedIdentity{yes, yes}, 1, true},
	} {
		if got := took(&kinde.CreateUserResult{Identities: c.answer}, c.asked); got != c.want {
			t.Errorf("of %d it took %+v: %v", c.asked, c.answer, got)
		}
	}
}

// A user is somebody whom a record may mean by its id, by an address that it has now, or,
// where the source gives neither, by the names.
func TestWhomARecordMayMean(t *testing.T) {
	names := [][2]string{{"Ana", "Lee"}}
	full := ownership{sourceID: "7", names: names, addresses: []string{"email:ana@example.com"}, sent: []string{"email:old@example.com"}}
	for name, c := range map[string]struct {
		owner ownership
		user  kinde.User
		want  bool
	}{
		"the id":                             {full, kinde.User{ProvidedID: "7"}, true},
		"another id":                         {full, kinde.User{ProvidedID: "8"}, false},
		"the address":                        {full, kinde.User{Email: "ana@example.com"}, true},
		"an address that it had":             {full, kinde.User{Email: "old@example.com"}, false},
		"the names beside an id":             {full, kinde.User{FirstName: "Ana", LastName: "Lee"}, false},
		"the names of an id without address": {ownership{sourceID: "7", names: names}, kinde.User{FirstName: "Ana", LastName: "Lee"}, false},
		"the names of an address without id": {ownership{addresses: full.addresses, names: names},
			kinde.User{FirstName: "Ana", LastName: "Lee"}, false},
		"the names alone":     {ownership{names: names}, kinde.User{FirstName: "Ana", LastName: "Lee"}, true},
		"other names":         {ownership{names: names}, kinde.User{FirstName: "Ana", LastName: "Moe"}, false},
		"no id on both sides": {ownership{names: names}, kinde.User{}, false},
	} {
		if got := c.owner.hit(&c.user); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

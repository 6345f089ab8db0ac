package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// What becomes of a record whose user was there before, and what is said, goes by
// the policy alone.
func TestWhoExistsIsLeftAlone(t *testing.T) {
	said := "the user is in the tenant already, and no run of this checkpoint created it"
	for policy, c := range map[OnExisting]struct {
		left    bool
		outcome checkpoint.Outcome
		planned string
		result  engine.Result
	}{
		Skip: {true, checkpoint.Skipped, "warning USER_EXISTS " + said + " (Use --on-existing update to bring the user up to date.)",
			engine.Result{State: checkpoint.Omitted, Outcome: checkpoint.Skipped, Next: engine.Stop, Problem: engine.Problem{Code: "USER_EXISTS",
				Message: "m", Warning: true, Hint: "Use --on-existing update to bring the user up to date."}}},
		Fail: {true, checkpoint.Rejected, "error USER_EXISTS " + said + " (Use --on-existing skip or update.)",
			engine.Result{State: checkpoint.Omitted, Outcome: checkpoint.Rejected, Next: engine.Stop, Problem: engine.Problem{Code: "USER_EXISTS",
				Message: "m", Hint: "Use --on-existing skip or update."}}},
		Update: {false, "", "", engine.Result{State: checkpoint.Omitted, Outcome: checkpoint.Skipped, Next: engine.Stop,
			Problem: engine.Problem{Code: "USER_EXISTS", Message: "m", Warning: true,
				Hint: "If it is the same person, let them verify the address in Kinde, then run again."}}},
	} {
		p := &planner{opt: &Options{OnExisting: policy}}
		s, left := (&run{opt: p.opt, planner: p}).leaveExisting(&engine.Subject{Steps: []engine.Step{&notedStep{}}})
		planned := ""
		for _, x := range s.Problems {
			planned += fmt.Sprintf("%s %s %s (%s)", x.Severity, x.Code, x.Message, x.Hint)
		}
		if left != c.left || s.Settled != c.outcome || planned != c.planned || (len(s.Steps) == 0) != c.left {
			t.Errorf("%s: left %v, %q, %s, %d steps", policy, left, s.Settled, planned, len(s.Steps))
		}
		if got := p.existsResult("m"); !sameResult(got, c.result) {
			t.Errorf("%s: %+v", policy, got)
		}
	}
}

// An address and the id are sure together, and so is a user whom an earlier pass
// matched by the id. An address alone has to be one that the source calls verified,
// and then the tenant is asked.
func TestDoubts(t *testing.T) {
	const noAddress = "the user is matched without an address that both have, so it is left alone"
	const unverified = "the user is matched by an address that the source does not call verified, so it is left alone"
	verified := []mapping.Identity{{Type: mapping.Email, Value: "A@example.com", Verified: true}}
	not := []mapping.Identity{{Type: mapping.Email, Value: "a@example.com"}}
	other := []mapping.Identity{{Type: mapping.Email, Value: "z@example.com", Verified: true}}
	phone := []mapping.Identity{{Type: mapping.Phone, Value: "+12025550123", Verified: true}}
	for name, c := range map[string]struct {
		id         string
		identities []mapping.Identity
		known      bool
		want       string
		asks       bool
	}{
		"the id and an address":               {"7", not, false, "", false},
		"the id, matched before":              {"7", other, true, "", false},
		"the id alone":                        {"7", other, false, noAddress, false},
		"a verified address":                  {"8", verified, false, "", true},
		"a verified address and no id":        {"", verified, false, "", true},
		"an address that is not verified":     {"8", not, false, unverified, false},
		"an address that is not, known":       {"8", not, true, unverified, false},
		"a verified phone number":             {"8", phone, false, unverified, false},
		"an address that the user has not":    {"8", other, false, noAddress, false},
		"no id at all, and none of its own":   {"", other, true, noAddress, false},
		"two addresses, one of them verified": {"8", slices.Concat(other, not, verified), false, "", true},
	} {
		s := &engine.Subject{}
		user := &kinde.User{ProvidedID: "7", Email: "a@example.com", Phone: "+12025550123"}
		got := (&planner{}).doubts(s, &wanted{user: &mapping.User{SourceID: c.id}, identities: c.identities}, user, c.known)
		if got != c.want || (len(s.Steps) == 1) != c.asks {
			t.Errorf("%s: %q, %d steps", name, got, len(s.Steps))
		}
	}
	nobody := &kinde.User{Email: "z@example.com"}
	if got := (&planner{}).doubts(&engine.Subject{}, &wanted{user: &mapping.User{}, identities: not}, nobody, true); got != noAddress {
		t.Errorf("two without an id: %q", got)
	}
}

// Only an e-mail address that both call verified lets an update go on.
func TestVerifyStep(t *testing.T) {
	source := []mapping.Identity{{Type: mapping.Phone, Value: "a@example.com", Verified: true}, {Type: mapping.Email, Value: "b@example.com"},
		{Type: mapping.Email, Value: "A@example.com", Verified: true}}
	goesOn := engine.Result{Silent: true, Nothing: true}
	p := &planner{opt: &Options{OnExisting: Update}}
	stays := p.existsResult("the user is matched by an address that the tenant does not call verified, so it is left alone")
	for name, c := range map[string]struct {
		shown []kinde.Identity
		want  engine.Result
		left  int64
	}{
		"confirmed":             {[]kinde.Identity{{Type: "email", Name: "a@example.com", IsConfirmed: true}}, goesOn, 0},
		"confirmed, by address": {[]kinde.Identity{{Type: "email", Name: "Ana", Email: "a@example.com", IsConfirmed: true}}, goesOn, 0},
		"not confirmed":         {[]kinde.Identity{{Type: "email", Name: "a@example.com"}}, stays, 1},
		"another is confirmed":  {[]kinde.Identity{{Type: "email", Name: "c@example.com", IsConfirmed: true}}, stays, 1},
		"unverified, confirmed": {[]kinde.Identity{{Type: "email", Name: "b@example.com", IsConfirmed: true}}, stays, 1},
		"a phone is confirmed":  {[]kinde.Identity{{Type: "phone", Name: "a@example.com", IsConfirmed: true}}, stays, 1},
		"a login is confirmed": {[]kinde.Identity{{Type: "oauth2:google", Email: "a@example.com", ConnectionID: "c",
			IsConfirmed: true}}, stays, 1},
		"nothing is shown at all": {nil, stays, 1},
	} {
		p := &planner{opt: &Options{OnExisting: Update}, target: &shelf{identities: map[string][]kinde.Identity{"kp": c.shown}}}
		s := &engine.Subject{Record: checkpoint.Record{KindeID: "kp", Stage: checkpoint.Present}}
		stage := map[int64]checkpoint.Stage{0: checkpoint.Present, 1: checkpoint.Untouched}[c.left]
		if got := (&verifyStep{p, &wanted{identities: source}}).Do(t.Context(), s); !sameResult(got, c.want) || p.leftAlone.Load() != c.left ||
			s.Record.Stage != stage {
			t.Errorf("%s: %+v, %d left alone, %v", name, got, p.leftAlone.Load(), s.Record.Stage)
		}
	}
	p.target = &shelf{fails: "GetUserIdentities", with: refusal}
	if got := (&verifyStep{p, &wanted{}}).Do(t.Context(), &engine.Subject{}); got.Next != engine.Stop || got.State != checkpoint.Refused {
		t.Errorf("a list that is refused: %+v", got)
	}
}

// What was done to an earlier user of a record is none of the new one's.
func TestSinceCreate(t *testing.T) {
	step := func(kind string, run int64) checkpoint.Step { return checkpoint.Step{Kind: kind, Run: run} }
	create, update := checkpoint.StepCreate, checkpoint.StepUpdate
	for _, c := range []struct{ steps, want []checkpoint.Step }{
		{nil, nil},
		{[]checkpoint.Step{step(update, 1)}, []checkpoint.Step{step(update, 1)}},
		{[]checkpoint.Step{step(update, 1), step(create, 2), step(update, 2), step(update, 3)},
			[]checkpoint.Step{step(create, 2), step(update, 2), step(update, 3)}},
	} {
		if got := sinceCreate(slices.Clone(c.steps)); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v", c.steps, got)
		}
	}
}

// A refusal may mean that an identity is taken by its status, and then is looked into.
func TestRefusedAsTaken(t *testing.T) {
	for status, want := range map[int]bool{200: true, 400: true, 409: true, 422: true, 404: false, 403: false, 500: false} {
		if got := refusedAsTaken(&kinde.Error{Class: kinde.ClassFinal, Status: status}); got != want {
			t.Errorf("%d: %v", status, got)
		}
		if refusedAsTaken(&kinde.Error{Class: kinde.ClassRetry, Status: status}) || refusedAsTaken(errors.New("x")) || refusedAsTaken(nil) {
			t.Errorf("%d: what is no refusal is taken for one", status)
		}
	}
}

// A create is outdated when an earlier one asked for what the source does not say
// any more, or for nobody's address where it says some now.
func TestOutdatedCreate(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a, b := asked{mapping.Email, "a@example.com"}, asked{mapping.Email, "b@example.com"}
	says := []mapping.Identity{{Type: mapping.Email, Value: "A@example.com"}}
	for name, c := range map[string]struct {
		earlier intended
		says    []mapping.Identity
		want    bool
	}{
		"none":                         {intended{}, says, false},
		"the same":                     {intended{Server: now, Identities: []asked{a}}, says, false},
		"another":                      {intended{Server: now, Identities: []asked{b}}, says, true},
		"both":                         {intended{Server: now, Identities: []asked{a, b}}, says, true},
		"none then":                    {intended{Server: now}, says, true},
		"none then, and none now":      {intended{Server: now}, nil, false},
		"one then, and none now":       {intended{Server: now, Identities: []asked{a}}, nil, true},
		"nobody knows what, none then": {intended{Identities: nil}, nil, false},
	} {
		create := &createStep{w: &wanted{user: &mapping.User{}, identities: c.says}, earlier: c.earlier}
		if got := create.outdated(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if open("") || open(checkpoint.Done) || open(checkpoint.Refused) || !open(checkpoint.Intent) || !open(checkpoint.GaveUp) {
		t.Error("which creates are open")
	}
}

// A create that is refused though nobody shows to have the identities says what the
// tenant said; where it said nothing, that.
func TestRefusedCreate(t *testing.T) {
	unknown := "the tenant says that the user exists, and shows nobody with one of the identities"
	exists := func(status int, code string) *kinde.Error {
		return &kinde.Error{Operation: "createUser", Class: kinde.ClassFinal, Status: status, Code: code, Message: "m"}
	}
	mend := "Mend the record or the tenant, then run again with --retry-failed."
	for name, c := range map[string]struct {
		refusal *kinde.Error
		id      string
		want    engine.Problem
	}{
		"200": {exists(200, ""), "7", engine.Problem{Code: "API_REJECTED", Message: unknown,
			Hint: "Look for the user in Kinde, then run again with --retry-failed."}},
		"400": {exists(400, "X"), "7", engine.Problem{Code: "API_REJECTED", Message: "createUser: 400 X: m", Hint: mend}},
		"the id is taken": {exists(400, "PROVIDED_ID_ALREADY_EXISTS"), "7", engine.Problem{Code: "API_REJECTED",
			Message: "createUser: 400 PROVIDED_ID_ALREADY_EXISTS: m", Hint: mend}},
		"provided_id": {exists(400, "provided_id_already_exists"), "7", engine.Problem{Code: "IDENTITY_TAKEN", Field: "id",
			Message: "createUser: 400 provided_id_already_exists: m", Hint: IDTakenHint}},
		"a record without an id": {exists(400, "provided_id_already_exists"), "", engine.Problem{Code: "API_REJECTED",
			Message: "createUser: 400 provided_id_already_exists: m", Hint: mend}},
		"it speaks of an id and of nobody": {exists(400, "provided_id_invalid"), "7", engine.Problem{Code: "API_REJECTED",
			Message: "createUser: 400 provided_id_invalid: m", Hint: mend}},
	} {
		create := &createStep{w: &wanted{user: &mapping.User{SourceID: c.id}}}
		want := engine.Result{State: checkpoint.Refused, Problem: c.want, Next: engine.Stop}
		if got := create.refused(t.Context(), c.refusal); !sameResult(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// Who was created is asked which identities are in place: what is lacking is added
// next, what an earlier create brought and the source has dropped goes at the end.
func TestCompleteStep(t *testing.T) {
	w := &wanted{user: &mapping.User{}, identities: []mapping.Identity{{Type: mapping.Email, Value: "A@example.com", Verified: true},
		{Type: mapping.Phone, Value: "+12025550123", CountryID: "us", Verified: true}, {Type: mapping.Username, Value: "ana"}}}
	email := kinde.Identity{Type: "email", Name: "Ana", Email: "a@example.com"}
	phone, username := kinde.Identity{Type: "phone", Name: "+12025550123"}, kinde.Identity{Type: "username", Name: "ANA"}
	old := kinde.Identity{Type: "email", Name: "old@example.com"}
	looked := checkpoint.Step{Kind: stepAsked, State: checkpoint.Omitted, Units: 1}
	lost := func(field string, n int) engine.Problem {
		return engine.Problem{Warning: true, Code: "VERIFICATION_LOST", Field: field,
			Message: fmt.Sprintf("createUser left out %d of the identities; an identity that is added later can't be marked verified", n)}
	}
	part := func(n int, keys ...string) checkpoint.Step {
		return checkpoint.Step{Kind: checkpoint.StepIdentities, State: checkpoint.Done, Units: n, Detail: keyList(keys)}
	}
	a, n, u, o := "email:a@example.com", "phone:12025550123", "username:ana", "email:old@example.com"
	for name, c := range map[string]struct {
		has   []kinde.Identity
		sent  []string
		want  engine.Result
		steps []string
	}{
		"all": {[]kinde.Identity{email, phone, username}, nil, engine.Result{Detail: keyList([]string{a, n, u}),
			Also: []checkpoint.Step{looked}}, nil},
		"no username": {[]kinde.Identity{email, phone}, nil, engine.Result{Detail: keyList([]string{a, n}), Silent: true,
			Also: []checkpoint.Step{looked, part(2, a, n)}}, []string{u}},
		"no phone": {[]kinde.Identity{email, username}, nil, engine.Result{Detail: keyList([]string{a, u}), Silent: true,
			Problem: lost("phone", 1),
			Also:    []checkpoint.Step{looked, part(2, a, u)}}, []string{n}},
		"nothing": {nil, nil, engine.Result{Detail: keyList(nil), Silent: true, Problem: lost("phone", 3),
			Also: []checkpoint.Step{looked, part(0)}}, []string{a, n, u}},
		"an old one": {[]kinde.Identity{old, email, phone, username}, []string{o, a, "email:other@example.com"},
			engine.Result{Detail: keyList([]string{a, n, u, o}), Also: []checkpoint.Step{looked}}, []string{o}},
	} {
		p := &planner{opt: &Options{Mirror: true}, target: &shelf{identities: map[string][]kinde.Identity{"kp": c.has}}}
		step := &completeStep{p: p, w: w, sent: c.sent}
		s := &engine.Subject{Record: checkpoint.Record{KindeID: "kp"}, Steps: []engine.Step{step}}
		got := step.Do(t.Context(), s)
		var keys []string
		for _, x := range s.Steps[1:] {
			switch x := x.(type) {
			case *identityStep:
				keys = append(keys, x.key)
			case *removeStep:
				keys = append(keys, x.id.Key)
			}
		}
		if !sameResult(got, c.want) || !slices.Equal(keys, c.steps) {
			t.Errorf("%s:\ngot  %+v\nwant %+v\nsteps %v", name, got, c.want, keys)
		}
	}
	x := &shelf{fails: "GetUserIdentities", with: refusal}
	got := (&completeStep{p: &planner{target: x}, w: w}).Do(t.Context(), &engine.Subject{})
	if got.State != checkpoint.Refused || got.Message != "which identities the create took is not known: "+refusal.Error() {
		t.Errorf("a list that is refused: %+v", got)
	}
}

// What is done in an exchange is done whatever ends the run, and the record is
// worked on later; only an identity that stands in is noted before it is made.
func TestPartsOfAnExchange(t *testing.T) {
	for _, c := range []struct {
		kind  string
		whole bool
		once  bool
		next  engine.Next
	}{{checkpoint.StepParked, false, true, engine.Later}, {checkpoint.StepIdentities, false, false, engine.Later},
		{stepGone, true, false, engine.Continue}} {
		x := &part{Step: &notedStep{info: engine.Info{Kind: c.kind, Key: "k", Units: 2}, result: engine.Unchanged()}, whole: c.whole}
		if got := x.Info(); got != (engine.Info{Kind: c.kind, Key: "k", Units: 2, Urgent: true, Once: c.once}) {
			t.Errorf("%s: %+v", c.kind, got)
		}
		if got := x.Do(context.Background(), nil); !got.Nothing || got.Next != c.next || !sameResult(got, x.result) {
			t.Errorf("%s: %+v", c.kind, got)
		}
	}
}

// Somebody is counted what is left to them beside one identity, and whether the
// source names some of that.
func TestWhatIsLeftInAnExchange(t *testing.T) {
	has := []kinde.Identity{{Type: "email", Name: "a@example.com"}, {Type: "email", Name: "b@example.com"},
		{Type: "oauth2:google", Name: "77", ConnectionID: "conn"}}
	for name, c := range map[string]struct {
		wants *wanted
		but   string
		n     int
		mine  bool
	}{
		"who left the source": {nil, "email:a@example.com", 2, false},
		"an address that is wanted": {&wanted{identities: []mapping.Identity{{Type: mapping.Email, Value: "B@example.com"}}},
			"email:a@example.com", 2, true},
		"only the one that goes": {&wanted{identities: []mapping.Identity{{Type: mapping.Email, Value: "a@example.com"}}},
			"email:a@example.com", 2, false},
		"a login that is wanted": {&wanted{links: []wantedLink{{"social", "77", "conn"}}}, "email:a@example.com", 2, true},
		"none of these":          {&wanted{links: []wantedLink{{"social", "78", "conn"}}}, "email:z@example.com", 3, false},
	} {
		kind, value, _ := strings.Cut(c.but, ":")
		x := &exchange{run: &run{tenant: &shelf{identities: map[string][]kinde.Identity{"kp": has}}}}
		n, mine, err := x.left(t.Context(), &mover{record: checkpoint.Record{KindeID: "kp"}, wants: c.wants}, identityID(kind, value))
		if n != c.n || mine != c.mine || err != nil {
			t.Errorf("%s: %d, %v, %v", name, n, mine, err)
		}
	}
	x := &exchange{run: &run{tenant: &shelf{fails: "GetUserIdentities", with: down}}, holders: map[engine.StepID]int64{}}
	if _, _, err := x.left(
		t.Context(),
		&mover{},
		engine.StepID{},
	); err == nil ||
		err.Error() != "looking at the identities of a user: "+down.Error() {
		t.Error(err)
	}
	a, b := identityID("email", "a@example.com"), identityID("email", "b@example.com")
	m := &mover{record: checkpoint.Record{ID: 5}, gives: map[engine.StepID]bool{a: true, b: false}}
	for _, c := range []struct {
		holders map[engine.StepID]int64
		want    bool
	}{{nil, false}, {map[engine.StepID]int64{a: 5}, true}, {map[engine.StepID]int64{a: 6}, false}, {map[engine.StepID]int64{b: 5}, false}} {
		x.holders = c.holders
		if got := x.contested(m); got != c.want {
			t.Errorf("%v: %v", c.holders, got)
		}
	}
}

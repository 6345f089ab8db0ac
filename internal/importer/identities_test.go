package importer

import (
	"slices"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A user has an identity of the kind that was asked for, and where a connection was,
// of that one or of one that the answer does not name.
func TestWhetherAnIdentityIsInPlace(t *testing.T) {
	email := kinde.CreateUserIdentityRequest{Type: "email", Value: "a@example.com"}
	google := kinde.CreateUserIdentityRequest{Type: "social", Value: "77", ConnectionID: "conn"}
	for name, c := range map[string]struct {
		request kinde.CreateUserIdentityRequest
		shown   kinde.Identity
		want    bool
	}{
		"the name":                     {email, kinde.Identity{Type: "email", Name: "A@example.com"}, true},
		"the address":                  {email, kinde.Identity{Type: "email", Name: "Ana", Email: "a@example.com"}, true},
		"another":                      {email, kinde.Identity{Type: "email", Name: "b@example.com"}, false},
		"another kind":                 {email, kinde.Identity{Type: "username", Name: "a@example.com"}, false},
		"a login with the address":     {email, kinde.Identity{Type: "oauth2:google", Email: "a@example.com", ConnectionID: "conn"}, false},
		"a login":                      {google, kinde.Identity{Type: "oauth2:google", Name: "77", ConnectionID: "conn"}, true},
		"a login of another kind":      {google, kinde.Identity{Type: "saml:x", Name: "77", ConnectionID: "conn"}, true},
		"a login of another provider":  {google, kinde.Identity{Type: "oauth2:github", Name: "77", ConnectionID: "other"}, false},
		"a login of who knows":         {google, kinde.Identity{Type: "oauth2:google", Name: "77"}, true},
		"another login":                {google, kinde.Identity{Type: "oauth2:google", Name: "78", ConnectionID: "conn"}, false},
		"an address called as a login": {google, kinde.Identity{Type: "email", Name: "77", ConnectionID: "conn"}, false},
		"nothing":                      {kinde.CreateUserIdentityRequest{Type: "email"}, kinde.Identity{Type: "email"}, false},
	} {
		x := &shelf{identities: map[string][]kinde.Identity{"kp": {{Type: "phone", Name: "+1"}, c.shown}}}
		step := &identityStep{p: &planner{target: x}, request: c.request}
		if has, err := step.has(t.Context(), "kp"); err != nil || has != c.want {
			t.Errorf("%s: %v, %v", name, has, err)
		}
	}
	x := &shelf{fails: "GetUserIdentities", with: down}
	if has, err := (&identityStep{p: &planner{target: x}}).has(t.Context(), "kp"); has || err != down {
		t.Error(has, err)
	}
}

// A number gets its national form only if it was refused as what it is.
func TestWhichNumberGetsItsNationalForm(t *testing.T) {
	exists := &kinde.Error{Class: kinde.ClassFinal, Status: 400, Code: "IDENTITY_ALREADY_EXISTS"}
	number := kinde.CreateUserIdentityRequest{Type: "phone", Value: "+12025550123", PhoneCountryID: "us"}
	national := number
	national.Value = "2025550123"
	for name, c := range map[string]struct {
		request kinde.CreateUserIdentityRequest
		refusal error
		want    kinde.CreateUserIdentityRequest
	}{
		"refused":          {number, refusal, national},
		"somebody has it":  {number, exists, number},
		"no answer at all": {number, errLastIdentity, number},
		"without a country": {kinde.CreateUserIdentityRequest{Type: "phone", Value: "+12025550123"}, refusal,
			kinde.CreateUserIdentityRequest{Type: "phone", Value: "+12025550123"}},
		"no number": {kinde.CreateUserIdentityRequest{Type: "username", Value: "+12025550123", PhoneCountryID: "us"}, refusal,
			kinde.CreateUserIdentityRequest{Type: "username", Value: "+12025550123", PhoneCountryID: "us"}},
		"no such number": {kinde.CreateUserIdentityRequest{Type: "phone", Value: "12", PhoneCountryID: "us"}, refusal,
			kinde.CreateUserIdentityRequest{Type: "phone", Value: "12", PhoneCountryID: "us"}},
	} {
		r := c.request
		if changed := nationally(&r, c.refusal); r != c.want || changed != (r != c.request) {
			t.Errorf("%s: %v, %+v", name, changed, r)
		}
	}
}

// A password that changed at the source is set unless the user has signed in since.
func TestChangedPassword(t *testing.T) {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	stays := engine.Result{State: checkpoint.Omitted, Silent: true, Problem: engine.Problem{Warning: true, Code: string(mapping.PasswordStale),
		Field: "password", Message: "the password changed at the source, but the user has signed in here since",
		Hint: "Use --overwrite-passwords to set it anyway."}}
	rejected := engine.Refused(engine.Problem{Code: string(mapping.APIRejected), Message: refusal.Error(),
		Hint: "Mend the record or the tenant, then run again with --retry-failed."})
	look, set := "GetUserData kp", "SetUserPassword kp hash"
	for name, c := range map[string]struct {
		user  kinde.User
		fails string
		want  engine.Result
		calls []string
	}{
		"never":             {kinde.User{}, "", engine.Result{}, []string{look, set}},
		"before":            {kinde.User{LastSignedIn: since}, "", engine.Result{}, []string{look, set}},
		"since":             {kinde.User{LastSignedIn: since.Add(time.Second)}, "", stays, []string{look}},
		"once, nobody says": {kinde.User{TotalSignIns: 1}, "", stays, []string{look}},
		"no look":           {kinde.User{}, look, rejected, []string{look}},
		"it is refused":     {kinde.User{}, set, rejected, []string{look, set}},
	} {
		c.user.ID = "kp"
		x := &shelf{users: []kinde.User{c.user}, fails: c.fails, with: refusal}
		step := &changedPasswordStep{target: x, body: kinde.PasswordRequest{HashedPassword: "hash"}, since: since}
		got := step.Do(t.Context(), &engine.Subject{Record: checkpoint.Record{KindeID: "kp"}})
		if !sameResult(got, c.want) || !slices.Equal(x.calls, c.calls) {
			t.Errorf("%s: %+v, calls %q", name, got, x.calls)
		}
	}
}

// sameResult compares results that bring no further steps.
func sameResult(a, b engine.Result) bool {
	return a.State == b.State && a.Problem == b.Problem && a.Detail == b.Detail && a.Next == b.Next && a.Outcome == b.Outcome &&
		slices.Equal(a.Also, b.Also) && a.Nothing == b.Nothing && a.Silent == b.Silent && a.Forget == b.Forget && a.Err == b.Err
}

// Who holds what a record wants is said, and the way out is one that leads there.
func TestHeldBy(t *testing.T) {
	now, left := checkpoint.Record{KindeID: "kp", Number: 7, Seen: 3}, checkpoint.Record{KindeID: "kp", Number: 7, Seen: 2}
	for _, c := range []struct {
		holder        checkpoint.Record
		mirror        bool
		message, hint string
	}{
		{left, false, "user kp has this identity, and came with a record that is not in the source now",
			"Use --gone delete if that person has left, and --retry-failed."},
		{left, true, "user kp has this identity, and came with a record that is not in the source now",
			"Use --gone delete if that person has left, and --retry-failed."},
		{now, true, "the user of record 7 of the source has this identity", "Correct one of the two records, or take it away in Kinde."},
		{now, false, "the user of record 7 of the source has this identity",
			"If it went from one to the other at the source, use --mirror, which takes it away where it was, and --retry-failed."},
	} {
		p := &planner{source: 3, opt: &Options{Mirror: c.mirror}}
		if message, hint := p.heldBy(&c.holder); message != c.message || hint != c.hint {
			t.Errorf("%+v: %s (%s)", c, message, hint)
		}
	}
}

// Somebody who left the source is suspended or deleted, and what is kept of that
// lets them in again when they come back.
func TestGoneStep(t *testing.T) {
	digest := checkpoint.Digest{7}
	record := checkpoint.Record{ID: 5, KindeID: "kp", Owner: checkpoint.Made, Stage: checkpoint.Present}
	forgotten := checkpoint.Record{ID: 5}
	rejected := engine.Refused(engine.Problem{Code: string(mapping.APIRejected), Message: refusal.Error(),
		Hint: "Mend the record or the tenant, then run again with --retry-failed."})
	for name, c := range map[string]struct {
		what  Gone
		fails bool
		want  engine.Result
		after checkpoint.Record
		calls []string
	}{
		"suspended": {SuspendGone, false, engine.Result{Outcome: checkpoint.Created, Also: []checkpoint.Step{{Kind: checkpoint.StepSuspension,
			State: checkpoint.Done, Units: 1, Digest: digest}}}, record, []string{"UpdateUser kp suspended=true"}},
		"not suspended": {SuspendGone, true, rejected, record, []string{"UpdateUser kp suspended=true"}},
		"deleted": {DeleteGone, false, engine.Result{Outcome: checkpoint.Deleted, Forget: true, Detail: `{"kinde_id":"kp"}`}, forgotten,
			[]string{"DeleteUser kp false"}},
		"not deleted": {DeleteGone, true, rejected, record, []string{"DeleteUser kp false"}},
	} {
		x := &shelf{with: refusal}
		if c.fails {
			x.fails = c.calls[0]
		}
		s := &engine.Subject{Record: record}
		step := &goneStep{target: x, what: c.what, was: checkpoint.Created, suspended: digest}
		if got := step.Do(t.Context(), s); !sameResult(got, c.want) || !slices.Equal(x.calls, c.calls) || s.Record.KindeID != c.after.KindeID ||
			s.Record.Owner != c.after.Owner || s.Record.Stage != c.after.Stage || step.Info() != (engine.Info{Kind: stepGone, Key: string(c.what)}) {
			t.Errorf("%s: %+v, %+v, calls %q", name, got, s.Record, x.calls)
		}
	}
}

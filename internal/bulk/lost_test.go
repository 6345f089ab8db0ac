package bulk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// cut runs a job whose context is cancelled under way.
func (p *place) cut(ctx context.Context, opt Options, asks []Ask) {
	p.t.Helper()
	store, _, err := checkpoint.Open(context.Background(), filepath.Join(p.dir, string(opt.Verb)+".checkpoint"))
	if err != nil {
		p.t.Fatal(err)
	}
	recorder := engine.NewRecorder()
	if asks != nil {
		opt.Who = func(context.Context) (Who, error) { return Who{Asks: asks}, nil }
	}
	if _, err := Run(ctx, Job{Target: p.client(recorder), Checkpoint: store, Recorder: recorder}, opt); err == nil {
		p.t.Fatal("the run was not cut")
	}
	if err := store.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// TestDeletedWithoutAnAnswer ends a run at once while deletions are under way,
// whose answers are lost. The users were named by their addresses, which nobody
// has any more: the next run must not call them unknown.
func TestDeletedWithoutAnAnswer(t *testing.T) {
	const people = 120
	p := newPlace(t, people, sandbox.Limits{})
	ctx, cancel := context.WithCancel(context.Background())
	inner := p.transport
	var deletions atomic.Int64
	p.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		answer, err := inner.RoundTrip(r)
		if r.Method == http.MethodDelete && deletions.Add(1) >= 40 {
			cancel()
			if err == nil {
				answer.Body.Close()
			}
			return nil, errors.New("the connection is gone")
		}
		return answer, err
	})
	p.cut(ctx, Options{Verb: Delete}, p.everyone(people))
	if left := p.tenant.Count(); left == 0 || left == people {
		t.Fatalf("%d of %d users are left: the run was not cut in the middle", left, people)
	}
	p.transport = inner
	result, r := p.do(Options{Verb: Delete}, p.everyone(people), nil)
	if want := (report.Totals{Records: people, Deleted: people}); r.Totals != want || !result.Resumed {
		t.Errorf("after the second run: %+v %v", r.Totals, r.Problems.ByCode)
	}
	if p.tenant.Count() != 0 {
		t.Errorf("%d users are left", p.tenant.Count())
	}
}

// TestCutInTheMiddleIsStillOurs ends a run at once while its requests are under
// way, whose answers are lost. Whom the next run finds done, the first had begun:
// they are updated, not unchanged.
func TestCutInTheMiddleIsStillOurs(t *testing.T) {
	const people = 120
	for verb, change := range map[Verb]Change{
		Suspend: {}, Unsuspend: {}, Update: {Profile: map[string]string{"given_name": "Bo"}},
		SetProperty: {Properties: map[string]string{"plan": "gold"}},
		AddIdentity: {Type: "username"}, ResetMFA: {}, RefreshClaims: {}, SetFlag: {Flags: map[string]string{"beta": "true"}},
		RemoveIdentity: {Type: "username"}, Invite: {Organization: "org_b"}, AddScope: logs, RemoveScope: logs,
	} {
		t.Run(string(verb), func(t *testing.T) {
			p := newPlace(t, people, sandbox.Limits{})
			asks := p.everyone(people)
			for i := range asks {
				asks[i].Value = fmt.Sprintf("ana_%d", i)
			}
			for needs, first := range map[Verb]Options{Unsuspend: {Verb: Suspend}, RemoveIdentity: {Verb: AddIdentity, Change: change},
				RemoveScope: {Verb: AddScope, Change: change}} {
				if verb == needs {
					p.do(first, asks, nil)
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			inner := p.transport
			var writes atomic.Int64
			p.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				answer, err := inner.RoundTrip(r)
				if r.Method != http.MethodGet && writes.Add(1) >= 40 {
					cancel()
					if err == nil {
						answer.Body.Close()
					}
					return nil, errors.New("the connection is gone")
				}
				return answer, err
			})
			p.cut(ctx, Options{Verb: verb, Change: change}, asks)
			p.transport = inner
			result, r := p.do(Options{Verb: verb, Change: change}, asks, nil)
			if want := (report.Totals{Records: people, Updated: people}); r.Totals != want || !result.Resumed {
				t.Errorf("after the second run: %+v %v", r.Totals, r.Problems.ByCode)
			}
		})
	}
}

// TestNobodySawTheReport ends a process between the last request of a job and its
// report: the next run tells what was done, and only the one after it begins anew.
func TestNobodySawTheReport(t *testing.T) {
	const people = 3
	p := newPlace(t, people, sandbox.Limits{})
	updated, again := report.Totals{Records: people, Updated: people}, report.Totals{Records: people, Unchanged: people}
	for n, want := range []report.Totals{updated, updated, again} {
		if n == 2 {
			store, _, err := checkpoint.Open(t.Context(), filepath.Join(p.dir, string(Suspend)+".checkpoint"))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(store.Delivered(t.Context()), store.Close()); err != nil {
				t.Fatal(err)
			}
		}
		if _, r := p.do(Options{Verb: Suspend, AwaitDelivery: true}, p.everyone(people), nil); r.Totals != want {
			t.Errorf("run %d tells %+v, want %+v", n+1, r.Totals, want)
		}
	}
}

// TestIdentityWithoutAnAnswer resets connections before the tenant acts, and
// after: an identity that a look does not show is added again, one that came late
// is not refused.
func TestIdentityWithoutAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		lost, acts int  // requests without an answer; the last of them act
		late       bool // the first acts only just before the second
		want       report.Totals
	}{
		"lost once":       {1, 0, false, report.Totals{Records: 1, Updated: 1}},
		"done, then lost": {1, 1, false, report.Totals{Records: 1, Updated: 1}},
		"lost, then done": {2, 1, false, report.Totals{Records: 1, Updated: 1}},
		"done late":       {1, 0, true, report.Totals{Records: 1, Updated: 1}},
		"always lost":     {99, 0, false, report.Totals{Records: 1, Failed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, 1, sandbox.Limits{})
			inner, n := p.transport, 0
			p.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method != http.MethodPost {
					return inner.RoundTrip(r)
				}
				if n++; n > c.lost {
					if c.late {
						late := r.Clone(r.Context())
						late.Body, _ = r.GetBody()
						if answer, err := inner.RoundTrip(late); err == nil {
							answer.Body.Close()
						}
					}
					return inner.RoundTrip(r)
				}
				if n > c.lost-c.acts {
					if answer, err := inner.RoundTrip(r); err == nil {
						answer.Body.Close()
					}
				}
				return nil, errors.New("the connection is gone")
			})
			asks := p.everyone(1)
			asks[0].Value = "second@example.com"
			if _, r := p.do(Options{Verb: AddIdentity, Change: Change{Type: "email"}}, asks, nil); r.Totals != c.want {
				t.Errorf("%+v %v, want %+v", r.Totals, r.Problems.ByCode, c.want)
			}
		})
	}
}

// TestStepsOfThoseWhoAreSoAlready counts them as done: what was wanted is in place.
func TestStepsOfThoseWhoAreSoAlready(t *testing.T) {
	p := newPlace(t, 3, sandbox.Limits{})
	yes := true
	if err := p.client(nil).UpdateUser(t.Context(), p.user(0).ID, kinde.UpdateUserRequest{IsSuspended: &yes}); err != nil {
		t.Fatal(err)
	}
	_, r := p.do(Options{Verb: Suspend}, p.everyone(3), nil)
	if got := r.Steps[checkpoint.StepSuspension]; r.Totals.Updated != 2 || r.Totals.Unchanged != 1 ||
		got != (report.Step{Wanted: 3, Done: 3}) {
		t.Errorf("%+v, steps %+v", r.Totals, got)
	}
}

// Who is gone, before the job or in the middle of it, and who is named twice has
// nothing in place by that row.
func TestStepsOfThoseWhoAreGone(t *testing.T) {
	p := newPlace(t, 4, sandbox.Limits{})
	asks := append(p.everyone(3), Ask{Line: 4, ID: p.user(3).ID}, Ask{Line: 5, ID: p.user(0).ID})
	if err := p.client(nil).DeleteUser(t.Context(), p.user(3).ID, false); err != nil {
		t.Fatal(err)
	}
	last := p.user(2).ID
	serve := p.transport
	p.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPatch && strings.Contains(r.URL.RawQuery, last) {
			if _, there := p.tenant.Find(email(2)); there {
				if err := p.tenant.Edit(func(e *sandbox.Edit) error { return e.Delete(email(2)) }); err != nil {
					t.Error(err)
				}
			}
		}
		return serve.RoundTrip(r)
	})
	_, r := p.do(Options{Verb: Suspend}, asks, nil)
	if got := r.Steps[checkpoint.StepSuspension]; r.Totals.Updated != 2 || r.Totals.Unchanged != 3 ||
		got != (report.Step{Wanted: 2, Done: 2}) {
		t.Errorf("%+v, steps %+v", r.Totals, got)
	}
}

// TestBegunAndFoundDone is about verbs that look before they write: what an
// earlier process began, and gave up without an answer, it has done all the same.
func TestBegunAndFoundDone(t *testing.T) {
	a := &action{
		r:    &run{opt: &Options{}},
		info: engine.Info{Kind: checkpoint.StepProperties},
		do:   func(context.Context, string) (bool, error) { return true, nil },
	}
	for _, state := range []checkpoint.StepState{"", checkpoint.Intent, checkpoint.GaveUp} {
		s := &engine.Subject{Before: map[engine.StepID]checkpoint.Step{}}
		if state != "" {
			s.Before[engine.StepID{Kind: checkpoint.StepProperties}] = checkpoint.Step{State: state}
		}
		if r := a.Do(t.Context(), s); r.Nothing != (state == "") {
			t.Errorf("after %q: %+v", state, r)
		}
	}
}

// TestIdentityInDoubtIsNotAddedTwice loses the answer to an added identity.
func TestIdentityInDoubtIsNotAddedTwice(t *testing.T) {
	p := newPlace(t, 1, sandbox.Limits{})
	inner := p.transport
	p.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		answer, err := inner.RoundTrip(r)
		if r.Method == http.MethodPost && err == nil {
			answer.Body.Close()
			return nil, errors.New("the connection is gone")
		}
		return answer, err
	})
	_, r := p.do(Options{Verb: AddIdentity, Change: Change{Type: "email", Value: "ana@example.org"}}, p.everyone(1), nil)
	if r.Totals.Updated != 1 || len(p.user(0).Identities) != 2 {
		t.Errorf("%+v, identities %v", r.Totals, p.user(0).Identities)
	}
}

// TestNames sorts what people write.
func TestNames(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want []Ask
	}{
		"a list": {"kp_1\n\n# who left\nana@example.com\r\n+15550100\nana_d\n",
			[]Ask{{Line: 1, ID: "kp_1"}, {Line: 4, Email: "ana@example.com"}, {Line: 5, Phone: "+15550100"}, {Line: 6, Any: "ana_d"}}},
		"a table with a mark":        {"\xef\xbb\xbfName;E-Mail;email\nAna;x;ana@example.com\n", []Ask{{Line: 2, Email: "ana@example.com"}}},
		"a table of ids":             {"kinde_id,email\nkp_1,ana@example.com\n", []Ask{{Line: 2, ID: "kp_1", Email: "ana@example.com"}}},
		"an id column with anything": {"id\nkp_1\nana@example.com\n", []Ask{{Line: 2, ID: "kp_1"}, {Line: 3, Email: "ana@example.com"}}},
		"an id column with numbers": {"id,email\n7,ana@example.com\n8,\n",
			[]Ask{{Line: 2, Email: "ana@example.com", Any: "7", OnlyID: true}, {Line: 3, Any: "8", OnlyID: true}}},
		"one address only": {"ana@example.com", []Ask{{Line: 1, Email: "ana@example.com"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadNames([]byte(c.data))
			if err != nil || len(got) != len(c.want) {
				t.Fatalf("%+v, %v", got, err)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %+v, want %+v", got[i], c.want[i])
				}
			}
		})
	}
	asks, err := ReadNames([]byte("email,note\nana@example.com,\"open\n,nobody\n"))
	if err != nil || len(asks) == 0 || asks[0].Problem == nil || asks[0].Problem.Code != mapping.RecordMalformed {
		t.Errorf("a damaged row is %+v, %v", asks, err)
	}
}

var noOptions password.Options

// TestHashes reads hashes, names what can't be held and shows none.
func TestHashes(t *testing.T) {
	asks, err := ReadHashes(
		[]byte(
			"email,hash,method\nana@example.com,5f4dcc3b5aa765d61d8327deb882cf99,md5\nbo@example.com,$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA,\ncy@example.com,,\n",
		),
		noOptions,
	)
	if err != nil || len(asks) != 3 {
		t.Fatalf("%d rows, %v", len(asks), err)
	}
	if asks[0].Problem != nil || asks[0].Password.Body == nil {
		t.Errorf("%+v", asks[0])
	}
	for _, a := range asks[1:] {
		if a.Problem == nil {
			t.Errorf("%s is taken", a.Email)
		}
	}
	if _, err := ReadHashes([]byte("ana@example.com\n"), noOptions); err == nil {
		t.Error("a list is taken for a table of hashes")
	}
}

// TestGuards spares whoever signed in and whoever is not certainly the job's.
func TestGuards(t *testing.T) {
	p := newPlace(t, 3, sandbox.Limits{})
	client := p.client(nil)
	if err := client.SetUserPassword(t.Context(), p.user(0).ID, kinde.PasswordRequest{HashedPassword: hash(t).Body.HashedPassword,
		HashingMethod: "md5"}); err != nil {
		t.Fatal(err)
	}
	if s := p.tenant.SignIn(email(0), "password"); !s.SignedIn {
		t.Fatalf("%+v", s)
	}
	asks := []Ask{{ID: p.user(0).ID, Evidence: true}, {ID: p.user(1).ID}, {ID: p.user(2).ID, Evidence: true}}
	_, r := p.do(Options{Verb: Delete, Guarded: true}, asks, nil)
	if r.Totals.Skipped != 2 || r.Totals.Deleted != 1 || r.Problems.ByCode[string(UserSignedIn)] != 1 ||
		r.Problems.ByCode[string(UserUnsure)] != 1 {
		t.Errorf("%+v %v", r.Totals, r.Problems.ByCode)
	}
	_, r = p.do(Options{Verb: Delete, Guarded: true, Force: true}, asks, nil)
	if r.Totals.Deleted != 2 || r.Totals.Unchanged != 1 || p.tenant.Count() != 0 {
		t.Errorf("with force: %+v", r.Totals)
	}
}

// TestPhoneInNationalForm adds a phone where the tenant takes the national form
// only: it arrives, and a second time there is nothing to do.
func TestPhoneInNationalForm(t *testing.T) {
	p := newPlace(t, 2, sandbox.Limits{}, sandbox.Quirks{NationalPhones: true})
	add := Options{Verb: AddIdentity, Change: Change{Type: "phone", Value: "+447700900101"}}
	if _, r := p.do(add, p.everyone(1), nil); r.Totals.Updated != 1 || r.API.ByOperation[operation.CreateUserIdentity].Calls != 2 {
		t.Errorf("%+v, %+v", r.Totals, r.API.ByOperation)
	}
	if u, ok := p.tenant.Find("+447700900101"); !ok || u.ID != p.user(0).ID {
		t.Error("nobody has the number")
	}
	p.dir = t.TempDir()
	if _, r := p.do(add, p.everyone(1), nil); r.Totals.Unchanged != 1 || r.API.ByOperation[operation.CreateUserIdentity].Calls != 0 {
		t.Errorf("a second time: %+v, %+v", r.Totals, r.API.ByOperation)
	}
	// A number that somebody else has is asked for once: in another form it might pass for a free one.
	p = newPlace(t, 2, sandbox.Limits{})
	p.do(add, p.everyone(1), nil)
	p.dir = t.TempDir()
	if _, r := p.do(add, p.everyone(2)[1:], nil); r.Totals.Failed != 1 || r.API.ByOperation[operation.CreateUserIdentity].Calls != 1 {
		t.Errorf("somebody else's number: %+v, %+v", r.Totals, r.API.ByOperation)
	}
}

// An id of another system is nobody's username, and a row whose names belong to
// different people means none of them.
func TestNamesThatCollide(t *testing.T) {
	p := newPlace(t, 3, sandbox.Limits{})
	client := p.client(nil)
	made, err := client.CreateUser(
		t.Context(),
		kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.UsernameIdentity("17"), kinde.EmailIdentity("one@example.com", true)}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		rows              string
		deleted, rejected int64
		code              string
	}{
		"an id that is somebody's username":     {"id\n17\n", 0, 1, "USER_UNKNOWN"},
		"beside the address of another":         {"id,email\n17,ana0@example.com\n", 1, 0, ""},
		"a username and the address of another": {"username,email\n17,ana0@example.com\n", 0, 1, "IDENTITY_TAKEN"},
		"two names of one":                      {"username,email\n17,ONE@example.com\n", 1, 0, ""},
		"a list may name a username":            {"17\n", 1, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			asks, err := ReadNames([]byte(c.rows))
			if err != nil {
				t.Fatal(err)
			}
			_, r := p.do(Options{Verb: Delete, DryRun: true}, asks, nil)
			if r.Totals.Deleted != c.deleted || r.Totals.Rejected != c.rejected || c.code != "" && r.Problems.ByCode[c.code] != 1 {
				t.Errorf("%+v, %v", r.Totals, r.Problems.ByCode)
			}
		})
	}
	hashes, err := ReadHashes([]byte("id,hash\n17,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\n"), password.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, r := p.do(Options{Verb: SetPassword}, hashes, nil); r.Totals.Updated != 0 || r.Totals.Rejected != 1 {
		t.Errorf("a hash of another system's user 17: %+v", r.Totals)
	}
	if u, _ := p.tenant.Find(made.ID); u.Password != nil {
		t.Error("somebody was given the password of a stranger")
	}
}

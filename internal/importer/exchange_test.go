package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// somebody is a person with the identities "type:value", of which the first
// letters tell the type, and links "google:subject".
func somebody(id string, identities ...string) *mapping.User {
	u := &mapping.User{SourceID: id, GivenName: "Person " + id}
	for _, x := range identities {
		kind, value, _ := strings.Cut(x, ":")
		switch kind {
		case "google":
			u.Links = append(u.Links, mapping.Link{Strategy: "oauth2:google", Subject: value})
		case "phone":
			u.Identities = append(u.Identities, mapping.Identity{Type: mapping.Phone, Value: value, CountryID: "us"})
		default:
			u.Identities = append(u.Identities, mapping.Identity{Type: mapping.IdentityType(kind), Value: value, Verified: true})
		}
	}
	return u
}

func renamed(u *mapping.User, name string) *mapping.User { u.GivenName = name; return u }

// has lists who of the tenant has which identities, by source id.
func (w *world) has() map[string][]string {
	all := map[string][]string{}
	for _, u := range w.tenant.Snapshot() {
		var list []string
		for _, i := range u.Identities {
			kind := i.Type
			if kind == "social" {
				kind = "google"
			}
			list = append(list, kind+":"+i.Value)
		}
		slices.Sort(list)
		all[u.ProvidedID] = list
	}
	return all
}

// watched fails the test when a write leaves somebody without an identity.
type watched struct {
	next http.RoundTripper
	w    *world
}

func (x *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := x.next.RoundTrip(r)
	if r.Method != http.MethodGet {
		for _, u := range x.w.tenant.Snapshot() {
			if len(u.Identities) == 0 {
				x.w.t.Errorf("after %s %s %s has no identity", r.Method, r.URL.Path, u.ProvidedID)
			}
		}
	}
	return answer, err
}

func TestExchangeOfIdentities(t *testing.T) {
	mirror := Options{Mirror: true}
	for name, c := range map[string]struct {
		was, is []*mapping.User
		opt     Options
		want    map[string][]string
		failed  int64
	}{
		"two swap their addresses": {
			was: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")},
			is:  []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com")},
			opt: mirror, want: map[string][]string{"1": {"email:b@example.com"}, "2": {"email:a@example.com"}}},
		"a circle of three": {
			was: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com"), somebody("3", "email:c@example.com")},
			is:  []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:c@example.com"), somebody("3", "email:a@example.com")},
			opt: mirror, want: map[string][]string{"1": {"email:b@example.com"}, "2": {"email:c@example.com"}, "3": {"email:a@example.com"}}},
		"a chain": {
			was: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com"), somebody("3", "email:c@example.com")},
			is:  []*mapping.User{somebody("1", "email:new@example.com"), somebody("2", "email:a@example.com"), somebody("3", "email:b@example.com")},
			opt: mirror, want: map[string][]string{"1": {"email:new@example.com"}, "2": {"email:a@example.com"}, "3": {"email:b@example.com"}}},
		"phones are swapped": {
			was: []*mapping.User{somebody("1", "phone:+15550100001"), somebody("2", "phone:+15550100002")},
			is:  []*mapping.User{somebody("1", "phone:+15550100002"), somebody("2", "phone:+15550100001")},
			opt: mirror, want: map[string][]string{"1": {"phone:+15550100002"}, "2": {"phone:+15550100001"}}},
		"usernames are swapped beside an address": {
			was: []*mapping.User{somebody("1", "email:a@example.com", "username:ana"), somebody("2", "email:b@example.com", "username:bob")},
			is:  []*mapping.User{somebody("1", "email:a@example.com", "username:bob"), somebody("2", "email:b@example.com", "username:ana")},
			opt: mirror, want: map[string][]string{"1": {"email:a@example.com", "username:bob"}, "2": {"email:b@example.com", "username:ana"}}},
		"a link moves to another account": {
			was: []*mapping.User{somebody("1", "email:a@example.com", "google:77"), somebody("2", "email:b@example.com")},
			is:  []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com", "google:77")},
			opt: mirror, want: map[string][]string{"1": {"email:a@example.com"}, "2": {"email:b@example.com", "google:77"}}},
		"somebody new gets the old address of somebody else": {
			was: []*mapping.User{somebody("1", "email:a@example.com")},
			is:  []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com")},
			opt: mirror, want: map[string][]string{"1": {"email:b@example.com"}, "2": {"email:a@example.com"}}},
		"an address that the tenant refuses stops the chain behind it": {
			was:  []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")},
			is:   []*mapping.User{somebody("1", "email:stranger@example.net"), somebody("2", "email:a@example.com")},
			opt:  mirror,
			want: map[string][]string{"1": {"email:a@example.com"}, "2": {"email:b@example.com"}}, failed: 2},
		"without a mirror everybody keeps what they have, and it is said": {
			was:  []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")},
			is:   []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com")},
			want: map[string][]string{"1": {"email:a@example.com"}, "2": {"email:b@example.com"}}, failed: 2},
		"the address of a deleted person goes to another": {
			was: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")},
			is:  []*mapping.User{somebody("2", "email:a@example.com")},
			opt: Options{Mirror: true, Gone: DeleteGone, MaxGone: 50}, want: map[string][]string{"2": {"email:a@example.com"}}},
		"what a deleted person had goes to several": {
			was: []*mapping.User{somebody("1", "email:a@example.com", "phone:+15550100001", "google:7"), somebody("2", "email:b@example.com"),
				somebody("3", "email:c@example.com"), somebody("4", "email:d@example.com")},
			is: []*mapping.User{somebody("2", "email:b@example.com", "phone:+15550100001"), somebody("3", "email:a@example.com"),
				somebody("4", "email:d@example.com", "google:7")},
			opt: Options{Mirror: true, Gone: DeleteGone, MaxGone: 50},
			want: map[string][]string{"2": {"email:b@example.com", "phone:+15550100001"}, "3": {"email:a@example.com"},
				"4": {"email:d@example.com", "google:7"}}},
		"the phone of a deleted person goes to somebody new": {
			was: []*mapping.User{somebody("1", "email:a@example.com", "phone:+15550100001"), somebody("2", "email:b@example.com")},
			is:  []*mapping.User{somebody("2", "email:b@example.com"), somebody("3", "email:c@example.com", "phone:+15550100001")},
			opt: Options{Gone: DeleteGone, MaxGone: 50}, want: map[string][]string{"2": {"email:b@example.com"},
				"3": {"email:c@example.com", "phone:+15550100001"}}},
		"who was created anew at the source keeps their user": {
			was: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")},
			is:  []*mapping.User{renamed(somebody("9", "email:A@example.com"), "Person 1"), somebody("2", "email:b@example.com")},
			opt: Options{Gone: DeleteGone, MaxGone: 50}, want: map[string][]string{"9": {"email:a@example.com"}, "2": {"email:b@example.com"}}},
		"the address of somebody who left makes nobody them": {
			was: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")},
			is:  []*mapping.User{somebody("9", "email:a@example.com"), somebody("2", "email:b@example.com")},
			opt: Options{Gone: DeleteGone, MaxGone: 50}, want: map[string][]string{"9": {"email:a@example.com"}, "2": {"email:b@example.com"}}},
		"a second address moves": {
			was: []*mapping.User{somebody("1", "email:c@example.com"), somebody("2", "email:a@example.com", "email:b@example.com")},
			is:  []*mapping.User{somebody("1", "email:c@example.com", "email:b@example.com"), somebody("2", "email:a@example.com")},
			opt: mirror, want: map[string][]string{"1": {"email:b@example.com", "email:c@example.com"}, "2": {"email:a@example.com"}}},
		"a second address does not move without a mirror": {
			was:  []*mapping.User{somebody("1", "email:a@example.com", "email:b@example.com"), somebody("2", "email:c@example.com")},
			is:   []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:c@example.com", "email:b@example.com")},
			want: map[string][]string{"1": {"email:a@example.com", "email:b@example.com"}, "2": {"email:c@example.com"}}, failed: 1},
	} {
		play := func(t *testing.T, quirks sandbox.Quirks) {
			w := newWorld(t, sandbox.Options{Quirks: quirks})
			if err := w.tenant.Edit(func(e *sandbox.Edit) error {
				_, err := e.Add("stranger@example.net", "A",
					"Stranger")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			c.want[""] = []string{"email:stranger@example.net"}
			expect(t, w.run(&people{users: c.was}, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: int64(len(c.was))})
			w.before = func(next http.RoundTripper) http.RoundTripper { return &watched{next: next, w: w} }
			rehearsed := w.dryRunAgain(&people{users: c.is}, c.opt)
			o := w.run(&people{users: c.is}, c.opt)
			if o.err != nil {
				t.Fatal(o.err)
			}
			if have := w.has(); fmt.Sprint(have) != fmt.Sprint(c.want) {
				t.Errorf("the tenant has %v, want %v", have, c.want)
			}
			if o.Totals[checkpoint.Failed] != c.failed || o.Read.Matched > int64(len(c.is))-c.failed {
				t.Errorf("%v, read back %+v, want %d failed", o.Totals, o.Read, c.failed)
			}
			if fmt.Sprint(rehearsed.Totals) != fmt.Sprint(o.Totals) {
				t.Errorf("the dry run said %v, the run %v", rehearsed.Totals, o.Totals)
			}
			if again := w.run(&people{users: c.is}, c.opt); c.failed == 0 && (again.total != 0 || again.err != nil) {
				t.Errorf("a rerun made %v, %v", again.calls, again.err)
			}
		}
		t.Run(name, func(t *testing.T) { play(t, sandbox.Quirks{}) })
		t.Run(name+", the filter sees primary addresses", func(t *testing.T) { play(t, sandbox.Quirks{EmailFilterPrimaryOnly: true}) })
	}
}

// Whatever request an exchange is cut off at, the same command brings it to its
// end, and nobody is without an identity meanwhile.
func TestExchangeThatIsCutOff(t *testing.T) {
	was := []*mapping.User{
		somebody("1", "email:a@example.com"),
		somebody("2", "email:b@example.com"),
		somebody("3", "email:c@example.com", "google:7"),
	}
	is := []*mapping.User{
		somebody("1", "email:b@example.com", "google:7"),
		somebody("2", "email:c@example.com"),
		somebody("3", "email:a@example.com"),
	}
	want := map[string][]string{"1": {"email:b@example.com", "google:7"}, "2": {"email:c@example.com"}, "3": {"email:a@example.com"}}
	first, step := databasetest.Drawn()
	for cut := first + 1; ; cut += step {
		for _, acted := range []bool{false, true} {
			w := newWorld(t, sandbox.Options{})
			expect(t, w.run(&people{users: was}, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
			ctx, cancel := context.WithCancelCause(t.Context())
			k := &killer{kill: cancel, after: acted}
			k.left.Store(int64(cut))
			w.before = func(next http.RoundTripper) http.RoundTripper { k.next = &watched{next: next, w: w}; return k }
			o := w.runWith(ctx, &people{users: is}, Options{Mirror: true, Concurrency: 1})
			dead := k.left.Load() <= 0
			cancel(nil)
			w.before = func(next http.RoundTripper) http.RoundTripper { return &watched{next: next, w: w} }
			if dead {
				o = w.run(&people{users: is}, Options{Mirror: true})
			}
			if have := w.has(); o.err != nil || fmt.Sprint(have) != fmt.Sprint(want) {
				t.Fatalf("cut at %d (acted %v): %v, %v", cut, acted, have, o.err)
			}
			if !dead {
				return
			}
		}
	}
}

// Somebody whom the tenant deleted meanwhile holds nothing and stops nobody else.
func TestExchangeWithSomebodyDeletedInTheTenant(t *testing.T) {
	was := []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com"), somebody("3", "email:c@example.com")}
	is := []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com"), somebody("3", "email:d@example.com")}
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(&people{users: was}, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
	if err := w.tenant.Edit(func(e *sandbox.Edit) error { return e.Delete("a@example.com") }); err != nil {
		t.Fatal(err)
	}
	for _, run := range []func() outcome{
		func() outcome { return w.dryRunAgain(&people{users: is}, Options{Mirror: true}) },
		func() outcome { return w.run(&people{users: is}, Options{Mirror: true}) },
	} {
		if o := run(); o.err != nil {
			t.Fatal(o.err)
		}
	}
	if have, want := w.has(), map[string][]string{"2": {"email:a@example.com"}, "3": {"email:d@example.com"}}; fmt.Sprint(
		have,
	) != fmt.Sprint(
		want,
	) {
		t.Errorf("the tenant has %v, want %v", have, want)
	}
	if n := w.problems()["API_REJECTED"]; n != 1 {
		t.Errorf("said %v", w.problems())
	}
	w.reader(func(r *checkpoint.Reader) {
		list, err := r.Problems(t.Context(), 1)
		if err != nil || len(list) == 0 || !strings.Contains(list[0].Hint, "reconcile --fix") {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// Why the tenant refused an identity in an exchange is said, though its old holder has it
// again when the record is worked on.
func TestRefusalInAnExchangeIsSaid(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	was := []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}
	is := []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:a@example.com")}
	expect(t, w.run(&people{users: was}, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	first := ""
	for _, u := range w.tenant.Snapshot() {
		if u.ProvidedID == "1" {
			first = u.ID
		}
	}
	// As tenants do, it looks first whether somebody has the address.
	w.before = answers(http.StatusBadRequest, `{"errors":[{"code":"EMAIL_BLOCKED","message":"the domain is blocked"}]}`,
		func(r *http.Request) bool {
			if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, first+"/identities") ||
				strings.Contains(fmt.Sprint(w.has()), "b@example.com") {
				return false
			}
			body, err := io.ReadAll(r.Body)
			must(t, err)
			r.Body = io.NopCloser(bytes.NewReader(body))
			return bytes.Contains(body, []byte("b@example.com"))
		})
	o := w.run(&people{users: is}, Options{Mirror: true})
	said := ""
	w.reader(func(r *checkpoint.Reader) {
		list, err := r.Problems(t.Context(), 100)
		must(t, err)
		for _, p := range list {
			if p.Number == 1 {
				said += p.Code + " " + p.Message + ". "
			}
		}
	})
	want := "API_REJECTED CreateUserIdentity: 400 EMAIL_BLOCKED: the domain is blocked. IDENTITY_TAKEN the user can't sign in: the tenant took " +
		"none of the new identities, and the old one belongs to somebody else now. VERIFICATION_LOST an identity that is added later can't be " +
		"marked verified. "
	if o.err != nil || said != want {
		t.Errorf("of the first is said %q, want %q, %v", said, want, o.err)
	}
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Failed: 1, checkpoint.Updated: 1})
	// Once the tenant takes it, the next run brings it.
	w.before = nil
	o = w.run(&people{users: is}, Options{Mirror: true, RetryFailed: true})
	if have := fmt.Sprint(w.has()); o.err != nil || have != "map[1:[email:b@example.com] 2:[email:a@example.com]]" {
		t.Errorf("afterwards %s, %v", have, o.err)
	}
}

package importer

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// silence loses the answers of the requests of some path from the nth on for a
// while, and the tenant has acted or has not.
type silence struct {
	next        http.RoundTripper
	path        string // a part of it
	method      string // "" is any
	n           atomic.Int64
	first, last int64
	acts        bool
}

func (x *silence) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, x.path) || x.method != "" && x.method != r.Method {
		return x.next.RoundTrip(r)
	}
	n := x.n.Add(1)
	if n < x.first || n > x.last {
		return x.next.RoundTrip(r)
	}
	if x.acts {
		answer, err := x.next.RoundTrip(r)
		if err == nil {
			answer.Body.Close()
		}
	}
	return nil, errors.New("connection reset by peer")
}

// However long a tenant is out of order in an exchange, and whether it has acted
// or not: once it is well again, everybody has what the source says, no address
// that stood in is left, and nobody was without an identity meanwhile.
func TestExchangeInAnOutage(t *testing.T) {
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
	from, step := databasetest.Drawn()
	for _, long := range []int64{1, 5, 30} {
		for _, acts := range []bool{false, true} {
			t.Run(fmt.Sprint(long, acts), func(t *testing.T) {
				for first := int64(from) + 1; ; first += int64(step) {
					over := false
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, sandbox.Options{}).inMemory()
						defer w.store.Close()
						expect(t, w.run(&people{users: was}, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
						x := &silence{path: "identit", first: first, last: first + long - 1, acts: acts}
						w.before = func(next http.RoundTripper) http.RoundTripper { x.next = &watched{next: next, w: w}; return x }
						o := w.run(&people{users: is}, Options{Mirror: true, Concurrency: 1})
						over = x.n.Load() < x.first
						x.last = 0
						for again := 0; again < 3 && (o.err != nil || o.Totals[checkpoint.Failed]+o.Totals[checkpoint.Pending] > 0); again++ {
							o = w.run(&people{users: is}, Options{Mirror: true})
						}
						if have := w.has(); o.err != nil || fmt.Sprint(have) != fmt.Sprint(want) || o.Totals[checkpoint.Failed] > 0 {
							t.Errorf("out of order from request %d on: %v, %v, %v", first, have, o.Totals, o.err)
						}
					})
					if over {
						return
					}
				}
			})
		}
	}
}

// What was added without an answer, and dropped by the source before another run
// asked again, is named, and a mirror takes it away.
func TestDroppedWhileInDoubt(t *testing.T) {
	for _, more := range []string{"google:7", "phone:+15550100001", "email:second@example.com"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}).inMemory()
			defer w.store.Close()
			was := &people{users: []*mapping.User{somebody("1", "email:a@example.com")}}
			expect(t, w.run(was, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 1})
			w.before = func(next http.RoundTripper) http.RoundTripper {
				return &silence{next: next, path: "identit", first: 1, last: 1000, acts: true}
			}
			expect(t, w.run(&people{users: []*mapping.User{somebody("1", "email:a@example.com", more)}}, Options{}),
				map[checkpoint.Outcome]int64{checkpoint.Failed: 1})
			w.before = nil
			w.run(was, Options{})
			if said := w.taken(mapping.FieldDropped)[1].Message; !strings.Contains(said, "perhaps the") {
				t.Errorf("%s: the run says %q", more, said)
			}
			if o := w.run(was, Options{Mirror: true}); o.err != nil || len(w.has()["1"]) != 1 {
				t.Errorf("%s: %v, %v, %v", more, w.has(), o.Totals, o.err)
			}
		})
	}
}

// What was set without an answer, and has no value in the source any more, is
// cleared by a mirror all the same; a suspension is lifted, and a flag, which the
// import can't clear, is named.
func TestClearedWhileInDoubt(t *testing.T) {
	plain := func() *mapping.User {
		u := somebody("1", "email:a@example.com")
		u.Memberships = []mapping.Membership{{Organization: mapping.Organization{Code: "org_a"}}}
		return u
	}
	for name, c := range map[string]struct {
		path, method string
		set          func(*mapping.User)
		still        func(sandbox.User) bool
		says         string
	}{
		"property": {"/properties", http.MethodPatch, func(u *mapping.User) {
			u.Properties = []mapping.KeyValue{{Key: "plan",
				Value: "gold"}}
		}, func(u sandbox.User) bool { return u.Properties["plan"] != "" }, ""},
		"suspension": {"/user", http.MethodPatch, func(u *mapping.User) { u.Suspended = true },
			func(u sandbox.User) bool { return u.Suspended }, ""},
		"membership": {"/organizations/", "", func(u *mapping.User) {
			u.Memberships = append(u.Memberships, mapping.Membership{Organization: mapping.Organization{Code: "org_b"}, Roles: []string{"admin"}})
		}, func(u sandbox.User) bool { return len(u.Memberships) > 1 }, ""},
		"role": {"/organizations/", http.MethodPatch, func(u *mapping.User) { u.Memberships[0].Roles = []string{"admin"} },
			func(u sandbox.User) bool { return len(u.Memberships["org_a"].Roles) > 0 }, ""},
		"flag": {"/feature_flags/", http.MethodPatch, func(u *mapping.User) { u.Flags = []mapping.KeyValue{{Key: "beta", Value: "true"}} }, nil,
			"the tenant keeps the old one"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{}).inMemory()
				defer w.store.Close()
				w.before = func(next http.RoundTripper) http.RoundTripper {
					return &silence{next: next, path: c.path, method: c.method, first: 1, last: 1000, acts: true}
				}
				with := plain()
				c.set(with)
				expect(t, w.run(&people{users: []*mapping.User{with}}, Options{}), map[checkpoint.Outcome]int64{checkpoint.Failed: 1})
				w.before = nil
				o := w.run(&people{users: []*mapping.User{plain()}}, Options{Mirror: true})
				users := w.tenant.Snapshot()
				if o.err != nil || len(users) != 1 || c.still != nil && c.still(users[0]) {
					t.Errorf("%+v, %v, %v", users, o.Totals, o.err)
				}
				if said := w.taken(mapping.FieldDropped)[1].Message; !strings.Contains(said, c.says) {
					t.Errorf("the run says %q", said)
				}
			})
		})
	}
}

// What a create without an answer brought, and the source dropped before another
// run asked again, belongs to one user still: a mirror takes it away, and without
// one it is named.
func TestDroppedWhileTheCreateIsInDoubt(t *testing.T) {
	for name, c := range map[string]struct{ was, is []string }{
		"the only address": {[]string{"email:a@example.com"}, []string{"email:b@example.com"}},
		"a username":       {[]string{"email:a@example.com", "username:old"}, []string{"email:a@example.com", "username:new"}},
		"a phone number":   {[]string{"email:a@example.com", "phone:+15550100001"}, []string{"email:a@example.com"}},
		"all but one": {[]string{"email:a@example.com", "phone:+15550100001", "username:old"},
			[]string{"username:old", "email:b@example.com"}},
		"none came, one is": {nil, []string{"email:b@example.com"}},
	} {
		for _, lost := range []int64{1, 2, 3, 4, 8} {
			for _, mirror := range []bool{false, true} {
				t.Run(fmt.Sprint(name, lost, mirror), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, sandbox.Options{}).inMemory()
						defer w.store.Close()
						w.before = func(next http.RoundTripper) http.RoundTripper {
							return &silence{next: next, path: "/user", first: lost, last: 1000, acts: true}
						}
						w.run(&people{users: []*mapping.User{somebody("1", c.was...)}}, Options{})
						came := len(w.tenant.Snapshot()) > 0
						w.before = nil
						is := &people{users: []*mapping.User{somebody("1", c.is...)}}
						o := w.run(is, Options{Mirror: mirror})
						if !mirror {
							said := ""
							for _, p := range w.taken(mapping.FieldDropped) {
								said += p.Message
							}
							left := len(w.has()["1"]) > len(c.is)
							if named := strings.Contains(said, "the tenant keeps it"); left != named {
								t.Errorf("%v, and the run says %q", w.has(), said)
							}
							o = w.run(is, Options{Mirror: true})
						}
						if n := w.sums()["identities"].Done; n != int64(len(c.is)) {
							t.Errorf("%d identities are done, %d wanted", n, len(c.is))
						}
						if have, want := w.has()["1"], slices.Sorted(slices.Values(c.is)); o.err != nil || !slices.Equal(have, want) ||
							len(w.tenant.Snapshot()) != 1 {
							t.Errorf("%v, %d users, %v, %v; came: %v", have, len(w.tenant.Snapshot()), o.Totals, o.err, came)
						}
					})
				})
			}
		}
	}
}

// A rollback takes back what creates without an answer made, whatever the source
// said in the meantime.
func TestRollbackOfACreateInDoubtThatChanged(t *testing.T) {
	for _, lost := range []int64{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}).inMemory()
			defer w.store.Close()
			x := &silence{path: "/user", first: lost, last: 1000, acts: true}
			w.before = func(next http.RoundTripper) http.RoundTripper { x.next = next; return x }
			w.run(
				&people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("", "email:c@example.com", "phone:+15550100001")}},
				Options{},
			)
			x.first, x.acts = x.n.Load(), false
			w.run(&people{users: []*mapping.User{somebody("1", "email:b@example.com"), somebody("", "email:c@example.com")}}, Options{})
			w.before = nil
			if o := w.rollback(RollbackOptions{Force: true}); o.err != nil || w.tenant.Count() != 0 {
				t.Errorf("lost from %d on: %v, %v, %+v", lost, o.err, o.Totals, w.tenant.Snapshot())
			}
		})
	}
}

// The create is found, and which identities it took can't be read: what the source
// has dropped by the next run is taken away by a mirror all the same.
func TestDroppedBeforeAnybodyLookedWhatTheCreateTook(t *testing.T) {
	for _, mirror := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}).inMemory()
			defer w.store.Close()
			w.before = func(next http.RoundTripper) http.RoundTripper {
				lost := &silence{next: next, path: "/user", method: http.MethodPost, first: 1, last: 1, acts: true}
				return &silence{next: lost, path: "/identities", first: 1, last: 1000}
			}
			was := somebody("1", "email:a@example.com", "phone:+15550100001", "username:old")
			expect(t, w.run(&people{users: []*mapping.User{was}}, Options{}), map[checkpoint.Outcome]int64{checkpoint.Failed: 1})
			w.before = nil
			is := &people{users: []*mapping.User{somebody("1", "username:old", "email:b@example.com")}}
			o := w.run(is, Options{Mirror: mirror})
			if !mirror {
				said := ""
				for _, p := range w.taken(mapping.FieldDropped) {
					said += p.Message
				}
				if !strings.Contains(said, "perhaps the identity email:a@example.com, perhaps the identity phone:15550100001") {
					t.Errorf("the run says %q", said)
				}
				o = w.run(is, Options{Mirror: true})
			}
			if have := w.has()["1"]; o.err != nil || !slices.Equal(have, []string{"email:b@example.com", "username:old"}) || w.tenant.Count() != 1 {
				t.Errorf("mirror %v: %v, %v, %v", mirror, have, o.Totals, o.err)
			}
		})
	}
}

// Who left the source before a run could tell what became of their create has left
// it like everybody else.
func TestLeftWhileTheCreateIsInDoubt(t *testing.T) {
	for _, gone := range []Gone{KeepGone, SuspendGone, DeleteGone} {
		for _, lost := range []int64{1, 2, 3, 6} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{}).inMemory()
				defer w.store.Close()
				x := &silence{path: "/user", first: lost, last: 1000, acts: true}
				w.before = func(next http.RoundTripper) http.RoundTripper { x.next = next; return x }
				w.run(
					&people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}},
					Options{Concurrency: 1},
				)
				_, came := w.has()["2"]
				w.before = nil
				stays := &people{users: []*mapping.User{somebody("1", "email:a@example.com")}}
				o := w.run(stays, Options{Gone: gone, MaxGone: 100})
				left := ""
				for _, u := range w.tenant.Snapshot() {
					if u.ProvidedID == "2" {
						left = fmt.Sprint("suspended ", u.Suspended)
					}
				}
				want := map[Gone]string{KeepGone: "suspended false", SuspendGone: "suspended true"}[gone]
				if !came {
					want = ""
				}
				if o.err != nil || left != want || gone == KeepGone && (o.GoneKept == 1) != came {
					t.Errorf("%s, lost from %d on: %q, want %q; kept %d, %v, %v", gone, lost, left, want, o.GoneKept, o.Totals, o.err)
				}
				if o := w.run(stays, Options{Gone: gone, MaxGone: 100}); o.err != nil || len(o.calls) > 0 {
					t.Errorf("%s: the next run asks %v", gone, o.calls)
				}
			})
		}
	}
}

// noFilter is a tenant whose filters show nobody.
type noFilter struct{ next http.RoundTripper }

func (x noFilter) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	for _, by := range []string{"email", "phone", "username"} {
		if q.Has(by) {
			q.Set(by, "nobody")
		}
	}
	r = r.Clone(r.Context())
	r.URL.RawQuery = q.Encode()
	return x.next.RoundTrip(r)
}

// Where only a look at everybody shows whom the create made, what the source has
// dropped since is known all the same.
func TestDroppedWhereNoFilterShowsWhomTheCreateMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{DuplicateAnswer: "409"}).inMemory()
		defer w.store.Close()
		x := &silence{path: "/user", first: 2, last: 1000, acts: true}
		w.before = func(next http.RoundTripper) http.RoundTripper { x.next = noFilter{next}; return x }
		w.run(&people{users: []*mapping.User{somebody("1", "email:a@example.com", "phone:+15550100001", "username:old")}}, Options{})
		x.last = 0
		is := &people{users: []*mapping.User{somebody("1", "username:old", "email:b@example.com")}}
		o := w.run(is, Options{Mirror: true})
		if have := w.has()["1"]; o.err != nil || w.tenant.Count() != 1 || !slices.Equal(have, []string{"email:b@example.com", "username:old"}) {
			t.Errorf("%v, %d users, %v, %v", have, w.tenant.Count(), o.Totals, o.err)
		}
	})
}

package importer

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// moody answers requests for many members in its own way.
type moody struct {
	Target
	of    func(string) string // who has a Kinde id
	mood  func(request int, who string) (does, says bool, class kinde.Class)
	blind kinde.Class // how it refuses to say who is a member
	calls []string
}

func (x *moody) GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	if len(x.calls) == 0 || x.blind == kinde.ClassNone || !slices.Contains(r.Expand, kinde.ExpandOrganizations) {
		return x.Target.GetUsersPages(ctx, r)
	}
	return func(yield func(kinde.Page[kinde.User], error) bool) {
		yield(kinde.Page[kinde.User]{}, &kinde.Error{Operation: "look", Class: x.blind, Message: "not now"})
	}
}

// bulk does what the mood says for each user, and names those that it confirms. Of
// several classes the last one is the answer's.
func (x *moody) bulk(op string, ids []string, do func(id string) error) (named []string, err error) {
	request := len(x.calls)
	var who []string
	for _, id := range ids {
		name := x.of(id)
		who = append(who, name)
		does, says, class := x.mood(request, name)
		if does {
			if err := do(id); err != nil {
				return nil, err
			}
		}
		if says {
			named = append(named, id)
		}
		if class != kinde.ClassNone {
			err = &kinde.Error{Operation: op, Class: class, Message: "not " + name}
		}
	}
	slices.Sort(who)
	x.calls = append(x.calls, op[:3]+" "+strings.Join(who, ""))
	if err != nil {
		named = nil
	}
	return named, err
}

func (x *moody) AddOrganizationUsers(ctx context.Context, code string, users []kinde.NewMember) ([]string, error) {
	byID, ids := map[string]kinde.NewMember{}, []string(nil)
	for _, u := range users {
		byID[u.ID], ids = u, append(ids, u.ID)
	}
	return x.bulk("add", ids, func(id string) error {
		_, err := x.Target.AddOrganizationUsers(ctx, code, []kinde.NewMember{byID[id]})
		return err
	})
}

func (x *moody) UpdateOrganizationUsers(ctx context.Context, code string, users []kinde.MemberChange) (kinde.MembersChanged, error) {
	byID, ids := map[string]kinde.MemberChange{}, []string(nil)
	for _, u := range users {
		byID[u.ID], ids = u, append(ids, u.ID)
	}
	named, err := x.bulk("upd", ids, func(id string) error {
		_, err := x.Target.UpdateOrganizationUsers(ctx, code, []kinde.MemberChange{byID[id]})
		return err
	})
	return kinde.MembersChanged{Updated: named}, err
}

// TestMembersOfAMoodyTenant: whatever a tenant says to a request for many members,
// and whatever it did, everybody ends as a member, once and with their roles, or is
// said not to be. Of the four a and b want a role and c and d nothing else.
func TestMembersOfAMoodyTenant(t *testing.T) {
	const none, final, retry, doubt = kinde.ClassNone, kinde.ClassFinal, kinde.ClassRetry, kinde.ClassInDoubt
	well := func(int, string) (bool, bool, kinde.Class) { return true, true, none }
	at := func(n int, mood func(string) (bool, bool, kinde.Class)) func(int, string) (bool, bool, kinde.Class) {
		return func(request int, who string) (bool, bool, kinde.Class) {
			if request == n {
				return mood(who)
			}
			return well(request, who)
		}
	}
	const everybody, nobody = "a:admin b:admin c: d:", ""
	unconfirmed := "the tenant did not confirm the membership in org_b"
	const unseen = "it names nobody, and the credentials are refused"
	blind := map[string]kinde.Class{unseen: kinde.ClassAuth}
	for name, c := range map[string]struct {
		mood    func(int, string) (bool, bool, kinde.Class)
		calls   string
		members string
		failed  string // message, by user, of those who failed
		fatal   bool
	}{
		"well": {well, "add abcd", everybody, "", false},
		"the answer was lost, it acted": {at(0, func(string) (bool, bool, kinde.Class) { return true, true, doubt }),
			"add abcd, upd ab", everybody, "", false},
		"the answer was lost, it did not act": {at(0, func(string) (bool, bool, kinde.Class) { return false, true, doubt }),
			"add abcd, add abcd", everybody, "", false},
		"the answer was lost, it acted for some": {
			at(0, func(who string) (bool, bool, kinde.Class) { return who == "a" || who == "c", true, doubt }),
			"add abcd, upd a, add bd", everybody, "", false},
		"every answer to an add is lost": {func(n int, _ string) (bool, bool, kinde.Class) { return false, true, doubt },
			"add abcd, add abcd, add abcd, add abcd, add abcd, add abcd", nobody,
			"a: no answer to the membership request b: no answer to the membership request " +
				"c: no answer to the membership request d: no answer to the membership request", false},
		"after a lost answer it names some": {func(n int, who string) (bool, bool, kinde.Class) {
			return n > 1 || n == 1 && who != "d", n > 1 || n == 1 && who != "c" && who != "d", map[bool]kinde.Class{true: doubt}[n == 0]
		}, "add abcd, add abcd, add d", everybody, "", false},
		"after a lost answer it refuses one": {func(n int, who string) (bool, bool, kinde.Class) {
			return false, true, map[bool]kinde.Class{true: doubt, false: final}[n == 0]
		}, "add abcd, add abcd, add abcd, add ab, add a, add b, add cd, add c, add d", nobody,
			"a: add: not a b: add: not b c: add: not c d: add: not d", false},
		"after a lost answer it is down": {func(n int, who string) (bool, bool, kinde.Class) {
			return false, true, map[bool]kinde.Class{true: doubt, false: retry}[n == 0]
		}, "add abcd, add abcd", nobody, "a: add: not d b: add: not d c: add: not d d: add: not d", false},
		"after a lost answer the credentials are refused": {func(n int, who string) (bool, bool, kinde.Class) {
			return false, true, map[bool]kinde.Class{true: doubt, false: kinde.ClassAuth}[n == 0]
		}, "add abcd, add abcd", nobody, "", true},
		"one is refused": {func(_ int, who string) (bool, bool, kinde.Class) {
			return false, true, map[bool]kinde.Class{true: final}[who == "b"]
		}, "add abcd, add ab, add a, add b, add cd", nobody, "b: add: not b", false},
		"one is refused, and then the credentials are": {func(n int, _ string) (bool, bool, kinde.Class) {
			return n > 1, true, map[int]kinde.Class{0: final, 1: kinde.ClassAuth}[n]
		}, "add abcd, add ab", nobody, "", true},
		"who is a member already is refused": {func(n int, who string) (bool, bool, kinde.Class) {
			return n == 0 || n == 4, true, map[bool]kinde.Class{true: final}[n < 4 && who == "b"]
		}, "add abcd, add ab, add a, add b, upd b, add cd", everybody, "", false},
		"it is down": {func(int, string) (bool, bool, kinde.Class) { return false, true, retry }, "add abcd", nobody,
			"a: add: not d b: add: not d c: add: not d d: add: not d", false},
		"the credentials are refused": {func(int, string) (bool, bool, kinde.Class) { return false, true, kinde.ClassAuth }, "add abcd",
			nobody, "", true},
		"it names nobody, though it acted": {func(n int, _ string) (bool, bool, kinde.Class) { return true, n > 0, none },
			"add abcd, upd ab", everybody, "", false},
		"it names nobody, and did not act": {func(n int, _ string) (bool, bool, kinde.Class) { return false, false, none },
			"add abcd", nobody, "a: " + unconfirmed + " b: " + unconfirmed + " c: " + unconfirmed + " d: " + unconfirmed, false},
		"it never names one": {func(_ int, who string) (bool, bool, kinde.Class) { return true, who != "a", none },
			"add abcd, upd a", everybody, "a: " + unconfirmed, false},
		"the last answer is lost": {func(n int, who string) (bool, bool, kinde.Class) {
			return true, false, map[bool]kinde.Class{true: doubt}[n > 0]
		}, "add abcd, upd ab", everybody, "a: no answer to two requests: upd: not b b: no answer to two requests: upd: not b", false},
		"the last request is refused": {func(n int, who string) (bool, bool, kinde.Class) {
			return true, false, map[bool]kinde.Class{true: final}[n > 0]
		}, "add abcd, upd ab", everybody, "a: upd: not b b: upd: not b", false},
		"the credentials are refused at last": {func(n int, who string) (bool, bool, kinde.Class) {
			return true, false, map[bool]kinde.Class{true: kinde.ClassAuth}[n > 0]
		}, "add abcd, upd ab", everybody, "", true},
		unseen: {func(int, string) (bool, bool, kinde.Class) { return true, false, none },
			"add abcd", everybody, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{}).inMemory()
				defer w.store.Close()
				p := &people{}
				for _, who := range []string{"a", "b", "c", "d"} {
					u := somebody(who, "email:"+who+"@example.com")
					u.Memberships = append(member("org_a"), member("org_b")...)
					if who < "c" {
						u.Memberships[1].Roles = []string{"admin"}
					}
					p.users = append(p.users, u)
				}
				x := &moody{mood: c.mood, blind: blind[name], of: func(id string) string {
					for _, u := range w.tenant.Snapshot() {
						if u.ID == id {
							return u.ProvidedID
						}
					}
					return id
				}}
				o := w.run(p, Options{Concurrency: 1, NoReconcile: true}, func(j *Job) { x.Target, j.Target = j.Target, x })
				if got := strings.Join(x.calls, ", "); got != c.calls {
					t.Errorf("requests %s, want %s", got, c.calls)
				}
				var members []string
				for _, u := range w.tenant.Snapshot() {
					if m, in := u.Memberships["org_b"]; in {
						members = append(members, u.ProvidedID+":"+strings.Join(m.Roles, ""))
					}
				}
				slices.Sort(members)
				if got := strings.Join(members, " "); got != c.members {
					t.Errorf("members %s, want %s", got, c.members)
				}
				if (o.err != nil) != c.fatal || c.fatal && kinde.ClassOf(o.err) != kinde.ClassAuth {
					t.Errorf("the run said %v", o.err)
				}
				if got := w.failures(); !c.fatal && got != c.failed {
					t.Errorf("failed are %s\nwant %s", got, c.failed)
				}
			})
		})
	}
}

// failures are the memberships that failed: what is said of each, by source id.
func (w *world) failures() string {
	var lines []string
	w.reader(func(r *checkpoint.Reader) {
		for x, err := range r.Records(w.t.Context(), checkpoint.Selection{}) {
			must(w.t, err)
			steps, err := r.StepsOf(w.t.Context(), x.ID)
			must(w.t, err)
			for _, s := range steps {
				if s.Kind == checkpoint.StepMemberships && (s.State == checkpoint.Refused || s.State == checkpoint.GaveUp) {
					lines = append(lines, x.SourceID+": "+s.Message)
				}
			}
		}
	})
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

package importer

import (
	"fmt"
	"os"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// One changed and one new user among 100,000 cost a handful of requests, and a
// rerun costs none. It takes a minute or two, so KINDE_LONG=1 asks for it; two
// thousand are tried always.
func TestDeltaOfTwoAmongMany(t *testing.T) {
	n := 2_000
	if os.Getenv("KINDE_LONG") == "1" {
		n = 100_000
	}
	many := func(n int) *people {
		p := &people{}
		for i := range n {
			p.users = append(p.users, &mapping.User{SourceID: fmt.Sprint("auth0|", i), GivenName: "Ana",
				Identities: []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("p%d@example.com", i)}}})
		}
		return p
	}
	w := newWorld(t, sandbox.Options{})
	expect(t, w.run(many(n), Options{NoReconcile: true}), map[checkpoint.Outcome]int64{checkpoint.Created: int64(n)})

	next := many(n + 1)
	next.users[0], next.users[n] = next.users[n], next.users[0] // rows have moved
	next.users[n/2].GivenName = "Anabel"
	o := w.run(next, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Updated: 1, checkpoint.Unchanged: int64(n - 1)})
	if o.total >= 20 || o.Read.Matched != 2 {
		t.Errorf("%d requests: %v; read back %+v", o.total, o.calls, o.Read)
	}
	t.Logf("%d requests for two of %d: %v", o.total, n, o.calls)
	if o := w.run(next, Options{}); o.err != nil || o.total != 0 {
		t.Errorf("a rerun made %v, %v", o.calls, o.err)
	}
}

// A password that changed at the source is set again unless the user has signed
// in since our last write; who has is listed.
func TestChangedPasswordOfWhoSignedIn(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		w := newWorld(t, sandbox.Options{})
		expect(t, w.run(invent(10), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 10})
		w.signInNine()
		p := invent(10)
		for _, i := range []int{8, 9} {
			body := *p.users[i].Password.Body
			body.HashedPassword, body.HashingMethod = "5f4dcc3b5aa765d61d8327deb882cf99", "md5"
			pw := *p.users[i].Password
			pw.Body = &body
			p.users[i].Password = &pw
		}
		o := w.run(p, Options{OverwritePasswords: overwrite})
		if o.err != nil {
			t.Fatal(o.err)
		}
		for who, want := range map[string]bool{"ana8@example.com": true, "ana9@example.com": overwrite} {
			if u, _ := w.tenant.Find(who); (u.Password.HashingMethod == "md5") != want {
				t.Errorf("overwrite %v: the password of %s is %s", overwrite, who, u.Password.HashingMethod)
			}
		}
		if listed := w.problems()[string(mapping.PasswordStale)] == 1; listed == overwrite {
			t.Errorf("overwrite %v: listed %v", overwrite, listed)
		}
		if again := w.run(p, Options{OverwritePasswords: overwrite}); again.total != 0 {
			t.Errorf("overwrite %v: a rerun made %v", overwrite, again.calls)
		}
	}
}

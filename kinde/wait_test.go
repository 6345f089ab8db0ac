package kinde_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// until answers with down until the moment comes, and with up from then on.
func until(moment time.Time, down, up step) step {
	return func(req *http.Request) (*http.Response, error) {
		if time.Now().Before(moment) {
			return down(req)
		}
		return up(req)
	}
}

func TestTenantDownForTenMinutes(t *testing.T) {
	for name, down := range map[string]step{"refused": fails(refused), "503": says(503, ""), "500": says(500, ""), "hangs": hangs} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var longest, pause time.Duration
				s := newScript(says(200, okBody))
				c := newClient(t, s, func(cfg *kinde.Config) {
					cfg.Observe = func(a kinde.Attempt) {
						mu.Lock()
						defer mu.Unlock()
						longest, pause = max(longest, a.Silent), max(pause, a.Wait)
					}
				})
				if err := c.DeleteUser(background(), "kp_1", false); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				s.steps = []step{until(began.Add(10*time.Minute), down, says(200, okBody))}
				many(t, 20, func(int) error { return c.DeleteUser(background(), "kp_1", false) })
				if d := time.Since(began); d < 10*time.Minute || d > 11*time.Minute {
					t.Errorf("went on after %s", d)
				}
				if longest < 9*time.Minute || pause > 30*time.Second {
					t.Errorf("told of %s of silence and pauses of up to %s", longest, pause)
				}
				if n := s.count(); n > 20*60 {
					t.Errorf("%d requests while the tenant was down", n)
				}
			})
		})
	}
}

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		c := newClient(t, newScript(fails(refused)))
		err := c.DeleteUser(background(), "kp_1", false)
		if d := time.Since(began); kinde.ClassOf(err) != kinde.ClassUnreachable || d < 30*time.Second || d > 35*time.Second {
			t.Errorf("at the start: %v after %s", err, d)
		}
		s := newScript(says(200, okBody), fails(refused))
		c = newClient(t, s)
		if err := c.DeleteUser(background(), "kp_1", false); err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		_, err = c.CreateUser(background(), ana())
		if d := time.Since(began); kinde.ClassOf(err) != kinde.ClassUnreachable || d < time.Hour || d > time.Hour+time.Minute {
			t.Errorf("later: %v after %s", err, d)
		}
	})
}

// TestOneRequestChokes: a tenant that is well but fails one request is not
// waited for.
func TestOneRequestChokes(t *testing.T) {
	for name, choke := range map[string]step{"500": says(500, "oops"), "hangs": hangs, "nonsense": says(200, "<html>")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := wire(func(req *http.Request) (*http.Response, error) {
					if req.Method == http.MethodPut {
						return choke(req)
					}
					return reply(200, `{"environment":{}}`), nil
				})
				c := newClient(t, rt)
				if _, err := c.GetEnvironment(background()); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				err := c.SetUserPassword(background(), "kp_1", kinde.PasswordRequest{HashedPassword: "x"})
				e := kindeError(t, err)
				if d := time.Since(began); e.Class != kinde.ClassRetry || d > 20*time.Minute || e.Tries < 12 {
					t.Errorf("%v after %s and %d tries", err, d, e.Tries)
				}
			})
		})
	}
}

func TestStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(background())
		cancel()
		s := newScript(says(200, `{"id":"kp_1"}`))
		_, err := newClient(t, s).CreateUser(ctx, ana())
		if kinde.ClassOf(err) != kinde.ClassStopped || !errors.Is(err, context.Canceled) || s.count() != 0 {
			t.Errorf("after the end: %v, %d requests", err, s.count())
		}

		ctx, cancel = context.WithTimeout(background(), 5*time.Second)
		defer cancel()
		_, err = newClient(t, newScript(hangs)).CreateUser(ctx, ana())
		if kinde.ClassOf(err) != kinde.ClassInDoubt || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a create that was under way: %v", err)
		}
		ctx, cancel = context.WithTimeout(background(), 5*time.Second)
		defer cancel()
		err = newClient(t, newScript(hangs)).DeleteUser(ctx, "kp_1", false)
		if kinde.ClassOf(err) != kinde.ClassStopped {
			t.Errorf("a delete that was under way: %v", err)
		}
		ctx, cancel = context.WithTimeout(background(), 5*time.Second)
		defer cancel()
		_, err = newClient(t, newScript(fails(refused))).CreateUser(ctx, ana())
		if kinde.ClassOf(err) != kinde.ClassStopped || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a create that never left: %v", err)
		}
	})
}

func TestSlowBodyTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(req *http.Request) (*http.Response, error) {
			r := reply(200, "")
			r.ContentLength = -1
			r.Body = io.NopCloser(reader(func([]byte) (int, error) { <-req.Context().Done(); return 0, req.Context().Err() }))
			return r, nil
		}
		s := newScript(slow, says(200, okBody))
		began := time.Now()
		err := newClient(t, s, func(cfg *kinde.Config) { cfg.Timeout = 3 * time.Second }).DeleteUser(background(), "kp_1", false)
		if d := time.Since(began); err != nil || s.count() != 2 || d < 3*time.Second || d > 4*time.Second {
			t.Errorf("%v after %s and %d requests", err, d, s.count())
		}
	})
}

type reader func([]byte) (int, error)

func (f reader) Read(b []byte) (int, error) { return f(b) }

// watchedGate records the order in which a gate is used.
type watchedGate struct {
	mu      sync.Mutex
	events  []string
	answers []kinde.Answer
	held    error
}

func (g *watchedGate) note(event string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events = append(g.events, event)
}

func (g *watchedGate) Acquire(_ context.Context, op string) (kinde.Permit, error) {
	g.note("acquire " + op)
	return (*watchedPermit)(g), nil
}

type watchedPermit watchedGate

func (p *watchedPermit) Held(context.Context) error {
	(*watchedGate)(p).note("held")
	return p.held
}

func (p *watchedPermit) Answered(a kinde.Answer) {
	(*watchedGate)(p).note("answered")
	p.mu.Lock()
	p.answers = append(p.answers, a)
	p.mu.Unlock()
}

func (p *watchedPermit) Done() { (*watchedGate)(p).note("done") }

func (g *watchedGate) check(t *testing.T, want ...string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.events) != len(want) {
		t.Fatalf("events %q, want %q", g.events, want)
	}
	for i := range want {
		if g.events[i] != want[i] {
			t.Fatalf("events %q, want %q", g.events, want)
		}
	}
}

type tokenFunc func(context.Context) (string, error)

func (f tokenFunc) Token(ctx context.Context) (string, error) { return f(ctx) }
func (f tokenFunc) Invalidate(string)                         {}

func TestOrderAtTheGate(t *testing.T) {
	t.Parallel()
	g := &watchedGate{}
	rt := wire(func(*http.Request) (*http.Response, error) {
		g.note("sent")
		r := reply(200, okBody, "X-Seen", "1")
		body := r.Body
		r.Body = io.NopCloser(reader(func(b []byte) (int, error) { g.note("body"); return body.Read(b) }))
		return r, nil
	})
	c := newClient(t, rt, func(cfg *kinde.Config) {
		cfg.Gate = g
		cfg.Tokens = tokenFunc(func(context.Context) (string, error) { g.note("token"); return "tok", nil })
	})
	if err := c.DeleteUser(background(), "kp_1", false); err != nil {
		t.Fatal(err)
	}
	g.check(t, "acquire deleteUser", "token", "held", "sent", "answered", "body", "body", "done")
	if a := g.answers[0]; a.Status != 200 || a.Header.Get("X-Seen") != "1" || a.Err != nil {
		t.Errorf("the gate was told %+v", a)
	}
}

func TestGateOfARequestThatIsNotSent(t *testing.T) {
	t.Parallel()
	s := newScript(says(200, okBody))
	g := &watchedGate{held: context.Canceled}
	ctx, cancel := context.WithCancel(background())
	c := newClient(t, s, func(cfg *kinde.Config) {
		cfg.Gate = g
		cfg.Tokens = tokenFunc(func(context.Context) (string, error) { cancel(); return "tok", nil })
	})
	if err := c.DeleteUser(ctx, "kp_1", false); kinde.ClassOf(err) != kinde.ClassStopped {
		t.Errorf("err = %v", err)
	}
	g.check(t, "acquire deleteUser", "held", "answered", "done")
	if s.count() != 0 || g.answers[0].Err == nil {
		t.Errorf("%d requests sent, the gate was told %+v", s.count(), g.answers[0])
	}
}

// TestHoldHoldsEveryone: without a gate of its own, the client starts nothing
// between a 429's headers and the end of the hold.
func TestHoldHoldsEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var began, held time.Time
		n, early, throttled := 0, 0, 0
		rt := wire(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			// In the very instant of the 429 others may be under way.
			if now := time.Now(); now.After(began) && now.Before(held) {
				early++
			}
			if n++; n%50 == 0 {
				throttled++
				began, held = time.Now(), time.Now().Add(5*time.Second)
				return reply(429, "", "RateLimit-Reset", "5"), nil
			}
			return reply(200, okBody), nil
		})
		c := newClient(t, rt)
		many(t, 16, func(int) error {
			for range 30 {
				if err := c.DeleteUser(background(), "kp_1", false); err != nil {
					return err
				}
				time.Sleep(10 * time.Millisecond)
			}
			return nil
		})
		if early != 0 || throttled < 5 {
			t.Errorf("%d requests started during %d holds", early, throttled)
		}
	})
}

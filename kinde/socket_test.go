package kinde_test

import (
	"compress/gzip"
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// served starts a tenant on a socket, with HTTP/2 over TLS or HTTP/1.1, and a
// client of it with its own transport.
func served(t *testing.T, http2 bool, h http.HandlerFunc, change ...func(*kinde.Config)) *kinde.Client {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	var o kinde.TransportOptions
	if http2 {
		srv.EnableHTTP2 = true
		srv.StartTLS()
		o.CAFile = filepath.Join(t.TempDir(), "ca.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
		if err := os.WriteFile(o.CAFile, block, 0o600); err != nil {
			t.Fatal(err)
		}
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	transport, err := kinde.NewTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, transport, append(change, func(cfg *kinde.Config) { cfg.BaseURL = kinde.BaseURL(srv.URL) })...)
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func protocols(t *testing.T, f func(t *testing.T, http2 bool)) {
	t.Run("HTTP1", func(t *testing.T) { t.Parallel(); f(t, false) })
	t.Run("HTTP2", func(t *testing.T) { t.Parallel(); f(t, true) })
}

func TestHeldAtTheLastMoment(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		g := &watchedGate{}
		c := served(t, http2, func(w http.ResponseWriter, r *http.Request) {
			if (r.ProtoMajor == 2) != http2 {
				t.Errorf("served over %s", r.Proto)
			}
			g.note("served")
			fmt.Fprint(w, okBody)
		}, func(cfg *kinde.Config) { cfg.Gate = g })
		for range 2 {
			if err := c.SetUserPassword(patient(t), "kp_1", kinde.PasswordRequest{HashedPassword: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		once := []string{"acquire SetUserPassword", "held", "served", "answered", "done"}
		g.check(t, append(once, once...)...)
	})
}

// endingGate ends a context while the request waits in Held.
type endingGate struct {
	watchedGate
	end atomic.Pointer[context.CancelFunc]
}

type endingPermit struct {
	kinde.Permit
	g *endingGate
}

func (g *endingGate) Acquire(ctx context.Context, op string) (kinde.Permit, error) {
	p, err := g.watchedGate.Acquire(ctx, op)
	return endingPermit{p, g}, err
}

func (p endingPermit) Held(ctx context.Context) error {
	if end := p.g.end.Load(); end != nil {
		(*end)()
		return ctx.Err()
	}
	return p.Permit.Held(ctx)
}

func TestNothingIsSentAfterTheEnd(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		var hits atomic.Int32
		g := &endingGate{}
		c := served(t, http2, func(w http.ResponseWriter, _ *http.Request) {
			hits.Add(1)
			fmt.Fprint(w, `{"id":"kp_1"}`)
		}, func(cfg *kinde.Config) { cfg.Gate = g })
		create := func(ctx context.Context) error {
			_, err := c.CreateUser(ctx, ana())
			return err
		}
		if err := create(patient(t)); err != nil { // opens the connection
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(patient(t))
		defer cancel()
		g.end.Store(&cancel)
		if err := create(ctx); kinde.ClassOf(err) != kinde.ClassStopped {
			t.Errorf("err = %v (%v), want stopped: it was never sent", err, kinde.ClassOf(err))
		}
		g.end.Store(nil)
		if err := create(patient(t)); err != nil {
			t.Fatal(err)
		}
		if hits.Load() != 2 {
			t.Errorf("%d requests arrived, want the first and the last", hits.Load())
		}
	})
}

// TestEveryRequestIsCounted: the transport must not repeat anything behind the
// gate's back, not even a GET whose kept connection was closed under it.
func TestEveryRequestIsCounted(t *testing.T) {
	t.Parallel()
	var hits, sent atomic.Int32
	c := served(t, false, func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1)%2 == 0 {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
			return
		}
		fmt.Fprint(w, `{"environment":{"name":"Here"}}`)
	}, func(cfg *kinde.Config) {
		cfg.Observe = func(a kinde.Attempt) {
			if a.Sent {
				sent.Add(1)
			}
		}
	})
	for range 3 {
		if e, err := c.GetEnvironment(patient(t)); err != nil || e.Name != "Here" {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	if hits.Load() != sent.Load() || hits.Load() != 5 {
		t.Errorf("%d requests arrived, %d were told of, want 5", hits.Load(), sent.Load())
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	var attempts []kinde.Attempt
	c := newClient(t, nil, func(cfg *kinde.Config) {
		cfg.BaseURL, cfg.StartWait = kinde.BaseURL(srv.URL), 300*time.Millisecond
		cfg.Observe = func(a kinde.Attempt) { attempts = append(attempts, a) }
	})
	_, err := c.CreateUser(patient(t), ana())
	if kinde.ClassOf(err) != kinde.ClassUnreachable {
		t.Errorf("err = %v (%v)", err, kinde.ClassOf(err))
	}
	for _, a := range attempts {
		if a.Sent {
			t.Errorf("told of a request that can't have left: %+v", a)
		}
	}
}

func TestCompressedAnswers(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		c := served(t, http2, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("Accept-Encoding = %q", r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, `{"users":[{"id":"kp_1"}`+strings.Repeat(`,{"id":"kp_2"}`, 499)+`]}`)
			_ = z.Close()
		})
		users, err := all(c.GetUsers(patient(t), kinde.GetUsersRequest{}))
		if err != nil || len(users) != 500 {
			t.Errorf("%d users, %v", len(users), err)
		}
	})
}

func TestCAFile(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{empty, filepath.Join(t.TempDir(), "absent.pem")} {
		if _, err := kinde.NewTransport(kinde.TransportOptions{CAFile: path}); err == nil {
			t.Errorf("%s was taken for a CA file", path)
		}
	}
}

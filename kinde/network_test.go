package kinde_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// TestOldTLSIsRefused: nothing older than TLS 1.2, and no certificate of an
// authority that nobody named.
func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true,
		tls.VersionTLS13: true} {
		asked := false
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
		server.TLS = &tls.Config{MinVersion: version, MaxVersion: version}
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, ca := range []string{file, ""} {
			transport, err := kinde.NewTransport(kinde.TransportOptions{CAFile: ca})
			if err != nil {
				t.Fatal(err)
			}
			asked = false
			answer, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get(server.URL)
			if err == nil {
				answer.Body.Close()
			}
			if want := ok && ca != ""; (err == nil) != want || asked != want {
				t.Errorf("%s, CA file %q: %v, asked %v", tls.VersionName(version), ca, err, asked)
			}
			transport.CloseIdleConnections()
		}
		server.Close()
	}
}

// remembered is a token cache in memory.
type remembered struct {
	token   string
	expiry  time.Time
	dropped []string
}

func (c *remembered) Load() (string, time.Time)           { return c.token, c.expiry }
func (c *remembered) Save(token string, expiry time.Time) { c.token, c.expiry = token, expiry }
func (c *remembered) Drop(token string) {
	c.dropped = append(c.dropped, token)
	if c.token == token {
		c.token = ""
	}
}

// TestTheFirstRefusalDropsTheCachedToken: the request that was refused is sent
// again with a new token, which takes the place of the old one in the cache.
func TestTheFirstRefusalDropsTheCachedToken(t *testing.T) {
	t.Parallel()
	i := newIssuer(time.Hour)
	cache := &remembered{token: "stale-token", expiry: time.Now().Add(time.Hour)}
	s, err := kinde.NewClientCredentials(
		kinde.BaseURL(base),
		kinde.ClientCredentials{ClientID: "app", ClientSecret: "s3cret", Transport: i, Cache: cache},
	)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, i, func(cfg *kinde.Config) { cfg.Tokens = s })
	if err := c.DeleteUser(background(), "kp_1", false); err != nil {
		t.Fatal(err)
	}
	if len(cache.dropped) != 1 || cache.dropped[0] != "stale-token" || i.issued != 1 || cache.token == "" || cache.token == "stale-token" {
		t.Errorf("dropped %q, %d tokens issued, cached is %q", cache.dropped, i.issued, cache.token)
	}
	// The next process takes the new one and asks for none.
	s, err = kinde.NewClientCredentials(
		kinde.BaseURL(base),
		kinde.ClientCredentials{ClientID: "app", ClientSecret: "s3cret", Transport: i, Cache: cache},
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := newClient(t, i, func(cfg *kinde.Config) { cfg.Tokens = s }).DeleteUser(background(), "kp_1", false); err != nil {
		t.Fatal(err)
	}
	if i.issued != 1 || len(cache.dropped) != 1 {
		t.Errorf("%d tokens issued, %d dropped", i.issued, len(cache.dropped))
	}
	// One that is about to end is not taken.
	cache.expiry = time.Now().Add(30 * time.Second)
	s, err = kinde.NewClientCredentials(
		kinde.BaseURL(base),
		kinde.ClientCredentials{ClientID: "app", ClientSecret: "s3cret", Transport: i, Cache: cache},
	)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(background()); err != nil || i.issued != 2 {
		t.Errorf("%d tokens issued, %v", i.issued, err)
	}
}

var blanks = bytes.Repeat([]byte{' '}, 4096)

// endless is a body without an end, that counts what is read of it.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		rest = rest[copy(rest, blanks):]
	}
	e.read += int64(len(p))
	return len(p), nil
}

func (e *endless) Close() error { return nil }

func TestAnEndlessAnswerIsAnError(t *testing.T) {
	t.Parallel()
	body := &endless{}
	ctx, cancel := context.WithCancel(background())
	defer cancel()
	asked := 0
	rt := wire(func(*http.Request) (*http.Response, error) {
		if asked++; asked > 1 {
			cancel()
			return nil, context.Canceled
		}
		answer := reply(200, "")
		answer.Body, answer.ContentLength = body, -1
		return answer, nil
	})
	c := newClient(t, rt)
	if err := c.DeleteUser(ctx, "kp_1", false); err == nil {
		t.Error("it was taken for an answer")
	}
	if body.read == 0 || body.read > 65<<20 {
		t.Errorf("%d bytes were read", body.read)
	}
}

// A list whose pages are always longer than what is read says so, and is given
// up after the tries that a request has, while the tenant answers others.
func TestAListThatIsAlwaysTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		rt := wire(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/environment") {
				return reply(200, `{"environment":{}}`), nil
			}
			asked++
			answer := reply(200, "")
			answer.Body, answer.ContentLength = &endless{}, -1
			return answer, nil
		})
		c := newClient(t, rt, func(c *kinde.Config) { c.MaxTries = 2 }) // each of them reads 64 MiB
		began := time.Now()
		var err error
		for _, err = range c.GetRoles(background()) {
			if err != nil {
				break
			}
		}
		e := kindeError(t, err)
		if e.Class != kinde.ClassRetry || !strings.Contains(e.Error(), "the answer is larger than 64 MiB") ||
			!strings.Contains(e.Error(), "gave up after") {
			t.Errorf("%v", e)
		}
		if spent := time.Since(began); asked != e.Tries || asked != 2 || spent > time.Hour {
			t.Errorf("%d tries, %d by its own count, in %s", asked, e.Tries, spent)
		}
	})
}

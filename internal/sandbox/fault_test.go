package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// overSockets serves the tenant on a real socket.
func overSockets(t *testing.T, opt Options) *client {
	t.Helper()
	c := open(t, opt)
	server := httptest.NewServer(c.tenant)
	t.Cleanup(server.Close)
	if err := c.tenant.setBase(server.URL); err != nil {
		t.Fatal(err)
	}
	c.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return c
}

func TestFaultsOnBothTransports(t *testing.T) {
	for name, test := range map[string]struct {
		fault Fault
		want  string // what the client sees
		acted bool
	}{
		"status":            {Fault{Kind: FaultStatus, Status: 503}, "503", false},
		"status acted":      {Fault{Kind: FaultStatus, Acted: true}, "500", true},
		"html":              {Fault{Kind: FaultHTML}, "502 <html>", false},
		"html acted":        {Fault{Kind: FaultHTML, Acted: true, Status: 504}, "504 <html>", true},
		"reset before":      {Fault{Kind: FaultResetBefore}, "lost", false},
		"reset after":       {Fault{Kind: FaultResetAfter}, "lost", true},
		"cut body":          {Fault{Kind: FaultCutBody}, "cut", true},
		"empty body":        {Fault{Kind: FaultEmptyBody}, "200 ", true},
		"throttle":          {Fault{Kind: FaultThrottle}, "429", false},
		"token expired":     {Fault{Kind: FaultTokenExpired}, "401", false},
		"token revoked":     {Fault{Kind: FaultRevokeToken}, "401", false},
		"created false lie": {Fault{Kind: FaultCreatedFalse}, "200 created:false", true},
		"delay":             {Fault{Kind: FaultDelay, Duration: time.Millisecond}, "200 created:true", true},
	} {
		for transport, connect := range map[string]func(*testing.T, Options) *client{
			"memory": func(t *testing.T, opt Options) *client { return open(t, opt) }, "sockets": overSockets,
		} {
			t.Run(name+"/"+transport, func(t *testing.T) {
				test.fault.Operations = []string{"createuser"}
				test.fault.Nth = []int{1}
				c := connect(t, Options{Faults: []Fault{test.fault}})
				a, err := c.try("POST", "user", object{"identities": list{emailIdentity("ana@example.com")}})
				got := seen(a, err)
				if !strings.HasPrefix(got, test.want) {
					t.Errorf("the client saw %q, want %q", got, test.want)
				}
				if acted := c.tenant.Count() == 1; acted != test.acted {
					t.Errorf("acted: %v, want %v", acted, test.acted)
				}
				if c.tenant.Stats().Faults != 1 {
					t.Errorf("%+v", c.tenant.Stats())
				}
				c.token = c.tenant.Token()
				c.do(200, "POST", "user", object{"identities": list{emailIdentity("bea@example.com")}})
			})
		}
	}
}

func seen(a answer, err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && a.status == 200:
		return "cut"
	case err != nil:
		return "lost"
	case a.status == 200 && len(a.raw) > 0 && a.at("created") == true:
		return "200 created:true"
	case a.status == 200 && len(a.raw) > 0:
		return "200 created:false"
	}
	return strconv.Itoa(a.status) + " " + string(a.raw)
}

func TestHangEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Faults: []Fault{{Kind: FaultHang, Acted: true, Nth: []int{1}}}})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "POST", testBase+apiPrefix+"user", strings.NewReader(`{"identities":[]}`))
		req.Header.Set("Authorization", "Bearer "+c.token)
		start := time.Now()
		if _, err := c.http.Do(req); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		synctest.Wait()
		if c.tenant.Count() != 1 {
			t.Error("the tenant did not act before it hung")
		}
	})
}

func TestFaultFile(t *testing.T) {
	faults, err := ParseFaults([]byte(`
seed: 7
rules:
  - {operation: createUser, every: 10, kind: reset-after}
  - {operation: [getUsers, searchUsers], nth: 3, kind: 503}
  - {method: PUT, path: /api/v1/users/*/password, kind: hang after, duration: 2s, after: 5, until: 30s, limit: 2}
  - {probability: 0.05, kind: html, when: after}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) != 4 || faults[1].Status != 503 || faults[1].Nth[0] != 3 || !faults[2].Acted || faults[2].AfterCount != 5 ||
		faults[2].Until != 30*time.Second ||
		faults[3].Seed != 7 {
		t.Errorf("%+v", faults)
	}
	for _, bad := range []string{"rules: [{kind: nonsense}]", "rules: [{kind: 503, operatoin: x}]",
		"rules: [{kind: 503, operation: noSuch}]", "rules: [{kind: delay, duration: long}]",
		"rules: [{kind: 503, probability: 2}]", "rules: [{kind: 503, nth: zero}]", "rules: [{kind: 503, after: soon}]",
		"rules: [{kind: hang sometime}]", "- {kind: 9000}", "{{"} {
		if _, err := ParseFaults([]byte(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestProbabilityIsRepeatable(t *testing.T) {
	pattern := func(seed uint64) string {
		c := open(t, Options{Faults: []Fault{{Kind: FaultStatus, Status: 500, Probability: 0.3, Seed: seed}}})
		var out bytes.Buffer
		for range 200 {
			a, _ := c.try("GET", "environment", nil)
			out.WriteByte(byte('0' + a.status/100))
		}
		return out.String()
	}
	first := pattern(1)
	if n := strings.Count(first, "5"); n < 40 || n > 80 {
		t.Errorf("%d of 200 failed, want about 60", n)
	}
	if first != pattern(1) || first == pattern(2) {
		t.Error("the pattern does not follow the seed")
	}
}

func FuzzFaultFile(f *testing.F) {
	f.Add([]byte("rules: [{kind: 503, every: 2}]"))
	f.Add([]byte("- {kind: hang after, nth: [1, 2], duration: 1s}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		faults, err := ParseFaults(raw)
		if err == nil {
			if _, err := newFaultEngine(faults); err != nil {
				t.Errorf("accepted by the reader and refused by the engine: %v", err)
			}
		}
	})
}

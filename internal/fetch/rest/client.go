package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Limits of what is read of an answer, and how long is waited.
const (
	maxPage    = 64 << 20
	maxRefusal = 1 << 20
	answerIn   = 2 * time.Minute
	startWait  = 30 * time.Second // for a provider that never answered
	maxBackoff = 30 * time.Second
	// maxRenewals is how often a token is renewed for one request: others that are under
	// way may be refused with the same one.
	maxRenewals = 2
)

// client sends requests to one provider.
type client struct {
	base      *url.URL
	transport http.RoundTripper
	gate      kinde.Gate
	authority authority
	throttled []pattern
	denied    []pattern
	secrets   secrets
	userAgent string
	maxWait   time.Duration
	log       *slog.Logger
	reached   atomic.Bool // the provider answered once
}

// pattern recognises an answer.
type pattern struct {
	status int
	match  *regexp.Regexp
}

func patterns(list []mapping.FetchAnswer) []pattern {
	var out []pattern
	for _, a := range list {
		out = append(out, pattern{a.Status, regexp.MustCompile(a.Match)})
	}
	return out
}

func anyFits(list []pattern, status int, body []byte) bool {
	for _, p := range list {
		if p.status == status && p.match.Match(body) {
			return true
		}
	}
	return false
}

// call is one request.
type call struct {
	what    string // "reading users", for people
	needs   string // the permission
	method  string
	url     *url.URL
	body    jsontext.Value
	headers map[string]string
	open    bool // goes out without credentials: a link that is its own
	stream  func(io.Reader) error
	bore    string // the credentials of the last try
}

// answer is what came back.
type answer struct {
	header http.Header
	body   jsontext.Value
}

// statusError is a refusal that is not about credentials.
type statusError struct {
	what    string
	status  int
	message string
	own     bool // by a document of the provider's
}

func (e *statusError) Error() string {
	if e.message == "" {
		return fmt.Sprintf("%s: the provider answered %d", e.what, e.status)
	}
	return fmt.Sprintf("%s: the provider answered %d: %s", e.what, e.status, e.message)
}

// errAgain is an answer after which the same request may succeed.
type errAgain struct{ error }

func (e errAgain) Unwrap() error { return e.error }

// do sends a request until it is answered for good.
func (c *client) do(ctx context.Context, r *call) (*answer, error) {
	began, tries, renewals := time.Now(), 0, 0
	for {
		a, status, err := c.once(ctx, r)
		var again errAgain
		switch {
		case err == nil:
			c.reached.Store(true)
			return a, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case status == http.StatusUnauthorized && renewals < maxRenewals && c.authority.renew(r.bore):
			renewals++
			continue
		case !errors.As(err, &again):
			return nil, err
		}
		limit := c.maxWait
		if !c.reached.Load() {
			limit = min(limit, startWait)
		}
		if time.Since(began) > limit {
			return nil, fmt.Errorf("%w (for %s)", again.error, time.Since(began).Round(time.Second))
		}
		if status == http.StatusTooManyRequests {
			continue // the gate waits
		}
		wait := min(maxBackoff, 500*time.Millisecond<<min(tries, 10))
		tries++
		c.log.Warn("trying again", "what", r.what, "error", again.error)
		if err := pause(ctx, wait/2+rand.N(wait/2)); err != nil {
			return nil, err
		}
	}
}

// once sends a request once. The status of what means "too many" is 429, whatever it was.
func (c *client) once(ctx context.Context, r *call) (*answer, int, error) {
	limit := answerIn
	if r.stream != nil {
		limit = c.maxWait // a file takes as long as it takes
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	permit, err := c.gate.Acquire(ctx, r.what)
	if err != nil {
		return nil, 0, err
	}
	defer permit.Done()
	req, err := c.request(ctx, r)
	if err != nil {
		permit.Answered(kinde.Answer{Err: err})
		return nil, 0, err
	}
	if err := permit.Held(ctx); err != nil {
		permit.Answered(kinde.Answer{Err: err})
		return nil, 0, err
	}
	began := time.Now()
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		permit.Answered(kinde.Answer{Err: err, Latency: time.Since(began)})
		return nil, 0, errAgain{fmt.Errorf("%s: %s", r.what, c.describe(err))}
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		permit.Answered(kinde.Answer{Status: resp.StatusCode, Header: resp.Header, Latency: time.Since(began)})
		a, err := c.read(r, resp)
		return a, resp.StatusCode, err
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	status := resp.StatusCode
	if anyFits(c.throttled, status, body) {
		status = http.StatusTooManyRequests
	}
	permit.Answered(kinde.Answer{Status: status, Header: resp.Header, Latency: time.Since(began), Body: body})
	return nil, status, c.refusal(r, status, body)
}

func (c *client) request(ctx context.Context, r *call) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s: the address can't be used", r.what)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.headers {
		req.Header.Set(name, value)
	}
	if r.open {
		return req, nil
	}
	if !c.trusts(r.url) {
		return nil, fmt.Errorf("%s: the address leads to %s, which is not the provider's, and is not followed", r.what, r.url.Host)
	}
	err = c.authority.sign(ctx, req, r.body)
	r.bore = req.Header.Get("Authorization")
	return req, err
}

// trusts tells that a URL is on the provider's own host: no other gets a credential.
func (c *client) trusts(u *url.URL) bool {
	return u.Scheme == c.base.Scheme && strings.EqualFold(u.Host, c.base.Host) && u.User == nil
}

func (c *client) read(r *call, resp *http.Response) (*answer, error) {
	if r.stream != nil {
		return &answer{header: resp.Header}, r.stream(resp.Body)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage+1))
	if err != nil {
		return nil, errAgain{fmt.Errorf("%s: the answer was cut off", r.what)}
	}
	if len(body) > maxPage {
		return nil, fmt.Errorf("%s: the answer is larger than %d MiB", r.what, maxPage>>20)
	}
	value := jsontext.Value(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))))
	if !value.IsValid(jsontext.AllowDuplicateNames(true)) {
		return nil, fmt.Errorf("%s: the answer is not JSON (check the address)", r.what)
	}
	return &answer{resp.Header, value}, nil
}

// refusal says what an answer that is no success means.
func (c *client) refusal(r *call, status int, body []byte) error {
	err := &statusError{r.what, status, c.secrets.hide(complaint(body)), isDocument(body)}
	switch {
	case status == http.StatusTooManyRequests, status/100 == 5, status == http.StatusRequestTimeout:
		return errAgain{err}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, anyFits(c.denied, status, body):
		return &fetch.DeniedError{What: r.what, Needs: r.needs, Err: errors.New(strings.TrimPrefix(err.Error(), r.what+": "))}
	case status/100 == 3:
		return fmt.Errorf("%s: the provider redirects, which is not followed; check the address", r.what)
	}
	return err
}

// describe shortens a transport's error.
func (c *client) describe(err error) string {
	var timeout net.Error
	var u *url.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before an answer came"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.As(err, &u):
		err = u.Err
	}
	return c.secrets.hide(err.Error())
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

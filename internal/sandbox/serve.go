package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxBody = 8 << 20

// ServeHTTP answers one request: Host, route, limits, faults, token, scope,
// operation, in this order, so that a throttled request costs nothing and a
// fault may hit any of them.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	if !t.knownHost(r.Host) {
		t.write(w, failure(http.StatusMisdirectedRequest, "HOST_NOT_ALLOWED", "The sandbox answers on loopback names only."))
		return
	}
	if err := t.ownSite.Check(r); err != nil {
		t.write(w, failure(http.StatusForbidden, "CROSS_SITE_REQUEST", "The sandbox takes no request from a web page of another site."))
		return
	}
	switch r.URL.Path {
	case "/oauth2/token":
		t.serveToken(w, r)
		return
	case "/sandbox/sign-in":
		t.serveSignIn(w, r)
		return
	case "/sandbox/import":
		t.serveImport(w, r)
		return
	}
	found, params := match(r.Method, r.URL.EscapedPath())
	if found == nil {
		t.write(w, notFound("ROUTE_NOT_FOUND", "The requested API route does not exist"))
		return
	}
	c := &call{Request: r, route: found, path: params, query: r.URL.Query()}
	status := t.serveAPI(w, c, start)
	t.stats.finished(t.opt.Log, c, start, status)
}

// serveAPI answers an operation and tells the status; 0 when it gave none.
func (t *Tenant) serveAPI(w http.ResponseWriter, c *call, start time.Time) int {
	t.stats.arrived(start)
	inFlight := t.limits.enter()
	defer t.limits.leave()
	t.stats.sawInFlight(inFlight)
	if wait, ok := t.limits.allow(start, inFlight); !ok {
		return t.refuse(w, wait)
	}
	if bad := c.receive(); bad != nil {
		return t.write(w, *bad)
	}
	plan := t.faults.plan(c, start)
	if status, done := t.before(w, c, plan); done {
		return status
	}
	if !t.pause(c.Context(), t.opt.Latency) {
		return reset(w)
	}
	answer := t.answer(c, plan)
	if len(plan) > 0 {
		return t.after(w, c, plan, answer)
	}
	return t.write(w, answer)
}

func (t *Tenant) answer(c *call, plan []*rule) response {
	if refused := t.authorize(c, plan); refused != nil {
		return *refused
	}
	out := c.route.handle(t, c)
	if list, ok := out.body.(errorList); ok && t.opt.Quirks.UnknownAnswers404 && strings.HasSuffix(list.Errors[0].Code, "_NOT_FOUND") {
		out = notFound(list.Errors[0].Code, list.Errors[0].Message)
	}
	return out
}

// receive reads the body before anything waits: only then does the server
// notice that a caller went away.
func (c *call) receive() *response {
	if c.Body == nil {
		return nil
	}
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(io.LimitReader(c.Body, maxBody+1)); err != nil {
		r := invalid("INVALID_REQUEST_BODY", "The request body could not be read.")
		return &r
	}
	if buf.Len() > maxBody {
		r := failure(http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE", "The request body is too large.")
		return &r
	}
	c.body = buf.Bytes()
	return nil
}

// pause waits, and answers false when the caller went away.
func (t *Tenant) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// refuse answers 429 and tells when to come back.
func (t *Tenant) refuse(w http.ResponseWriter, wait time.Duration) int {
	until := time.Now().Add(wait)
	held := t.limits.announce(w.Header(), wait, until)
	status := t.write(w, failure(http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "Too many requests. Request was throttled."))
	t.stats.throttled(time.Now().Add(t.opt.HoldGrace), held)
	return status
}

// encode is the body as it goes out.
func (t *Tenant) encode(r response) []byte {
	if r.body == nil {
		return nil
	}
	body := r.body
	if list, ok := body.(errorList); ok && t.opt.Quirks.ErrorsAsObject && len(list.Errors) > 0 {
		body = map[string]apiError{"errors": list.Errors[0]}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		raw = []byte(`{"errors":[{"code":"NOT_ENCODED","message":"The sandbox could not encode its answer."}]}`)
	}
	return raw
}

func (t *Tenant) write(w http.ResponseWriter, r response) int {
	return writeRaw(w, r, t.encode(r))
}

func writeRaw(w http.ResponseWriter, r response, raw []byte) int {
	h := w.Header()
	for k, v := range r.header {
		h[k] = v
	}
	if len(raw) > 0 {
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/json; charset=utf-8")
		}
		h.Set("Content-Length", strconv.Itoa(len(raw)))
	}
	w.WriteHeader(r.status)
	w.Write(raw)
	return r.status
}

// knownHost keeps a web page that resolves its own name to loopback from
// talking to the sandbox with the browser's help.
func (t *Tenant) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return t.hosts[strings.ToLower(strings.Trim(host, "[]"))]
}

package kinde

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// Back-off between tries: doubled from the first to the last, of which a
// random half is slept.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 30 * time.Second
	minTries   = 3 // before the tenant is called unreachable, since one hang may outlast StartWait
	maxHops    = 3 // redirects on the tenant's own host
	maxRefused = 4 // refusals of one call, however old the tokens were
	freshToken = 250 * time.Millisecond
)

// call is a request on its way: what the tries of it share.
type call struct {
	o       *operation.Operation
	r       *request
	url     *url.URL
	body    *payload
	subject string

	try         int
	refused     int       // 401 and 403 answers
	given       string    // the token with which it was refused last and that was given up for a new one
	throttled   int       // 429s in a row
	throttledAt time.Time // since the first of them
	failures    int       // failures in a row, for the back-off
	strikes     int       // failures while the tenant was well
	strays      int       // answers that were not the API's
	hops        int
	lost        bool // an earlier try may have been acted on
}

// verdict is what a try comes to.
type verdict struct {
	err   *Error        // nil: done
	again bool          // try again
	wait  time.Duration // before that
}

// send carries out a request: it tries until there is an answer to give.
func (c *Client) send(ctx context.Context, r request) error {
	o := operation.Find(r.op)
	u, err := r.target(c.base, o)
	if err != nil {
		return refuse(r.op, err.Error())
	}
	k := &call{o: o, r: &r, url: u, subject: subjectOf(ctx)}
	if r.body != nil {
		if k.body, err = encode(r.body); err != nil {
			return refuse(r.op, err.Error())
		}
		defer k.body.release()
	}
	for {
		k.try++
		t := c.attempt(ctx, k)
		v := c.judge(ctx, k, t)
		c.report(k, t, v)
		t.free()
		if v.err == nil {
			return nil
		}
		if !v.again {
			return v.err
		}
		if err := pause(ctx, v.wait); err != nil {
			return c.stopped(k, err)
		}
	}
}

func (c *Client) report(k *call, t *try, v verdict) {
	a := Attempt{
		Operation: k.o.ID, Method: k.o.Method, Subject: k.subject, Try: k.try,
		Sent: t.sent, Status: t.status, Started: t.started, Latency: t.latency,
		Again: v.again, Wait: v.wait,
	}
	if t.status == 0 || t.status >= 500 {
		a.Silent = c.health.silent()
	}
	if v.err != nil {
		a.Class, a.Err = v.err.Class, v.err
	}
	if date := t.header.Get("Date"); date != "" {
		if at, err := http.ParseTime(date); err == nil {
			a.Server = at
		}
	}
	c.observe(a)
}

// judge decides what a try means and what happens next.
func (c *Client) judge(ctx context.Context, k *call, t *try) verdict {
	if t.status != 0 && t.status < 500 {
		c.health.alive()
	}
	if t.status != http.StatusTooManyRequests {
		k.throttled = 0
	}
	if t.status != 0 && t.status != http.StatusUnauthorized && t.status != http.StatusForbidden {
		c.refused.clear()
	}
	switch {
	case t.err != nil && t.status == 0:
		return c.unanswered(ctx, k, t)
	case t.status/100 == 2:
		return c.succeeded(ctx, k, t)
	case t.status/100 == 3:
		return c.redirected(k, t)
	case t.status == http.StatusUnauthorized || t.status == http.StatusForbidden:
		return c.unauthorized(k, t)
	case t.status == http.StatusTooManyRequests:
		return c.throttled(k, t)
	case t.status >= 500 || t.status == http.StatusRequestTimeout || t.status == http.StatusTooEarly:
		return c.failed(ctx, k, c.answer(k, t, ClassRetry), t, true)
	case t.err != nil: // a refusal that was cut off may say anything
		return c.failed(ctx, k, c.answer(k, t, ClassRetry), t, true)
	}
	e := c.answer(k, t, ClassFinal)
	if t.absent(k.r) {
		e.Class = ClassNotFound
	} else if t.stray() {
		return c.strayed(k, e)
	}
	if k.lost && repeated(k.o, e) {
		return verdict{}
	}
	return verdict{err: e}
}

// repeated says whether the tenant refuses a repeated request because the
// first one, whose answer was lost, did its work.
func repeated(o *operation.Operation, e *Error) bool {
	switch {
	case o.ID == operation.DeleteUser:
		return false // a look-up has to agree: see Gone
	case o.Method == http.MethodDelete:
		return e.Class == ClassNotFound
	case o.ID == operation.CreateOrganizationUserRole || o.ID == operation.CreateOrganizationUserPermission:
		return e.Status == http.StatusConflict || strings.Contains(e.Code, "EXIST") || strings.Contains(e.Code, "ALREADY")
	}
	return false
}

func (c *Client) unanswered(ctx context.Context, k *call, t *try) verdict {
	e := c.problem(k, t, ClassRetry, describe(t.err, t.hides))
	if ctx.Err() != nil {
		e.Class, e.Err = ClassStopped, ctx.Err()
		if t.sent && k.o.Once {
			e.Class = ClassInDoubt
		}
		return verdict{err: e}
	}
	if refusal, ok := asError(t.err); ok && refusal.Operation == operation.Token {
		if refusal.Class == ClassAuth {
			return verdict{err: refusal}
		}
		e.Message = refusal.Error()
	}
	return c.failed(ctx, k, e, t, t.sent)
}

func (c *Client) succeeded(ctx context.Context, k *call, t *try) verdict {
	err := t.err // the body was cut
	if err == nil {
		err = t.decode(k.r)
	}
	if err != nil {
		return c.failed(ctx, k, c.problem(k, t, ClassRetry, "the answer can't be read: "+describe(err, t.hides)), t, true)
	}
	return verdict{}
}

// failed deals with a try that brought nothing. acted says that the tenant
// may have acted on it.
func (c *Client) failed(ctx context.Context, k *call, e *Error, t *try, acted bool) verdict {
	if acted && k.o.Once {
		e.Class = ClassInDoubt
		return verdict{err: e}
	}
	k.lost = k.lost || acted
	k.failures++
	if c.well(ctx, k, t, acted) {
		k.strikes++
	}
	if k.strikes >= c.maxTries {
		e.Message += fmt.Sprintf(" (gave up after %d tries)", k.try)
		return verdict{err: e}
	}
	wait := backoff(k.failures)
	if hold, ok := HoldFor(t.header, time.Now()); ok {
		wait = max(wait, min(hold, 5*time.Minute))
	}
	if refusal, ok := asError(t.err); ok && refusal.hold > 0 {
		wait = max(wait, min(refusal.hold, 5*time.Minute))
	}
	silent, left := c.health.left(c.startWait, c.maxWait)
	if c.health.lastAlive.Load() == 0 && nowhere(t.err) {
		e.Class = ClassUnreachable
		return verdict{err: e}
	}
	if left <= 0 && k.failures >= minTries {
		e.Class = ClassUnreachable
		e.Message = fmt.Sprintf("the tenant has not answered for %s: %s", max(silent.Round(time.Second), time.Second), e.Message)
		return verdict{err: e}
	}
	return verdict{err: e, again: true, wait: min(wait, max(left, firstPause))}
}

// well says whether the tenant serves others while this call fails: somebody
// got an answer since the try began, or the tenant answers a probe.
func (c *Client) well(ctx context.Context, k *call, t *try, sent bool) bool {
	if t.status != 0 && t.status < 500 || c.health.aliveSince(t.started) {
		return true
	}
	if !sent || k.failures < 4 || k.o.ID == operation.GetEnvironment {
		return false
	}
	return c.probe(ctx)
}

// probe asks for the environment once; any answer but a 5xx is a sign of
// life. It tells a tenant that is down from one that chokes on a
// single request.
func (c *Client) probe(ctx context.Context) bool {
	if !c.health.mayProbe() {
		return false
	}
	o := operation.Find(operation.GetEnvironment)
	r := request{op: o.ID}
	u, err := r.target(c.base, o)
	if err != nil {
		return false
	}
	k := &call{o: o, r: &r, url: u, try: 1}
	t := c.attempt(ctx, k)
	defer t.free()
	ok := t.status != 0 && t.status < 500
	var v verdict
	if ok {
		c.health.alive()
	} else {
		v.err = c.problem(k, t, ClassRetry, "the tenant does not answer")
	}
	c.report(k, t, v)
	return ok
}

// unauthorized gives up the token and tries once more with a new one. A second
// refusal is final, unless that token grew old in a hold before it was sent.
func (c *Client) unauthorized(k *call, t *try) verdict {
	e := c.answer(k, t, ClassAuth)
	e.Scope = k.o.Scope
	k.refused++
	if known, ok := c.refusals.Load(k.o.ID); ok && known == t.token {
		return verdict{err: e} // others have tried this already
	}
	// A retry may come so late that its token has been revoked, too, while others
	// were accepted with it. Of a missing scope every token tells the same.
	second := c.refused.add(t.token) || k.given == t.token || k.given != "" && t.status == http.StatusForbidden
	if second && t.waited < freshToken || k.refused >= maxRefused {
		c.refusals.Store(k.o.ID, t.token)
		return verdict{err: e}
	}
	k.given = t.token
	c.tokens.Invalidate(t.token)
	return verdict{err: e, again: true}
}

// strayed deals with an answer that is not the API's own. The request may have
// got through to the tenant all the same.
func (c *Client) strayed(k *call, e *Error) verdict {
	e.Class = ClassRetry
	e.Message = "not an answer of the API, but of something before it: " + e.Message
	if k.o.Once {
		e.Class = ClassInDoubt
		return verdict{err: e}
	}
	k.lost = true
	if k.strays++; k.strays >= maxStray {
		return verdict{err: e}
	}
	return verdict{err: e, again: true, wait: backoff(k.strays)}
}

func (c *Client) throttled(k *call, t *try) verdict {
	e := c.answer(k, t, ClassThrottled)
	if k.throttled == 0 {
		k.throttledAt = t.started
	}
	k.throttled++
	if time.Since(k.throttledAt) > c.maxWait {
		return verdict{err: e}
	}
	// The gate holds everyone. Only a gate that doesn't is slowed down here.
	var wait time.Duration
	if k.throttled > 5 {
		wait = min(backoff(k.throttled-5), 2*time.Second)
	}
	return verdict{err: e, again: true, wait: wait}
}

func (c *Client) redirected(k *call, t *try) verdict {
	e := c.answer(k, t, ClassFinal)
	where, err := k.url.Parse(t.header.Get("Location"))
	if err != nil || t.header.Get("Location") == "" {
		e.Message = "the tenant redirects, but not to a valid address"
		return verdict{err: e}
	}
	same := where.Scheme == k.url.Scheme && strings.EqualFold(where.Host, k.url.Host)
	keeps := k.o.Method == http.MethodGet || t.status == http.StatusTemporaryRedirect || t.status == http.StatusPermanentRedirect
	if !same || !keeps || k.hops >= maxHops {
		e.Message = fmt.Sprintf("the tenant redirects to %s, which is not followed; is that the domain to use?",
			oneLine(t.hides.text(where.Scheme+"://"+where.Host)))
		return verdict{err: e}
	}
	k.hops++
	where.User, where.Fragment = nil, ""
	k.url = where
	return verdict{err: e, again: true}
}

// answer describes an answer that is no success.
func (c *Client) answer(k *call, t *try, class Class) *Error {
	code, message := complaint(t.body)
	if message == "" {
		message = strings.ToLower(http.StatusText(t.status))
	}
	if message == "" {
		message = "no explanation"
	}
	e := c.problem(k, t, class, message)
	e.Code = code
	return e
}

func (c *Client) problem(k *call, t *try, class Class, message string) *Error {
	return &Error{
		Operation: k.o.ID,
		Method:    k.o.Method,
		Status:    t.status,
		Class:     class,
		Message:   message,
		Tries:     k.try,
		Err:       t.hides.error(t.err),
	}
}

func (c *Client) stopped(k *call, err error) *Error {
	return &Error{
		Operation: k.o.ID,
		Method:    k.o.Method,
		Class:     ClassStopped,
		Message:   "stopped before it was tried again",
		Tries:     k.try,
		Err:       err,
	}
}

// refuse is the error of a request that is not sent at all.
func refuse(op, message string) *Error {
	e := &Error{Operation: op, Class: ClassFinal, Message: message}
	if o := operation.Find(op); o != nil {
		e.Method = o.Method
	}
	return e
}

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

func backoff(failures int) time.Duration {
	d := lastPause
	if failures < 9 {
		d = min(firstPause<<(failures-1), lastPause)
	}
	return d/2 + rand.N(d/2+1)
}

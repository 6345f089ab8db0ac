package kinde

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of what is read of an answer.
const (
	maxAnswer = 64 << 20
	maxError  = 1 << 20
)

var (
	errTimeout = errors.New("no answer in time")
	errResent  = errors.New("the connection was lost before an answer came")
)

// try is one attempt and what came of it.
type try struct {
	started time.Time
	latency time.Duration
	token   string
	waited  time.Duration // between taking the token and sending it
	sent    bool          // some of it may have reached the tenant
	status  int
	header  http.Header
	buffer  *bytes.Buffer // what body lies in
	body    cleaned
	err     error
	hides   secrets
}

func (t *try) free() {
	if t.buffer != nil {
		putBuffer(t.buffer)
		t.buffer, t.body = nil, nil
	}
}

// bearer is the header value of a token, made once per token.
type bearer struct {
	token string
	value []string
}

var (
	acceptJSON  = []string{"application/json"}
	contentJSON = []string{"application/json"}
	acceptGzip  = []string{"gzip"}
)

// attempt sends the request once: permit, token, request, hold, headers, body,
// in this order.
func (c *Client) attempt(ctx context.Context, k *call) *try {
	c.health.begin()
	t := &try{started: time.Now()}
	permit, err := c.gate.Acquire(ctx, k.o.ID)
	if err != nil {
		t.err = err
		return t
	}
	defer permit.Done()
	t.started = time.Now()
	tokenAt := t.started
	if t.token, err = c.tokens.Token(ctx); err != nil {
		t.err = err
		permit.Answered(Answer{Err: err})
		return t
	}
	t.hides = c.secretsOf(k, t.token)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &wire{c: c, ctx: ctx, cancel: cancel, permit: permit}
	w.timer = time.AfterFunc(c.timeout, func() { cancel(errTimeout) })
	defer w.timer.Stop()

	resp, err := w.roundTrip(c.newRequest(k, t.token))
	t.sent = w.sent.Load()
	t.waited = w.started.Sub(tokenAt)
	if t.sent {
		t.started = w.started
		t.latency = time.Since(t.started)
	}
	if err != nil {
		t.err = cause(ctx, err)
		t.sent = t.sent && !unsent(err) && !w.untouched()
		permit.Answered(Answer{Latency: t.latency, Err: t.err})
		return t
	}
	permit.Answered(Answer{Status: resp.StatusCode, Header: resp.Header, Latency: t.latency})
	t.status, t.header = resp.StatusCode, resp.Header
	w.timer.Reset(c.timeout)
	if err := t.read(resp); err != nil {
		t.err = cause(ctx, err)
	}
	return t
}

func cause(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}

func (c *Client) newRequest(k *call, token string) *http.Request {
	b := c.bearer.Load()
	if b == nil || b.token != token {
		b = &bearer{token: token, value: []string{"Bearer " + token}}
		c.bearer.Store(b)
	}
	h := make(http.Header, 6)
	h["Authorization"] = b.value
	h["Accept"] = acceptJSON
	h["User-Agent"] = c.userAgent
	req := &http.Request{
		Method: k.o.Method, URL: k.url, Host: k.url.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if k.body != nil {
		h["Content-Type"] = contentJSON
		req.ContentLength = int64(k.body.buf.Len())
		req.Body = k.body.open()
		req.GetBody = func() (io.ReadCloser, error) { return k.body.open(), nil }
	}
	if k.o.Method == http.MethodGet {
		h["Accept-Encoding"] = acceptGzip
	}
	return req
}

// wire watches a request on its way to the connection.
type wire struct {
	c       *Client
	ctx     context.Context
	cancel  context.CancelCauseFunc
	permit  Permit
	timer   *time.Timer
	started time.Time
	sent    atomic.Bool // the connection was ours to write on
	wrote   atomic.Bool // all of it was written
	meter   *meteredConn
	mark    int64 // what meter had counted before
}

// roundTrip waits for the gate's hold at the last moment. Where the transport
// tells that it has a connection, that is the moment; otherwise it is now.
func (w *wire) roundTrip(req *http.Request) (*http.Response, error) {
	if w.c.traced {
		req = req.WithContext(httptrace.WithClientTrace(w.ctx, &httptrace.ClientTrace{
			GotConn:      w.gotConn,
			WroteRequest: func(i httptrace.WroteRequestInfo) { w.wrote.Store(i.Err == nil) },
		}))
	} else {
		if err := w.hold(); err != nil {
			if req.Body != nil {
				_ = req.Body.Close()
			}
			return nil, err
		}
		req = req.WithContext(w.ctx)
	}
	return w.c.transport.RoundTrip(req)
}

// hold waits while the gate holds. The time it takes is not the tenant's.
func (w *wire) hold() error {
	w.timer.Stop()
	err := w.permit.Held(w.ctx)
	if err == nil {
		err = w.ctx.Err()
	}
	if err != nil {
		return err
	}
	w.timer.Reset(w.c.timeout)
	w.started = time.Now()
	w.sent.Store(true)
	return nil
}

// gotConn runs on the goroutine that is about to write, so blocking it blocks
// the request. A request that must not go any more takes its connection down
// with it, unless others use that too; an HTTP/2 transport looks at the
// context itself before it writes.
func (w *wire) gotConn(info httptrace.GotConnInfo) {
	shared := multiplexed(info.Conn)
	if w.wrote.Load() && !shared {
		// The transport repeats by itself what it had sent completely. That
		// is for the gate and the attempt loop to decide.
		w.cancel(errResent)
		_ = info.Conn.Close()
		return
	}
	if err := w.hold(); err != nil {
		w.cancel(err)
		if !shared {
			_ = info.Conn.Close()
		}
		return
	}
	if w.meter = meterOf(info.Conn); shared {
		w.meter = nil
	}
	if w.meter != nil {
		w.mark = w.meter.written.Load()
	}
}

// alertSize is more than what TLS writes to say good-bye and less than the
// head of any request with a token.
const alertSize = 64

// untouched says that the connection died before any of the request was
// written, as one does that was idle during a long hold.
func (w *wire) untouched() bool {
	return w.meter != nil && w.meter.written.Load()-w.mark < alertSize
}

func multiplexed(conn net.Conn) bool {
	t, ok := conn.(*tls.Conn)
	return ok && t.ConnectionState().NegotiatedProtocol == "h2"
}

// unsent recognises errors that happen before a connection exists.
func unsent(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED)
}

// nowhere recognises a host that the name service does not know: before anything
// succeeded, waiting for it is in vain.
func nowhere(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// read takes the body into memory, up to a limit, and cleans it before anything
// else sees it.
func (t *try) read(resp *http.Response) error {
	defer resp.Body.Close()
	limit := int64(maxAnswer)
	if resp.StatusCode/100 != 2 {
		limit = maxError
	}
	t.buffer = getBuffer()
	defer func() { t.body = t.hides.clean(t.buffer.Bytes(), resp.StatusCode/100 != 2) }()
	var r io.Reader = resp.Body
	if enc := strings.ToLower(resp.Header.Get("Content-Encoding")); enc == "gzip" || enc == "x-gzip" {
		z, err := gzip.NewReader(resp.Body)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpacking the answer: %w", err)
		}
		r = z
	}
	if n := resp.ContentLength; n > 0 && n < keptBuffer {
		t.buffer.Grow(int(n) + bytes.MinRead)
	}
	n, err := t.buffer.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		if resp.StatusCode/100 == 2 {
			return fmt.Errorf("the answer is larger than %d MiB", limit>>20)
		}
	}
	return err
}

// decode reads a successful answer. What nobody needs must at least not be
// another kind of document: a proxy's page is no proof that the tenant acted.
func (t *try) decode(r *request) error {
	b := bytes.TrimSpace(t.body)
	if len(b) == 0 {
		if r.out == nil || r.optional {
			return nil
		}
		return errors.New("it is empty")
	}
	if r.out == nil {
		return acknowledges(b)
	}
	if err := unmarshal(b, r.out); err != nil {
		return errors.New("it is not the JSON that was expected")
	}
	if r.complete != nil && !r.complete() {
		return errors.New("it lacks what it should hold")
	}
	return nil
}

// acknowledges tells whether a document says that something was done: an object
// that names no errors.
func acknowledges(b []byte) error {
	var answer struct {
		Errors jsontext.Value `json:"errors"`
	}
	if b[0] != '{' || unmarshal(b, &answer) != nil {
		return errors.New("it is not the JSON that was expected")
	}
	if text := string(answer.Errors); text != "" && text != "null" && text != "[]" && text != "{}" {
		return errors.New("it lists errors")
	}
	return nil
}

// describe shortens the errors of transports to what a person can use. They may
// quote what the other side sent.
func describe(err error, s secrets) string {
	var timeout net.Error
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no host " + oneLine(s.text(dns.Name))
	case errors.As(err, &dns):
		return "the name of the host " + oneLine(s.text(dns.Name)) + " can't be looked up"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "the network does not lead there"
	case errors.As(err, &certificate):
		return "its certificate is not trusted: " + oneLine(s.text(certificate.Err.Error()))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer was cut off"
	case errors.Is(err, io.EOF):
		return "the connection was closed before an answer came"
	case errors.Is(err, syscall.ECONNRESET):
		return "the connection was reset"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	}
	return oneLine(s.text(err.Error()))
}

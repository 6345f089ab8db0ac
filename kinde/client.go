package kinde

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of Config.
const (
	DefaultTimeout   = 30 * time.Second
	DefaultMaxWait   = time.Hour
	DefaultStartWait = 30 * time.Second
	DefaultMaxTries  = 12
)

// Config describes a client.
type Config struct {
	BaseURL     BaseURL
	Credentials ClientCredentials // of an application; not used when there are Tokens
	Tokens      TokenSource
	Gate        Gate              // nil: no limit of its own, but a 429 holds everyone
	Transport   http.RoundTripper // nil: NewTransport with its defaults
	UserAgent   string            // "" : "kinde-migrate"

	Timeout   time.Duration // for the headers, and again for the body; DefaultTimeout
	MaxWait   time.Duration // how long a silent tenant is waited for; DefaultMaxWait
	StartWait time.Duration // the same before anything succeeded; DefaultStartWait
	MaxTries  int           // tries of one request while the tenant serves others; DefaultMaxTries

	// Observe hears of every attempt, on the goroutine that made it, after the
	// body was read and before a pause begins. It must be safe for concurrent
	// use and quick.
	Observe func(Attempt)
}

// Attempt is the story of one try.
type Attempt struct {
	Operation string
	Method    string
	Subject   string // what WithSubject put into ctx
	Try       int    // counted from 1
	Sent      bool   // false: the request certainly never left
	Status    int    // 0 when no answer came
	Class     Class  // ClassNone: it succeeded
	Started   time.Time
	Latency   time.Duration // from the request's first byte to the answer's headers
	Err       error         // nil when it succeeded
	Wait      time.Duration // the pause before the next try
	Again     bool          // whether there will be a next try
	Server    time.Time     // the tenant's clock as it answered, to the second; zero when it did not say
	Silent    time.Duration // how long the tenant has given no sign of life, 0 while it is well
}

// Client talks to one tenant. It is safe for concurrent use; all workers of a
// process share one.
type Client struct {
	base      *url.URL
	tokens    TokenSource
	gate      Gate
	transport http.RoundTripper
	traced    bool // the transport reports GotConn
	userAgent []string
	timeout   time.Duration
	maxWait   time.Duration
	startWait time.Duration
	maxTries  int
	observe   func(Attempt)

	bearer      atomic.Pointer[bearer]
	credentials atomic.Pointer[credentialSecrets]
	pageSizes   sync.Map // operation -> page size that the tenant accepts
	refused     refusals
	refusals    sync.Map // operation -> token that was refused after a renewal
	health      health
}

// New checks cfg and returns a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	origin, err := ParseBaseURL(string(cfg.BaseURL))
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(string(origin))
	if err != nil {
		return nil, err
	}
	if cfg.Tokens == nil {
		if cfg.Credentials.Transport == nil {
			cfg.Credentials.Transport = cfg.Transport
		}
		if cfg.Tokens, err = NewClientCredentials(origin, cfg.Credentials); err != nil {
			return nil, err
		}
	}
	c := &Client{
		base:      base,
		tokens:    cfg.Tokens,
		gate:      cfg.Gate,
		transport: cfg.Transport,
		userAgent: []string{"kinde-migrate"},
		timeout:   positive(cfg.Timeout, DefaultTimeout),
		maxWait:   positive(cfg.MaxWait, DefaultMaxWait),
		startWait: positive(cfg.StartWait, DefaultStartWait),
		maxTries:  positive(cfg.MaxTries, DefaultMaxTries),
		observe:   cfg.Observe,
	}
	if c.gate == nil {
		c.gate = &openGate{}
	}
	if c.transport == nil {
		c.transport, err = NewTransport(TransportOptions{})
		if err != nil {
			return nil, err
		}
	}
	_, c.traced = c.transport.(*http.Transport)
	if cfg.UserAgent != "" {
		c.userAgent = []string{cfg.UserAgent}
	}
	if c.observe == nil {
		c.observe = func(Attempt) {}
	}
	return c, nil
}

// BaseURL returns scheme, host and port of the tenant, without a slash at the
// end.
func (c *Client) BaseURL() string { return c.base.String() }

// CloseIdle closes the connections that nobody uses.
func (c *Client) CloseIdle() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

type subjectKey struct{}

// WithSubject labels the requests made with the returned context; Observe sees
// the label as Attempt.Subject.
func WithSubject(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, subjectKey{}, subject)
}

func subjectOf(ctx context.Context) string {
	s, _ := ctx.Value(subjectKey{}).(string)
	return s
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

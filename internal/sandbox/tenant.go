package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Options says what the tenant is and how it behaves. The zero value is an
// empty tenant without limits, faults or state on disk.
type Options struct {
	// BaseURL is where clients reach it, "http://127.0.0.1:8080" by default. Only Host
	// headers of loopback names and of it are answered; the audience of a token is
	// BaseURL + "/api".
	BaseURL string

	State string // journal file; "" keeps everything in memory
	Fsync bool   // also survive a crash of the machine
	Seed  uint64 // not 0: the same ids in every run

	ClientID, ClientSecret string // drawn when empty

	Name string // the environment's name, "Sandbox" by default
	Live bool
	Demo bool // default organization, property category, the usual social connections
	// Definitions are laid down when the state is new.
	Definitions *Definitions
	SeedUsers   int // invented people, laid down when the state is new

	Limits Limits
	// Latency is added to every answer of the API.
	Latency time.Duration
	Faults  []Fault

	// DuplicateAnswer is how createUser answers when an identity is taken:
	// "created-false" (default), "400" or "409".
	DuplicateAnswer string
	Quirks          Quirks

	TokenLifetime time.Duration // an hour by default
	Opaque        bool          // tokens that say nothing to their bearer, instead of JWTs
	Scopes        []string      // what a token may do; nil: everything

	Log func(Request) // called once for each request, concurrently
	// HoldGrace is how long after a 429 arrivals do not yet count as during
	// its hold: over sockets, what was on its way can't know.
	HoldGrace time.Duration
}

// Quirks are behaviours of the vendor that are documented loosely or not at
// all, so that a client can be tried against either reading.
type Quirks struct {
	EmailFilterPrimaryOnly bool // GET /users?email= sees primary addresses only
	EmailFilterExactCase   bool // and compares them byte by byte
	IgnoreUnknownRoles     bool // bulk memberships drop unknown role and permission keys silently
	NoDefaultMembership    bool // no organization given: the user joins none
	MaxPageSize            int  // a page is cut to it, 500 by default
	RefuseLargePages       bool // a larger page_size answers PAGE_SIZE_LIMIT_EXCEEDED instead
	WrappedConnections     bool // connections in a list come as {"connection":{…}}
	PrefixedIdentityTypes  bool // social identities are listed as "oauth2:google"
	ErrorsAsObject         bool // {"errors":{…}} instead of {"errors":[…]}
	CreatedFalseWithoutID  bool // created:false does not say who has the identity
	CreateAnswers201       bool // createUser answers 201
	NullsForEmpty          bool // missing strings are null, not ""
	UniqueProvidedID       bool // a second user with a provided_id that somebody has is refused
	CreateWithoutPhones    bool // createUser takes no phone number, and says so of the identity only
	NationalPhones         bool // a phone is added to a user in national form only, and shown in it
	UnknownAnswers404      bool // an unknown user, organization or definition answers 404 instead of 400
}

// Tenant is the sandbox. It is an http.Handler, safe for concurrent use.
type Tenant struct {
	ClientID, ClientSecret string

	*store
	opt     Options
	base    *url.URL
	hosts   map[string]bool
	ownSite http.CrossOriginProtection // a form in any web page can post to loopback
	head    header
	journal *journal
	limits  *throttle
	faults  *faultEngine
	scopes  map[string]bool

	generation atomic.Uint64 // tokens of an older generation are revoked
	checked    atomic.Pointer[checkedToken]
	stats      recorder
	closing    sync.Once
	closeErr   error
}

// header is the part of the state that never changes.
type header struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Key          []byte `json:"key"` // 32 bytes: ids and tokens derive from it
	Environment  string `json:"environment"`
	Created      int64  `json:"created"`
}

// Open makes the tenant, or brings it back from Options.State.
func Open(opt Options) (*Tenant, error) {
	if opt.BaseURL == "" {
		opt.BaseURL = "http://127.0.0.1:8080"
	}
	if opt.Name == "" {
		opt.Name = "Sandbox"
	}
	if opt.TokenLifetime == 0 {
		opt.TokenLifetime = time.Hour
	}
	if opt.Quirks.MaxPageSize == 0 {
		opt.Quirks.MaxPageSize = 500
	}
	switch opt.DuplicateAnswer {
	case "":
		opt.DuplicateAnswer = "created-false"
	case "created-false", "400", "409":
	default:
		return nil, fmt.Errorf("duplicate answer %q is none of created-false, 400, 409", opt.DuplicateAnswer)
	}
	t := &Tenant{store: newStore(), opt: opt}
	if err := t.setBase(opt.BaseURL); err != nil {
		return nil, err
	}
	if opt.Scopes != nil {
		t.scopes = map[string]bool{}
		for _, s := range opt.Scopes {
			t.scopes[s] = true
		}
	}
	var err error
	if t.limits, err = newThrottle(opt.Limits, time.Now()); err != nil {
		return nil, err
	}
	if t.faults, err = newFaultEngine(opt.Faults); err != nil {
		return nil, err
	}
	if err := t.restore(); err != nil {
		return nil, err
	}
	t.ClientID, t.ClientSecret = t.head.ClientID, t.head.ClientSecret
	return t, nil
}

func (t *Tenant) setBase(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return fmt.Errorf("base URL %q of the sandbox is not a URL", base)
	}
	t.base = u
	t.hosts = map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true, u.Hostname(): true}
	return nil
}

// Environment returns the code of the environment, which tells one state from another.
func (t *Tenant) Environment() string { return t.head.Environment }

// BaseURL is where clients reach the tenant; its audience is BaseURL + "/api".
func (t *Tenant) BaseURL() string { return t.base.Scheme + "://" + t.base.Host }

// newHeader draws credentials and keys, repeatably when a seed is set.
func (t *Tenant) newHeader() header {
	key := make([]byte, 32)
	if t.opt.Seed != 0 {
		sum := sha256.Sum256(fmt.Appendf(nil, "sandbox %d", t.opt.Seed))
		copy(key, sum[:])
	} else {
		rand.Read(key)
	}
	derived := func(label string, n int) string {
		sum := sha256.Sum256(append([]byte(label), key...))
		return hex.EncodeToString(sum[:])[:n]
	}
	h := header{
		ClientID:     t.opt.ClientID,
		ClientSecret: t.opt.ClientSecret,
		Key:          key,
		Environment:  "env_" + derived("environment", 12),
		Created:      time.Now().UnixNano(),
	}
	if h.ClientID == "" {
		h.ClientID = derived("client id", 32)
	}
	if h.ClientSecret == "" {
		h.ClientSecret = derived("client secret", 48)
	}
	return h
}

// Close writes a compact state and lets go of the file. It is safe to call
// more than once; a tenant without a file has nothing to close.
func (t *Tenant) Close() error {
	t.closing.Do(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.closeErr = t.journal.close(t)
	})
	return t.closeErr
}

package kinde

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// TokenSource gives the bearer token that all requests of a process share. It
// is safe for concurrent use.
type TokenSource interface {
	// Token returns a token that is good for now, fetching one if it must.
	// Many callers that wait for the same fetch share its result.
	Token(ctx context.Context) (string, error)
	// Invalidate says that the tenant refused this token. It does nothing
	// when the token has been replaced meanwhile.
	Invalidate(token string)
}

// StaticToken is a token that somebody else obtained. It can't be renewed.
type StaticToken string

// Token returns the token itself.
func (t StaticToken) Token(context.Context) (string, error) {
	if t == "" {
		return "", tokenError(0, ClassAuth, "there is no token", nil)
	}
	return string(t), nil
}

// Invalidate does nothing.
func (t StaticToken) Invalidate(string) {}

func (t StaticToken) secrets() []string { return []string{string(t)} }

// ClientCredentials describes a machine-to-machine application of the tenant that
// may use the Management API.
type ClientCredentials struct {
	ClientID     string
	ClientSecret string
	Audience     string            // "": <base URL>/api
	Scopes       []string          // empty: all that the application has
	Transport    http.RoundTripper // nil: NewTransport with its defaults
	Timeout      time.Duration     // of one request; DefaultTimeout
	Cache        TokenCache        // nil: each process asks for a token of its own
}

// TokenCache keeps a token for other processes of the same application, tenant
// and audience. Tokens of applications are metered.
type TokenCache interface {
	// Load returns the token that was saved last, "" when there is none.
	Load() (token string, expiry time.Time)
	Save(token string, expiry time.Time)
	// Drop forgets the token if it is this one: the tenant refused it.
	Drop(token string)
}

// worthKeeping is how long a token must be good for to be taken from a cache.
const worthKeeping = time.Minute

// NewClientCredentials returns a source that obtains tokens from
// <base URL>/oauth2/token and renews them before they expire. A client makes its
// own of Config.Credentials; this one is for several clients that share it.
func NewClientCredentials(base BaseURL, cc ClientCredentials) (TokenSource, error) {
	base, err := ParseBaseURL(string(base))
	if err != nil {
		return nil, err
	}
	if cc.ClientID == "" || cc.ClientSecret == "" {
		return nil, errors.New("the client id or the client secret is missing")
	}
	transport := cc.Transport
	if transport == nil {
		if transport, err = NewTransport(TransportOptions{}); err != nil {
			return nil, err
		}
	}
	if cc.Audience == "" {
		cc.Audience = string(base) + "/api"
	}
	config := clientcredentials.Config{
		ClientID: cc.ClientID, ClientSecret: cc.ClientSecret,
		TokenURL: string(base) + "/oauth2/token", Scopes: cc.Scopes,
		EndpointParams: url.Values{"audience": {cc.Audience}},
		// Trying both styles would send every first request twice.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	hc := &http.Client{
		Transport: transport, Timeout: positive(cc.Timeout, DefaultTimeout),
		// The secret goes to the tenant alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var source *tokens
	source = newTokens(func(ctx context.Context) (string, time.Time, error) {
		if cc.Cache != nil {
			if token, expiry := cc.Cache.Load(); token != "" && time.Until(expiry) > worthKeeping {
				return token, expiry, nil
			}
		}
		t, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, hc))
		if err != nil {
			return "", time.Time{}, fetchError(ctx, err, secrets{newRedaction(source.secrets())})
		}
		expiry := t.Expiry
		if expiry.IsZero() {
			expiry = jwtExpiry(t.AccessToken)
		}
		if cc.Cache != nil && time.Until(expiry) > worthKeeping {
			cc.Cache.Save(t.AccessToken, expiry)
		}
		return t.AccessToken, expiry, nil
	})
	source.clientSecret, source.cache = cc.ClientSecret, cc.Cache
	return source, nil
}

// fetchError sorts the failure of a token request. A refusal ends the run;
// anything else is tried again by the attempt loop.
func fetchError(ctx context.Context, err error, hides secrets) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var re *oauth2.RetrieveError
	if !errors.As(err, &re) || re.Response == nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return tokenError(0, ClassRetry, describe(err, hides), hides.error(err))
	}
	status := re.Response.StatusCode
	code, message := complaint(hides.clean(re.Body, true))
	if message == "" {
		message = strings.ToLower(http.StatusText(status))
	}
	class := ClassRetry
	if re.ErrorCode != "" && status/100 == 2 ||
		status/100 == 4 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout {
		class = ClassAuth
	}
	if status/100 == 3 {
		class = ClassFinal
		message = "the token endpoint redirects, which is not followed; is the domain right?"
	}
	e := tokenError(status, class, message, nil)
	e.Code = either(oneLine(hides.text(re.ErrorCode)), code)
	e.hold, _ = HoldFor(re.Response.Header, time.Now())
	return e
}

func tokenError(status int, class Class, message string, err error) *Error {
	return &Error{Operation: operation.Token, Method: http.MethodPost, Status: status, Class: class, Message: message, Err: err}
}

// tokens keeps one token for everyone.
type tokens struct {
	fetch        func(context.Context) (token string, expiry time.Time, err error)
	clientSecret string
	cache        TokenCache // may be nil

	mu      sync.Mutex
	token   string
	past    []string      // the last few tokens, which answers may still show
	renewAt time.Time     // zero: never
	expiry  time.Time     // zero: unknown
	flight  chan struct{} // closed when the fetch under way ends; nil: none
	failure error         // of the last fetch, for those who waited for it
}

func newTokens(fetch func(context.Context) (string, time.Time, error)) *tokens {
	return &tokens{fetch: fetch}
}

// Token returns the token. Close to its end one caller renews it while the
// others go on with the old one; without a good one all wait for one fetch.
func (s *tokens) Token(ctx context.Context) (string, error) {
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		s.mu.Lock()
		now := time.Now()
		usable := s.token != "" && (s.expiry.IsZero() || now.Before(s.expiry))
		due := s.token == "" || !s.renewAt.IsZero() && !now.Before(s.renewAt)
		if usable && (!due || s.flight != nil) {
			defer s.mu.Unlock()
			return s.token, nil
		}
		if s.flight == nil {
			flight := make(chan struct{})
			s.flight = flight
			s.mu.Unlock()
			return s.renew(ctx, flight)
		}
		flight := s.flight
		s.mu.Unlock()
		select {
		case <-flight:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		s.mu.Lock()
		err := s.failure
		s.mu.Unlock()
		if err != nil {
			return "", err
		}
	}
}

// renew fetches a token on behalf of everyone who waits for flight.
func (s *tokens) renew(ctx context.Context, flight chan struct{}) (string, error) {
	began := time.Now()
	token, expiry, err := s.fetch(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(flight)
	s.flight = nil
	s.failure = nil
	if err == nil && token == "" {
		err = tokenError(0, ClassRetry, "the answer holds no token", nil)
	}
	if err != nil {
		if s.token != "" && (s.expiry.IsZero() || time.Now().Before(s.expiry)) && ClassOf(err) != ClassAuth && ctx.Err() == nil {
			// The old one still works; ask again a little later.
			s.renewAt = time.Now().Add(min(5*time.Second, time.Until(s.expiry)))
			return s.token, nil
		}
		if ctx.Err() == nil {
			s.failure = err
		}
		return "", err
	}
	if s.past = append(s.past, token); len(s.past) > 4 {
		s.past = s.past[1:]
	}
	if !expiry.After(began) {
		expiry = time.Time{} // ended before it was asked for: a clock is wrong, and the tenant will tell
	}
	s.token, s.expiry, s.renewAt = token, expiry, time.Time{}
	if !expiry.IsZero() {
		life := expiry.Sub(began)
		s.renewAt = expiry.Add(-min(time.Minute, life/10))
	}
	return token, nil
}

func (s *tokens) secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{s.clientSecret}, s.past...)
}

// Invalidate drops the token if it is still this one.
func (s *tokens) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token, s.expiry, s.renewAt = "", time.Time{}, time.Time{}
	}
	if s.cache != nil {
		s.cache.Drop(token)
	}
}

// jwtExpiry reads when a JWT expires, zero when it doesn't say. The signature
// is the tenant's business.
func jwtExpiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Exp float64 `json:"exp"`
	}
	if json.Unmarshal(raw, &claims) != nil || claims.Exp < 1 || claims.Exp > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(claims.Exp), 0)
}

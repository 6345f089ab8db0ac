package rest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/loopback"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// authority puts credentials on requests.
type authority interface {
	sign(ctx context.Context, req *http.Request, body []byte) error
	// renew tells that a request was refused with what it bore; true when another try may
	// go through.
	renew(authorization string) bool
}

// fixed sends the same headers with each request.
type fixed map[string]string

func (f fixed) sign(_ context.Context, req *http.Request, _ []byte) error {
	for name, value := range f {
		req.Header.Set(name, value)
	}
	return nil
}

func (fixed) renew(string) bool { return false }

// bearer asks for a token, and again shortly before it expires or once it is refused.
type bearer struct {
	config func() (*clientcredentials.Config, error)
	client *http.Client
	host   string // where tokens are asked for
	hides  secrets

	mu     sync.Mutex
	source oauth2.TokenSource
	last   string // header value
}

// early is how long before its end a token is replaced. Some live for a minute.
const early = 10 * time.Second

func (b *bearer) sign(ctx context.Context, req *http.Request, _ []byte) error {
	source := b.current()
	t, err := source.Token()
	if err != nil {
		return b.refused(ctx, err)
	}
	req.Header.Set("Authorization", "Bearer "+t.AccessToken)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.source == source {
		b.last = req.Header.Get("Authorization")
	}
	return nil
}

// current is the source that all requests share: it asks once for those who wait.
func (b *bearer) current() oauth2.TokenSource {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.source == nil {
		b.source = oauth2.ReuseTokenSourceWithExpiry(nil, tokenFunc(b.token), early)
	}
	return b.source
}

// renew lets go of the token, unless another request has done so: where a new token ends
// those before it, requests that renew one after the other would refuse each other's.
func (b *bearer) renew(authorization string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if authorization == b.last {
		b.source, b.last = nil, ""
	}
	return true
}

type tokenFunc func() (*oauth2.Token, error)

func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

func (b *bearer) token() (*oauth2.Token, error) {
	config, err := b.config()
	if err != nil {
		return nil, err
	}
	return config.Token(context.WithValue(context.Background(), oauth2.HTTPClient, b.client))
}

// refused says why there is no token.
func (b *bearer) refused(ctx context.Context, err error) error {
	const what = "asking for a token"
	var re *oauth2.RetrieveError
	if !errors.As(err, &re) || re.Response == nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var u *url.Error
		if errors.As(err, &u) {
			return errAgain{fmt.Errorf("%s: %s", what, b.hides.hide(u.Err.Error()))}
		}
		return fmt.Errorf("%s: %s", what, b.hides.hide(err.Error()))
	}
	failed := &statusError{what, re.Response.StatusCode, b.hides.hide(complaint(re.Body)), false}
	switch {
	case failed.status/100 == 5, failed.status == http.StatusTooManyRequests:
		return errAgain{failed}
	case failed.status/100 == 3:
		return fmt.Errorf("%s: the provider redirects, which is not followed; check the address", what)
	}
	return &fetch.DeniedError{
		What:  what,
		Needs: "the right client id and secret, or key",
		Err:   errors.New(strings.TrimPrefix(failed.Error(), what+": ")),
	}
}

// newAuthority prepares the credentials that a section asks for.
func newAuthority(a mapping.FetchAuth, v values, transport http.RoundTripper, hides secrets) (authority, error) {
	switch a.Kind {
	case "", "none":
		return fixed{}, nil
	case "headers":
		headers, err := v.headers(a.Headers)
		return fixed(headers), err
	case "basic":
		user, err := v.expand(a.User, plain)
		password, err2 := v.expand(a.Password, plain)
		pair := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		return fixed{"Authorization": "Basic " + pair}, errors.Join(err, err2)
	case "sigv4":
		return newSigner(a, v)
	}
	return newBearer(a, v, transport, hides)
}

func newBearer(a mapping.FetchAuth, v values, transport http.RoundTripper, hides secrets) (authority, error) {
	b := &bearer{hides: hides, client: &http.Client{Transport: limited{transport}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	address, err := v.expand(a.Token, plain)
	if err != nil {
		return nil, err
	}
	params, err := v.query(a.Params)
	if err != nil {
		return nil, err
	}
	config := &clientcredentials.Config{TokenURL: address, EndpointParams: params, AuthStyle: oauth2.AuthStyleInParams}
	for _, template := range a.Scopes {
		scope, err := v.expand(template, plain)
		if err != nil {
			return nil, err
		}
		config.Scopes = append(config.Scopes, scope)
	}
	if a.Kind == "jwt_bearer" {
		key, err := readKey(a, v)
		if err != nil {
			return nil, err
		}
		config.TokenURL = key.tokenURL(address)
		b.host = hostOf(config.TokenURL)
		b.config = func() (*clientcredentials.Config, error) { return key.grant(*config) }
		return b, secure(config.TokenURL)
	}
	var err2 error
	b.host = hostOf(address)
	config.ClientID, err = v.expand(a.ID, plain)
	config.ClientSecret, err2 = v.expand(a.Secret, plain)
	if a.In == "header" {
		config.AuthStyle = oauth2.AuthStyleInHeader
	}
	b.config = func() (*clientcredentials.Config, error) { return config, nil }
	return b, errors.Join(err, err2, secure(address))
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// secure refuses an address that would send credentials in the clear.
func secure(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return errors.New("an address is not a URL with a host")
	case u.Scheme == "https", u.Scheme == "http" && loopback.Host(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s://%s is not encrypted: only https, or http on this machine", u.Scheme, u.Host)
}

// member returns a text of a key file.
func keyMember(v jsontext.Value, name string) (string, error) {
	if t := one(v, name); t != "" {
		return t, nil
	}
	return "", fmt.Errorf("the key file has no %s: use the JSON file that the provider gave you", name)
}

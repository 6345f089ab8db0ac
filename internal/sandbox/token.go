package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// claims are what a token says. Clients read those of a JWT; an opaque token
// carries what the sandbox itself needs, and does not look like it.
type claims struct {
	Audience   []string `json:"aud"`
	Azp        string   `json:"azp"`
	Issuer     string   `json:"iss"`
	Issued     int64    `json:"iat"`
	Expires    int64    `json:"exp"`
	Scope      string   `json:"scope,omitempty"`
	Scopes     []string `json:"scp,omitempty"`
	Generation uint64   `json:"gen"`
	ID         string   `json:"jti"`
}

// tokenAnswer is the body of a token. Source: RFC 6749 section 5.1.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
	Scope       string `json:"scope"`
	TokenType   string `json:"token_type"`
}

func tokenFailure(status int, code, text string) response {
	return response{status: status, body: map[string]string{"error": code, "error_description": text}}
}

func (t *Tenant) serveToken(w http.ResponseWriter, r *http.Request) {
	t.stats.token()
	t.write(w, t.issue(r))
}

// issue answers the client credentials grant. Source: RFC 6749 section 4.4.
func (t *Tenant) issue(r *http.Request) response {
	if r.Method != http.MethodPost {
		return tokenFailure(http.StatusMethodNotAllowed, "invalid_request", "The token endpoint takes POST.")
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return tokenFailure(http.StatusBadRequest, "invalid_request", "The token endpoint takes a form.")
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return tokenFailure(http.StatusBadRequest, "invalid_request", "The form could not be read.")
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, pass, ok := r.BasicAuth(); ok {
		id, secret = unescape(user), unescape(pass)
	}
	if !same(id, t.ClientID) || !same(secret, t.ClientSecret) {
		return tokenFailure(http.StatusUnauthorized, "invalid_client", "The client id or the client secret is wrong.")
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		return tokenFailure(http.StatusBadRequest, "unsupported_grant_type", "Only client_credentials is supported.")
	}
	if audience := r.PostForm.Get("audience"); audience != t.BaseURL()+"/api" {
		return tokenFailure(http.StatusBadRequest, "invalid_request", "The audience has to be "+t.BaseURL()+"/api.")
	}
	return response{
		status: http.StatusOK, header: http.Header{"Cache-Control": {"no-store"}},
		body: tokenAnswer{AccessToken: t.Token(), ExpiresIn: int64(t.opt.TokenLifetime / time.Second), Scope: t.scopeList(), TokenType: "bearer"},
	}
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (t *Tenant) scopeList() string {
	if t.scopes == nil {
		return strings.Join(allScopes, " ")
	}
	return strings.Join(t.opt.Scopes, " ")
}

// Token issues an access token without asking for credentials, for tests and
// for KINDE_ACCESS_TOKEN.
func (t *Tenant) Token() string {
	now := time.Now()
	c := claims{
		Audience:   []string{t.BaseURL() + "/api"},
		Azp:        t.ClientID,
		Issuer:     t.BaseURL(),
		Issued:     now.Unix(),
		Generation: t.generation.Load(),
		Expires:    now.Add(t.opt.TokenLifetime).UnixNano(),
		ID:         strconv.FormatInt(now.UnixNano(), 36),
	}
	if t.opt.Opaque {
		body, _ := json.Marshal(claims{Generation: c.Generation, Expires: c.Expires, ID: c.ID})
		payload := base64.RawURLEncoding.EncodeToString(body)
		return "sbx_" + payload + "_" + t.sign(payload)
	}
	c.Scope = t.scopeList()
	c.Scopes = strings.Fields(c.Scope)
	c.Expires = now.Add(t.opt.TokenLifetime).Unix()
	body, _ := json.Marshal(c)
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(body)
	return payload + "." + t.sign(payload)
}

func (t *Tenant) sign(payload string) string {
	mac := hmac.New(sha256.New, t.head.Key)
	mac.Write([]byte("token " + payload))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checkedToken remembers the token that was proved last: a run uses one.
type checkedToken struct {
	token      string
	expires    time.Time
	generation uint64
}

// valid tells whether the bearer token is ours, of today and not revoked.
func (t *Tenant) valid(token string, now time.Time) bool {
	known := t.checked.Load()
	if known == nil || known.token != token {
		if known = t.prove(token); known == nil {
			return false
		}
		t.checked.Store(known)
	}
	return now.Before(known.expires) && known.generation >= t.generation.Load()
}

// prove checks a token's signature and reads what it says.
func (t *Tenant) prove(token string) *checkedToken {
	var payload, signature, body string
	if rest, opaque := strings.CutPrefix(token, "sbx_"); opaque {
		at := len(rest) - 44 // a signature is 43 characters and may hold the separator
		if at < 1 || rest[at] != '_' {
			return nil
		}
		payload, signature = rest[:at], rest[at+1:]
		body = payload
	} else {
		at := strings.LastIndexByte(token, '.')
		if at < 0 {
			return nil
		}
		payload, signature = token[:at], token[at+1:]
		_, body, _ = strings.Cut(payload, ".")
	}
	if !same(signature, t.sign(payload)) {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	var c claims
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return nil
	}
	expires := time.Unix(0, c.Expires)
	if c.Expires < 1e12 {
		expires = time.Unix(c.Expires, 0)
	}
	return &checkedToken{token, expires, c.Generation}
}

// authorize checks the token and whether it allows the operation.
func (t *Tenant) authorize(c *call, plan []*rule) *response {
	token, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	expired := false
	for _, r := range plan {
		switch r.Kind {
		case FaultTokenExpired:
			expired = true
		case FaultRevokeToken:
			t.RevokeTokens()
		}
	}
	if !ok || expired || !t.valid(token, time.Now()) {
		r := failure(http.StatusUnauthorized, "TOKEN_INVALID", "The access token is missing, unknown or expired.")
		r.header = http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}}
		return &r
	}
	if t.scopes != nil && c.route.scope != "" && !t.scopes[c.route.scope] {
		r := failure(http.StatusForbidden, "INSUFFICIENT_SCOPE", fmt.Sprintf("The access token lacks the scope %s.", c.route.scope))
		return &r
	}
	return nil
}

// RevokeTokens makes every token that was issued so far invalid.
func (t *Tenant) RevokeTokens() { t.generation.Add(1) }

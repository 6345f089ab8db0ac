package rest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"golang.org/x/oauth2/clientcredentials"
)

// keyFile is a private key with which a service account proves who it is (RFC 7523).
type keyFile struct {
	issuer, id, address string
	audience            string
	scopes              []string
	scopesApart         bool // in the form beside the assertion, not in it
	key                 *rsa.PrivateKey
}

// readKey reads the file that Google or Zitadel gave.
func readKey(a mapping.FetchAuth, v values) (*keyFile, error) {
	text, err := v.expand(a.Key, plain)
	if err != nil {
		return nil, err
	}
	file := jsontext.Value(strings.TrimSpace(text))
	if file.Kind() != '{' || !file.IsValid() {
		return nil, errors.New("the key is not the JSON file that the provider gave you")
	}
	names := map[string][3]string{"google": {"client_email", "private_key", "private_key_id"}, "zitadel": {"userId", "key", "keyId"}}[a.Form]
	k := &keyFile{scopes: a.Scopes, scopesApart: a.Form == "zitadel"}
	var secret string
	for i, to := range []*string{&k.issuer, &secret, &k.id} {
		if *to, err = keyMember(file, names[i]); err != nil {
			return nil, err
		}
	}
	k.address = one(file, "token_uri")
	if k.audience, err = v.expand(a.Audience, plain); err != nil {
		return nil, err
	}
	k.key, err = parseKey(secret)
	return k, err
}

func parseKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the key file contains no PEM key")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("the key file contains no RSA key")
	}
	return key, nil
}

// tokenURL is where the section says, else where the key file does.
func (k *keyFile) tokenURL(address string) string {
	if address == "" {
		address = k.address
	}
	if k.audience == "" {
		k.audience = address
	}
	return address
}

// grant turns the configuration into one that asks with an assertion of now.
func (k *keyFile) grant(config clientcredentials.Config) (*clientcredentials.Config, error) {
	now := time.Now()
	claims := map[string]any{"iss": k.issuer, "sub": k.issuer, "aud": k.audience, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	if !k.scopesApart {
		claims["scope"], config.Scopes = strings.Join(k.scopes, " "), nil
	}
	assertion, err := k.sign(claims)
	if err != nil {
		return nil, err
	}
	params := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	config.EndpointParams = params
	return &config, nil
}

func (k *keyFile) sign(claims map[string]any) (string, error) {
	head, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": k.id})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing with the key: %w", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// limited bounds the answers of a token endpoint.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxRefusal), resp.Body}
	}
	return resp, err
}

package rest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// signer signs requests as AWS asks for (Signature Version 4).
type signer struct {
	region, service         string
	access, secret, session string
}

func newSigner(a mapping.FetchAuth, v values) (authority, error) {
	s := &signer{service: a.Service}
	for _, f := range []struct {
		template string
		to       *string
	}{{a.Region, &s.region}, {a.ID, &s.access}, {a.Secret, &s.secret}, {a.Password, &s.session}} {
		t, err := v.expand(f.template, plain)
		if err != nil {
			return nil, err
		}
		*f.to = t
	}
	return s, nil
}

func (s *signer) renew(string) bool { return false }

func (s *signer) sign(_ context.Context, req *http.Request, body []byte) error {
	s.signAt(req, body, time.Now().UTC())
	return nil
}

func (s *signer) signAt(req *http.Request, body []byte, now time.Time) {
	stamp := now.Format("20060102T150405Z")
	day := stamp[:8]
	req.Header.Set("X-Amz-Date", stamp)
	if s.session != "" {
		req.Header.Set("X-Amz-Security-Token", s.session)
	}
	var names []string
	headers := map[string]string{"host": req.URL.Host}
	for name, value := range req.Header {
		if lower := strings.ToLower(name); lower == "content-type" || strings.HasPrefix(lower, "x-amz-") {
			headers[lower] = strings.Join(strings.Fields(value[0]), " ")
		}
	}
	for name := range headers {
		names = append(names, name)
	}
	sort.Strings(names)
	var canonical strings.Builder
	path := req.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	canonical.WriteString(req.Method + "\n" + path + "\n" + strings.ReplaceAll(req.URL.Query().Encode(), "+", "%20") + "\n")
	for _, name := range names {
		canonical.WriteString(name + ":" + headers[name] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical.WriteString("\n" + signed + "\n" + hexSum(body))
	scope := day + "/" + s.region + "/" + s.service + "/aws4_request"
	toSign := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hexSum([]byte(canonical.String()))
	key := []byte("AWS4" + s.secret)
	for _, part := range []string{day, s.region, s.service, "aws4_request", toSign} {
		key = mac(key, part)
	}
	req.Header.Set(
		"Authorization",
		"AWS4-HMAC-SHA256 Credential="+s.access+"/"+scope+", SignedHeaders="+signed+", Signature="+hex.EncodeToString(key),
	)
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

package password

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingPrintsSecrets(t *testing.T) {
	const secret = "c2VjcmV0"
	p := Password{Encoding: "pbkdf2-sha256", Body: &Body{HashedPassword: secret, Salt: secret, SignerKey: secret, HashingMethod: "pbkdf2"}}
	in := Input{Hash: secret, Salt: secret, Params: map[string]string{"signer_key": secret}}
	opt := Options{Project: map[string]string{"signer_key": secret}}
	values := []any{p, &p, *p.Body, p.Body, in, &in, opt, &opt, struct{ B Body }{*p.Body}, []Body{*p.Body}, map[string]*Body{"a": p.Body}}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, secret) || strings.Contains(got, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s of %T shows the secret", verb, v)
			}
		}
		var out bytes.Buffer
		if _, nested := v.(slog.LogValuer); nested {
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
			slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		}
		if strings.Contains(out.String(), secret) {
			t.Errorf("a log of %T shows the secret", v)
		}
	}
	data, err := json.Marshal(p.Body)
	if want := `{"hashed_password":"c2VjcmV0","hashing_method":"pbkdf2","salt":"c2VjcmV0","signer_key":"c2VjcmV0"}`; err != nil || string(data) != want {
		t.Errorf("JSON = %s, %v", data, err)
	}
}

func TestReasonsHoldNoHash(t *testing.T) {
	for _, v := range ownVectors(t) {
		for _, cut := range []int{0, 1, 5} {
			in := v.Input
			in.Hash = in.Hash[:len(in.Hash)-cut]
			p := Recognise(in, Options{})
			if p != nil && p.Reason != "" && Redact(p.Reason) != p.Reason {
				t.Errorf("%s: reason %q", v.Name, p.Reason)
			}
		}
	}
}

func TestRedact(t *testing.T) {
	for _, v := range ownVectors(t) {
		if strings.HasPrefix(v.Input.Hash, "[") || len(v.Input.Hash) == 13 || strings.Contains(v.Input.Hash, `"`) {
			continue // JSON is redacted value by value; 13 letters look like a word
		}
		text := "setting the password: " + v.Input.Hash + ": refused"
		got := Redact(text)
		if strings.Contains(got, v.Input.Hash) || !strings.Contains(got, redacted) || !strings.HasPrefix(got, "setting the password: ") {
			t.Errorf("%s: %q", v.Name, got)
		}
	}
	for _, text := range []string{
		"",
		"reading page 3 of the users: 429 Too Many Requests",
		"user kp_c3143a4b50ad43c88e541d9077681782 in org_1ccf2a7d2e3",
		"ana.perez-lopez@example.com is 5b2e6f0a-0000-4000-8000-000000000001, auth0|65a1b2c3d4e5f60718293a4b",
		"/srv/migration/2031-05-01/users_export.ndjson.gz: no such file",
		"https://acme.kinde.com/api/v1/organizations/org_123/users?page_size=500",
		"it costs $5, not $10",
	} {
		if got := Redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

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
	if want := `{"hashed_password":"c2VjcmV0","hashing_method":"pbkdf2","salt":"c2VjcmV0","signer_key":"c2VjcmV0"}`; err != nil ||
		string(data) != want {
		t.Errorf("JSON = %s, %v", data, err)
	}
}

func TestReasonsHoldNoHash(t *testing.T) {
	for _, v := range ownVectors(t) {
		for _, cut := range []int{0, 1, 5} {
			in := v.Input
			in.Hash = in.Hash[:len(in.Hash)-cut]
			p := Recognise(in, Options{})
			const piece = 12 // longer than the name of a method
			for at := 0; p != nil && at+piece <= len(in.Hash); at++ {
				if strings.Contains(p.Reason, in.Hash[at:at+piece]) {
					t.Errorf("%s: reason %q", v.Name, p.Reason)
				}
			}
		}
	}
}

func TestNamesOfSecrets(t *testing.T) {
	body := func(method string) Body { return Body{HashedPassword: "secret", HashingMethod: method} }
	for want, v := range map[string]any{
		"password.Password{md5, kept}":      *keep("md5", body("md5")),
		"password.Password{sha1, refused}":  *refuse("sha1"),
		"password.Password{md5, malformed}": *malformed("md5", "secret"),
		"password.Body{bcrypt}":             body(""),
		"password.Body{crypt}":              body("crypt"),
		"password.Body{unknown method}":     body("secret"),
		"password.Input{}":                  Input{Hash: "secret"},
		"password.Options{}":                Options{Assume: "secret"},
	} {
		if got := fmt.Sprint(v); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := v.(slog.LogValuer).LogValue().String(); got != want {
			t.Errorf("a log says %s, want %s", got, want)
		}
	}
}

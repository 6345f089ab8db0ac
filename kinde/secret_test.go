package kinde

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"strings"
	"testing"
)

// spellings are the ways in which servers and proxies write a value.
func spellings(s string) map[string]string {
	each := func(format string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, format, s[i])
		}
		return b.String()
	}
	out := map[string]string{
		"plain":               s,
		"query":               url.QueryEscape(s),
		"path":                url.PathEscape(s),
		"lower percent":       each("%%%02x"),
		"upper percent":       each("%%%02X"),
		"partly percent":      strings.NewReplacer("+", "%2B", "/", "%2f").Replace(s),
		"percent twice":       url.QueryEscape(url.QueryEscape(s)),
		"percent three times": url.QueryEscape(url.QueryEscape(url.QueryEscape(s))),
		"json":                each(`\u%04x`),
		"json slashes":        strings.ReplaceAll(s, "/", `\/`),
		"json twice":          each(`\\u%04X`),
		"percent in json":     strings.ReplaceAll(each("%%%02x"), "%", `\u0025`),
		"html":                html.EscapeString(s),
		"html decimal":        each("&#%d;"),
		"html hex":            each("&#x%X;"),
		"html of percent":     strings.ReplaceAll(each("%%%02x"), "%", "&#37;"),
		"hex":                 hex.EncodeToString([]byte(s)),
		"upper hex":           strings.ToUpper(hex.EncodeToString([]byte(s))),
		"basic escaped":       base64.StdEncoding.EncodeToString([]byte("id:" + url.QueryEscape(s))),
		"base64 percent":      url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("id:" + s))),
	}
	for _, id := range []string{"", "i", "id", "id:", "a:longer:id:"} {
		out["base64 after "+id] = base64.StdEncoding.EncodeToString([]byte(id + s + "}"))
		out["url base64 after "+id] = base64.RawURLEncoding.EncodeToString([]byte(id + s))
	}
	wrapped := base64.StdEncoding.EncodeToString([]byte("id:" + s))
	out["wrapped base64"] = wrapped[:len(wrapped)/2] + "\r\n" + wrapped[len(wrapped)/2:]
	return out
}

func TestNoSpellingOfASecretIsShown(t *testing.T) {
	longToken := "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("Qz7+Xk/9", 90) + ".c2lnbmF0dXJl"
	for _, secret := range []string{"pa+ss/wo=rd", `Zx9"\&<Kq+ 7~vB2mE`, "pa%41ss+wo/rd", longToken, "$2a$10$abcdefghijklmnopqrstuv"} {
		r := newRedaction([]string{secret})
		for name, text := range spellings(secret) {
			got := string(r.clean([]byte("before "+text+" after"), true))
			if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
				t.Errorf("%s of %.12s: the text around is gone: %q", name, secret, got)
			}
			if !strings.Contains(got, "[secret]") || len(got) > 60 {
				t.Errorf("%s of %.12s is shown: %q", name, secret, got)
			}
			if len(secret) < tellingLength {
				continue
			}
			// What was cut on its way here tells enough of a long secret.
			if part := text[len(text)/4 : len(text)/4*3]; len(secret) > 2*tellingLength {
				if got := r.clean([]byte(part), true); strings.Contains(string(got), part) {
					t.Errorf("a part of the %s of %.12s is shown: %q", name, secret, got)
				}
			}
		}
	}
}

func TestDataThatIsNoSecretStaysAsItIs(t *testing.T) {
	r := newRedaction([]string{"abc", "token", "Zx9-Kq7~vB2mE44"})
	for _, text := range []string{
		`{"users":[{"name":"a token of thanks","url":"https:\/\/example.com\/a%20b"}]}`, "abc", "", "Zx9-Kq7~vB2m",
	} {
		if got := r.clean([]byte(text), false); string(got) != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := r.clean([]byte("Zx9-Kq7~vB2mE44"), false); string(got) != "[secret]" {
		t.Errorf("a secret in an answer that succeeded is shown: %q", got)
	}
	if got := newRedaction([]string{"", "x"}).clean([]byte("a text"), true); string(got) != "a text" {
		t.Errorf("without secrets: %q", got)
	}
}

func TestSecretsOfARequestAreHidden(t *testing.T) {
	body := PasswordRequest{HashedPassword: "$2a$10$abcdefghijklmnopqrstuv", Salt: "pepper!", SignerKey: "a2V5"}
	r := newRedaction(body.secrets())
	for answer, want := range map[string]string{
		"bad hash $2a$10$abcdefghijklmnopqrstuv": "bad hash [secret]",
		"cut off: $2a$10$abcdefghijk…":           "cut off: [secret]…",
		"salt pepper! is too short":              "salt [secret] is too short",
		"key a2V5":                               "key [secret]",
		"the method is unknown":                  "the method is unknown",
		"":                                       "",
	} {
		if got := string(r.clean([]byte(answer), true)); got != want {
			t.Errorf("%q: %q, want %q", answer, got, want)
		}
	}
}

// A transport's error may quote what the other side sent.
func TestErrorsOfTransportsAreCleaned(t *testing.T) {
	s := secrets{newRedaction([]string{"Zx9-Kq7~vB2mE44"})}
	err := s.error(fmt.Errorf("malformed answer %q: %w", "Zx9-Kq7~vB2mE44", io.EOF))
	if !errors.Is(err, io.EOF) || strings.Contains(err.Error(), "Zx9") {
		t.Errorf("got %v", err)
	}
	if got := describe(errors.New("malformed HTTP version Zx9-Kq7~vB2mE44"), s); strings.Contains(got, "Zx9") {
		t.Errorf("got %q", got)
	}
}

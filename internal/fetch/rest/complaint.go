package rest

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// complaint is what a refusal says for people, on one line; "" when that can't be told.
func complaint(body []byte) string {
	v := jsontext.Value(bytes.TrimSpace(body))
	if v.Kind() != '{' || !v.IsValid() {
		return ""
	}
	var parts []string
	for _, path := range []string{
		"__type|errorCode|error_code|error.code|error.status|code|error|errors.[0].code",
		"message|Message|errorSummary|msg|error.message|error_description|detail|error.reason|errors[*].message|generalErrors[*].message",
	} {
		if t := one(v, path); t != "" && (len(parts) == 0 || parts[0] != t) {
			parts = append(parts, t)
		}
	}
	t := strings.Join(strings.Fields(strings.Join(parts, ": ")), " ")
	if len(t) > 300 {
		t = strings.ToValidUTF8(t[:300], "") + "…"
	}
	return t
}

// secrets are kept out of what is shown.
type secrets []string

// telling is how much of a secret gives it away.
const telling = 12

// hide returns a text from outside, or says that it can't be shown.
func (s secrets) hide(t string) string {
	for _, secret := range s {
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
			base64.StdEncoding.EncodeToString([]byte(":" + secret))} {
			if len(form) >= 4 && strings.Contains(t, form) {
				return "(the message repeats a secret and is not shown)"
			}
			for i := 0; i+telling <= len(form); i++ {
				if strings.Contains(t, form[i:i+telling]) {
					return "(the message repeats a secret and is not shown)"
				}
			}
		}
	}
	return t
}

package mapping

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// suspicion tells how likely the name of a place is that of a password.
type suspicion uint8

const (
	byValue suspicion = iota // only what looks like a hash is one
	byName                   // what is neither a number, a date nor a word of a state may be one
	certain                  // whatever stands there, save for booleans and dates
)

// The names of members, folded, that hold a password or its hash.
var passwordNames = map[string]bool{
	"password": true, "passwd": true, "pwd": true, "pass": true, "userpassword": true, "userpass": true, "plainpassword": true,
	"passwordplain": true, "plaintextpassword": true, "passwordplaintext": true, "cleartextpassword": true, "passwordcleartext": true,
	"temporarypassword": true, "temppassword": true, "initialpassword": true, "currentpassword": true, "newpassword": true, "unicodepwd": true,
}

// What a member of a password object is called when it is the password.
var passwordMembers = map[string]bool{
	"value":          true,
	"hash":           true,
	"text":           true,
	"plain":          true,
	"plaintext":      true,
	"cleartext":      true,
	"digest":         true,
	"hashedvalue":    true,
	"hashedpassword": true,
}

// What else a name with "password" in it may speak of.
var aboutPasswords = []string{
	"at", "date", "time", "changed", "updated", "expir", "reset", "polic", "hint", "enabled", "required", "status", "reason", "attempt",
	"token",
	"algorithm", "method", "iteration", "salt", "version", "format", "verified", "count", "question", "answer", "has", "is", "last", "login",
	"type",
	"history", "days", "age", "must", "force", "encoding", "config", "set", "instant", "url", "link", "email", "breach", "id", "need",
	"never", "code",
}

// suspectName judges the path of a place.
func suspectName(path string) suspicion {
	segments := strings.Split(path, ".")
	last, _ := nameOf(segments, 1)
	if passwordNames[last] {
		return certain
	}
	parent, kind := nameOf(segments, 2)
	if passwordMembers[parent] { // credentials.password.hash.value
		parent, kind = nameOf(segments, 3)
	}
	if passwordMembers[last] && (passwordNames[parent] || passwordNames[kind] || strings.HasPrefix(parent, "credential") && kind == "") {
		return certain
	}
	if !strings.Contains(last, "passw") && !strings.Contains(last, "pwd") && !strings.HasSuffix(last, "hash") {
		return byValue
	}
	rest := strings.Replace(strings.Replace(last, "password", "", 1), "passwd", "", 1)
	rest = strings.TrimPrefix(rest, "hash") // has is about a password, and hash is one
	for _, w := range aboutPasswords {
		if strings.HasPrefix(rest, w) || strings.HasSuffix(rest, w) {
			return byValue
		}
	}
	return byName
}

// nameOf returns the folded name of the segment at this distance from the end,
// and the value by which its elements are told apart.
func nameOf(segments []string, fromEnd int) (name, kind string) {
	if fromEnd > len(segments) {
		return "", ""
	}
	name, bracket, _ := strings.Cut(segments[len(segments)-fromEnd], "[")
	_, kind, _ = strings.Cut(strings.TrimSuffix(bracket, "]"), "=")
	return foldKey(strings.Trim(name, `"$`)), foldKey(kind)
}

// of tells whether a value under such a name is a password or its hash.
func (s suspicion) of(t string) bool {
	if password.LooksHashed(t) {
		return true
	}
	if s == byValue || len(t) < 4 {
		return false
	}
	t = strings.TrimSpace(t)
	if _, known := ParseBool(t); known || strings.Trim(t, "*•xX-") == "" || isWithheld(t) {
		return false
	}
	if s == certain {
		return true
	}
	// A hash of any kind is long and has no blanks; a state is a short word.
	return len(t) >= 20 && !strings.ContainsAny(t, " \t") && strings.ContainsAny(t, "0123456789")
}

// isWithheld knows what exports write where they leave a password out.
func isWithheld(t string) bool {
	switch strings.ToLower(t) {
	case "redacted", "[redacted]", "hidden", "secret", "ukvequnuruq=", "none", "null", "undefined", "n/a", "unset":
		return true
	}
	return false
}

// noPlace says why a place is left behind, or how it can be kept.
func noPlace(path string) string {
	if secondFactor(path) {
		return "Kinde can't take over second factors"
	}
	return "Kinde has no field for it, only a property"
}

// secondFactor tells whether a path speaks of second factors, which no property may hold.
func secondFactor(path string) bool {
	path = foldKey(path)
	for _, w := range []string{"totp", "otp", "mfa", "webauthn", "passkey", "twofactor", "2fa", "backupcode", "recovery", "lookupsecret",
		"factor", "device", "biometric", "fido", "kba"} {
		if strings.Contains(path, w) {
			return true
		}
	}
	return false
}

package password

import (
	"fmt"
	"log/slog"
	"strings"
)

// The types of this package hold secrets. Whatever prints them, by fmt or by
// slog, gets their kind and nothing else. JSON is left alone: it is how a Body
// is sent.

// String names the method.
func (b Body) String() string { return "password.Body{" + safeName(b.method()) + "}" }

// Format prints what String returns, whatever the verb.
func (b Body) Format(f fmt.State, _ rune) { fmt.Fprint(f, b.String()) }

// LogValue returns what String returns.
func (b Body) LogValue() slog.Value { return slog.StringValue(b.String()) }

// String names the encoding and what became of it.
func (p Password) String() string {
	state := "kept"
	switch {
	case p.Malformed:
		state = "malformed"
	case p.Body == nil:
		state = "refused"
	}
	return "password.Password{" + p.Encoding + ", " + state + "}"
}

// Format prints what String returns, whatever the verb.
func (p Password) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.String()) }

// LogValue returns what String returns.
func (p Password) LogValue() slog.Value { return slog.StringValue(p.String()) }

// String tells nothing of the content.
func (Input) String() string { return "password.Input{}" }

// Format prints what String returns, whatever the verb.
func (in Input) Format(f fmt.State, _ rune) { fmt.Fprint(f, in.String()) }

// LogValue returns what String returns.
func (in Input) LogValue() slog.Value { return slog.StringValue(in.String()) }

// String tells nothing of the content.
func (Options) String() string { return "password.Options{}" }

// Format prints what String returns, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprint(f, o.String()) }

// LogValue returns what String returns.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// safeName keeps a method from carrying something else into a log.
func safeName(method string) string {
	switch method {
	case methodBcrypt, methodCrypt, methodMD5, methodSHA256, methodWordPress, methodPBKDF2, methodFirebase, methodASPNet:
		return method
	}
	return "unknown method"
}

const redacted = "[redacted]"

// Redact replaces everything in s that looks like a hash, a salt or a key.
// It prefers to hide too much: long digests go, short ids, words and paths stay.
func Redact(s string) string {
	var out strings.Builder
	kept := 0
	for i := 0; i < len(s); {
		if !isHashChar(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && isHashChar(s[i]) {
			i++
		}
		// A sentence's own full stop, comma or colon is not part of the hash.
		end := i
		for end > start && strings.IndexByte(".,:", s[end-1]) >= 0 {
			end--
		}
		if looksSecret(s[start:end]) {
			out.WriteString(s[kept:start])
			out.WriteString(redacted)
			kept = end
		}
	}
	if kept == 0 {
		return s
	}
	out.WriteString(s[kept:])
	return out.String()
}

func isHashChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("+/=$._-,:{}", c) >= 0
}

func looksSecret(token string) bool {
	if dollar := strings.IndexByte(token, '$'); dollar >= 0 && len(token) >= 10 && strings.IndexByte(token[dollar+1:], '$') >= 0 {
		return true
	}
	if strings.HasPrefix(token, "{") {
		if end := strings.IndexByte(token, '}'); end > 1 && len(token)-end > 9 {
			return true
		}
	}
	// Pieces between the separators of ids, times, paths and lists.
	for piece := range strings.FieldsFuncSeq(token, func(r rune) bool { return strings.ContainsRune("-,:{}$", r) }) {
		if isDigest(piece) || isDense(piece) {
			return true
		}
	}
	return false
}

// isDigest finds runs of 32 hex digits or more. An id has a short prefix and an
// underscore before its digits, as Kinde's kp_… and org_… do.
func isDigest(s string) bool {
	run := 0
	for i := 0; i < len(s); i++ {
		if !isHex(s[i : i+1]) {
			run = 0
			continue
		}
		if run++; run >= 32 {
			start := i - run + 1
			return start == 0 || start > 8 || s[start-1] != '_'
		}
	}
	return false
}

// isDense finds base64 by how often its kind of letter changes: at more than
// every second one, against once per word in names, paths and addresses.
func isDense(s string) bool {
	if len(s) < 20 || isHex(s) || isPrefixedID(s) {
		return false
	}
	changes, last := 0, otherClass
	for i := 0; i < len(s); i++ {
		class := charClass(s[i])
		if class != last && class != otherClass && last != otherClass {
			changes++
		}
		last = class
	}
	return changes*3 >= len(s)
}

// isPrefixedID tells ids such as kp_… and org_…: a short word, then hex digits.
func isPrefixedID(s string) bool {
	prefix, rest, found := strings.Cut(s, "_")
	return found && len(prefix) <= 8 && isHex(rest) && len(rest) <= 32
}

const otherClass = 3

func charClass(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return 0
	case c >= 'A' && c <= 'Z':
		return 1
	case c >= 'a' && c <= 'z':
		return 2
	}
	return otherClass
}

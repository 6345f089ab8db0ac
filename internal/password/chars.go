package password

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

func isHex(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return s != ""
}

// isCrypt64 tells whether s holds only the 64 characters of crypt(3).
func isCrypt64(s string) bool {
	for i := 0; i < len(s); i++ {
		if crypt64Value(s[i]) < 0 {
			return false
		}
	}
	return true
}

// crypt64Value is the value of a character in crypt(3)'s base 64, -1 for others.
func crypt64Value(c byte) int {
	switch {
	case c == '.' || c == '/':
		return int(c - '.')
	case c >= '0' && c <= '9':
		return int(c-'0') + 2
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 12
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 38
	}
	return -1
}

// number reads a decimal of at most 10 digits; -1 when s is not one.
func number(s string) int {
	if s == "" || len(s) > 10 {
		return -1
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// decode64 reads base64 as sources write it: standard or URL-safe, padded or
// not, and passlib's, which has '.' for '+'. Nil and false when it is none.
func decode64(s string) ([]byte, bool) {
	if i := strings.IndexByte(s, '='); i >= 0 {
		if len(s)%4 != 0 || len(s)-i > 2 || s[len(s)-1] != '=' {
			return nil, false
		}
		s = s[:i]
	}
	enc := base64.RawStdEncoding
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\r', '\n': // which the library would skip
			return nil, false
		case '-', '_':
			enc = base64.RawURLEncoding
		case '.':
			s = strings.ReplaceAll(s, ".", "+")
		}
	}
	out, err := enc.DecodeString(s)
	return out, err == nil
}

// canonical64 returns s as standard base64 with padding, which is what Kinde takes, and
// how many bytes it stands for: none if it is no base64.
func canonical64(s string) (string, int, bool) {
	raw, ok := decode64(s)
	if !ok {
		return "", 0, false
	}
	return encode64(raw), len(raw), true
}

func encode64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func decodeHex(s string) ([]byte, bool) {
	out, err := hex.DecodeString(s)
	return out, err == nil
}

// isText tells whether a salt survives being sent as a JSON string and read back as text.
func isText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// splitInto cuts s at sep into exactly len(parts) parts.
func splitInto(s string, sep byte, parts []string) bool {
	for i := range parts {
		end := strings.IndexByte(s, sep)
		if (end < 0) != (i == len(parts)-1) {
			return false
		}
		if end < 0 {
			parts[i] = s
			return true
		}
		parts[i], s = s[:end], s[end+1:]
	}
	return false
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

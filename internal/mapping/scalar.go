package mapping

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// text returns a value as one text: trimmed, with the null spellings of
// database dumps taken for nothing. Objects give "", but MongoDB's wrappers
// ({"$oid": …}) give what they wrap. An array gives its first text.
func text(v Value) string {
	switch v.Kind {
	case String:
		return plainText(v.Text)
	case Number, Bool:
		return v.Text
	case Array:
		for i := range v.Elems {
			if s := text(v.Elems[i]); s != "" {
				return s
			}
		}
	case Object:
		if len(v.Keys) == 1 && strings.HasPrefix(v.Keys[0], "$") {
			return text(v.Elems[0])
		}
	}
	return ""
}

// plainText returns trimmed text, "" for the spellings of a database NULL.
func plainText(s string) string {
	if n := len(s); n > 0 && (s[0] <= ' ' || s[n-1] <= ' ' || s[0] >= 0x80 || s[n-1] >= 0x80) {
		s = strings.TrimSpace(s)
	}
	if isNullWord(s) {
		return ""
	}
	return s
}

// isNullWord knows how dumps write a database NULL. A person called "Null" is not one.
func isNullWord(s string) bool {
	if len(s) > 6 || len(s) < 2 {
		return false
	}
	switch s {
	case "NULL", `\N`, "None", "<null>", "(null)", "[NULL]":
		return true
	}
	return false
}

// isRounded tells a number in the notation of spreadsheets, 1.0420E+20: its last
// digits are gone.
func isRounded(s string) bool {
	if len(s) < 4 || s[0] < '0' || s[0] > '9' {
		return false
	}
	i := strings.LastIndexAny(s, "eE")
	if i < 1 || i == len(s)-1 {
		return false
	}
	exponent := s[i+1:]
	if signed := exponent[0] == '+'; signed {
		exponent = exponent[1:]
	} else if !strings.ContainsAny(s[:i], ".,") {
		return false // 12e3 may well be an id
	}
	if len(exponent) == 0 || len(exponent) > 3 || strings.Trim(exponent, "0123456789") != "" {
		return false
	}
	rest := s[1:i]
	return rest == "" || (rest[0] == '.' || rest[0] == ',') && strings.Trim(rest[1:], "0123456789") == ""
}

// empty tells whether a value says nothing, null spellings included.
func empty(v Value) bool {
	return v.IsEmpty() || v.Kind == String && isNullWord(strings.TrimSpace(v.Text))
}

// propertyText writes a value as a property holds it: text as it is, numbers and
// booleans as their literal, arrays and objects as JSON.
func propertyText(v Value) string {
	switch v.Kind {
	case Array, Object:
		if v.Kind == Object && len(v.Keys) == 1 && strings.HasPrefix(v.Keys[0], "$") {
			return propertyText(v.Elems[0])
		}
		return string(appendJSON(nil, v))
	default:
		return text(v)
	}
}

// ParseBool reads a boolean in any of the spellings that exports use. known is
// false when the text is none of them.
func ParseBool(s string) (value, known bool) {
	switch s {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	if len(s) > 8 {
		return false, false
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "t", "yes", "y", "1", "on", `\1`, "\x01", "b'1'", "1.0":
		return true, true
	case "false", "f", "no", "n", "0", "off", `\0`, "\x00", "b'0'", "0.0":
		return false, true
	}
	return false, false
}

// truth reads a condition without a comparison: a boolean in any spelling.
func truth(v Value) bool {
	switch v.Kind {
	case Bool:
		return v.Text == "true"
	case String, Number:
		b, _ := ParseBool(v.Text)
		return b
	case Array:
		return len(v.Elems) == 1 && truth(v.Elems[0])
	}
	return false
}

// isSet tells whether a value stands for something that happened: not empty,
// not false, and not one of the zero dates of databases.
func isSet(v Value) bool {
	if nothing(v) {
		return false
	}
	s := text(v)
	if s == "" {
		return v.Kind == Array || v.Kind == Object
	}
	return isSetText(s)
}

// isSetText is isSet for the text of a plain value.
func isSetText(s string) bool {
	if s == "" || s == "[]" || s == "{}" {
		return false
	}
	if b, known := ParseBool(s); known {
		return b
	}
	return !strings.HasPrefix(s, "0000-00-00") && !strings.HasPrefix(s, "0001-01-01")
}

// decodeBase64 reads standard or URL-safe base64 with or without padding.
func decodeBase64(s string) (string, bool) {
	s = strings.TrimRight(s, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	b, err := enc.DecodeString(s)
	return string(b), err == nil
}

func decodeHex(s string) (string, bool) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, `\x`))
	return string(b), err == nil
}

// cleanName removes what no name holds: control characters, invalid UTF-8,
// white space around it.
func cleanName(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7F {
			return strings.TrimSpace(strings.Map(func(r rune) rune {
				switch {
				case r == '\t' || r == '\n' || r == '\r':
					return ' '
				case r < ' ' || r >= 0x7F && r < 0xA0 || r == 0xFFFD || r == 0xFEFF:
					return -1
				}
				return r
			}, strings.ToValidUTF8(s, "")))
		}
	}
	return strings.TrimSpace(s)
}

package database

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"unicode/utf8"
)

// kind is how a value that came as text stands in JSON.
type kind uint8

const (
	text      kind = iota
	number         // as its digits, which no float has touched
	truth          // t and f, 0 and 1
	document       // JSON
	moment         // 2026-01-02 03:04:05, with +00 behind it where it has a zone
	binary         // bytes
	bits           // bytes that are a number
	anyBinary      // bytes that are often text
)

// appendJSON appends a value; nil is NULL. It tells whether the value is text
// that is not UTF-8, which stands in hexadecimal digits then.
func appendJSON(dst, v []byte, k kind) (_ []byte, odd bool) {
	if v == nil {
		return append(dst, "null"...), false
	}
	switch k {
	case number:
		if isNumber(v) {
			return append(dst, v...), false
		}
	case truth:
		if len(v) == 1 {
			switch v[0] {
			case 't', '1':
				return append(dst, "true"...), false
			case 'f', '0':
				return append(dst, "false"...), false
			}
		}
	case document:
		if json.Valid(v) {
			var b bytes.Buffer
			if json.Compact(&b, v) == nil {
				return append(dst, b.Bytes()...), false
			}
		}
	case moment:
		return appendMoment(dst, v), false
	case bits:
		if len(v) == 1 && v[0] <= 1 {
			return appendJSON(dst, []byte{'0' + v[0]}, truth)
		}
		return appendHex(dst, v), false
	case binary:
		return appendHex(dst, v), false
	case anyBinary:
		if !plain(v) {
			return appendHex(dst, v), false
		}
	}
	if !utf8.Valid(v) {
		return appendHex(dst, v), true
	}
	return appendText(dst, v), false
}

// appendHex writes bytes as PostgreSQL does.
func appendHex(dst, v []byte) []byte {
	dst = append(dst, `"\\x`...)
	dst = hex.AppendEncode(dst, v)
	return append(dst, '"')
}

// plain tells whether bytes are text that a person wrote.
func plain(v []byte) bool {
	for _, c := range v {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(v)
}

// appendText quotes text that is UTF-8.
func appendText(dst, v []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range v {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, v[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			const digits = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(dst, v[from:]...), '"')
}

// appendMoment writes a time in the form of RFC 3339. What has none, such as
// infinity, a year before Christ or MySQL's 0000-00-00, stays as it is.
func appendMoment(dst, v []byte) []byte {
	at := len(dst) + 1
	dst = appendText(dst, v)
	if len(v) < 19 || v[4] != '-' || v[10] != ' ' || bytes.HasSuffix(v, []byte("BC")) || bytes.HasPrefix(v, []byte("0000")) {
		return dst
	}
	dst[at+10] = 'T'
	if bytes.HasSuffix(v, []byte("+00")) {
		dst = append(dst[:len(dst)-1], `:00"`...)
	}
	return dst
}

// isNumber tells whether text is a number in JSON.
func isNumber(v []byte) bool {
	i := 0
	if i < len(v) && v[i] == '-' {
		i++
	}
	if i == len(v) || v[i] < '0' || v[i] > '9' || v[i] == '0' && i+1 < len(v) && v[i+1] >= '0' && v[i+1] <= '9' {
		return false
	}
	for ; i < len(v); i++ {
		if v[i] < '0' || v[i] > '9' {
			return json.Valid(v) // a fraction, an exponent, or something else
		}
	}
	return true
}

package mapping

import (
	"encoding/hex"
	"strings"
)

// commonName returns the value of the cn that a distinguished name begins with
// (RFC 4514), without its escapes. ok is false when it begins with something else.
func commonName(dn string) (name string, ok bool) {
	kind, value, _, ok := nextRDN(dn)
	return value, ok && strings.EqualFold(kind, "cn")
}

// container returns the distinguished name of what holds an entry, in one spelling.
func container(dn string) (string, bool) {
	_, _, rest, ok := nextRDN(dn)
	if !ok {
		return "", false
	}
	return canonicalDN(rest)
}

// canonicalDN writes a distinguished name in one way of the many: in lower case,
// without blanks around its parts, with what is special escaped.
func canonicalDN(dn string) (string, bool) {
	var b strings.Builder
	for rest := dn; rest != ""; {
		kind, value, more, ok := nextRDN(rest)
		if !ok {
			return strings.ToLower(dn), true
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.ToLower(kind) + "=" + dnEscapes.Replace(strings.ToLower(value)))
		rest = more
	}
	return b.String(), true
}

var dnEscapes = strings.NewReplacer(`\`, `\\`, ",", `\,`, "+", `\+`)

// nextRDN reads one part of a distinguished name up to the next comma or plus sign.
func nextRDN(s string) (kind, value, rest string, ok bool) {
	kind, s, ok = strings.Cut(s, "=")
	if kind = strings.TrimSpace(kind); !ok || kind == "" {
		return "", "", "", false
	}
	s = strings.TrimLeft(s, " ")
	var b strings.Builder
	quoted := strings.HasPrefix(s, `"`)
	i, kept := 0, 0 // kept: the length up to which trailing blanks belong to the value
	if quoted {
		i = 1
	}
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			if raw, err := hex.DecodeString(s[i+1 : min(i+3, len(s))]); err == nil {
				b.Write(raw)
				i += 2
			} else {
				i++
				b.WriteByte(s[i])
			}
			kept = b.Len()
			continue
		case c == '"' && quoted:
			kept, quoted = b.Len(), false
			continue
		case (c == ',' || c == '+' || c == ';') && !quoted:
			rest = s[i+1:]
			i = len(s)
			continue
		}
		b.WriteByte(c)
		if c != ' ' || quoted {
			kept = b.Len()
		}
	}
	return kind, strings.ToValidUTF8(b.String()[:kept], "�"), rest, true
}

package mapping

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckEmail trims an address and checks it against the part of RFC 5321 and
// 6531 that mail systems accept: a dot-atom, letters of any script allowed, and
// a domain with at least one dot. Quoted local parts, address literals and
// comments are refused. The spelling is kept.
func CheckEmail(s string) (string, error) {
	s = strings.TrimSpace(s)
	if len(s) > 254 {
		return "", errors.New("it is longer than 254 characters")
	}
	at := strings.LastIndexByte(s, '@')
	switch {
	case at < 0:
		return "", errors.New("it has no @")
	case at == 0:
		return "", errors.New("nothing stands before the @")
	case at == len(s)-1:
		return "", errors.New("nothing stands after the @")
	}
	if err := checkLocal(s[:at]); err != nil {
		return "", err
	}
	if err := checkDomain(s[at+1:]); err != nil {
		return "", err
	}
	return s, nil
}

func checkLocal(l string) error {
	if len(l) > 64 {
		return errors.New("the part before the @ is longer than 64 characters")
	}
	if l[0] == '.' || l[len(l)-1] == '.' || strings.Contains(l, "..") {
		return errors.New("a dot stands at the wrong place before the @")
	}
	for i := 0; i < len(l); i++ {
		c := l[i]
		if c >= 0x80 {
			return checkLetters(l)
		}
		if noAddress[c] {
			return errors.New("it holds a character that no address has")
		}
	}
	return nil
}

// noAddress holds the ASCII characters that stand in no dot-atom.
var noAddress = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c <= ' ' || c == 0x7F || strings.IndexByte(`()<>[]:;@\,"`, byte(c)) >= 0
	}
	return t
}()

// checkLetters refuses what no script writes words with: controls, spaces, invalid UTF-8.
func checkLetters(s string) error {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n <= 1 {
				return errors.New("it is not valid UTF-8")
			}
		}
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) && r != 0x200C && r != 0x200D || r == 0xFFFD ||
			r < 0x80 && strings.ContainsRune(`()<>[]:;@\,"`, r) {
			return errors.New("it holds a character that no address has")
		}
	}
	return nil
}

func checkDomain(d string) error {
	d = strings.TrimSuffix(d, ".")
	if len(d) > 253 || !strings.Contains(d, ".") {
		return errors.New("the part after the @ is not a domain")
	}
	letters := false
	for label := range strings.SplitSeq(d, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return errors.New("the part after the @ is not a domain")
		}
		letters = false
		foreign := false
		for i := 0; i < len(label); i++ {
			c := label[i]
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-':
				letters = true
			case c >= 0x80:
				letters, foreign = true, true
			case c >= '0' && c <= '9', c == '_':
			default:
				return errors.New("the part after the @ is not a domain")
			}
		}
		if !foreign {
			continue
		}
		if err := checkLetters(label); err != nil {
			return err
		}
	}
	if !letters {
		return errors.New("the part after the @ is not a domain")
	}
	return nil
}

// FoldEmail returns the form in which two spellings of one address are equal:
// lower case, and the domain's punycode labels decoded.
func FoldEmail(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	if at < 0 || !strings.Contains(s[at:], "xn--") {
		return s
	}
	labels := strings.Split(s[at+1:], ".")
	for i, l := range labels {
		if rest, ok := strings.CutPrefix(l, "xn--"); ok {
			if u, ok := punyDecode(rest); ok {
				labels[i] = strings.ToLower(u)
			}
		}
	}
	return s[:at+1] + strings.Join(labels, ".")
}

// punyDecode decodes one label of RFC 3492, without its prefix.
func punyDecode(s string) (string, bool) {
	const base, tMin, tMax, skew, damp = 36, 1, 26, 38, 700
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		out = []rune(s[:i])
		s = s[i+1:]
	}
	n, pos, bias := 128, 0, 72
	for len(s) > 0 {
		old, weight := pos, 1
		for k := base; ; k += base {
			if s == "" {
				return "", false
			}
			var digit int
			switch c := s[0]; {
			case c >= 'a' && c <= 'z':
				digit = int(c - 'a')
			case c >= '0' && c <= '9':
				digit = int(c-'0') + 26
			default:
				return "", false
			}
			s = s[1:]
			pos += digit * weight
			t := min(max(k-bias, tMin), tMax)
			if digit < t {
				break
			}
			weight *= base - t
			if pos < 0 || weight < 0 || weight > 1<<40 || pos > 1<<40 {
				return "", false
			}
		}
		length := len(out) + 1
		delta := (pos - old) / 2
		if old == 0 {
			delta = (pos - old) / damp
		}
		delta += delta / length
		k := 0
		for ; delta > (base-tMin)*tMax/2; k += base {
			delta /= base - tMin
		}
		bias = k + (base-tMin+1)*delta/(delta+skew)
		n += pos / length
		pos %= length
		if n > unicode.MaxRune {
			return "", false
		}
		out = append(out[:pos], append([]rune{rune(n)}, out[pos:]...)...)
		pos++
	}
	return string(out), utf8.ValidString(string(out))
}

// CheckUsername tells what is wrong with a username: Kinde takes 2 to 64 letters,
// digits, hyphens and underscores. Source: Kinde docs, username authentication.
func CheckUsername(s string) error {
	if len(s) < 2 || len(s) > 64 {
		return errors.New("a username of Kinde has 2 to 64 characters")
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return errors.New("a username of Kinde has letters, digits, hyphens and underscores only")
		}
	}
	return nil
}

// FoldUsername returns the form in which Kinde compares usernames.
func FoldUsername(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

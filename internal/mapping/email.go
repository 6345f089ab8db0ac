package mapping

import (
	"errors"
	"fmt"
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
		return "", errors.New("nothing is before the @")
	case at == len(s)-1:
		return "", errors.New("nothing is after the @")
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
		return errors.New("a dot is in the wrong place before the @")
	}
	for i := 0; i < len(l); i++ {
		c := l[i]
		if c >= 0x80 {
			return checkLetters(l)
		}
		if noAddress[c] {
			return errors.New("it contains a character that isn't allowed in an address")
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

// checkLetters refuses what no script writes words with: controls, spaces, invalid
// UTF-8, and signs that nobody sees. Joiners are letters' own in some scripts, and
// invisible between the letters of others.
func checkLetters(s string) error {
	for i, r := range s {
		if r == 0x200C || r == 0x200D {
			if before, _ := utf8.DecodeLastRuneInString(s[:i]); i == 0 || before < 0x300 {
				return invisible(r)
			}
			continue
		}
		if unicode.Is(unicode.Cf, r) {
			return invisible(r)
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n <= 1 {
				return errors.New("it is not valid UTF-8")
			}
		}
		if unicode.IsControl(r) || unicode.IsSpace(r) || r == 0xFFFD ||
			r < 0x80 && strings.ContainsRune(`()<>[]:;@\,"`, r) {
			return errors.New("it contains a character that isn't allowed in an address")
		}
	}
	return nil
}

func invisible(r rune) error {
	return fmt.Errorf("it contains the invisible character U+%04X", r)
}

func checkDomain(d string) error {
	if strings.HasSuffix(d, ".") {
		return errors.New("it ends with a dot")
	}
	letters, foreign, start, dots := false, false, 0, 0
	bad := len(d) > 253
	for i := 0; i <= len(d) && !bad; i++ {
		if i == len(d) || d[i] == '.' {
			label := d[start:i]
			bad = label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-'
			if foreign && !bad {
				if err := checkLetters(label); err != nil {
					return err
				}
			}
			if i < len(d) {
				letters, foreign, start = false, false, i+1
				dots++
			}
			continue
		}
		switch c := d[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '-':
			letters = true
		case c >= 0x80:
			letters, foreign = true, true
		case c >= '0' && c <= '9', c == '_':
		default:
			bad = true
		}
	}
	if bad || dots == 0 || !letters {
		return errors.New("the part after the @ is not a domain")
	}
	return nil
}

// CheckUsername tells what is wrong with a username: Kinde takes 2 to 64 letters,
// digits, hyphens and underscores. Source: Kinde docs, username authentication.
func CheckUsername(s string) error {
	if len(s) < 2 || len(s) > 64 {
		return errors.New("a username in Kinde has 2 to 64 characters")
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return errors.New("a username in Kinde has only letters, digits, hyphens and underscores")
		}
	}
	return nil
}

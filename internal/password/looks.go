package password

import (
	"slices"
	"strings"
)

// LooksHashed tells from a few bytes whether a value is a password hash in a
// form that nothing else has: one that names its scheme. Bare digests of hex or
// base64 are not told from ids and tokens.
func LooksHashed(s string) bool {
	if len(s) < 13 {
		return false
	}
	switch s[0] {
	case '$':
		return looksModular(s)
	case '{':
		return looksBraced(s)
	case 'A':
		return len(s) == 84 && strings.HasPrefix(s, "AQAAAA") && fromASPNet(s) != nil // ASP.NET Identity, version 3
	case 'U':
		return strings.HasPrefix(s, "U$S$")
	case 'p', 'b', 's', 'a', 'm', 'c':
		for _, scheme := range namedSchemes {
			if strings.HasPrefix(s, scheme) {
				return true
			}
		}
	}
	return false
}

// namedSchemes are the beginnings of hashes as Django and Werkzeug write them.
var namedSchemes = []string{
	"pbkdf2_sha256$", "pbkdf2_sha1$", "pbkdf2_sha512$", "pbkdf2_sha512_hex$", "pbkdf2:sha", "bcrypt$", "bcrypt_sha256$",
	"argon2$", "scrypt:", "scrypt$",
	"sha1$", "sha224$", "sha256$", "sha384$", "sha512$", "md5$", "crypt$",
}

// looksModular knows $scheme$… where the scheme is one that detectDollar knows.
func looksModular(s string) bool {
	name, rest, _ := strings.Cut(s[1:], "$")
	if len(rest) < 8 || len(name) > 20 {
		return false
	}
	switch name {
	case "1", "2", "2a", "2b", "2x", "2y", "3", "5", "6", "7", "y", "gy", "P", "H", "S", "wp", "apr1", "sha1", "md5", "s0", "s1", "s2",
		"sha224", "sha256", "sha384", "sha512", "fbscrypt", "firescrypt", "f_scrypt", "scrypt":
		return true
	}
	for _, p := range []string{"argon2", "pbkdf2", "bcrypt", "md5-crypt", "sha256-crypt", "sha512-crypt", "hmac-", "md5,"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// bracedSchemes are those of directories that have no common beginning.
var bracedSchemes = []string{
	"PLAIN-MD5", "LDAP-MD5", "PKCS5S2", "NT", "NTLM", "LANMAN", "CLEARTEXT", "CLEAR", "PLAIN", "NOOP",
}

// looksBraced knows {SCHEME}…, as directories and Spring write it.
func looksBraced(s string) bool {
	scheme, rest, _ := strings.Cut(s[1:], "}")
	if len(rest) < 8 || len(scheme) > 24 || rest[0] == ' ' || strings.ContainsAny(scheme, " \":{,") {
		return false
	}
	switch up := strings.ToUpper(scheme); {
	case strings.HasPrefix(up, "SHA"), strings.HasPrefix(up, "SSHA"), strings.HasPrefix(up, "MD"), strings.HasPrefix(up, "SMD5"),
		strings.HasPrefix(up, "PBKDF2"), strings.HasPrefix(up, "BCRYPT"), strings.HasPrefix(up, "CRYPT"), strings.HasPrefix(up, "ARGON2"),
		strings.HasPrefix(up, "SCRYPT"), strings.HasPrefix(up, "X-"), strings.HasPrefix(up, "BLF-CRYPT"):
		return true
	default:
		return slices.Contains(bracedSchemes, up)
	}
}

// Unread is the password of somebody whose hash nothing read.
func Unread() *Password {
	return &Password{Encoding: "unread", Reason: "the source seems to hold a password that nothing reads"}
}

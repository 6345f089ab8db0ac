package password

import "strings"

// detectBrace handles "{SCHEME}…" of directories. Schemes are case-insensitive,
// save AIX's, which are lower-case and have a '$' behind them.
func detectBrace(in Input, opt Options) *Password {
	end := strings.IndexByte(in.Hash, '}')
	if end < 0 || end > 40 {
		return refuse("unknown")
	}
	scheme, rest := in.Hash[1:end], in.Hash[end+1:]
	if isAIX(scheme, rest) {
		return refuse("aix")
	}
	var buf [40]byte
	for i := 0; i < len(scheme); i++ {
		c := scheme[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		buf[i] = c
	}
	switch string(buf[:len(scheme)]) {
	case "CRYPT":
		if isNoPassword(rest) {
			return refuse("external")
		}
		in.Hash = rest
		if rest[0] == '{' {
			return refuse("unknown")
		}
		return detect(in, opt)
	case "BCRYPT", "BLF-CRYPT":
		return fromBcrypt(rest)
	case "MD5-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT":
		if !strings.HasPrefix(rest, "$") {
			return malformed("crypt-sha512", "it is not a crypt string")
		}
		in.Hash = rest
		return detectDollar(in, opt)
	case "MD5", "PLAIN-MD5", "LDAP-MD5":
		return fromSaltedBytes(methodMD5, rest, false)
	case "SMD5":
		return fromSaltedBytes(methodMD5, rest, true)
	case "SHA256", "SHA-256":
		return fromSaltedBytes(methodSHA256, rest, false)
	case "SSHA256", "SSHA-256":
		return fromSaltedBytes(methodSHA256, rest, true)
	case "SHA", "SHA1", "SHA-1", "SSHA", "SSHA1":
		return refuse("sha1")
	case "SHA224", "SSHA224":
		return refuse("sha224")
	case "SHA384", "SSHA384", "SHA-384":
		return refuse("sha384")
	case "SHA512", "SSHA512", "SHA-512":
		return refuse("sha512")
	case "PBKDF2", "PBKDF2-SHA1", "PBKDF2-HMAC-SHA1", "PKCS5S2":
		return refuse("pbkdf2-sha1")
	case "PBKDF2-SHA256":
		return fromDirectoryPBKDF2("pbkdf2-sha256", rest)
	case "PBKDF2-SHA512":
		return fromDirectoryPBKDF2("pbkdf2-sha512", rest)
	case "PBKDF2-HMAC-SHA256":
		return fromForgeRock("pbkdf2-sha256", rest)
	case "PBKDF2-HMAC-SHA512":
		return fromForgeRock("pbkdf2-sha512", rest)
	case "PBKDF2_SHA256":
		return refuse("389ds-pbkdf2-sha256")
	case "ARGON2", "ARGON2I", "ARGON2ID", "ARGON2D":
		return detectArgon(strings.TrimPrefix(rest, "$"))
	case "SCRYPT":
		return refuse("scrypt")
	case "NT", "NTLM", "LANMAN":
		return refuse("ntlm")
	case "MD4":
		return refuse("md4")
	case "CLEARTEXT", "CLEAR", "PLAIN", "NOOP":
		return refuse("plain-text")
	case "SASL", "KERBEROS", "GSSAPI", "PASS-THROUGH", "UNIX":
		return refuse("external")
	}
	return refuse("unknown")
}

func isAIX(scheme, rest string) bool {
	switch scheme {
	case "smd5", "ssha1", "ssha256", "ssha512":
		return strings.IndexByte(rest, '$') >= 0
	}
	return false
}

// fromSaltedBytes reads base64 of the digest, or of the digest with the salt behind it.
func fromSaltedBytes(method, s string, salted bool) *Password {
	size := digestSize(method)
	raw, ok := readDigest(s, size)
	if !ok {
		raw, ok = decode64(s)
	}
	if !ok || len(raw) < size || (!salted && len(raw) > size) {
		return malformed(method, "it is not a digest of the right length in base64")
	}
	return fromDigest(method, raw[:size], string(raw[size:]), "suffix")
}

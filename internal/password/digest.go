package password

import (
	"encoding/hex"
	"strings"
)

func digestSize(method string) int {
	if method == methodMD5 {
		return 16
	}
	return 32
}

// fromDigest builds a body of md5 or sha256 with a salt of any bytes.
func fromDigest(method string, digest []byte, salt, position string) *Password {
	b := Body{HashedPassword: hex.EncodeToString(digest), HashingMethod: method}
	if salt != "" {
		if !isText(salt) {
			if method == methodMD5 {
				return refuse("md5-binary-salt")
			}
			return refuse("sha256-binary-salt")
		}
		b.Salt, b.SaltPosition = salt, position
	}
	return keep(method, b)
}

// readDigest reads a digest of size bytes in hex or base64, told apart by length.
func readDigest(s string, size int) ([]byte, bool) {
	if len(s) == 2*size {
		return decodeHex(s)
	}
	raw, ok := decode64(s)
	return raw, ok && len(raw) == size
}

// digestMethod converts what a source calls md5 or sha256, with or without a salt.
func digestMethod(method string) converter {
	return func(in Input, opt Options) *Password {
		hash := in.Hash
		if strings.HasPrefix(hash, "{") {
			return detectBrace(in, opt)
		}
		if strings.HasPrefix(hash, "$"+method+"$") {
			return fromKratosDigest(method, hash)
		}
		hash = strings.TrimPrefix(hash, method+"$")
		position := positionOf(in.SaltPosition)
		salt, ok := saltBytes(in.Salt, in.SaltEncoding, "text")
		if !ok {
			return malformed(method, "its salt is not in the encoding that the source names")
		}
		if salt == "" {
			if text, sum, found := strings.Cut(hash, "$"); found {
				salt, hash = text, sum
			} else if sum, text, found := strings.Cut(hash, ":"); found {
				salt, hash = text, sum
			}
		}
		digest, ok := readDigest(hash, digestSize(method))
		if !ok {
			return malformed(method, "it is not a digest of the right length in hex or base64")
		}
		if salt != "" && position == "" {
			return refuseFor(method, "it has a salt, and nothing says whether the salt comes before or after the password")
		}
		return fromDigest(method, digest, salt, position)
	}
}

// fusionDigest converts FusionAuth's salted-md5 and salted-sha256: the digest
// over password and salt, repeated factor times.
func fusionDigest(method string) converter {
	return func(in Input, opt Options) *Password {
		if in.Iterations > 1 {
			return refuse(method + "-iterated")
		}
		if in.SaltEncoding == "" {
			in.SaltEncoding = "base64"
		}
		if in.SaltPosition == "" {
			in.SaltPosition = "suffix"
		}
		return digestMethod(method)(in, opt)
	}
}

// positionOf reads the names that sources have for the position of a salt.
func positionOf(s string) string {
	switch strings.ToLower(s) {
	case "prefix", "prepend", "before", "start":
		return "prefix"
	case "suffix", "append", "after", "end":
		return "suffix"
	}
	return ""
}

// saltBytes decodes a salt column. The second result is false for a salt that
// does not fit the encoding.
func saltBytes(salt, encoding, otherwise string) (string, bool) {
	if encoding == "" {
		encoding = otherwise
	}
	switch strings.ToLower(encoding) {
	case "text", "string", "utf8", "utf-8", "ascii", "plain":
		return salt, true
	case "hex":
		raw, ok := decodeHex(strings.TrimPrefix(strings.TrimSpace(salt), `\x`))
		return string(raw), ok
	case "base64", "base64url", "b64":
		raw, ok := decode64(strings.TrimSpace(salt))
		return string(raw), ok
	}
	return "", false
}

// fromKratosDigest converts Ory Kratos's "$md5$hash" and "$md5$pf=F$salt$hash",
// where F is base64 of a template such as {SALT}{PASSWORD}.
func fromKratosDigest(method, hash string) *Password {
	var p [5]string
	if splitInto(hash, '$', p[:3]) {
		digest, ok := readDigest(p[2], digestSize(method))
		if !ok {
			return malformed(method, "it is not a digest of the right length in hex or base64")
		}
		return fromDigest(method, digest, "", "")
	}
	if !splitInto(hash, '$', p[:]) || !strings.HasPrefix(p[2], "pf=") {
		return malformed(method, "it does not have the parts of this form")
	}
	template, ok1 := decode64(p[2][len("pf="):])
	salt, ok2 := decode64(p[3])
	digest, ok3 := readDigest(p[4], digestSize(method))
	if !ok1 || !ok2 || !ok3 {
		return malformed(method, "one of its parts is not base64 of the right length")
	}
	text, position, ok := unfoldTemplate(string(template), string(salt))
	if !ok {
		return refuseFor(method, "its salt comes neither before nor after the password")
	}
	return fromDigest(method, digest, text, position)
}

// unfoldTemplate turns a template into one salt on one side of the password.
// Constant text around {SALT} becomes part of the salt, which is exact.
func unfoldTemplate(template, salt string) (text, position string, ok bool) {
	const password = "{PASSWORD}"
	if strings.Count(template, password) != 1 {
		return "", "", false
	}
	before, after, _ := strings.Cut(template, password)
	before = strings.ReplaceAll(before, "{SALT}", salt)
	after = strings.ReplaceAll(after, "{SALT}", salt)
	switch {
	case after == "":
		return before, "prefix", true
	case before == "":
		return after, "suffix", true
	}
	return "", "", false
}

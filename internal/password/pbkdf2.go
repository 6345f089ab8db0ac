package password

import (
	"encoding/base64"
	"strings"
)

// fromPBKDF2 picks the variant by digest and length of the key. The blocks of
// PBKDF2's output do not depend on each other, so a key that is longer than the
// variant's is cut to it and nothing is lost; a shorter one can't be extended.
func fromPBKDF2(name string, sha512 bool, key, salt []byte, iterations int) *Password {
	switch {
	case len(salt) == 0:
		return malformed(name, "it has no salt")
	case iterations < 1:
		return malformed(name, "its number of iterations is missing or not a number")
	case iterations > maxIterations:
		return refuseFor(name, reasonCost)
	case len(key) == 0:
		return malformed(name, "its key is empty")
	}
	var variant string
	switch {
	case sha512 && len(key) >= 64:
		variant, key = variantSHA512, key[:64]
	case sha512:
		return refuse("pbkdf2-sha512-short")
	case len(key) >= 64:
		variant, key = variantSHA256Long, key[:64]
	case len(key) >= 32:
		variant, key = variantSHA256, key[:32]
	default:
		return refuseFor(name, reasonShort)
	}
	return keep(name, Body{
		HashedPassword: encode64(key), HashingMethod: methodPBKDF2,
		Salt: encode64(salt), Iterations: iterations, Variant: variant,
	})
}

const notParts = "it does not have the parts of this form"
const notBase64 = "one of its parts is not base64"
const notHex = "its key is not hex"

// pick chooses a name by digest, without building it on the hot path.
func pick(sha512 bool, name256, name512 string) string {
	if sha512 {
		return name512
	}
	return name256
}

// fromModularPBKDF2 reads passlib's $pbkdf2-sha256$iterations$salt$key and Ory's
// $pbkdf2-sha256$i=…,l=…$salt$key.
func fromModularPBKDF2(name, s string) *Password {
	sha512 := name == "pbkdf2-sha512"
	label := pick(sha512, "passlib-pbkdf2-sha256", "passlib-pbkdf2-sha512")
	var p [5]string
	if !splitInto(s, '$', p[:]) {
		return malformed(label, notParts)
	}
	iterations := number(p[2])
	if settings, ok := strings.CutPrefix(p[2], "i="); ok {
		label = pick(sha512, "phc-pbkdf2-sha256", "phc-pbkdf2-sha512")
		count, length, _ := strings.Cut(settings, ",l=")
		iterations = number(count)
		if length != "" && number(length) != base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(p[4], "="))) {
			return malformed(label, "its key does not have the length that it states")
		}
	}
	return fromBase64Parts(label, sha512, iterations, p[3], p[4])
}

func fromBase64Parts(name string, sha512 bool, iterations int, salt64, key64 string) *Password {
	salt, ok1 := decode64(salt64)
	key, ok2 := decode64(key64)
	if !ok1 || !ok2 {
		return malformed(name, notBase64)
	}
	return fromPBKDF2(name, sha512, key, salt, iterations)
}

// detectPBKDF2SHA256 reads pbkdf2_sha256$… without a method. Django's salts are
// letters and digits; one with padding is Clerk's, or nobody's.
func detectPBKDF2SHA256(s string) *Password {
	var p [4]string
	if splitInto(s, '$', p[:]) && strings.ContainsAny(p[2], "=+/") {
		if _, ok := decode64(p[2]); ok {
			return refuse("pbkdf2-sha256-ambiguous")
		}
	}
	return fromDjango(s)
}

// fromDjango reads pbkdf2_sha256$iterations$salt$key, where the salt is text.
func fromDjango(s string) *Password {
	const name = "django-pbkdf2-sha256"
	var p [4]string
	if !splitInto(s, '$', p[:]) {
		return malformed(name, notParts)
	}
	key, ok := decode64(p[3])
	switch {
	case !ok:
		return malformed(name, notBase64)
	case len(key) < 32:
		return malformed(name, reasonShort)
	}
	return fromPBKDF2(name, false, key, []byte(p[2]), number(p[1]))
}

// fromClerkSHA256 reads the same string with the salt in base64.
func fromClerkSHA256(s string) *Password {
	const name = "clerk-pbkdf2-sha256"
	var p [4]string
	if !splitInto(s, '$', p[:]) {
		return malformed(name, notParts)
	}
	if len(p[2])%4 != 0 {
		return malformed(name, "its salt is not padded base64; Django's strings need the method pbkdf2_sha256_django")
	}
	return fromBase64Parts(name, false, number(p[1]), p[2], p[3])
}

// fromClerkSHA512 reads pbkdf2_sha512$iterations$salt$key with the key in hex,
// and the salt as text or, in the _hex form, in hex.
func fromClerkSHA512(in Input, hexSalt bool) *Password {
	const name = "clerk-pbkdf2-sha512"
	var p [4]string
	if !splitInto(in.Hash, '$', p[:]) {
		return malformed(name, notParts)
	}
	salt := []byte(p[2])
	if hexSalt {
		raw, ok := decodeHex(p[2])
		if !ok {
			return malformed(name, "its salt is not hex")
		}
		salt = raw
	}
	key, ok := decodeHex(p[3])
	if !ok {
		return malformed(name, notHex)
	}
	return fromPBKDF2(name, true, key, salt, number(p[1]))
}

// fromWerkzeug reads pbkdf2:sha256:iterations$salt$key; the salt is text, the key hex.
func fromWerkzeug(s string) *Password {
	var p [3]string
	if !splitInto(s, '$', p[:]) {
		return malformed("werkzeug-pbkdf2-sha256", notParts)
	}
	digest, count, explicit := strings.Cut(strings.TrimPrefix(p[0], "pbkdf2:"), ":")
	sha512 := digest == "sha512"
	name := pick(sha512, "werkzeug-pbkdf2-sha256", "werkzeug-pbkdf2-sha512")
	switch {
	case digest == "sha1":
		return refuse("pbkdf2-sha1")
	case digest != "sha256" && digest != "sha512":
		return refuseFor("pbkdf2", "Kinde has no variant with this digest")
	case !explicit:
		return refuse("werkzeug-pbkdf2-default")
	}
	key, ok := decodeHex(p[2])
	if !ok {
		return malformed(name, notHex)
	}
	return fromPBKDF2(name, sha512, key, []byte(p[1]), number(count))
}

// fromForgeRock reads iterations:base64(key, salt) of ForgeRock's directory.
func fromForgeRock(kind, rest string) *Password {
	sha512 := kind == "pbkdf2-sha512"
	name := pick(sha512, "forgerock-pbkdf2-sha256", "forgerock-pbkdf2-sha512")
	size := 32
	if sha512 {
		size = 64
	}
	count, parts, found := strings.Cut(rest, ":")
	raw, ok := decode64(parts)
	if !found || !ok || len(raw) <= size {
		return malformed(name, notParts)
	}
	return fromPBKDF2(name, sha512, raw[:size], raw[size:], number(count))
}

// fromDirectoryPBKDF2 reads iterations$salt$key of OpenLDAP's pw-pbkdf2.
func fromDirectoryPBKDF2(kind, rest string) *Password {
	sha512 := kind == "pbkdf2-sha512"
	name := pick(sha512, "ldap-pbkdf2-sha256", "ldap-pbkdf2-sha512")
	var p [3]string
	if !splitInto(rest, '$', p[:]) {
		return malformed(name, notParts)
	}
	return fromBase64Parts(name, sha512, number(p[0]), p[1], p[2])
}

package sandbox

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

var (
	bcryptForm    = regexp.MustCompile(`^\$2[abxy]?\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$`)
	cryptForm     = regexp.MustCompile(`^(\$[a-z0-9-]+\$.+|_[./0-9A-Za-z]{19}|[./0-9A-Za-z]{13})$`)
	wordpressForm = regexp.MustCompile(`^(\$[PH]\$[./0-9A-Za-z]{31}|\$wp\$2y\$.+)$`)
)

var variants = map[string]int{
	"salted-pbkdf2-hmac-sha256": 32, "salted-pbkdf2-hmac-sha256-512": 64, "salted-pbkdf2-hmac-sha512-512": 64,
}

// defaultIterations is what the description promises when none are given.
const defaultIterations = 24000

// checkPassword holds SetUserPassword's body against the rules of its method.
// given are the keys that the body named, since a forbidden one is refused
// whatever its value.
func checkPassword(b *password.Body, given map[string]json.RawMessage) (field, problem string) {
	names := func(keys ...string) string {
		for _, k := range keys {
			if _, ok := given[k]; ok {
				return k
			}
		}
		return ""
	}
	if b.HashedPassword == "" {
		return "hashed_password", "is required"
	}
	if b.HashingMethod == "" {
		b.HashingMethod = "bcrypt"
	}
	if b.HashingMethod != "firebase-scrypt" {
		if k := names("signer_key", "salt_separator", "rounds", "mem_cost"); k != "" {
			return k, "is for firebase-scrypt only"
		}
	}
	if b.SaltPosition != "" && b.SaltPosition != "prefix" && b.SaltPosition != "suffix" {
		return "salt_position", "is prefix or suffix"
	}
	switch b.HashingMethod {
	case "bcrypt":
		if !bcryptForm.MatchString(b.HashedPassword) {
			return "hashed_password", "is not a bcrypt hash"
		}
		if strings.HasPrefix(b.HashedPassword, "$2b$") {
			b.HashedPassword = "$2a$" + b.HashedPassword[4:]
		}
	case "crypt":
		if !cryptForm.MatchString(b.HashedPassword) {
			return "hashed_password", "is not a crypt hash"
		}
	case "wordpress":
		if !wordpressForm.MatchString(b.HashedPassword) {
			return "hashed_password", "is not a WordPress hash"
		}
	case "md5":
		return checkDigest(b, 16)
	case "sha256":
		return checkDigest(b, 32)
	case "pbkdf2":
		return checkPBKDF2(b, given)
	case "firebase-scrypt":
		if k := names("iterations", "variant"); k != "" {
			return k, "is not for firebase-scrypt"
		}
		return checkFirebase(b)
	case "aspnet-identity-v2":
		if k := names("salt", "salt_position", "iterations", "variant"); k != "" {
			return k, "is not for aspnet-identity-v2"
		}
		raw, err := base64.StdEncoding.DecodeString(b.HashedPassword)
		if err != nil || len(raw) != 49 || raw[0] != 0 {
			return "hashed_password", "is not a hash of ASP.NET Identity version 2"
		}
	default:
		return "hashing_method", "is not one that is supported"
	}
	return "", ""
}

func checkDigest(b *password.Body, size int) (field, problem string) {
	raw, err := hex.DecodeString(b.HashedPassword)
	if err != nil || len(raw) != size {
		return "hashed_password", "is not a hexadecimal digest of the method's length"
	}
	if b.Salt != "" && b.SaltPosition == "" {
		return "salt_position", "is required with a salt"
	}
	return "", ""
}

func checkPBKDF2(b *password.Body, given map[string]json.RawMessage) (field, problem string) {
	size, ok := variants[b.Variant]
	if !ok {
		return "variant", "is required, and one of " + strings.Join(slices.Sorted(maps.Keys(variants)), ", ")
	}
	if salt, err := base64.StdEncoding.DecodeString(b.Salt); err != nil || len(salt) == 0 {
		return "salt", "is required, in base64"
	}
	if raw, err := base64.StdEncoding.DecodeString(b.HashedPassword); err != nil || len(raw) != size {
		return "hashed_password", "is not a base64 key of the variant's length"
	}
	if _, named := given["iterations"]; named && b.Iterations < 1 {
		return "iterations", "has to be at least 1"
	}
	if b.Iterations == 0 {
		b.Iterations = defaultIterations
	}
	return "", ""
}

func checkFirebase(b *password.Body) (field, problem string) {
	for _, p := range []struct{ name, value string }{
		{"hashed_password", b.HashedPassword}, {"salt", b.Salt}, {"signer_key", b.SignerKey}, {"salt_separator", b.SaltSeparator},
	} {
		if raw, err := base64.StdEncoding.DecodeString(p.value); err != nil || len(raw) == 0 {
			return p.name, "is required, in base64"
		}
	}
	if b.Rounds < 1 || b.Rounds > 16 {
		return "rounds", "is required, from 1 to 16"
	}
	if b.MemCost < 1 || b.MemCost > 20 {
		return "mem_cost", "is required, from 1 to 20"
	}
	return "", ""
}

func (t *Tenant) setUserPassword(c *call) response {
	var body password.Body
	var given map[string]json.RawMessage
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if bad := c.decode(&given); bad != nil {
		return *bad
	}
	if _, plain := given["password"]; plain {
		return invalid("INVALID_PASSWORD", "password is not accepted: only hashes are.")
	}
	if field, problem := checkPassword(&body, given); field != "" {
		return invalid("INVALID_PASSWORD", field+" "+problem+".")
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		t.intern(&body)
		u.password = &body
		u.failedSignIns = 0
		ch.touch(u)
		return done("User password successfully updated.")
	})
}

package password

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Validate checks a body against the rules of SetUserPassword, so that nothing
// is sent that can't work. Its errors hold no hash material.
func (b *Body) Validate() error {
	if b.HashedPassword == "" {
		return errors.New("hashed_password is missing")
	}
	if err := b.validateFields(); err != nil {
		return err
	}
	switch b.method() {
	case methodBcrypt:
		return b.validateBcrypt()
	case methodCrypt:
		return b.validateCrypt()
	case methodMD5, methodSHA256:
		return b.validateDigest()
	case methodWordPress:
		rounds, ok := phpassRounds(b.HashedPassword)
		switch {
		case !ok || b.HashedPassword[1] != 'P':
			return errors.New("hashed_password is not a phpass hash with the prefix $P$")
		case rounds > maxIterations:
			return errors.New("the cost of hashed_password is too high")
		}
		return nil
	case methodPBKDF2:
		return b.validatePBKDF2()
	case methodFirebase:
		return b.validateFirebase()
	case methodASPNet:
		raw, ok := decodeStandard(b.HashedPassword)
		if !ok || len(raw) != aspnetV2Length || raw[0] != 0 {
			return errors.New("hashed_password is not base64 of 49 bytes that start with 0")
		}
		return nil
	}
	return errors.New("hashing_method is not one that Kinde knows")
}

// method is the hashing method with Kinde's default.
func (b *Body) method() string {
	if b.HashingMethod == "" {
		return methodBcrypt
	}
	return b.HashingMethod
}

// validateFields refuses fields that the method does not have.
func (b *Body) validateFields() error {
	m := b.method()
	reject := func(name string, set bool) error {
		if set {
			return fmt.Errorf("%s is not used with this hashing_method", name)
		}
		return nil
	}
	isFirebase, isPBKDF2 := m == methodFirebase, m == methodPBKDF2
	isDigest := m == methodMD5 || m == methodSHA256
	if b.SaltPosition != "" && b.SaltPosition != "prefix" && b.SaltPosition != "suffix" {
		return errors.New("salt_position is neither prefix nor suffix")
	}
	for _, err := range [...]error{
		reject("signer_key", !isFirebase && b.SignerKey != ""),
		reject("salt_separator", !isFirebase && b.SaltSeparator != ""),
		reject("rounds", !isFirebase && b.Rounds != 0),
		reject("mem_cost", !isFirebase && b.MemCost != 0),
		reject("iterations", !isPBKDF2 && b.Iterations != 0),
		reject("variant", !isPBKDF2 && b.Variant != ""),
		reject("salt", m == methodASPNet && b.Salt != ""),
		reject("salt_position", !isDigest && b.SaltPosition != ""),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Body) validateBcrypt() error {
	cost, ok := bcryptCost(b.HashedPassword)
	switch {
	case !ok || b.HashedPassword[2] == 'y':
		return errors.New("hashed_password is not a bcrypt hash with the prefix $2a$ or $2b$")
	case cost < minBcryptCost || cost > topBcryptCost:
		return errors.New("the cost of hashed_password is outside 4 to 31")
	case cost > maxBcryptCost:
		return errors.New("the cost of hashed_password is too high")
	}
	return nil
}

func (b *Body) validateCrypt() error {
	h := b.HashedPassword
	if strings.HasPrefix(h, "$1$") || strings.HasPrefix(h, "$5$") || strings.HasPrefix(h, "$6$") {
		if p := fromCrypt(h); p.Body == nil {
			return fmt.Errorf("hashed_password is not a crypt string: %s", p.Reason)
		}
		return nil
	}
	if !isRiskyCrypt(h) {
		return errors.New("hashed_password is not a crypt string")
	}
	return nil
}

func (b *Body) validateDigest() error {
	h := b.HashedPassword
	switch {
	case len(h) != 2*digestSize(b.HashingMethod) || !isHex(h) || h != strings.ToLower(h):
		return errors.New("hashed_password is not a digest in lower-case hex")
	case b.Salt != "" && b.SaltPosition == "":
		return errors.New("salt_position is missing")
	case b.Salt == "" && b.SaltPosition != "":
		return errors.New("salt is missing")
	case !utf8.ValidString(b.Salt) || strings.IndexByte(b.Salt, 0) >= 0:
		return errors.New("salt is not text")
	}
	return nil
}

// keyLength is the number of bytes of a variant's key, 0 for an unknown variant.
func keyLength(variant string) int {
	switch variant {
	case variantSHA256:
		return 32
	case variantSHA256Long, variantSHA512:
		return 64
	}
	return 0
}

func (b *Body) validatePBKDF2() error {
	want := keyLength(b.Variant)
	key, ok := decodeStandard(b.HashedPassword)
	salt, saltOK := decodeStandard(b.Salt)
	switch {
	case want == 0:
		return errors.New("variant is missing or unknown")
	case !ok || len(key) != want:
		return fmt.Errorf("hashed_password is not base64 of %d bytes, which the variant needs", want)
	case !saltOK || len(salt) == 0:
		return errors.New("salt is missing or not base64")
	case b.Iterations < 0:
		return errors.New("iterations is negative")
	case b.Iterations > maxIterations:
		return errors.New("iterations is too high")
	}
	return nil
}

func (b *Body) validateFirebase() error {
	hash, ok1 := decodeStandard(b.HashedPassword)
	salt, ok2 := decodeStandard(b.Salt)
	key, ok3 := decodeStandard(b.SignerKey)
	separator, ok4 := decodeStandard(b.SaltSeparator)
	switch {
	case !ok1 || len(hash) == 0:
		return errors.New("hashed_password is not base64")
	case !ok2 || len(salt) == 0:
		return errors.New("salt is missing or not base64")
	case !ok3 || len(key) == 0:
		return errors.New("signer_key is missing or not base64")
	case !ok4 || len(separator) == 0:
		return errors.New("salt_separator is missing or not base64")
	case b.Rounds < 1 || b.Rounds > maxFirebaseRounds:
		return errors.New("rounds is outside 1 to 16")
	case b.MemCost < 1 || b.MemCost > maxFirebaseMemCost:
		return errors.New("mem_cost is outside 1 to 20")
	}
	return nil
}

// decodeStandard reads padded standard base64 and nothing else.
func decodeStandard(s string) ([]byte, bool) {
	if len(s)%4 != 0 || strings.ContainsAny(s, "-_.\r\n") {
		return nil, false
	}
	return decode64(s)
}

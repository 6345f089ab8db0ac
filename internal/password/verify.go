package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Verify computes whether password opens the hash of b, as Kinde's description
// says that it will. It fails for a body that Validate refuses and for crypt
// schemes that can't be computed here; a wrong password is no error.
//
// It costs what the hash says: up to seconds, and 1 GiB for the largest
// parameters of firebase-scrypt.
func Verify(b *Body, password string) (bool, error) {
	if b == nil {
		return false, errors.New("there is no hash to verify")
	}
	if err := b.Validate(); err != nil {
		return false, err
	}
	switch b.method() {
	case methodBcrypt:
		return verifyBcrypt(b.HashedPassword, password)
	case methodCrypt:
		return verifyCrypt(b.HashedPassword, password)
	case methodWordPress:
		return same(phpassKey(b.HashedPassword, password), b.HashedPassword), nil
	case methodMD5, methodSHA256:
		return verifyDigest(b, password), nil
	case methodPBKDF2:
		return verifyPBKDF2(b, password)
	case methodFirebase:
		return verifyFirebase(b, password)
	default:
		return verifyASPNet(b.HashedPassword, password)
	}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// verifyBcrypt cuts the password to the 72 bytes that bcrypt looks at.
func verifyBcrypt(hash, password string) (bool, error) {
	if len(password) > 72 {
		password = password[:72]
	}
	switch err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)); {
	case err == nil:
		return true, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	default:
		return false, errors.New("computing bcrypt: the hash can't be read")
	}
}

func verifyDigest(b *Body, password string) bool {
	if b.SaltPosition == "prefix" {
		password = b.Salt + password
	} else {
		password += b.Salt
	}
	if b.HashingMethod == methodMD5 {
		sum := md5.Sum([]byte(password))
		return same(hex.EncodeToString(sum[:]), b.HashedPassword)
	}
	sum := sha256.Sum256([]byte(password))
	return same(hex.EncodeToString(sum[:]), b.HashedPassword)
}

func verifyPBKDF2(b *Body, password string) (bool, error) {
	salt, _ := decodeStandard(b.Salt)
	key, err := b.pbkdf2(password, salt)
	if err != nil {
		return false, err
	}
	return same(encode64(key), b.HashedPassword), nil
}

// pbkdf2 derives a key as the parameters say.
func (b *Body) pbkdf2(password string, salt []byte) ([]byte, error) {
	iterations := b.Iterations
	if iterations == 0 {
		iterations = defaultIterations
	}
	digest := sha256.New
	if b.Variant == variantSHA512 {
		digest = sha512.New
	}
	key, err := pbkdf2.Key(digest, password, salt, iterations, keyLength(b.Variant))
	if err != nil {
		return nil, fmt.Errorf("computing pbkdf2: %w", err)
	}
	return key, nil
}

// verifyFirebase computes Firebase's modified scrypt: the key encrypts the
// project's signer key, and the result is the hash.
// Source: github.com/firebase/scrypt, README.
func verifyFirebase(b *Body, password string) (bool, error) {
	hash, _ := decodeStandard(b.HashedPassword)
	salt, _ := decodeStandard(b.Salt)
	separator, _ := decodeStandard(b.SaltSeparator)
	signerKey, _ := decodeStandard(b.SignerKey)
	key, err := scrypt.Key([]byte(password), append(salt, separator...), 1<<b.MemCost, b.Rounds, 1, 32)
	if err != nil {
		return false, fmt.Errorf("computing scrypt: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return false, fmt.Errorf("computing scrypt: %w", err)
	}
	out := make([]byte, len(signerKey))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, signerKey)
	return subtle.ConstantTimeCompare(out, hash) == 1, nil
}

// verifyASPNet computes PBKDF2 with SHA-1 and 1,000 iterations, which is what
// version 2 of ASP.NET Identity's PasswordHasher does.
func verifyASPNet(hash, password string) (bool, error) {
	raw, _ := decodeStandard(hash)
	key, err := pbkdf2.Key(sha1.New, password, raw[1:17], 1000, 32)
	if err != nil {
		return false, fmt.Errorf("computing aspnet-identity-v2: %w", err)
	}
	return subtle.ConstantTimeCompare(key, raw[17:]) == 1, nil
}

// ErrWrongPassword tells that a password does not open its mapped hash.
var ErrWrongPassword = errors.New(
	"the password does not open the mapped hash; check the password, the salt and its position, and the hash parameters",
)

// Prove checks a password that the operator knows against what would be sent to
// Kinde. Nil means that it opens the hash.
func Prove(p *Password, password string) error {
	switch {
	case p == nil:
		return errors.New("the source holds no password for this user")
	case p.Body == nil && p.Malformed:
		return fmt.Errorf("the hash (%s) is malformed: %s", p.Encoding, p.Reason)
	case p.Body == nil:
		return fmt.Errorf("the hash (%s) can't be carried over: %s", p.Encoding, p.Reason)
	}
	ok, err := Verify(p.Body, password)
	if err != nil {
		return fmt.Errorf("verifying the hash (%s): %w", p.Encoding, err)
	}
	if !ok {
		return ErrWrongPassword
	}
	return nil
}

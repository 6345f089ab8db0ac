package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/go-crypt/x/crypt"
	"github.com/go-crypt/x/yescrypt"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Like hashes a password in the way of b, with the same method, parameters and
// place of the salt, but a salt of its own: what proves that a tenant reads
// hashes of this kind as we do. It costs what Verify costs.
func Like(b *Body, password string) (*Body, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	out := *b
	var err error
	switch b.method() {
	case methodBcrypt:
		cost, _ := bcryptCost(b.HashedPassword)
		var sum []byte
		if sum, err = bcrypt.GenerateFromPassword([]byte(password), cost); err == nil {
			out.HashedPassword = b.HashedPassword[:4] + string(sum[4:])
		}
	case methodCrypt:
		out.HashedPassword, err = likeCrypt(b.HashedPassword, password)
	case methodWordPress:
		out.HashedPassword = phpassKey(b.HashedPassword[:4]+saltText(8)+b.HashedPassword[12:], password)
	case methodMD5, methodSHA256:
		if b.Salt != "" {
			out.Salt = saltText(len(b.Salt))
		}
		text := password + out.Salt
		if b.SaltPosition == "prefix" {
			text = out.Salt + password
		}
		if b.method() == methodMD5 {
			sum := md5.Sum([]byte(text))
			out.HashedPassword = hex.EncodeToString(sum[:])
		} else {
			sum := sha256.Sum256([]byte(text))
			out.HashedPassword = hex.EncodeToString(sum[:])
		}
	case methodPBKDF2:
		err = out.likePBKDF2(password)
	case methodFirebase:
		err = out.likeFirebase(password)
	default:
		raw := make([]byte, aspnetV2Length)
		_, _ = rand.Read(raw[1:17]) // never fails
		var key []byte
		if key, err = pbkdf2.Key(sha1.New, password, raw[1:17], 1000, 32); err == nil {
			copy(raw[17:], key)
			out.HashedPassword = encode64(raw)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("hashing a password in the same way: %w", err)
	}
	return &out, nil
}

// saltText draws n characters that every scheme takes in a salt.
func saltText(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	for i := range raw {
		raw[i] = crypt64[2+raw[i]%62]
	}
	return string(raw)
}

func likeCrypt(like, password string) (string, error) {
	parts := strings.Split(like, "$")
	switch {
	case strings.HasPrefix(like, "$1$"):
		salt := saltText(8)
		return "$1$" + salt + "$" + string(crypt.KeyMD5Crypt([]byte(password), []byte(salt))), nil
	case strings.HasPrefix(like, "$5$"), strings.HasPrefix(like, "$6$"):
		digest := sha256.New
		if like[1] == '6' {
			digest = sha512.New
		}
		rounds, _, _ := cryptRounds(like[3:])
		salt, setting := saltText(16), like[:3]
		if strings.HasPrefix(like[3:], "rounds=") {
			setting += fmt.Sprintf("rounds=%d$", rounds)
		}
		return setting + salt + "$" + string(crypt.KeySHACrypt(digest, []byte(password), []byte(salt), rounds)), nil
	case strings.HasPrefix(like, "$sha1$"):
		salt := saltText(8)
		return "$sha1$" + parts[2] + "$" + salt + "$" + string(crypt.KeySHA1Crypt([]byte(password), []byte(salt), uint32(number(parts[2])))), nil
	case strings.HasPrefix(like, "$y$"):
		sum, err := yescrypt.Hash([]byte(password), []byte(like))
		return string(sum), err
	case isDESCrypt(like):
		return desCrypt(password, saltText(2)), nil
	}
	return "", errors.New("this crypt scheme can't be computed here")
}

func (b *Body) likePBKDF2(password string) error {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	key, err := b.pbkdf2(password, salt)
	if err != nil {
		return err
	}
	b.Salt, b.HashedPassword = encode64(salt), encode64(key)
	return nil
}

func (b *Body) likeFirebase(password string) error {
	salt := make([]byte, 8)
	_, _ = rand.Read(salt) // never fails
	separator, _ := decodeStandard(b.SaltSeparator)
	signerKey, _ := decodeStandard(b.SignerKey)
	key, err := scrypt.Key([]byte(password), append(salt[:len(salt):len(salt)], separator...), 1<<b.MemCost, b.Rounds, 1, 32)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	sum := make([]byte, len(signerKey))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(sum, signerKey)
	b.Salt, b.HashedPassword = encode64(salt), encode64(sum)
	return nil
}

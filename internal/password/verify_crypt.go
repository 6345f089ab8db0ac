package password

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
	"strings"

	"github.com/go-crypt/x/crypt"
	"github.com/go-crypt/x/yescrypt"
)

// crypt64 is the alphabet of crypt(3).
const crypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// maxCryptPassword is libxcrypt's limit. SHA crypt takes quadratic time in the
// length of the password.
const maxCryptPassword = 512

func verifyCrypt(hashed, password string) (bool, error) {
	if len(password) > maxCryptPassword {
		return false, errors.New("the password is longer than the 512 bytes that crypt takes")
	}
	switch {
	case strings.HasPrefix(hashed, "$1$"):
		salt, sum, _ := strings.Cut(hashed[3:], "$")
		return same(string(crypt.KeyMD5Crypt([]byte(password), []byte(salt))), sum), nil
	case strings.HasPrefix(hashed, "$5$"):
		return verifySHACrypt(sha256.New, hashed[3:], password), nil
	case strings.HasPrefix(hashed, "$6$"):
		return verifySHACrypt(sha512.New, hashed[3:], password), nil
	case strings.HasPrefix(hashed, "$sha1$"):
		var p [5]string
		splitInto(hashed, '$', p[:])
		return same(string(crypt.KeySHA1Crypt([]byte(password), []byte(p[3]), uint32(number(p[2])))), p[4]), nil
	case strings.HasPrefix(hashed, "$y$"):
		got, err := yescrypt.Hash([]byte(password), []byte(hashed))
		if err != nil {
			return false, errors.New("these parameters of yescrypt can't be computed here")
		}
		return same(string(got), hashed), nil
	case isDESCrypt(hashed):
		return same(desCrypt(password, hashed[:2]), hashed), nil
	}
	return false, errors.New("this crypt scheme can't be computed here")
}

func verifySHACrypt(digest func() hash.Hash, rest, password string) bool {
	rounds, rest, _ := cryptRounds(rest)
	salt, sum, _ := strings.Cut(rest, "$")
	return same(string(crypt.KeySHACrypt(digest, []byte(password), []byte(salt), rounds)), sum)
}

// phpassKey computes the portable hash of phpass: MD5 of salt and password, then
// repeatedly of the result and the password.
func phpassKey(setting, password string) string {
	rounds, _ := phpassRounds(setting)
	sum := md5.Sum([]byte(setting[4:12] + password))
	buf := make([]byte, md5.Size+len(password))
	copy(buf[md5.Size:], password)
	for range rounds {
		copy(buf, sum[:])
		sum = md5.Sum(buf)
	}
	return setting[:12] + encodeCrypt64(sum[:])
}

// encodeCrypt64 writes bytes in crypt's base 64, least significant bits first.
func encodeCrypt64(in []byte) string {
	out := make([]byte, 0, (len(in)*8+5)/6)
	for i := 0; i < len(in); i += 3 {
		n, chars := uint(in[i]), 2
		if i+1 < len(in) {
			n, chars = n|uint(in[i+1])<<8, 3
		}
		if i+2 < len(in) {
			n, chars = n|uint(in[i+2])<<16, 4
		}
		for range chars {
			out = append(out, crypt64[n&63])
			n >>= 6
		}
	}
	return string(out)
}

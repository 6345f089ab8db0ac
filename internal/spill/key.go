// Package spill keeps what does not fit into memory in temporary files that only
// this process can read: the key to them is never written.
package spill

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// Key seals what goes into a temporary database. It lives in memory only.
type Key struct {
	seal cipher.AEAD
	mac  []byte
}

// NewKey returns a new key.
func NewKey() (*Key, error) {
	secret := make([]byte, 64)
	rand.Read(secret)
	block, err := aes.NewCipher(secret[:32])
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Key{seal, secret[32:]}, nil
}

// Seal encrypts data; nothing stays nothing.
func (k *Key) Seal(data []byte) []byte {
	if data == nil {
		return nil
	}
	return k.seal.Seal(nil, nil, data, nil)
}

// Open is the way back.
func (k *Key) Open(sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	data, err := k.seal.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("reading a temporary file again: %w", err)
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}

// Digest is the same for the same text and tells nobody without the key what it is.
func (k *Key) Digest(text string) []byte {
	mac := hmac.New(sha256.New, k.mac)
	mac.Write([]byte(text))
	return mac.Sum(nil)[:12]
}

// Package dataexport opens the file in which Kinde hands out its data with
// password hashes: a zip, encrypted with AES-256 in counter mode under a key and
// an initialisation vector that the dashboard shows once. It owns that format and
// the way from it to files.
//
// It never talks to a tenant, and never keeps what is decrypted anywhere but in
// the folder that was asked for and in a temporary file that only this process
// can read. Source of the format: Kinde's documentation, "export your data", whose
// command is openssl aes-256-ctr with -nosalt, -K and -iv.
package dataexport

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// Secret is the key and the initialisation vector.
type Secret struct{ key, iv []byte }

// ErrSecret says that what was given is no key and vector. It holds no part of it.
var ErrSecret = errors.New("the key is 64 hexadecimal digits, the initialisation vector 32")

// ParseSecret reads both as the dashboard shows them.
func ParseSecret(key, iv string) (Secret, error) {
	k, err1 := hex.DecodeString(strings.TrimSpace(key))
	v, err2 := hex.DecodeString(strings.TrimSpace(iv))
	if err1 != nil || err2 != nil || len(k) != 32 || len(v) != aes.BlockSize {
		return Secret{}, ErrSecret
	}
	return Secret{k, v}, nil
}

// ErrWrongSecret says that what came out is no zip: the key or the vector is
// another file's, or the file is damaged. Counter mode can't tell which.
var ErrWrongSecret = errors.New("what came out is no zip: the key or the initialisation vector is another one's, or the file is damaged")

// Extracted is a file that was taken out.
type Extracted struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// most bounds what one member of the zip may unpack to.
const most = 64 << 30

// Extract decrypts the file and puts what its zip holds into the folder dir.
func Extract(ctx context.Context, path string, s Secret, dir, temp string) (out []Extracted, err error) {
	in, err := atomicfile.OpenRegular(path)
	if err != nil {
		return nil, fmt.Errorf("opening the export: %w", err)
	}
	defer in.Close()
	block, err := aes.NewCipher(s.key)
	if err != nil {
		return nil, err
	}
	plain, err := spill.NewFile(temp)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	decrypted := bufio.NewReaderSize(&cipher.StreamReader{S: cipher.NewCTR(block, s.iv), R: in}, 1<<16)
	if head, _ := decrypted.Peek(4); !bytes.Equal(head, []byte("PK\x03\x04")) && !bytes.Equal(head, []byte("PK\x05\x06")) {
		return nil, ErrWrongSecret
	}
	if _, err := io.Copy(plain, &stoppable{ctx, decrypted}); err != nil {
		return nil, fmt.Errorf("decrypting the export: %w", err)
	}
	archive, err := zip.NewReader(plain, plain.Size())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrongSecret, err)
	}
	if err := atomicfile.Trusted(filepath.Join(dir, "x")); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	seen := map[string]bool{}
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		name := filepath.Base(filepath.FromSlash(f.Name)) // a member can't name a place elsewhere
		if name == "." || name == ".." || !filepath.IsLocal(name) || seen[name] {
			return out, fmt.Errorf("the export holds a file with the name %q, which can't be written", f.Name)
		}
		seen[name] = true
		x, err := extract(ctx, f, filepath.Join(dir, name))
		if err != nil {
			return out, fmt.Errorf("unpacking %s: %w", name, err)
		}
		out = append(out, x)
	}
	return out, nil
}

func extract(ctx context.Context, f *zip.File, path string) (x Extracted, err error) {
	r, err := f.Open()
	if err != nil {
		return x, err
	}
	defer r.Close()
	w, err := atomicfile.Create(path)
	if err != nil {
		return x, err
	}
	defer w.Abort()
	n, err := io.Copy(w, io.LimitReader(&stoppable{ctx, r}, most+1)) // the zip's own checksum is proved at its end
	if err == nil && n > most {
		err = fmt.Errorf("it is larger than %d GB", most>>30)
	}
	if err != nil {
		return x, err
	}
	return Extracted{path, n}, w.Commit()
}

type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

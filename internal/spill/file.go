// Package spill keeps what does not fit into memory in temporary files and
// databases that only this process can read: the keys to them are never written.
// It does not know what is in them.
package spill

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// File is a temporary file that only this process can read: AES-128 in counter
// mode under a key that is never written. Where the system allows it, the file
// has no name from the start, so that not even kill -9 leaves it behind.
type File struct {
	file   *os.File
	block  cipher.Block
	stream cipher.Stream // of the writer
	size   int64
	named  bool
}

// fileSuffix ends the names of such files, as long as they have one.
const fileSuffix = ".spill"

// NewFile makes an empty file in dir, "" for the system's place.
func NewFile(dir string) (*File, error) {
	key := make([]byte, 16)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, folderPrefix+"*"+fileSuffix)
	if err != nil {
		return nil, fmt.Errorf("creating a temporary file: %w", err)
	}
	s := &File{file: file, block: block}
	s.stream = s.streamAt(0)
	s.named = os.Remove(file.Name()) != nil
	return s, nil
}

// buffers hold what was encrypted and is not written yet; many files are open at once.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// streamAt returns the key stream from the start of the block that holds off.
func (s *File) streamAt(off int64) cipher.Stream {
	var iv [aes.BlockSize]byte
	binary.BigEndian.PutUint64(iv[8:], uint64(off/aes.BlockSize))
	return cipher.NewCTR(s.block, iv[:])
}

// Write appends p. One goroutine writes.
func (s *File) Write(p []byte) (int, error) {
	buf := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buf)
	done := 0
	for done < len(p) {
		n := min(len(p)-done, len(buf))
		s.stream.XORKeyStream(buf[:n], p[done:done+n])
		w, err := s.file.Write(buf[:n])
		s.size += int64(w)
		done += w
		if err != nil {
			return done, fmt.Errorf("writing a temporary file: %w", err)
		}
	}
	return done, nil
}

// ReadAt reads what was written. Many goroutines may.
func (s *File) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.file.ReadAt(p, off)
	stream := s.streamAt(off)
	if skip := off % aes.BlockSize; skip > 0 {
		var waste [aes.BlockSize]byte
		stream.XORKeyStream(waste[:skip], waste[:skip])
	}
	stream.XORKeyStream(p[:n], p[:n])
	return n, err
}

// Size is how many bytes were written.
func (s *File) Size() int64 { return s.size }

// Reader reads the file from its start to where it ends now.
func (s *File) Reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// Close removes the file.
func (s *File) Close() error {
	err := s.file.Close()
	if s.named {
		if e := os.Remove(s.file.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

var _ io.ReaderAt = (*File)(nil)

package backup

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// ErrNeedsIdentity says that a backup is encrypted and nothing was given to open it.
var ErrNeedsIdentity = errors.New("the backup is encrypted, and no identity was given to open it")

// ErrWrongIdentity says that the identity is none of the backup's recipients.
var ErrWrongIdentity = errors.New("the identity does not open this backup")

// decoded returns what a stored file holds: decrypted and unpacked by its name.
func decoded(r io.Reader, name string, ids Identities) (io.Reader, func(), error) {
	if !strings.HasSuffix(name, encryptedEnding) {
		return r, func() {}, nil
	}
	if len(ids) == 0 {
		return nil, nil, ErrNeedsIdentity
	}
	plain, err := age.Decrypt(r, ids...)
	if err != nil {
		if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
			return nil, nil, ErrWrongIdentity
		}
		return nil, nil, &DamagedError{File: name, What: "can't be decrypted: " + err.Error()}
	}
	z, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, nil, fmt.Errorf("unpacking %s: %w", name, err)
	}
	return z, z.Close, nil
}

// maxLine bounds one line of a backup.
const maxLine = 64 << 20

// lines returns the lines of a file of a backup with their numbers.
func lines(folder, name string, ids Identities) iter.Seq2[int64, lineOrError] {
	return func(yield func(int64, lineOrError) bool) {
		f, err := atomicfile.OpenRegular(filepath.Join(folder, name))
		if errors.Is(err, atomicfile.ErrNotRegular) {
			yield(0, lineOrError{err: &DamagedError{File: filepath.Join(folder, name), What: notRegular}})
			return
		}
		if err != nil {
			yield(0, lineOrError{err: fmt.Errorf("opening the backup: %w", err)})
			return
		}
		defer f.Close()
		r, end, err := decoded(bufio.NewReaderSize(f, 1<<16), name, ids)
		if err != nil {
			yield(0, lineOrError{err: err})
			return
		}
		defer end()
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 1<<16), maxLine)
		var n int64
		for s.Scan() {
			n++
			if !yield(n, lineOrError{data: s.Bytes()}) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(n+1, lineOrError{err: &DamagedError{File: filepath.Join(folder, name), Line: n + 1, What: "can't be read on: " + err.Error()}})
		}
	}
}

type lineOrError struct {
	data []byte
	err  error
}

// rowsOf reads a file of a backup, found by its kind. A backup without it holds none.
func rowsOf[T any](folder string, m *Manifest, kind string, ids Identities) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		f, ok := m.file(kind)
		if !ok {
			return
		}
		for n, line := range lines(folder, f.Name, ids) {
			if line.err != nil {
				yield(nil, line.err)
				return
			}
			v := new(T)
			if err := json.Unmarshal(line.data, v); err != nil {
				yield(nil, &DamagedError{File: filepath.Join(folder, f.Name), Line: n, What: "does not parse: " + err.Error()})
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// ReadList returns the rows of one of the backup's short files, by its kind.
func ReadList[T any](b *Backup, kind string) ([]T, error) {
	var out []T
	for v, err := range rowsOf[T](b.Folder, b.Manifest, kind, b.Identities) {
		if err != nil {
			return nil, err
		}
		out = append(out, *v)
	}
	return out, nil
}

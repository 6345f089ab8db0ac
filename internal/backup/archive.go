package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"path/filepath"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// The kinds of files in a backup.
const (
	KindUsers         = "users"
	KindMemberships   = "memberships"
	KindOrganizations = "organizations"
	KindRoles         = "roles"
	KindPermissions   = "permissions"
	KindProperties    = "properties"
	KindCategories    = "property_categories"
	KindConnections   = "connections"
	KindFlags         = "feature_flags"
	kindLines         = "lines" // checksums of a file's lines
)

// Endings of the files. What is encrypted is compressed first.
const (
	plainEnding     = ".ndjson"
	encryptedEnding = ".ndjson.zst.age"
	linesEnding     = ".lines"
)

// archive writes the files of one backup into its folder.
type archive struct {
	folder     string
	recipients Recipients // none: plain text
	files      []FileRef
	counts     map[string]int64
}

// part is one file of an archive: NDJSON, with a checksum for each line beside
// it, so that damage can be named by its line. Encryption brings its own.
type part struct {
	a      *archive
	kind   string
	stored *storedFile
	lines  *storedFile // nil when encrypted
	seal   io.WriteCloser
	pack   *zstd.Encoder
	out    *bufio.Writer
	rows   int64
}

// storedFile hashes and counts what is written to a file.
type storedFile struct {
	file  *atomicfile.File
	out   *bufio.Writer
	hash  hash.Hash
	bytes int64
	name  string
}

func (a *archive) store(name string) (*storedFile, error) {
	f, err := atomicfile.Create(filepath.Join(a.folder, name))
	if err != nil {
		return nil, fmt.Errorf("writing the backup: %w", err)
	}
	s := &storedFile{file: f, hash: sha256.New(), name: name}
	s.out = bufio.NewWriterSize(s, 1<<16)
	return s, nil
}

func (s *storedFile) Write(p []byte) (int, error) {
	s.hash.Write(p)
	s.bytes += int64(len(p))
	return s.file.Write(p)
}

func (s *storedFile) commit(kind string, rows int64) (FileRef, error) {
	if err := s.out.Flush(); err != nil {
		return FileRef{}, fmt.Errorf("writing %s: %w", s.name, err)
	}
	if err := s.file.Commit(); err != nil {
		return FileRef{}, fmt.Errorf("writing %s: %w", s.name, err)
	}
	return FileRef{Name: s.name, Kind: kind, Rows: rows, Bytes: s.bytes, SHA256: hex.EncodeToString(s.hash.Sum(nil))}, nil
}

func (a *archive) create(kind string) (*part, error) {
	p := &part{a: a, kind: kind}
	name := kind + plainEnding
	if len(a.recipients) > 0 {
		name = kind + encryptedEnding
	}
	var err error
	if p.stored, err = a.store(name); err != nil {
		return nil, err
	}
	if len(a.recipients) == 0 {
		p.out = p.stored.out
		p.lines, err = a.store(name + linesEnding)
		if err != nil {
			p.abort()
		}
		return p, err
	}
	if p.seal, err = age.Encrypt(p.stored.out, a.recipients...); err != nil {
		p.abort()
		return nil, fmt.Errorf("encrypting the backup: %w", err)
	}
	if p.pack, err = zstd.NewWriter(p.seal, zstd.WithEncoderConcurrency(1)); err != nil {
		p.abort()
		return nil, fmt.Errorf("compressing the backup: %w", err)
	}
	p.out = bufio.NewWriterSize(p.pack, 1<<16)
	return p, nil
}

func (p *part) abort() {
	p.stored.file.Abort()
	if p.lines != nil {
		p.lines.file.Abort()
	}
}

// checksums are CRC-32C, in hexadecimal, one on each line.
var lineTable = crc32.MakeTable(crc32.Castagnoli)

func lineSum(line []byte) string { return fmt.Sprintf("%08x\n", crc32.Checksum(line, lineTable)) }

func (p *part) put(v any) error {
	data, err := tenant.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing %s: %w", p.kind, err)
	}
	return p.line(data)
}

// line writes one line as it is.
func (p *part) line(data []byte) error {
	p.rows++
	if _, err := p.out.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing %s: %w", p.kind, err)
	}
	if p.lines == nil {
		return nil
	}
	if _, err := p.lines.out.WriteString(lineSum(data)); err != nil {
		return fmt.Errorf("writing %s: %w", p.kind, err)
	}
	return nil
}

// done finishes the file and enters it into the archive's list.
func (p *part) done() error {
	if p.seal != nil {
		for _, end := range []func() error{p.out.Flush, p.pack.Close, p.seal.Close} {
			if err := end(); err != nil {
				return fmt.Errorf("writing %s: %w", p.kind, err)
			}
		}
	}
	ref, err := p.stored.commit(p.kind, p.rows)
	if err != nil {
		return err
	}
	p.a.files = append(p.a.files, ref)
	p.a.counts[p.kind] = p.rows
	if p.lines != nil {
		if ref, err = p.lines.commit(kindLines, p.rows); err != nil {
			return err
		}
		p.a.files = append(p.a.files, ref)
	}
	return nil
}

// writeAll writes a whole list as one file.
func writeAll[T any](a *archive, kind string, list []T) error {
	p, err := a.create(kind)
	if err != nil {
		return err
	}
	for _, v := range list {
		if err := p.put(v); err != nil {
			p.abort()
			return err
		}
	}
	return p.done()
}

package forget

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// Kind says what a place is.
type Kind string

// The kinds of places.
const (
	Checkpoint Kind = "checkpoint"
	Backups    Kind = "backups"
	Fetched    Kind = "fetch"   // the folder of a fetch
	Sandbox    Kind = "sandbox" // the state of one
	Records    Kind = "records" // NDJSON, CSV or LDIF: exports, converted files, rejects
	Document   Kind = "document"
	Page       Kind = "page"
	Plain      Kind = "text"
	Encrypted  Kind = "encrypted"
	Unread     Kind = "unread"
)

// Place is a file, or a folder of backups, in which people are looked for.
type Place struct {
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	Why  string `json:"why,omitempty"` // of a place that can't be looked into

	only  []string // backups: names; none: all
	scope *scope   // of a file in a report's folder
}

// scope is what a report's list of outcomes says of the people: their records'
// numbers and ids, which mean nothing elsewhere.
type scope struct {
	numbers map[string]bool
	ids     map[string]bool
}

// Find sorts the paths that were named: each file, and what lies in each folder.
// what is left alone is in except.
func Find(paths, except []string) ([]*Place, error) {
	f := &finding{seen: map[string]bool{}}
	for _, path := range except {
		if at, err := filepath.Abs(path); err == nil {
			for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
				f.seen[at+suffix] = true
			}
		}
	}
	for _, path := range paths {
		if err := f.add(filepath.Clean(path), nil); err != nil {
			return nil, fmt.Errorf("looking at %s: %w", path, err)
		}
	}
	return f.places, nil
}

type finding struct {
	places []*Place
	seen   map[string]bool
}

func (f *finding) add(path string, in *scope) error {
	at, err := filepath.Abs(path)
	if err != nil || f.seen[at] {
		return err
	}
	f.seen[at] = true
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return f.folder(path)
	}
	if !info.Mode().IsRegular() {
		f.unread(path, "it is not a regular file")
		return nil
	}
	p := &Place{Path: path, scope: in}
	if p.Kind, p.Why, err = kindOf(path); err != nil {
		return err
	}
	f.places = append(f.places, p)
	if p.Kind != Checkpoint {
		return nil
	}
	for _, beside := range []string{path + ".rescued", path + ".part"} {
		if _, err := os.Lstat(beside); err == nil {
			if err := f.add(beside, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finding) unread(path, why string) {
	f.places = append(f.places, &Place{Path: path, Kind: Unread, Why: why})
}

func (f *finding) folder(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	has := func(match func(string) bool) bool {
		return slices.ContainsFunc(entries, func(d fs.DirEntry) bool { return match(d.Name()) })
	}
	switch {
	case backup.IsBackupName(filepath.Base(path)) && has(func(n string) bool { return n == backup.ManifestFile }):
		return f.backup(filepath.Dir(path), filepath.Base(path))
	case has(func(n string) bool { return n == fetch.ManifestFile }):
		return f.fetched(path, entries)
	}
	var in *scope
	if has(func(n string) bool { return n == report.JSONFile }) {
		in = &scope{numbers: map[string]bool{}, ids: map[string]bool{}}
	}
	repository := has(backup.IsBackupName)
	if repository {
		f.places = append(f.places, &Place{Path: path, Kind: Backups})
	}
	for _, d := range entries {
		inner := filepath.Join(path, d.Name())
		switch {
		case repository && (backup.IsBackupName(d.Name()) || d.IsDir()), belongs(d.Name(), has):
			continue // to its database or its repository
		case d.IsDir() && strings.HasPrefix(d.Name(), "."):
			continue
		}
		if err := f.add(inner, in); err != nil {
			return err
		}
	}
	return nil
}

// belongs tells whether a file is what SQLite or a lock keeps beside another one
// that is there.
func belongs(name string, has func(func(string) bool) bool) bool {
	for _, suffix := range []string{"-wal", "-shm", ".lock"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return suffix == ".lock" || has(func(n string) bool { return n == base })
		}
	}
	return false
}

// fetched adds the folder of a fetch, and what else lies in it.
func (f *finding) fetched(path string, entries []fs.DirEntry) error {
	m, err := fetch.ReadManifest(path)
	if err != nil || m.State == fetch.Running {
		f.unread(path, "it is what a fetch wrote that has not ended: run it again until it ends, or delete the folder")
		return nil
	}
	f.places = append(f.places, &Place{Path: path, Kind: Fetched})
	for _, d := range entries {
		if m.Has(d.Name()) || strings.HasPrefix(d.Name(), "fetch.") { // its manifest, its lock, and the journal that goes
			continue
		}
		if err := f.add(filepath.Join(path, d.Name()), nil); err != nil {
			return err
		}
	}
	return nil
}

// backup adds one backup of a repository.
func (f *finding) backup(repository, name string) error {
	for _, p := range f.places {
		if p.Kind == Backups && p.Path == repository {
			if len(p.only) > 0 && !slices.Contains(p.only, name) {
				p.only = append(p.only, name)
			}
			return nil
		}
	}
	f.places = append(f.places, &Place{Path: repository, Kind: Backups, only: []string{name}})
	return nil
}

// kindOf looks at the beginning of a file.
func kindOf(path string) (kind Kind, why string, err error) {
	if same, err := wideSameAgain(path); err == nil && !same {
		return Unread, "it is UTF-16 that is damaged, and could not be written again as it was", nil
	}
	r, closing, err := openDecoded(path)
	if err != nil {
		return Unread, "it can't be unpacked: " + err.Error(), nil
	}
	defer closing()
	head := make([]byte, 4<<10)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Unread, "it can't be unpacked: " + err.Error(), nil
	}
	head = head[:n]
	begins := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	switch {
	case begins("SQLite format 3\x00") && len(head) > 72 && string(head[68:72]) == "KMig":
		return Checkpoint, "", nil
	case begins("SQLite format 3\x00"):
		return Unread, "it is a database of another program", nil
	case begins("age-encryption.org/"), begins("Salted__"), begins("-----BEGIN AGE ENCRYPTED FILE"):
		return Encrypted, "", nil
	case begins(`{"head":{`):
		if _, err := sandbox.StateUsers(path); err != nil {
			return Unread, err.Error(), nil
		}
		return Sandbox, "", nil
	case bytes.IndexByte(head, 0) >= 0:
		return Unread, "it is not text", nil
	}
	name := plainName(path)
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	line, _, _ := bytes.Cut(trimmed, []byte("\n"))
	switch {
	case len(trimmed) == 0:
		return Plain, "", nil
	case strings.HasSuffix(name, ".html"):
		return Page, "", nil
	case strings.HasSuffix(name, ".ndjson"),
		strings.HasSuffix(name, ".jsonl"),
		strings.HasSuffix(name, ".csv"),
		strings.HasSuffix(name, ".tsv"),
		strings.HasSuffix(name, ".ldif"):
		return Records, "", nil
	case trimmed[0] == '{' && jsontext.Value(line).IsValid() && bytes.Contains(trimmed, []byte("\n{")):
		return Records, "", nil
	case trimmed[0] == '{' || trimmed[0] == '[':
		return Document, "", nil
	case erasure.LooksLikeHeader(string(line)):
		return Records, "", nil
	}
	return Plain, "", nil
}

// plainName is what a file is called without what it is packed with, and without
// what a process that was killed put around it.
func plainName(path string) string {
	name := strings.ToLower(filepath.Base(path))
	for strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zst") {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	if strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp") {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "."), filepath.Ext(strings.TrimSuffix(name, ".tmp"))+".tmp")
	}
	return name
}

// openDecoded opens a file and what it is packed with.
func openDecoded(path string) (io.Reader, func(), error) {
	f, err := atomicfile.OpenRegular(path)
	if err != nil {
		return nil, nil, err
	}
	r, _, err := unpacked(f)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return r, func() { _ = f.Close() }, nil
}

// See looks for people in the place, and learns under which other names it has them.
func (p *Place) See(ctx context.Context, people *erasure.People) (*Sight, error) {
	j := &judge{people: people, scope: p.scope, sight: &Sight{Hits: map[int]int64{}}}
	err := p.walk(ctx, j, io.Discard)
	if err != nil {
		err = fmt.Errorf("looking for the people in %s: %w", p.Path, err)
	}
	return j.sight, err
}

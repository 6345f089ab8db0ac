package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Erasure is how people are taken out of a folder.
type Erasure struct {
	At     time.Time
	People int
	// File takes them out of one file, and tells how many rows went.
	File func(path string) (rows int64, err error)
	// Text takes their names out of a text of fetch.json.
	Text func(string) string
}

// Erased is in fetch.json what was taken out of the folder later.
type Erased struct {
	At     time.Time `json:"at"`
	People int       `json:"people"`
	Rows   int64     `json:"rows"`
}

// Paths lists the paths of the files that the fetch wrote, fetch.json aside.
func (m *Manifest) Paths(dir string) (paths []string) {
	for _, f := range m.Files {
		if filepath.Base(f.Name) == f.Name {
			paths = append(paths, filepath.Join(dir, f.Name))
		}
	}
	return paths
}

// Erase takes people out of a folder whose fetch has ended. What fetch.json says of
// a file stays true where it was, and stays untrue where the file had been edited.
// An erasure that was cut is marked in fetch.json: nothing is imported from the
// folder until it has run again.
func Erase(dir string, e Erasure) (err error) {
	lock, held, err := atomicfile.Lock(filepath.Join(dir, lockFile))
	if err != nil {
		return fmt.Errorf("locking the folder %s: %w", dir, err)
	}
	if !held {
		return &FolderError{Dir: dir, What: "is being filled by another run", Try: "wait for it to end", InUse: true}
	}
	defer func() {
		err = errors.Join(err, lock.Unlock())
		if gone := os.Remove(filepath.Join(dir, lockFile)); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	m, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	if m.State == Running {
		return &FolderError{
			Dir:  dir,
			What: "holds a fetch that has not ended",
			Try:  "run the same fetch again until it ends, or delete the folder",
		}
	}
	f := &Folder{dir: dir}
	if err := f.tidy(); err != nil { // the journal of a process that was killed at its end
		return err
	}
	if m.Erasing == nil {
		m.Erasing = []string{}
		for _, want := range m.Files {
			if got, err := atomicfile.SHA256(filepath.Join(dir, want.Name)); err == nil && got == want.SHA256 {
				m.Erasing = append(m.Erasing, want.Name)
			}
		}
		if err := f.writeManifest(m); err != nil {
			return err
		}
	}
	note := Erased{At: e.At.UTC(), People: e.People}
	for i := range m.Files {
		file := &m.Files[i]
		path := filepath.Join(dir, file.Name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || filepath.Base(file.Name) != file.Name {
			continue
		}
		rows, err := e.File(path)
		if err != nil {
			return err
		}
		note.Rows += rows
		if !slices.Contains(m.Erasing, file.Name) {
			continue
		}
		info, err := os.Stat(path)
		if err == nil {
			file.SHA256, err = atomicfile.SHA256(path)
		}
		if err != nil {
			return err
		}
		file.Bytes, file.Rows = info.Size(), max(file.Rows-rows, 0)
	}
	m.without(e.Text)
	m.Erasing, m.Erased = nil, append(m.Erased, note)
	return f.writeManifest(m)
}

// without takes names out of what the manifest quotes of the source.
func (m *Manifest) without(text func(string) string) {
	for i := range m.Lists {
		for k := range m.Lists[i].Missing {
			m.Lists[i].Missing[k] = text(m.Lists[i].Missing[k])
		}
	}
	for _, list := range [][]Shortfall{m.Lacking, m.Unavailable} {
		for i := range list {
			list[i] = Shortfall{text(list[i].What), text(list[i].Why)}
		}
	}
	for i := range m.Notes {
		m.Notes[i] = text(m.Notes[i])
	}
}

package fetch

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// entry is one line of the journal. The first has About; the others are pages,
// or what was learnt on the way.
type entry struct {
	About   *About     `json:"about,omitempty"`
	Start   *time.Time `json:"start,omitempty"` // a process begins
	Page    *Page      `json:"page,omitempty"`
	Count   *List      `json:"count,omitempty"` // name, count, kind, missing
	Without *Shortfall `json:"without,omitempty"`
	Lacks   *Shortfall `json:"lacks,omitempty"`
	Note    string     `json:"note,omitempty"`

	// Files are those that grew with the page.
	Files []FileSum `json:"files,omitempty"`
}

// Page is one page of a list, as it was committed.
type Page struct {
	List   string `json:"list"`
	Parent string `json:"parent,omitempty"` // the organization whose members these are
	Cursor string `json:"cursor,omitempty"` // where the next page begins
	Rows   int64  `json:"rows"`
	Done   bool   `json:"done,omitempty"` // it was the last

	// Joined are the rows of other lists that stand inside of these.
	Joined map[string]Joined `json:"joined,omitempty"`
}

// Joined counts rows that belong into others.
type Joined struct {
	Rows   int64 `json:"rows"`
	Nobody int64 `json:"nobody,omitempty"` // belong to none that was read
}

// maxEntry bounds a line of the journal: a cursor is the source's own text.
const maxEntry = 4 << 20

// readJournal returns the lines that are whole. A line that a crash tore ends it.
func readJournal(dir string) ([]entry, error) {
	f, err := atomicfile.OpenRegular(filepath.Join(dir, journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []entry
	r := bufio.NewReaderSize(f, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF || len(line) > maxEntry {
			return out, nil // no line break: it was being written
		}
		if err != nil {
			return nil, err
		}
		var e entry
		if json.Unmarshal(line, &e) != nil {
			return out, nil
		}
		out = append(out, e)
	}
}

// writeJournal replaces the journal.
func writeJournal(dir string, entries []entry) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return atomicfile.WriteFile(filepath.Join(dir, journalFile), b.Bytes())
}

// verified returns the entries up to the last page whose bytes are all there.
func verified(dir string, entries []entry) ([]entry, error) {
	good := len(entries)
	for _, name := range dataFiles {
		at, err := firstTorn(filepath.Join(dir, name), name, entries)
		if err != nil {
			return nil, err
		}
		good = min(good, at)
	}
	return entries[:good], nil
}

// firstTorn returns the first entry that a file doesn't bear out.
func firstTorn(path, name string, entries []entry) (int, error) {
	f, err := atomicfile.OpenRegular(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	var r io.Reader = bytes.NewReader(nil)
	if err == nil {
		defer f.Close()
		r = f
	}
	h, at := sha256.New(), int64(0)
	for i, e := range entries {
		k := slices.IndexFunc(e.Files, func(s FileSum) bool { return s.Name == name })
		if k < 0 {
			continue
		}
		want := e.Files[k]
		n, err := io.CopyN(h, r, want.Bytes-at)
		if err != nil && err != io.EOF {
			return 0, err
		}
		if at += n; at != want.Bytes || digest(h) != want.SHA256 {
			return i, nil
		}
	}
	return len(entries), nil
}

func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// append adds a line. It is one write, so that a kill leaves a whole line or a
// part without its end.
func (f *Folder) append(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := f.journal.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing the journal of the fetch: %w", err)
	}
	f.learn(e)
	return nil
}

package fetch

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// dataFiles grow page by page.
var dataFiles = []string{UsersFile, IdentitiesFile, MembershipsFile, OrganizationsFile}

// headers are the first lines of the CSV files: what --memberships and
// --organizations read.
var headers = map[string][]string{
	MembershipsFile:   {"user", "organization", "organization_name", "roles", "permissions"},
	OrganizationsFile: {"external id", "name"},
}

// Folder is a folder that is being filled. It is not safe for use by several
// goroutines at once.
type Folder struct {
	dir      string
	about    About
	lock     *flock.Flock
	journal  *os.File
	entries  []entry
	places   map[listOf]Place
	files    map[string]*growing
	resumed  bool
	finished bool // by an earlier process, which was killed before it tidied up
}

// growing is one file that grows.
type growing struct {
	f     *os.File
	w     *bufio.Writer
	h     hash.Hash
	bytes int64
	rows  int64
	grew  bool // since the last page
}

// Membership is a user in an organization.
type Membership struct {
	User, Organization, OrganizationName string
	Roles, Permissions                   []string
}

// Organization is one that users may be in.
type Organization struct{ ID, Name string }

// listOf names a list, or that of one parent.
type listOf struct{ list, parent string }

// Place is where a list stands.
type Place struct {
	Cursor string
	Rows   int64
	Done   bool
}

// Open makes the folder, or goes on with an unfinished fetch of the same source
// in it. A folder that holds a finished one is refused, unless again, which
// throws it away.
func Open(dir string, about About, again bool) (*Folder, error) {
	f := &Folder{dir: dir, about: about, files: map[string]*growing{}}
	if err := f.take(); err != nil {
		return nil, err
	}
	if err := f.open(again); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// take makes the folder and locks it.
func (f *Folder) take() error {
	if err := atomicfile.Trusted(f.dir); err != nil {
		return fmt.Errorf("creating the folder %s: %w", f.dir, err)
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("creating the folder: %w", err)
	}
	lock, held, err := atomicfile.Lock(filepath.Join(f.dir, lockFile))
	if err != nil {
		return fmt.Errorf("locking the folder %s: %w", f.dir, err)
	}
	if f.lock = lock; !held {
		return &FolderError{
			Dir:   f.dir,
			What:  "is being filled by another run",
			Try:   "wait until it has finished, or choose another folder with --out",
			InUse: true,
		}
	}
	return nil
}

func (f *Folder) open(again bool) error {
	entries, err := readJournal(f.dir)
	if err != nil {
		return fmt.Errorf("reading the journal of the fetch: %w", err)
	}
	m, err := ReadManifest(f.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if len(entries) == 0 {
			if err := f.refuseOthers(); err != nil {
				return err
			}
		}
	case err != nil && !again:
		return err
	case again:
		entries = nil
	case m.State != Running && len(entries) > 0 && m.About == f.about:
		// Killed between fetch.json and the end: nothing is left to do.
		f.finished, f.resumed = true, true
		return nil
	case m.State != Running:
		return &FolderError{Dir: f.dir, What: "holds a fetch that ended at " + m.FinishedAt.Format(time.RFC3339),
			Try: "choose another folder with --out, or read everything again with --again"}
	}
	if len(entries) > 0 && (entries[0].About == nil || *entries[0].About != f.about) {
		return &FolderError{Dir: f.dir, What: "holds an unfinished fetch of another source, or with other options",
			Try: "choose another folder with --out, or start over with --again"}
	}
	if entries, err = verified(f.dir, entries); err != nil {
		return fmt.Errorf("reading what was fetched: %w", err)
	}
	return f.begin(entries)
}

// refuseOthers keeps a fetch out of a folder that holds other people's files.
func (f *Folder) refuseOthers() error {
	names, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("looking into the folder: %w", err)
	}
	for _, n := range names {
		left := strings.HasPrefix(n.Name(), ".fetch.") && strings.HasSuffix(n.Name(), ".tmp") // by a kill while it was written
		if n.Name() != lockFile && !left {
			return &FolderError{Dir: f.dir, What: "is not empty: it holds " + n.Name(), Try: "choose a new folder with --out"}
		}
	}
	return nil
}

// begin cuts the files back to what the entries tell, and says that a fetch is
// under way before anything is added.
func (f *Folder) begin(entries []entry) error {
	f.resumed = len(entries) > 1
	now := time.Now().UTC()
	if len(entries) == 0 {
		entries = []entry{{About: &f.about}}
	}
	f.know(append(slices.Clone(entries), entry{Start: &now}))
	if err := f.writeManifest(f.summary(Running)); err != nil {
		return err
	}
	if err := writeJournal(f.dir, f.entries); err != nil {
		return err
	}
	if err := f.openJournal(); err != nil {
		return fmt.Errorf("opening the journal of the fetch: %w", err)
	}
	os.Remove(filepath.Join(f.dir, HashParamsFile))
	last := lastSums(f.entries)
	for _, name := range dataFiles {
		if err := f.cut(name, last[name]); err != nil {
			return fmt.Errorf("continuing with %s: %w", name, err)
		}
	}
	if _, err := f.file(UsersFile); err != nil { // always there, also when nobody is
		return err
	}
	return nil
}

func (f *Folder) openJournal() (err error) {
	f.journal, err = atomicfile.Open(filepath.Join(f.dir, journalFile), os.O_APPEND|os.O_WRONLY)
	return err
}

// lastSums returns how each file stood after the last page.
func lastSums(entries []entry) map[string]FileSum {
	out := map[string]FileSum{}
	for _, e := range entries {
		for _, s := range e.Files {
			out[s.Name] = s
		}
	}
	return out
}

// cut makes a file end where its last page did.
func (f *Folder) cut(name string, to FileSum) error {
	path := filepath.Join(f.dir, name)
	if g := f.files[name]; g != nil {
		g.f.Close()
		delete(f.files, name)
	}
	if to.Bytes == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.Truncate(path, to.Bytes); err != nil {
		return err
	}
	g, err := f.grow(name)
	if err != nil {
		return err
	}
	g.bytes, g.rows = to.Bytes, to.Rows
	r, err := atomicfile.OpenRegular(path)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(g.h, r)
	return err
}

func (f *Folder) grow(name string) (*growing, error) {
	file, err := atomicfile.Open(filepath.Join(f.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY)
	if err != nil {
		return nil, err
	}
	g := &growing{f: file, w: bufio.NewWriterSize(file, 1<<18), h: sha256.New()}
	f.files[name] = g
	return g, nil
}

// file returns a file to add to, with its header when it is new.
func (f *Folder) file(name string) (*growing, error) {
	if g := f.files[name]; g != nil {
		return g, nil
	}
	g, err := f.grow(name)
	if err == nil && headers[name] != nil {
		err = g.csv(headers[name]...)
	}
	return g, err
}

func (g *growing) add(p []byte) error {
	g.grew = true
	g.bytes += int64(len(p))
	g.h.Write(p)
	_, err := g.w.Write(p)
	return err
}

func (g *growing) csv(cells ...string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(cells)
	w.Flush()
	return g.add(b.Bytes())
}

// Dir returns the folder's path.
func (f *Folder) Dir() string { return f.dir }

// Resumed tells that an earlier process has committed pages.
func (f *Folder) Resumed() bool { return f.resumed }

// Finished tells that an earlier process had read everything, and nothing is left to do.
func (f *Folder) Finished() bool { return f.finished }

// Place returns where a list ended; false when no page of it was committed.
func (f *Folder) Place(list, parent string) (Place, bool) {
	p, found := f.places[listOf{list, parent}]
	return p, found
}

// know takes the entries for what is committed.
func (f *Folder) know(entries []entry) {
	f.entries, f.places = nil, map[listOf]Place{}
	for _, e := range entries {
		f.learn(e)
	}
}

func (f *Folder) learn(e entry) {
	f.entries = append(f.entries, e)
	if p := e.Page; p != nil {
		key := listOf{p.List, p.Parent}
		f.places[key] = Place{Cursor: p.Cursor, Done: p.Done, Rows: f.places[key].Rows + p.Rows}
	}
}

// User adds a user, one JSON object.
func (f *Folder) User(item []byte) error { return f.line(UsersFile, item) }

// Identity adds a row of the file that --identities reads, one JSON object.
func (f *Folder) Identity(item []byte) error { return f.line(IdentitiesFile, item) }

func (f *Folder) line(name string, item []byte) error {
	g, err := f.file(name)
	if err != nil {
		return err
	}
	if bytes.IndexByte(item, '\n') >= 0 {
		var b bytes.Buffer
		if err := json.Compact(&b, item); err != nil {
			return fmt.Errorf("an item of the source is not JSON: %w", err)
		}
		item = b.Bytes()
	}
	g.rows++
	if err := g.add(item); err != nil {
		return err
	}
	return g.add(newline)
}

var newline = []byte{'\n'}

// Separators are what a name of a role must not hold: the file of memberships
// lists several in one cell.
const Separators = ",;|"

// Membership adds a row of the file that --memberships reads.
func (f *Folder) Membership(m Membership) error {
	for _, name := range slices.Concat(m.Roles, m.Permissions) {
		if strings.ContainsAny(name, Separators) {
			return f.Lacks("the role or permission "+name, "its name holds one of "+Separators+", which memberships.csv puts between names")
		}
	}
	g, err := f.file(MembershipsFile)
	if err != nil {
		return err
	}
	g.rows++
	return g.csv(m.User, m.Organization, m.OrganizationName, strings.Join(m.Roles, "|"), strings.Join(m.Permissions, "|"))
}

// Organization adds a row of the file that --organizations reads.
func (f *Folder) Organization(o Organization) error {
	g, err := f.file(OrganizationsFile)
	if err != nil {
		return err
	}
	g.rows++
	return g.csv(o.ID, o.Name)
}

// HashParams writes what --hash-params reads. It is written anew by each process.
func (f *Folder) HashParams(text []byte) error {
	return atomicfile.WriteFile(filepath.Join(f.dir, HashParamsFile), text)
}

// Commit makes what was added since the last page part of the fetch.
func (f *Folder) Commit(p Page) error {
	e := entry{Page: &p}
	for _, name := range dataFiles {
		g := f.files[name]
		if g == nil || !g.grew {
			continue
		}
		if err := g.w.Flush(); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		g.grew = false
		e.Files = append(e.Files, g.sum(name))
	}
	return f.append(e)
}

func (g *growing) sum(name string) FileSum {
	return FileSum{Name: name, Bytes: g.bytes, SHA256: digest(g.h), Rows: g.rows}
}

// Rewind drops everything since the first page of a list, later lists included:
// its cursor is no longer good, and it is read again from its beginning.
func (f *Folder) Rewind(list string) error {
	first := slices.IndexFunc(f.entries, func(e entry) bool { return e.Page != nil && e.Page.List == list })
	if first < 0 {
		return nil
	}
	kept := slices.Clone(f.entries[:first])
	for _, e := range f.entries[first:] {
		if e.Start != nil {
			kept = append(kept, e)
		}
	}
	if err := f.journal.Close(); err != nil {
		return err
	}
	if err := writeJournal(f.dir, kept); err != nil {
		return err
	}
	f.know(kept)
	if err := f.openJournal(); err != nil {
		return fmt.Errorf("opening the journal of the fetch: %w", err)
	}
	last := lastSums(kept)
	for _, name := range dataFiles {
		if err := f.cut(name, last[name]); err != nil {
			return fmt.Errorf("beginning %s again: %w", name, err)
		}
	}
	_, err := f.file(UsersFile)
	return err
}

// Lines returns what is committed in a file, line by line.
func (f *Folder) Lines(name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		size := lastSums(f.entries)[name].Bytes
		if size == 0 {
			return
		}
		file, err := atomicfile.OpenRegular(filepath.Join(f.dir, name))
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		r := bufio.NewReaderSize(io.LimitReader(file, size), 1<<16)
		for {
			line, err := r.ReadBytes('\n')
			if err == io.EOF {
				return
			}
			if err != nil || !yield(bytes.TrimSuffix(line, newline), nil) {
				return
			}
		}
	}
}

// Close lets go of the folder. What is not committed is lost.
func (f *Folder) Close() error {
	for _, g := range f.files {
		g.f.Close()
	}
	if f.journal != nil {
		f.journal.Close()
	}
	return f.lock.Unlock()
}

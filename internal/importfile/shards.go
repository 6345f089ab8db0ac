package importfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// MaxBytes is the most that the dashboard takes in one file.
const MaxBytes = 49_000_000

// OrganizationsFile is the name of the file of organizations.
const OrganizationsFile = "organizations.csv"

// Shard is one file that was written.
type Shard struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	Users  int64  `json:"users,omitempty"`
	SHA256 string `json:"sha256"`
}

// Writer writes shards. Nothing stands in the folder before Commit.
type Writer struct {
	dir, stem string
	format    Format
	max       int64

	open          []*shard
	organizations map[string]string // names by external id
	stale         []string          // of an earlier conversion that was cut
	beside        []*shard          // tables of what the users' files can't hold, MembershipsFile and LeftOutFile

	// Lost counts what the format can't hold, by what it is.
	Lost map[string]int64
}

type shard struct {
	Shard
	file *atomicfile.File
	out  *bufio.Writer
	sum  hash.Hash
}

// New returns a writer of shards in dir of at most max bytes each; 0 is MaxBytes.
func New(dir string, format Format, max int64) *Writer {
	if max <= 0 {
		max = format.MaxBytes()
	}
	return &Writer{dir: dir, stem: "users", format: format, max: max, organizations: map[string]string{}, Lost: map[string]int64{}}
}

// Put writes a user, whole, into one shard, and returns its name, "" for somebody
// whom the format can't hold at all: LeftOutFile names those. b is the hash to
// write, nil for none.
func (w *Writer) Put(u *mapping.User, b *password.Body) (name string, err error) {
	if why := w.format.refuses(u); why != "" {
		w.lose("users: "+why, 1)
		return "", w.leaveOut(u, why)
	}
	encode := map[Format]func(*mapping.User, *password.Body) ([]byte, error){NDJSON: w.ndjson, CSV: w.csv, Auth0: w.auth0, Table: w.table,
		SCIM: w.scim}[w.format]
	data, err := encode(u, b)
	if err != nil {
		return "", fmt.Errorf("writing a user: %w", err)
	}
	if w.format.Leaves() {
		if b == nil && u.Password != nil {
			w.lose("password hashes that were not understood ("+u.Password.Encoding+")", 1)
		}
		if err := w.remember(u); err != nil {
			return "", err
		}
	}
	for _, m := range u.Memberships {
		if o := m.Organization; !w.format.Leaves() && w.format.Membership(o) && (w.organizations[o.ExternalID] == "" || o.Name != "") {
			w.organizations[strings.Clone(o.ExternalID)] = strings.Clone(o.Name)
		}
	}
	end := int64(len(w.format.closing(int64(w.max))))
	if len(w.open) == 0 || w.open[len(w.open)-1].Bytes+int64(len(data))+end > w.max {
		if err := w.begin(); err != nil {
			return "", err
		}
	}
	s := w.open[len(w.open)-1]
	if s.Bytes+int64(len(data))+end > w.max {
		return "", fmt.Errorf("one user takes %d bytes, and a file may hold %d", len(data), w.max)
	}
	if s.Users > 0 && (w.format == Auth0 || w.format == SCIM) {
		data = append([]byte(","), data...)
	}
	s.Users++
	return filepath.Base(s.Path), s.write(data)
}

func (s *shard) write(data []byte) error {
	s.Bytes += int64(len(data))
	s.sum.Write(data) // a digest never fails
	if _, err := s.out.Write(data); err != nil {
		return fmt.Errorf("writing %s: %w", s.Path, err)
	}
	return nil
}

// begin starts the next shard, and ends the one before.
func (w *Writer) begin() error {
	if err := w.end(); err != nil {
		return err
	}
	if err := w.create(fmt.Sprintf("%s-%03d%s", w.stem, len(w.open)+1, w.format.extension())); err != nil {
		return err
	}
	return w.open[len(w.open)-1].write([]byte(w.format.opening()))
}

// end writes what stands behind the last user of a shard.
func (w *Writer) end() error {
	if len(w.open) == 0 {
		return nil
	}
	s := w.open[len(w.open)-1]
	return s.write([]byte(w.format.closing(s.Users)))
}

func (f Format) extension() string {
	switch f {
	case NDJSON:
		return ".ndjson"
	case CSV, Table:
		return ".csv"
	}
	return ".json"
}

func (f Format) opening() string {
	switch f {
	case CSV:
		return strings.Join(columns, ",") + "\n"
	case Table:
		return strings.Join(tableColumns, ",") + "\n"
	case Auth0:
		return "[\n"
	case SCIM:
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[` + "\n"
	}
	return ""
}

func (f Format) closing(users int64) string {
	switch f {
	case Auth0:
		return "]\n"
	case SCIM:
		return fmt.Sprintf(`],"totalResults":%d,"startIndex":1,"itemsPerPage":%d}`+"\n", users, users)
	}
	return ""
}

func (w *Writer) create(name string) error {
	s, err := w.newShard(name)
	if err == nil {
		w.open = append(w.open, s)
	}
	return err
}

func (w *Writer) newShard(name string) (*shard, error) {
	path := filepath.Join(w.dir, name)
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	return &shard{Shard{Path: path}, file, bufio.NewWriterSize(file, 1<<16), sha256.New()}, nil
}

// row writes into a table beside the users, which begins with its header.
func (w *Writer) row(name string, header []string, cells ...string) error {
	i := slices.IndexFunc(w.beside, func(s *shard) bool { return filepath.Base(s.Path) == name })
	if i < 0 {
		s, err := w.newShard(name)
		if err != nil {
			return err
		}
		i, w.beside = len(w.beside), append(w.beside, s)
		if err := w.row(name, header, header...); err != nil {
			return err
		}
	}
	data, err := csvRow(cells...)
	if err != nil {
		return err
	}
	return w.beside[i].write(data)
}

// Commit puts all files in place, the organizations last, and lists them.
func (w *Writer) Commit() ([]Shard, error) {
	if err := w.end(); err != nil {
		return nil, err
	}
	w.open = append(w.open, w.beside...)
	w.beside = nil
	if len(w.organizations) > 0 {
		var out bytes.Buffer
		table := csv.NewWriter(&out)
		rows := [][]string{{"name", "id"}}
		for _, id := range slices.Sorted(maps.Keys(w.organizations)) {
			name := w.organizations[id]
			if name == "" {
				name = id
			}
			rows = append(rows, []string{name, id})
		}
		if err := table.WriteAll(rows); err != nil {
			return nil, fmt.Errorf("writing the organizations: %w", err)
		}
		if err := w.create(OrganizationsFile); err != nil {
			return nil, err
		}
		if err := w.open[len(w.open)-1].write(out.Bytes()); err != nil {
			return nil, err
		}
	}
	var list []Shard
	for _, s := range w.open {
		if err := errors.Join(s.out.Flush(), s.file.Commit()); err != nil {
			return nil, fmt.Errorf("writing %s: %w", s.Path, err)
		}
		s.SHA256 = hex.EncodeToString(s.sum.Sum(nil))
		list = append(list, s.Shard)
	}
	for _, path := range w.stale {
		if slices.ContainsFunc(list, func(s Shard) bool { return filepath.Base(s.Path) == filepath.Base(path) }) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("removing a file of a conversion that was cut: %w", err)
		}
	}
	return list, nil
}

// ours are the names of the files that a conversion writes, and of what waits to be
// put in their place when its process is killed.
var ours = func() *regexp.Regexp {
	names := `(users-\d{3,}\.(ndjson|csv|json)|` + strings.ReplaceAll(
		strings.Join([]string{OrganizationsFile, MembershipsFile, LeftOutFile}, "|"),
		".",
		`\.`,
	) + `)`
	return regexp.MustCompile(`^(` + names + `|\.` + names + `\.\w+\.tmp)$`)
}()

// Earlier lists the files of a folder that have the names of a conversion's: those
// of an earlier one, or somebody's own.
func Earlier(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, d := range entries {
		if ours.MatchString(d.Name()) {
			paths = append(paths, filepath.Join(dir, d.Name()))
		}
	}
	return paths, err
}

// Supersede has Commit remove these files, unless it has written them anew: users
// of a conversion that was cut would else be imported from two files.
func (w *Writer) Supersede(paths []string) { w.stale = paths }

// Abort leaves nothing behind that Commit did not put in place.
func (w *Writer) Abort() {
	for _, s := range slices.Concat(w.open, w.beside) {
		s.file.Abort()
	}
}

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
	"maps"
	"path/filepath"
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
		max = MaxBytes
	}
	return &Writer{dir: dir, stem: "users", format: format, max: max, organizations: map[string]string{}}
}

// Put writes a user, whole, into one shard, and returns its name. b is the hash
// to write, nil for none.
func (w *Writer) Put(u *mapping.User, b *password.Body) (name string, err error) {
	encode := w.ndjson
	if w.format == CSV {
		encode = w.csv
	}
	data, err := encode(u, b)
	if err != nil {
		return "", fmt.Errorf("writing a user: %w", err)
	}
	for _, m := range u.Memberships {
		if o := m.Organization; w.format.Membership(o) && (w.organizations[o.ExternalID] == "" || o.Name != "") {
			w.organizations[strings.Clone(o.ExternalID)] = strings.Clone(o.Name)
		}
	}
	if len(w.open) == 0 || w.open[len(w.open)-1].Bytes+int64(len(data)) > w.max {
		if err := w.begin(); err != nil {
			return "", err
		}
	}
	s := w.open[len(w.open)-1]
	if s.Bytes+int64(len(data)) > w.max {
		return "", fmt.Errorf("one user takes %d bytes, and a file may hold %d", len(data), w.max)
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

// begin starts the next shard.
func (w *Writer) begin() error {
	extension := ".ndjson"
	if w.format == CSV {
		extension = ".csv"
	}
	if err := w.create(fmt.Sprintf("%s-%03d%s", w.stem, len(w.open)+1, extension)); err != nil || w.format != CSV {
		return err
	}
	return w.open[len(w.open)-1].write([]byte(strings.Join(columns, ",") + "\n"))
}

func (w *Writer) create(name string) error {
	path := filepath.Join(w.dir, name)
	file, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	w.open = append(w.open, &shard{Shard{Path: path}, file, bufio.NewWriterSize(file, 1<<16), sha256.New()})
	return nil
}

// Commit puts all files in place, the organizations last, and lists them.
func (w *Writer) Commit() ([]Shard, error) {
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
	return list, nil
}

// Abort leaves nothing behind that Commit did not put in place.
func (w *Writer) Abort() {
	for _, s := range w.open {
		s.file.Abort()
	}
}

package fetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// The names of the files in a folder.
const (
	UsersFile         = "users.ndjson"
	IdentitiesFile    = "identities.ndjson"
	MembershipsFile   = "memberships.csv"
	OrganizationsFile = "organizations.csv"
	HashParamsFile    = "hash-params.yaml"
	ManifestFile      = "fetch.json"
	journalFile       = "fetch.journal"
	lockFile          = "fetch.lock"
)

// Schema names the form of fetch.json.
const Schema = "kinde-migrate.fetch/1"

// State is whether a fetch holds everything.
type State string

// The states.
const (
	Running    State = "running"    // unfinished: the same command goes on
	Complete   State = "complete"   // everything that the source counts is there
	Incomplete State = "incomplete" // ended, and something is missing
)

// CountKind is how far a source's own count can be trusted.
type CountKind string

// The kinds.
const (
	Exact    CountKind = "exact"
	Estimate CountKind = "estimate"
	None     CountKind = "none" // the source doesn't count
)

// Manifest is fetch.json.
type Manifest struct {
	Schema     string    `json:"schema"`
	About      About     `json:"about"`
	Version    string    `json:"version"`
	State      State     `json:"state"`
	Partial    bool      `json:"partial"` // only what changed since a time: never a whole source
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// Starts is how many processes it took. Each read what was there in its time.
	Starts      int         `json:"starts"`
	Lists       []List      `json:"lists"`
	Unavailable []Shortfall `json:"unavailable"` // what the source doesn't give
	Lacking     []Shortfall `json:"lacking"`     // what should be there and isn't
	Notes       []string    `json:"notes"`
	Files       []FileSum   `json:"files"`
	Erased      []Erased    `json:"erased,omitempty"`
	// Erasing are the files that were as they had been fetched when an erasure began
	// that has not ended.
	Erasing []string `json:"erasing,omitempty"`
}

// List is one list of the source.
type List struct {
	Name  string    `json:"name"`
	Rows  int64     `json:"rows"`
	Pages int64     `json:"pages"`
	Count int64     `json:"count"` // by the source itself
	Kind  CountKind `json:"count_kind"`
	// JoinedNobody are rows that belong to a user who was not read.
	JoinedNobody int64 `json:"joined_nobody,omitempty"`
	// Missing are the ids that are known to be there and were not read, the first of them.
	Missing []string `json:"missing,omitempty"`
}

// Shortfall is something that is not in the folder, and why.
type Shortfall struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// FileSum is a file of the folder as it was written.
type FileSum struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows"`
}

// Has tells whether the folder holds a file.
func (m *Manifest) Has(name string) bool {
	return slices.ContainsFunc(m.Files, func(f FileSum) bool { return f.Name == name })
}

// IsFolder tells whether a path is a folder that a fetch wrote, finished or not.
func IsFolder(path string) bool {
	_, err := os.Stat(filepath.Join(path, ManifestFile))
	return err == nil
}

// maxManifest bounds fetch.json, in bytes.
const maxManifest = 16 << 20

// ReadManifest reads a folder's fetch.json.
func ReadManifest(dir string) (*Manifest, error) {
	f, err := atomicfile.OpenRegular(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, fmt.Errorf("reading what a fetch wrote: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return nil, fmt.Errorf("reading what a fetch wrote: %w", err)
	}
	m := &Manifest{}
	if err := json.Unmarshal(data, m); err != nil || m.Schema == "" {
		return nil, &FolderError{Dir: dir, What: "holds a " + ManifestFile + " that can't be read", Try: "fetch again into another folder"}
	}
	if m.Schema != Schema {
		return nil, &FolderError{
			Dir:  dir,
			What: "was written in a format that this release doesn't know: " + m.Schema,
			Try:  "use the release that wrote it",
		}
	}
	return m, nil
}

// Verify tells whether the files are those that the fetch wrote.
func (m *Manifest) Verify(dir string) error {
	if m.Erasing != nil {
		return &FolderError{Dir: dir, What: "is one from which people are being erased", Try: "run the same users forget again until it ends"}
	}
	for _, want := range m.Files {
		if filepath.Base(want.Name) != want.Name {
			return &FolderError{Dir: dir, What: fmt.Sprintf("names a file outside of it: %q", want.Name), Try: "fetch again into another folder"}
		}
		got, err := atomicfile.SHA256(filepath.Join(dir, want.Name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return &FolderError{Dir: dir, What: "lacks " + want.Name, Try: "put it back, or fetch again into another folder"}
		case err != nil:
			return fmt.Errorf("reading what a fetch wrote: %w", err)
		case got != want.SHA256:
			return &FolderError{Dir: dir, What: "holds a " + want.Name + " that was changed since it was fetched",
				Try: "pass the files themselves (" + want.Name + " with --from " + m.About.Preset + ") to import an edited file, or fetch again"}
		}
	}
	return nil
}

package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// ManifestFile is the name of the manifest in a backup's folder. A folder
// without it is not a backup. ManifestSumFile holds its SHA-256.
const (
	ManifestFile    = "manifest.json"
	ManifestSumFile = "manifest.sha256"
)

const manifestSchema = "kinde-migrate.backup/1"

// Manifest describes a backup: what is in it, and what could not be copied.
type Manifest struct {
	Schema     string    `json:"schema"`
	Name       string    `json:"name"` // of the folder: the UTC time at which reading began
	Version    string    `json:"version"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Detail     Detail    `json:"detail"`
	Encrypted  bool      `json:"encrypted"`
	Tenant     TenantRef `json:"tenant"`

	Counts map[string]int64 `json:"counts"` // rows by kind
	Files  []FileRef        `json:"files"`

	NotCopied   []NotCopied `json:"not_copied"`
	CarriedOver int64       `json:"carried_over"`          // users whose details are those of an earlier backup
	NotCarried  string      `json:"not_carried,omitempty"` // why the backup before could not be relied on
	Shrunk      *Shrink     `json:"shrunk,omitempty"`
	Previous    *Link       `json:"previous,omitempty"`
	// Erased tells that people were taken out since: the counts are without them.
	Erased []ErasedNote `json:"erased,omitempty"`
}

// TenantRef says what was backed up.
type TenantRef struct {
	Domain      string `json:"domain"` // scheme, host and port
	Environment string `json:"environment"`
	Code        string `json:"code,omitempty"`
	Live        bool   `json:"live"`
}

// FileRef is a file of the backup, as it is stored.
type FileRef struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// NotCopied is what the backup does not hold.
type NotCopied struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Link chains a backup to the one before it.
type Link struct {
	Name           string `json:"name"`
	ManifestSHA256 string `json:"manifest_sha256"`
}

// Shrink tells that a backup holds much less than the last good one.
type Shrink struct {
	Against string  `json:"against"` // name of that backup
	Kind    string  `json:"kind"`
	Before  int64   `json:"before"`
	After   int64   `json:"after"`
	Percent float64 `json:"percent"` // how much less
	Allowed float64 `json:"allowed"`
}

func (s *Shrink) String() string {
	return fmt.Sprintf(
		"%s fell from %d to %d since %s: %.1f %% less; at most %.1f %% are allowed",
		s.Kind,
		s.Before,
		s.After,
		s.Against,
		s.Percent,
		s.Allowed,
	)
}

// Detail says how much a backup asks for.
type Detail string

// The details. Fast costs about two requests for every 500 users; Full adds
// requests for each user whose details may have changed.
const (
	Fast Detail = "fast"
	Full Detail = "full"
)

// nameLayout is the name of a backup's folder. Windows allows no colons.
const nameLayout = "2006-01-02T150405Z"

// NameAt returns the name of a backup that begins at this time.
func NameAt(t time.Time) string { return t.UTC().Format(nameLayout) }

func timeOfName(name string) (time.Time, bool) {
	t, err := time.Parse(nameLayout, name)
	return t, err == nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sumLine is the content of ManifestSumFile, as sha256sum writes it.
func sumLine(hash string) []byte { return []byte(hash + "  " + ManifestFile + "\n") }

// A DamagedError tells that a backup is not as it was written.
type DamagedError struct {
	File string // path
	Line int64  // 0: the whole file
	What string
}

func (e *DamagedError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s line %d: %s", e.File, e.Line, e.What)
	}
	return fmt.Sprintf("%s: %s", e.File, e.What)
}

// notRegular is what is wrong with something that lies in the place of a file.
const notRegular = "is not a regular file"

// ReadManifest reads the manifest of the backup in this folder and proves it by
// its hash. hash is that of the file.
func ReadManifest(folder string) (m *Manifest, hash string, err error) {
	path := filepath.Join(folder, ManifestFile)
	data, err := atomicfile.ReadRegular(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, "", &DamagedError{File: path, What: "is missing: the backup is not complete"}
		}
		if errors.Is(err, atomicfile.ErrNotRegular) {
			return nil, "", &DamagedError{File: path, What: notRegular}
		}
		return nil, "", fmt.Errorf("reading a manifest: %w", err)
	}
	hash = hashOf(data)
	sum, err := atomicfile.ReadRegular(filepath.Join(folder, ManifestSumFile))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hash, &DamagedError{File: filepath.Join(folder, ManifestSumFile), What: "is missing"}
		}
		if errors.Is(err, atomicfile.ErrNotRegular) {
			return nil, hash, &DamagedError{File: filepath.Join(folder, ManifestSumFile), What: notRegular}
		}
		return nil, hash, fmt.Errorf("reading a manifest's hash: %w", err)
	}
	if !bytes.Equal(sum, sumLine(hash)) {
		return nil, hash, &DamagedError{File: path, What: "does not match its hash in " + ManifestSumFile}
	}
	m = &Manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, hash, &DamagedError{File: path, What: "is not JSON: " + err.Error()}
	}
	if m.Schema != manifestSchema {
		return nil, hash, &DamagedError{File: path, What: fmt.Sprintf("has the version %q, which this release doesn't know", m.Schema)}
	}
	for _, f := range m.Files {
		if f.Name != filepath.Base(f.Name) || !filepath.IsLocal(f.Name) || f.Name == "." || f.Name == ManifestFile {
			return nil, hash, &DamagedError{File: path, What: fmt.Sprintf("names the file %q, which can't be in a backup", f.Name)}
		}
	}
	return m, hash, nil
}

// file finds a file by kind.
func (m *Manifest) file(kind string) (FileRef, bool) {
	i := slices.IndexFunc(m.Files, func(f FileRef) bool { return f.Kind == kind })
	if i < 0 {
		return FileRef{}, false
	}
	return m.Files[i], true
}

package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Repository is a folder of backups of one tenant.
type Repository struct {
	dir  string
	lock *flock.Flock
}

const (
	lockFile   = ".lock"
	prunedFile = "pruned.json"
)

// ErrBusy says that another process makes or removes backups in this folder.
var ErrBusy = errors.New("another backup is being made in this folder")

// OpenRepository opens a folder of backups for reading.
func OpenRepository(dir string) (*Repository, error) {
	st, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of backups: %w", err)
	}
	if !st.IsDir() {
		return nil, fmt.Errorf("opening the folder of backups: %s is a file", dir)
	}
	return &Repository{dir: dir}, nil
}

// LockRepository opens a folder of backups for writing, and makes it when it is
// not there. Unlock ends it; so does the end of the process.
func LockRepository(dir string) (*Repository, error) {
	err := atomicfile.Trusted(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("making the folder of backups: %w", err)
	}
	l, held, err := atomicfile.Lock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, fmt.Errorf("locking the folder of backups: %w", err)
	}
	if !held {
		return nil, ErrBusy
	}
	repo := &Repository{dir: dir, lock: l}
	if err := repo.finishErasure(); err != nil {
		return nil, errors.Join(err, l.Unlock())
	}
	return repo, nil
}

// Unlock lets others make backups here.
func (repo *Repository) Unlock() error {
	if repo.lock == nil {
		return nil
	}
	return repo.lock.Unlock()
}

// FolderOf is where a backup of this name lies.
func (repo *Repository) FolderOf(name string) string { return filepath.Join(repo.dir, name) }

// Dir returns the folder.
func (repo *Repository) Dir() string { return repo.dir }

// Entry is one backup of a repository.
type Entry struct {
	Name     string    `json:"name"`
	Folder   string    `json:"folder"`
	Time     time.Time `json:"time"`
	Bytes    int64     `json:"bytes"`
	Manifest *Manifest `json:"manifest,omitempty"`
	Problem  string    `json:"problem,omitempty"` // why it is no good backup, at a glance
	hash     string
}

// Good tells whether the backup is complete, at a glance, and not suspiciously small.
func (e *Entry) Good() bool { return e.Problem == "" && e.Manifest.Shrunk == nil }

// List returns the backups, oldest first. It looks at manifests and sizes only;
// Verify reads everything.
func (repo *Repository) List() ([]Entry, error) {
	names, err := repo.names()
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(names))
	for _, name := range names {
		out = append(out, repo.look(name))
	}
	return out, nil
}

func (repo *Repository) names() ([]string, error) {
	list, err := os.ReadDir(repo.dir)
	if err != nil {
		return nil, fmt.Errorf("listing the backups: %w", err)
	}
	var names []string
	for _, d := range list {
		if _, ok := timeOfName(d.Name()); ok { // what is no folder is named, too, as damaged
			names = append(names, d.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// manifest reads the manifest of a backup in this folder. A link in the place of a
// backup is not followed: what it leads to is none of this folder's.
func (repo *Repository) manifest(name string) (*Manifest, string, error) {
	folder := filepath.Join(repo.dir, name)
	if info, err := os.Lstat(folder); err == nil && !info.IsDir() {
		return nil, "", &DamagedError{File: folder, What: "is not a folder, and links are not followed"}
	}
	return ReadManifest(folder)
}

func (repo *Repository) look(name string) Entry {
	folder := filepath.Join(repo.dir, name)
	at, _ := timeOfName(name)
	e := Entry{Name: name, Folder: folder, Time: at}
	m, hash, err := repo.manifest(name)
	e.Manifest, e.hash = m, hash
	if err != nil {
		e.Problem = err.Error()
		return e
	}
	for _, f := range m.Files {
		st, err := os.Stat(filepath.Join(folder, f.Name))
		switch {
		case err != nil:
			e.Problem = f.Name + " is missing"
		case !st.Mode().IsRegular():
			e.Problem = f.Name + " " + notRegular
		case st.Size() != f.Bytes:
			e.Problem = fmt.Sprintf("%s has %d bytes, not %d", f.Name, st.Size(), f.Bytes)
		default:
			e.Bytes += st.Size()
		}
	}
	return e
}

// Latest returns the newest complete backup, nil when there is none.
func (repo *Repository) Latest() (*Entry, error) {
	list, err := repo.List()
	if err != nil {
		return nil, err
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Problem == "" {
			return &list[i], nil
		}
	}
	return nil, nil
}

// link chains a new manifest to the newest one, and returns that one. A folder
// with backups of another tenant is refused: its retention would throw away both.
func (repo *Repository) link(m *Manifest) (*Manifest, error) {
	last, err := repo.Latest()
	if err != nil || last == nil {
		return nil, err
	}
	if last.Manifest.Tenant.Domain != m.Tenant.Domain || last.Manifest.Tenant.Code != m.Tenant.Code {
		return nil, &OtherTenantError{Folder: repo.dir, Holds: last.Manifest.Tenant.Domain, Asked: m.Tenant.Domain}
	}
	if last.Name >= m.Name {
		return nil, fmt.Errorf("making the backup: the newest one, %s, is not older than now: check the clock", last.Name)
	}
	m.Previous = &Link{Name: last.Name, ManifestSHA256: last.hash}
	return last.Manifest, nil
}

// nextSecond waits while the newest backup has the name that a new one would get.
func (repo *Repository) nextSecond(ctx context.Context, now func() time.Time) error {
	last, err := repo.Latest()
	if err != nil || last == nil {
		return err
	}
	wait := last.Time.Add(time.Second).Sub(now())
	if wait <= 0 || wait > time.Second {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// An OtherTenantError tells that a folder holds backups of another tenant.
type OtherTenantError struct{ Folder, Holds, Asked string }

func (e *OtherTenantError) Error() string {
	return fmt.Sprintf("%s holds backups of %s, not of %s", e.Folder, e.Holds, e.Asked)
}

// defaultMaxShrink is in percent.
const defaultMaxShrink = 5

// shrunk compares the counts with those of the newest backup that was not found
// too small itself.
func (repo *Repository) shrunk(m *Manifest, allowed float64) *Shrink {
	if allowed == 0 {
		allowed = defaultMaxShrink
	}
	list, err := repo.List()
	if err != nil {
		return nil
	}
	for i := len(list) - 1; i >= 0; i-- {
		if !list[i].Good() {
			continue
		}
		for _, kind := range []string{KindUsers, KindMemberships, KindOrganizations} {
			before, after := list[i].Manifest.Counts[kind], m.Counts[kind]
			if before == 0 || after >= before {
				continue
			}
			if percent := 100 * float64(before-after) / float64(before); percent > allowed {
				return &Shrink{Against: list[i].Name, Kind: kind, Before: before, After: after, Percent: percent, Allowed: allowed}
			}
		}
		return nil
	}
	return nil
}

// sweep removes what a backup or a pruning that was cut off has left. Only the holder of the lock may.
func (repo *Repository) sweep() error {
	list, err := os.ReadDir(repo.dir)
	if err != nil {
		return fmt.Errorf("cleaning up: %w", err)
	}
	for _, d := range list {
		name, isTemp := strings.CutPrefix(d.Name(), ".")
		stem, _, _ := strings.Cut(name, ".")
		if _, ok := timeOfName(stem); !ok || !isTemp || !d.IsDir() || !strings.HasSuffix(name, ".tmp") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(repo.dir, d.Name())); err != nil {
			return fmt.Errorf("cleaning up what an earlier backup left: %w", err)
		}
	}
	return nil
}

// prunedBackup is kept of a backup that was removed, so that the chain can be followed.
type prunedBackup struct {
	Name           string    `json:"name"`
	ManifestSHA256 string    `json:"manifest_sha256"`
	Previous       *Link     `json:"previous,omitempty"`
	PrunedAt       time.Time `json:"pruned_at"`
}

func (repo *Repository) pruned() ([]prunedBackup, error) {
	data, err := atomicfile.ReadRegular(filepath.Join(repo.dir, prunedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading which backups were removed: %w", err)
	}
	var out []prunedBackup
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, &DamagedError{File: filepath.Join(repo.dir, prunedFile), What: "does not parse: " + err.Error()}
	}
	return out, nil
}

func (repo *Repository) setPruned(list []prunedBackup) error {
	data, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(repo.dir, prunedFile), append(data, '\n'))
}

func marshalManifest(m *Manifest) ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// IsBackupName tells whether a folder's name is that of a backup.
func IsBackupName(name string) bool {
	_, ok := timeOfName(name)
	return ok
}

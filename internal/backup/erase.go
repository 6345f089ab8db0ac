package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Folders of a repository in which an erasure waits to be put in place. The first
// is still being written; what the second holds is complete, and is moved into the
// backups by whoever opens the repository for writing next.
const (
	erasingDir = ".erasing"
	erasedDir  = ".erased"
)

// Erasure says who is taken out of backups.
type Erasure struct {
	Only   []string // names of backups; none: all
	At     time.Time
	People int // for the manifest
	// Line decides about a line of a file: what stands there instead, or that it goes.
	Line func(kind string, line []byte) (instead []byte, keep bool)
}

// ErasedNote is what a manifest says of an erasure.
type ErasedNote struct {
	At     time.Time `json:"at"`
	People int       `json:"people"` // who were asked for, whether the backup held them or not
	Rows   int64     `json:"rows"`
	Texts  int64     `json:"texts,omitempty"` // lines about something else, in which a name stood
}

// Erase takes people out of the plain backups of a repository and makes their
// manifests, and the chain from one to the next, anew. Encrypted backups keep what
// they hold. It returns what it took out, by backup. The caller holds the lock.
func (repo *Repository) Erase(ctx context.Context, e Erasure) (map[string]ErasedNote, error) {
	staging := filepath.Join(repo.dir, erasingDir)
	if err := os.RemoveAll(staging); err != nil {
		return nil, fmt.Errorf("cleaning up after an interrupted erasure: %w", err)
	}
	names, err := repo.names()
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(staging, 0o700); err != nil {
		return nil, fmt.Errorf("erasing in backups: %w", err)
	}
	out, hashes := map[string]ErasedNote{}, map[string]string{}
	for _, name := range names {
		m, _, err := repo.manifest(name)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("erasing in backups: %w", err), os.RemoveAll(staging))
		}
		changed := false
		if !m.Encrypted && (len(e.Only) == 0 || slices.Contains(e.Only, name)) {
			note, err := repo.eraseIn(ctx, m, e, staging)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("erasing in the backup %s: %w", name, err), os.RemoveAll(staging))
			}
			if out[name] = note; note.Rows+note.Texts > 0 {
				m.Erased, changed = append(m.Erased, note), true
			}
		}
		if m.Previous != nil && hashes[m.Previous.Name] != "" {
			m.Previous.ManifestSHA256, changed = hashes[m.Previous.Name], true
		}
		if !changed {
			continue
		}
		if hashes[name], err = stageManifest(filepath.Join(staging, name), m); err != nil {
			return nil, errors.Join(err, os.RemoveAll(staging))
		}
	}
	if len(hashes) == 0 {
		return out, os.RemoveAll(staging)
	}
	if err := atomicfile.CommitDir(staging, filepath.Join(repo.dir, erasedDir)); err != nil {
		return nil, err
	}
	return out, repo.finishErasure()
}

// stageManifest writes a manifest and its hash into the folder of the erasure.
func stageManifest(folder string, m *Manifest) (hash string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("erasing in backups: %w", err)
	}
	data, err := marshalManifest(m)
	if err != nil {
		return "", err
	}
	hash = hashOf(data)
	if err := atomicfile.WriteFile(filepath.Join(folder, ManifestFile), data); err != nil {
		return "", err
	}
	return hash, atomicfile.WriteFile(filepath.Join(folder, ManifestSumFile), sumLine(hash))
}

// eraseIn writes the files of one backup that change, and enters them into the manifest.
func (repo *Repository) eraseIn(ctx context.Context, m *Manifest, e Erasure, staging string) (note ErasedNote, err error) {
	note = ErasedNote{At: e.At.UTC().Truncate(time.Second), People: e.People}
	if err := repo.wholeFiles(ctx, m); err != nil {
		return note, err
	}
	folder := filepath.Join(staging, m.Name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return note, err
	}
	for _, f := range slices.Clone(m.Files) {
		if f.Kind == kindLines {
			continue
		}
		if held, err := repo.holds(ctx, m.Name, f, e); err != nil {
			return note, err
		} else if !held {
			continue
		}
		a := &archive{folder: folder, counts: map[string]int64{}}
		gone, texts, err := eraseLines(ctx, a, filepath.Join(repo.dir, m.Name), f, e)
		if err != nil {
			return note, err
		}
		note.Rows, note.Texts = note.Rows+gone, note.Texts+texts
		maps.Copy(m.Counts, a.counts)
		for _, now := range a.files {
			if at := slices.IndexFunc(m.Files, func(x FileRef) bool { return x.Name == now.Name }); at >= 0 {
				m.Files[at] = now
			} else {
				m.Files = append(m.Files, now)
			}
		}
	}
	return note, nil
}

// wholeFiles refuses a damaged backup: a manifest made anew would call it good.
func (repo *Repository) wholeFiles(ctx context.Context, m *Manifest) error {
	v := &Verification{}
	for _, f := range m.Files {
		if _, err := repo.hashFile(ctx, m.Name, f, v); err != nil {
			return err
		}
	}
	return v.damage(repo.dir)
}

// holds tells whether there is anything to take out of a file.
func (repo *Repository) holds(ctx context.Context, name string, f FileRef, e Erasure) (bool, error) {
	for _, line := range lines(filepath.Join(repo.dir, name), f.Name, nil) {
		if err := firstOf(line.err, ctx.Err()); err != nil {
			return false, err
		}
		if instead, keep := e.Line(f.Kind, line.data); !keep || string(instead) != string(line.data) {
			return true, nil
		}
	}
	return false, nil
}

func eraseLines(ctx context.Context, a *archive, folder string, f FileRef, e Erasure) (gone, texts int64, err error) {
	p, err := a.create(f.Kind)
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		if err != nil {
			p.abort()
		}
	}()
	for _, line := range lines(folder, f.Name, nil) {
		if line.err != nil {
			return 0, 0, line.err
		}
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		instead, keep := e.Line(f.Kind, line.data)
		if !keep {
			gone++
			continue
		}
		if string(instead) != string(line.data) {
			texts++
		}
		if err := p.line(slices.Clip(instead)); err != nil {
			return 0, 0, err
		}
	}
	return gone, texts, p.done()
}

// EachLine hands the lines of the plain backups to see: of those named, or of all.
func (repo *Repository) EachLine(ctx context.Context, only []string, see func(backup, kind string, line []byte)) error {
	names, err := repo.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		m, _, err := repo.manifest(name)
		if err != nil {
			return err
		}
		if m.Encrypted {
			continue
		}
		for _, f := range m.Files {
			if f.Kind == kindLines {
				continue
			}
			for _, line := range lines(filepath.Join(repo.dir, name), f.Name, nil) {
				if err := firstOf(line.err, ctx.Err()); err != nil {
					return err
				}
				see(name, f.Kind, line.data)
			}
		}
	}
	return nil
}

// finishErasure puts the files of a complete erasure in place, as often as it is
// cut off; the manifest of a backup comes last.
func (repo *Repository) finishErasure() error {
	erased := filepath.Join(repo.dir, erasedDir)
	folders, err := os.ReadDir(erased)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finishing an erasure: %w", err)
	}
	for _, d := range folders {
		from, to := filepath.Join(erased, d.Name()), filepath.Join(repo.dir, d.Name())
		files, err := os.ReadDir(from)
		if err != nil {
			return fmt.Errorf("finishing an erasure: %w", err)
		}
		slices.SortStableFunc(files, func(x, y fs.DirEntry) int { return rankOf(x.Name()) - rankOf(y.Name()) })
		for _, f := range files {
			if err := atomicfile.Place(filepath.Join(from, f.Name()), filepath.Join(to, f.Name())); err != nil {
				return fmt.Errorf("finishing an erasure: %w", err)
			}
		}
	}
	if err := os.RemoveAll(erased); err != nil {
		return fmt.Errorf("finishing an erasure: %w", err)
	}
	return nil
}

func rankOf(name string) int {
	switch name {
	case ManifestSumFile:
		return 1
	case ManifestFile:
		return 2
	}
	return 0
}

// AboutUsers tells whether each line of a file of this kind is about a user.
func AboutUsers(kind string) bool { return kind == KindUsers || kind == KindMemberships }

package backup

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Verification is what Verify found.
type Verification struct {
	Backups  []string         `json:"backups"` // names that were looked at
	Files    int              `json:"files"`
	Rows     int64            `json:"rows"`
	Bytes    int64            `json:"bytes"`
	Unread   []string         `json:"unread,omitempty"` // encrypted files whose lines could not be read without an identity
	Problems []Damage         `json:"problems"`
	Counts   map[string]int64 `json:"counts,omitempty"` // of the newest backup looked at
}

// Damage is one thing that is not as it was written.
type Damage struct {
	Backup string `json:"backup"`
	File   string `json:"file"`
	Line   int64  `json:"line,omitempty"`
	What   string `json:"what"`
}

func (d Damage) String() string {
	e := DamagedError{File: filepath.ToSlash(filepath.Join(d.Backup, d.File)), Line: d.Line, What: d.What}
	return e.Error()
}

// maxDamages bounds the problems that are named for one file.
const maxDamages = 20

// Verify reads backups to their last byte: hashes, counts, that every line
// parses, and that the chain from one to the next is unbroken. Without names it
// looks at all. Damage is no error; an error means that it could not look.
func (repo *Repository) Verify(ctx context.Context, ids Identities, names ...string) (*Verification, error) {
	v := &Verification{Problems: []Damage{}}
	every, err := repo.names()
	if err != nil {
		return nil, err
	}
	chain := len(names) == 0
	if chain {
		names = every
	}
	for _, name := range names {
		if !slices.Contains(every, name) {
			return nil, fmt.Errorf("verifying: there is no backup %s in %s", name, repo.dir)
		}
		if err := repo.verifyOne(ctx, name, ids, v); err != nil {
			return nil, err
		}
	}
	if chain {
		return v, repo.verifyChain(every, v)
	}
	return v, nil
}

func (v *Verification) add(backup, file string, line int64, format string, args ...any) {
	v.Problems = append(v.Problems, Damage{backup, file, line, fmt.Sprintf(format, args...)})
}

// take enters an error that is damage, and returns any other.
func (v *Verification) take(backup string, err error) error {
	d, ok := errors.AsType[*DamagedError](err)
	if !ok {
		return err
	}
	v.add(backup, filepath.Base(d.File), d.Line, "%s", d.What)
	return nil
}

func (repo *Repository) verifyOne(ctx context.Context, name string, ids Identities, v *Verification) error {
	v.Backups = append(v.Backups, name)
	folder := filepath.Join(repo.dir, name)
	m, _, err := repo.manifest(name)
	if err != nil {
		return v.take(name, err)
	}
	v.Counts = m.Counts
	if m.Name != name {
		v.add(name, ManifestFile, 0, "belongs to the backup %s: the folder was renamed", m.Name)
	}
	if err := repo.verifyFiles(ctx, name, m, ids, v); err != nil {
		return err
	}
	known := map[string]bool{ManifestFile: true, ManifestSumFile: true}
	for _, f := range m.Files {
		known[f.Name] = true
	}
	list, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("verifying: %w", err)
	}
	for _, d := range list {
		if !known[d.Name()] {
			v.add(name, d.Name(), 0, "is not part of the backup")
		}
	}
	return nil
}

// verifyFiles compares all files of a backup with its manifest.
func (repo *Repository) verifyFiles(ctx context.Context, name string, m *Manifest, ids Identities, v *Verification) error {
	for _, f := range m.Files {
		if f.Kind == kindLines {
			continue
		}
		if err := repo.verifyFile(ctx, name, m, f, ids, v); err != nil {
			return err
		}
	}
	for _, f := range m.Files {
		if f.Kind == kindLines {
			if _, err := repo.hashFile(ctx, name, f, v); err != nil {
				return err
			}
		}
	}
	for kind, n := range m.Counts {
		if _, ok := m.file(kind); !ok && n > 0 {
			v.add(name, ManifestFile, 0, "counts %d %s but names no file with them", n, kind)
		}
	}
	return nil
}

// damage is what was found as an error: the first of it.
func (v *Verification) damage(dir string) error {
	if len(v.Problems) == 0 {
		return nil
	}
	p := v.Problems[0]
	return &DamagedError{File: filepath.Join(dir, p.Backup, p.File), Line: p.Line, What: p.What}
}

// hashFile compares the stored bytes with the manifest; ok tells that they agree.
func (repo *Repository) hashFile(ctx context.Context, name string, f FileRef, v *Verification) (ok bool, err error) {
	file, err := atomicfile.OpenRegular(filepath.Join(repo.dir, name, f.Name))
	if errors.Is(err, os.ErrNotExist) {
		v.add(name, f.Name, 0, "is missing")
		return false, nil
	}
	if errors.Is(err, atomicfile.ErrNotRegular) {
		v.add(name, f.Name, 0, notRegular)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("verifying: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.Copy(h, &contextReader{ctx, file})
	if err != nil {
		return false, fmt.Errorf("verifying %s: %w", f.Name, err)
	}
	v.Files++
	v.Bytes += n
	if got := hex.EncodeToString(h.Sum(nil)); got != f.SHA256 {
		if n != f.Bytes {
			v.add(name, f.Name, 0, "has %d bytes, not %d, and does not match its hash", n, f.Bytes)
		} else {
			v.add(name, f.Name, 0, "does not match its hash")
		}
		return false, nil
	}
	return true, nil
}

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func (repo *Repository) verifyFile(ctx context.Context, name string, m *Manifest, f FileRef, ids Identities, v *Verification) error {
	before := len(v.Problems)
	ok, err := repo.hashFile(ctx, name, f, v)
	if err != nil || len(v.Problems) > before && v.Problems[before].What == "is missing" {
		return err
	}
	folder := filepath.Join(repo.dir, name)
	var n int64
	named := 0
	sums := &lineSums{}
	if !ok {
		sums = openSums(folder, f.Name) // the hash tells that something is wrong; these tell where
	}
	defer sums.close()
	for k, line := range lines(folder, f.Name, ids) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if errors.Is(line.err, ErrNeedsIdentity) {
			v.Unread = append(v.Unread, filepath.ToSlash(filepath.Join(name, f.Name)))
			return nil
		}
		if line.err != nil {
			return v.take(name, line.err)
		}
		n++
		what := checkLine(f.Kind, line.data)
		if !sums.match(line.data) && what == "" { // asked of each line, so that lines and checksums keep step
			what = "was changed after it was written"
		}
		if what != "" && named < maxDamages {
			v.add(name, f.Name, k, "%s", what)
			named++
		}
	}
	v.Rows += n
	switch {
	case n != f.Rows:
		v.add(name, f.Name, 0, "has %d rows, not %d", n, f.Rows)
	case n != m.Counts[f.Kind]:
		v.add(name, f.Name, 0, "has %d rows, and the manifest counts %d", n, m.Counts[f.Kind])
	}
	return nil
}

// checkLine tells what is wrong with a line by itself.
func checkLine(kind string, data []byte) string {
	v := newRow(kind)
	if v == nil {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return "does not parse: " + err.Error()
	}
	if d.InputOffset() != int64(len(data)) {
		return "does not parse: something follows the object"
	}
	return ""
}

func newRow(kind string) any {
	switch kind {
	case KindUsers:
		return new(tenant.Row)
	case KindMemberships:
		return new(tenant.MembershipRow)
	case KindOrganizations:
		return new(tenant.OrganizationRow)
	case KindRoles:
		return new(tenant.RoleRow)
	case KindPermissions:
		return new(tenant.PermissionRow)
	case KindProperties:
		return new(tenant.PropertyRow)
	case KindCategories:
		return new(tenant.CategoryRow)
	case KindConnections:
		return new(tenant.ConnectionRow)
	case KindFlags:
		return new(tenant.FlagRow)
	}
	return nil
}

// lineSums reads the checksums of a file's lines. Without them, or behind
// their end, every line matches: hash and count tell.
type lineSums struct {
	file *os.File
	s    *bufio.Scanner
}

func openSums(folder, name string) *lineSums {
	f, err := atomicfile.OpenRegular(filepath.Join(folder, name+linesEnding))
	if err != nil {
		return &lineSums{}
	}
	return &lineSums{f, bufio.NewScanner(f)}
}

func (l *lineSums) match(line []byte) bool {
	if l.s == nil || !l.s.Scan() {
		return true
	}
	return l.s.Text()+"\n" == lineSum(line)
}

func (l *lineSums) close() {
	if l.file != nil {
		_ = l.file.Close()
	}
}

// verifyChain follows each backup to the one before it.
func (repo *Repository) verifyChain(names []string, v *Verification) error {
	gone, err := repo.pruned()
	if err != nil {
		return v.take("", err)
	}
	hashes := map[string]string{}
	for _, p := range gone {
		hashes[p.Name] = p.ManifestSHA256
	}
	manifests := map[string]*Manifest{}
	for _, name := range names {
		if m, hash, err := repo.manifest(name); err == nil {
			manifests[name], hashes[name] = m, hash
		}
	}
	for i, name := range names {
		m := manifests[name]
		if m == nil {
			continue // named already
		}
		if m.Previous == nil {
			if i > 0 && manifests[names[i-1]] != nil {
				v.add(name, ManifestFile, 0, "is not chained to the backup before it, %s", names[i-1])
			}
			continue
		}
		hash, ok := hashes[m.Previous.Name]
		switch {
		case !ok && !slices.Contains(names, m.Previous.Name):
			v.add(name, ManifestFile, 0, "follows the backup %s, which is missing and was not pruned", m.Previous.Name)
		case ok && hash != m.Previous.ManifestSHA256:
			v.add(name, ManifestFile, 0, "doesn't follow the manifest of %s that is there", m.Previous.Name)
		}
		if i > 0 && strings.Compare(m.Previous.Name, names[i-1]) < 0 && manifests[names[i-1]] != nil {
			v.add(name, ManifestFile, 0, "follows %s, although %s is between them", m.Previous.Name, names[i-1])
		}
	}
	return nil
}

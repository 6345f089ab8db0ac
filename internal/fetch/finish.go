package fetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// maxMissing bounds the ids that are named.
const maxMissing = 1000

// Counted says how many rows the source itself counts in a list.
func (f *Folder) Counted(list string, n int64, kind CountKind) error {
	return f.append(entry{Count: &List{Name: list, Count: n, Kind: kind}})
}

// Missing names rows of a list that are there and could not be read.
func (f *Folder) Missing(list string, ids ...string) error {
	return f.append(entry{Count: &List{Name: list, Missing: ids}})
}

// Unavailable says what the source doesn't give, which takes nothing from the
// rest being whole.
func (f *Folder) Unavailable(what, why string) error {
	return f.append(entry{Without: &Shortfall{what, why}})
}

// Lacks says what should be there and isn't: the fetch is incomplete.
func (f *Folder) Lacks(what, why string) error {
	return f.append(entry{Lacks: &Shortfall{what, why}})
}

// Note says something that whoever imports should know.
func (f *Folder) Note(text string) error { return f.append(entry{Note: text}) }

// Finish ends the fetch: the files are synced, then fetch.json says what they are.
func (f *Folder) Finish(version string) (*Manifest, error) {
	if f.finished {
		m, err := ReadManifest(f.dir)
		return m, errors.Join(err, f.tidy())
	}
	m := f.summary(Complete)
	m.Version, m.FinishedAt = version, time.Now().UTC()
	for _, name := range dataFiles {
		g := f.files[name]
		if g == nil {
			continue
		}
		if err := errors.Join(g.w.Flush(), g.f.Sync()); err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		m.Files = append(m.Files, g.sum(name))
	}
	if err := f.sumOfParams(m); err != nil {
		return nil, err
	}
	if len(m.Lacking) > 0 {
		m.State = Incomplete
	}
	if err := f.writeManifest(m); err != nil {
		return nil, err
	}
	return m, f.tidy()
}

func (f *Folder) sumOfParams(m *Manifest) error {
	path := filepath.Join(f.dir, HashParamsFile)
	sum, err := atomicfile.SHA256(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	info, statErr := os.Stat(path)
	if err := errors.Join(err, statErr); err != nil {
		return err
	}
	m.Files = append(m.Files, FileSum{Name: HashParamsFile, Bytes: info.Size(), SHA256: sum})
	return nil
}

// tidy takes away what only an unfinished fetch needs.
func (f *Folder) tidy() error {
	if f.journal != nil {
		f.journal.Close()
	}
	for _, name := range []string{journalFile, lockFile} {
		if err := os.Remove(filepath.Join(f.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f *Folder) writeManifest(m *Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(f.dir, ManifestFile), append(text, '\n'))
}

// summary folds the journal.
func (f *Folder) summary(state State) *Manifest {
	m := &Manifest{Schema: Schema, About: f.about, State: state, Partial: f.about.Since != "",
		Lists: []List{}, Unavailable: []Shortfall{}, Lacking: []Shortfall{}, Notes: []string{}, Files: []FileSum{}}
	for _, e := range f.entries {
		switch {
		case e.Start != nil:
			if m.Starts++; m.StartedAt.IsZero() {
				m.StartedAt = *e.Start
			}
		case e.Page != nil:
			l := m.list(e.Page.List)
			l.Rows += e.Page.Rows
			l.Pages++
			for name, n := range e.Page.Joined {
				j := m.list(name)
				j.Rows += n.Rows
				j.JoinedNobody += n.Nobody
			}
		case e.Count != nil && e.Count.Kind != "":
			l := m.list(e.Count.Name)
			l.Count, l.Kind = e.Count.Count, e.Count.Kind
		case e.Count != nil:
			l := m.list(e.Count.Name)
			l.Missing = append(l.Missing, e.Count.Missing[:min(len(e.Count.Missing), maxMissing-len(l.Missing))]...)
		case e.Without != nil:
			m.Unavailable = addOnce(m.Unavailable, *e.Without)
		case e.Lacks != nil:
			m.Lacking = addOnce(m.Lacking, *e.Lacks)
		case e.Note != "" && !slices.Contains(m.Notes, e.Note):
			m.Notes = append(m.Notes, e.Note)
		}
	}
	if state != Running {
		m.compare()
	}
	return m
}

// compare holds what was read against what the source counts.
func (m *Manifest) compare() {
	for i := range m.Lists {
		l := &m.Lists[i]
		if l.Kind == "" {
			l.Kind = None
		}
		switch {
		case l.Kind == Exact && (l.Count > l.Rows || l.Count < l.Rows && m.About.Kind != "provider"):
			m.Lacking = addOnce(m.Lacking, Shortfall{l.Name, fmt.Sprintf("the source has %d, %d were read", l.Count, l.Rows)})
		case len(l.Missing) > 0:
			m.Lacking = addOnce(m.Lacking, Shortfall{l.Name, fmt.Sprintf("%d that are known to be there could not be read", len(l.Missing))})
		}
	}
}

func (m *Manifest) list(name string) *List {
	i := slices.IndexFunc(m.Lists, func(l List) bool { return l.Name == name })
	if i < 0 {
		i = len(m.Lists)
		m.Lists = append(m.Lists, List{Name: name})
	}
	return &m.Lists[i]
}

func addOnce(to []Shortfall, s Shortfall) []Shortfall {
	if slices.Contains(to, s) {
		return to
	}
	return append(to, s)
}

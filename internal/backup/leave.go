package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// retentionFile remembers by which policy a repository was last pruned.
const retentionFile = "retention.json"

// retentionNote is that file.
type retentionNote struct {
	Last    int    `json:"keep_last,omitempty"`
	Daily   int    `json:"keep_daily,omitempty"`
	Weekly  int    `json:"keep_weekly,omitempty"`
	Monthly int    `json:"keep_monthly,omitempty"`
	Zone    string `json:"timezone,omitempty"`
}

// remember keeps the policy, when it is another one than last time.
func (repo *Repository) remember(p Retention) error {
	note := retentionNote{Last: p.Last, Daily: p.Daily, Weekly: p.Weekly, Monthly: p.Monthly}
	if p.Location != nil {
		note.Zone = p.Location.String()
	}
	data, err := json.Marshal(note)
	if err != nil {
		return err
	}
	path := filepath.Join(repo.dir, retentionFile)
	if was, err := atomicfile.ReadRegular(path); err == nil && string(was) == string(data)+"\n" {
		return nil
	}
	return atomicfile.WriteFile(path, append(data, '\n'))
}

// LastRetention returns the policy by which the repository was last pruned, none
// when it never was.
func (repo *Repository) LastRetention() (p Retention, err error) {
	path := filepath.Join(repo.dir, retentionFile)
	data, err := atomicfile.ReadRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("reading how long backups are kept: %w", err)
	}
	var note retentionNote
	if err := json.Unmarshal(data, &note); err != nil {
		return p, &DamagedError{File: path, What: "does not parse: " + err.Error()}
	}
	p = Retention{Last: note.Last, Daily: note.Daily, Weekly: note.Weekly, Monthly: note.Monthly}
	if note.Zone != "" {
		p.Location, err = time.LoadLocation(note.Zone)
	}
	return p, err
}

// farthest is how many days ahead is looked for the end of a backup.
const farthest = 366 * 20

// Leaves tells on which day the policy removes each backup, if one is made every
// day from now on. A backup that no day within twenty years removes is not in it.
func (p Retention) Leaves(entries []Entry, now time.Time) map[string]time.Time {
	out := map[string]time.Time{}
	if p.None() {
		return out
	}
	var kept []Entry // newest first
	ours := map[string]bool{}
	for _, e := range slices.Backward(entries) {
		if e.Problem == "" {
			kept, ours[e.Name] = append(kept, e), true
		}
	}
	for day := 0; day < farthest && len(ours) > 0; day++ {
		at := now.AddDate(0, 0, day)
		if day > 0 {
			kept = slices.Insert(kept, 0, Entry{Name: NameAt(at), Time: at})
		}
		next := kept[:0]
		for i, k := range p.choose(kept) {
			switch {
			case len(k.Reasons) > 0:
				next = append(next, kept[i])
			case ours[k.Name]:
				out[k.Name] = at
				delete(ours, k.Name)
			}
		}
		kept = next
	}
	return out
}

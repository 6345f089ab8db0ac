package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Retention says which backups are kept. Each number keeps the newest backup of
// so many of the last periods that have one; what no number keeps is removed.
type Retention struct {
	Last, Daily, Weekly, Monthly int
	// Location decides when a day begins; nil is UTC.
	Location *time.Location
}

// None tells that everything is kept.
func (p Retention) None() bool { return p.Last+p.Daily+p.Weekly+p.Monthly <= 0 }

// Kept is a backup and why it is kept; without a reason it goes.
type Kept struct {
	Name    string   `json:"name"`
	Reasons []string `json:"reasons"`
}

// choose decides about good backups, newest first.
func (p Retention) choose(newestFirst []Entry) []Kept {
	where := p.Location
	if where == nil {
		where = time.UTC
	}
	rules := []struct {
		name   string
		left   int
		period func(time.Time) string
	}{
		{"last", p.Last, func(t time.Time) string { return t.UTC().Format(time.RFC3339) }},
		{"daily", p.Daily, func(t time.Time) string { return t.Format("2006-01-02") }},
		{"weekly", p.Weekly, func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprintf("%04d-W%02d", y, w) }},
		{"monthly", p.Monthly, func(t time.Time) string { return t.Format("2006-01") }},
	}
	seen := make([]string, len(rules))
	out := make([]Kept, len(newestFirst))
	for i, e := range newestFirst {
		out[i] = Kept{Name: e.Name, Reasons: []string{}}
		for n := range rules {
			r := &rules[n]
			period := r.period(e.Time.In(where))
			if r.left > 0 && period != seen[n] {
				seen[n] = period
				r.left--
				out[i].Reasons = append(out[i].Reasons, r.name)
			}
		}
	}
	return out
}

// Pruning is what Prune did, or would do.
type Pruning struct {
	Keep    []Kept   `json:"keep"`
	Remove  []string `json:"remove"`
	Removed []string `json:"removed"`
	Ignored []string `json:"ignored"`           // damaged or incomplete: they count for nothing and are left alone
	Damaged []string `json:"damaged,omitempty"` // of those, what the manifest did not show and reading did
	Stopped string   `json:"stopped,omitempty"`
	Bytes   int64    `json:"bytes"` // freed, or to be freed
}

// Prune removes backups that the policy does not keep. It stops, with a reason,
// while the newest backup is suspiciously small, and it never removes anything
// before those that stay were read to their last byte and found whole. The
// caller holds the repository's lock.
func (repo *Repository) Prune(ctx context.Context, policy Retention, dryRun bool, now time.Time) (*Pruning, error) {
	p := &Pruning{Keep: []Kept{}, Remove: []string{}, Removed: []string{}, Ignored: []string{}}
	if policy.None() {
		return nil, errors.New("pruning: there is no --keep-… flag")
	}
	list, err := repo.List()
	if err != nil {
		return nil, err
	}
	var good []Entry
	for _, e := range slices.Backward(list) {
		if e.Problem != "" {
			p.Ignored = append(p.Ignored, e.Name)
			continue
		}
		good = append(good, e)
	}
	if len(good) == 0 {
		return p, nil
	}
	if s := good[0].Manifest.Shrunk; s != nil {
		p.Stopped = fmt.Sprintf("the newest backup, %s, is suspiciously small: %s", good[0].Name, s)
		return p, nil
	}
	if good, err = repo.keepers(ctx, policy, good, p); err != nil {
		return nil, err
	}
	p.Keep = policy.choose(good)
	var goes []Entry
	for i := range p.Keep {
		if len(p.Keep[i].Reasons) == 0 {
			goes = append(goes, good[i])
			p.Remove = append(p.Remove, good[i].Name)
			p.Bytes += good[i].Bytes
		}
	}
	p.Keep = slices.DeleteFunc(p.Keep, func(k Kept) bool { return len(k.Reasons) == 0 })
	if dryRun {
		return p, nil
	}
	if err := errors.Join(repo.sweep(), repo.remember(policy)); err != nil || len(goes) == 0 {
		return p, err
	}
	return p, repo.remove(goes, p, now)
}

// keepers reads the backups that the policy would keep, if any would go, and
// takes those that are damaged out of the choice: a broken one must not have an
// older, good one removed in its favour.
func (repo *Repository) keepers(ctx context.Context, policy Retention, good []Entry, p *Pruning) ([]Entry, error) {
	read := map[string]bool{}
	for {
		damaged := ""
		chosen := policy.choose(good)
		if !slices.ContainsFunc(chosen, func(k Kept) bool { return len(k.Reasons) == 0 }) {
			return good, nil
		}
		for _, k := range chosen {
			if len(k.Reasons) == 0 || read[k.Name] {
				continue
			}
			v, err := repo.Verify(ctx, nil, k.Name)
			if err != nil {
				return nil, err
			}
			if read[k.Name] = true; len(v.Problems) > 0 {
				damaged = k.Name
				break
			}
		}
		if damaged == "" {
			return good, nil
		}
		p.Ignored, p.Damaged = append(p.Ignored, damaged), append(p.Damaged, damaged)
		good = slices.DeleteFunc(good, func(e Entry) bool { return e.Name == damaged })
	}
}

// whole proves one file of a backup by the manifest.
func (repo *Repository) whole(ctx context.Context, m *Manifest, kind string) error {
	v := &Verification{}
	if f, ok := m.file(kind); ok {
		if _, err := repo.hashFile(ctx, m.Name, f, v); err != nil {
			return err
		}
	}
	return v.damage(repo.dir)
}

// remove deletes backups, oldest first. Each is entered into the list of those
// that were pruned before it goes, and it is no backup any more as soon as its
// folder has another name; what a run that was cut off left of it is swept.
func (repo *Repository) remove(goes []Entry, p *Pruning, now time.Time) error {
	gone, err := repo.pruned()
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(goes) {
		if !slices.ContainsFunc(gone, func(x prunedBackup) bool { return x.Name == e.Name }) {
			gone = append(gone, prunedBackup{e.Name, e.hash, e.Manifest.Previous, now.UTC()})
			if err := repo.setPruned(gone); err != nil {
				return err
			}
		}
		// A folder without its manifest would be found damaged if this were cut off.
		going := filepath.Join(repo.dir, "."+e.Name+".pruned.tmp")
		if err := atomicfile.RemoveDir(e.Folder, going); err != nil {
			return fmt.Errorf("removing the backup %s: %w", e.Name, err)
		}
		p.Removed = append(p.Removed, e.Name)
	}
	return nil
}

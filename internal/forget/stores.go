package forget

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// namesOf is what a checkpoint calls the user of a record.
func namesOf(x *checkpoint.Record, aliases []string) *erasure.Names {
	n := &erasure.Names{KindeID: x.KindeID}
	for _, by := range []struct {
		to     *[]string
		values []string
	}{{&n.SourceIDs, append([]string{x.SourceID}, aliases...)}, {&n.Emails, []string{x.Email}}, {&n.Phones,
		[]string{x.Phone}}, {&n.Usernames, []string{x.Username}}} {
		for _, v := range by.values {
			if v != "" {
				*by.to = append(*by.to, v)
			}
		}
	}
	return n
}

func (p *Place) seeCheckpoint(ctx context.Context, j *judge) (err error) {
	r, err := checkpoint.OpenReader(ctx, p.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	aliases, err := r.Aliases(ctx, 0, math.MaxInt64) // only records that were merged have some
	if err != nil {
		return err
	}
	for x, err := range r.Records(ctx, checkpoint.Selection{Any: true}) {
		if err != nil {
			return err
		}
		if n := namesOf(&x, aliases[x.ID]); j.theirs(n, "") && x.KindeID != "" {
			j.sight.KindeIDs = append(j.sight.KindeIDs, x.KindeID)
		}
	}
	return nil
}

func (p *Place) eraseInCheckpoint(ctx context.Context, j *judge) error {
	done, err := checkpoint.Erase(ctx, p.Path, checkpoint.Erasure{
		Theirs: func(x *checkpoint.Record, aliases []string) bool { return j.theirs(namesOf(x, aliases), "") },
		Text: func(text string) string {
			out, _ := j.text.WithoutString(text)
			return out
		},
	})
	j.sight.Mentions += done.Texts
	return err
}

func (p *Place) seeBackups(ctx context.Context, j *judge) error {
	repo, err := backup.OpenRepository(p.Path)
	if err != nil {
		return err
	}
	var bad error
	err = repo.EachLine(ctx, p.only, func(name, kind string, line []byte) {
		v, err := mapping.ParseJSON(string(line))
		if err != nil {
			bad = errors.Join(bad, fmt.Errorf("a line of %s in the backup %s does not parse", kind, name))
			return
		}
		if !backup.AboutUsers(kind) {
			return
		}
		n := erasure.NamesOf(v)
		if j.theirs(&n, "") && n.KindeID != "" && !slices.Contains(j.sight.KindeIDs, n.KindeID) {
			j.sight.KindeIDs = append(j.sight.KindeIDs, n.KindeID)
		}
	})
	return errors.Join(err, bad)
}

func (p *Place) eraseInBackups(ctx context.Context, j *judge, at time.Time) (err error) {
	repo, err := backup.LockRepository(p.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, repo.Unlock()) }()
	line := func(kind string, line []byte) ([]byte, bool) {
		quiet := *j
		quiet.sight = &Sight{Hits: map[int]int64{}}
		if v, err := mapping.ParseJSON(string(line)); err == nil && backup.AboutUsers(kind) {
			return quiet.record(v, line)
		}
		return quiet.without(line), true
	}
	done, err := repo.Erase(ctx, backup.Erasure{Only: p.only, At: at, People: len(j.people.Persons), Line: line})
	for _, note := range done {
		j.sight.Records += note.Rows
		j.sight.Mentions += note.Texts
	}
	return err
}

// Sealed is an encrypted backup, which may hold anybody.
type Sealed struct {
	Path string `json:"path"`
	// GoesOn is the day on which retention removes it if a backup is made each
	// day, "" where no retention is known.
	GoesOn string `json:"goes_on,omitempty"`
}

// Sealed names what is encrypted in the place.
func (p *Place) Sealed(now time.Time) (out []Sealed, err error) {
	if p.Kind == Encrypted {
		return []Sealed{{Path: p.Path}}, nil
	}
	if p.Kind != Backups {
		return nil, nil
	}
	repo, err := backup.OpenRepository(p.Path)
	if err != nil {
		return nil, err
	}
	list, err := repo.List()
	if err != nil {
		return nil, err
	}
	policy, err := repo.LastRetention()
	if err != nil {
		return nil, err
	}
	leaves := policy.Leaves(list, now)
	for _, e := range list {
		if e.Manifest == nil || !e.Manifest.Encrypted || len(p.only) > 0 && !slices.Contains(p.only, e.Name) {
			continue
		}
		s := Sealed{Path: e.Folder}
		if at, ok := leaves[e.Name]; ok {
			s.GoesOn = at.UTC().Format(time.DateOnly)
		}
		out = append(out, s)
	}
	return out, nil
}

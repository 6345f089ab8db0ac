package forget

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
)

// Learn looks through all places until no other name of anybody comes to light.
func Learn(ctx context.Context, places []*Place, people *erasure.People) ([]*Sight, error) {
	for {
		people.Begin()
		for _, p := range places {
			if p.scope != nil {
				clear(p.scope.numbers)
				clear(p.scope.ids)
			}
		}
		sights, grew := make([]*Sight, len(places)), false
		for i, p := range places {
			s, err := p.See(ctx, people)
			if err != nil {
				return nil, err
			}
			sights[i], grew = s, grew || s.Grew
		}
		if !grew {
			return sights, nil
		}
	}
}

// InOrder returns the places in the order in which they are erased. A report's list
// of outcomes, which says what is meant in its other files, goes last.
func InOrder(places []*Place) []*Place {
	places = slices.Clone(places)
	slices.SortStableFunc(places, func(a, b *Place) int {
		switch {
		case a.outcomes() == b.outcomes():
			return 0
		case a.outcomes():
			return 1
		}
		return -1
	})
	return places
}

// A StaysError tells that something of the people is still in a file.
type StaysError struct{ Path string }

func (e *StaysError) Error() string {
	return fmt.Sprintf(
		"%s still mentions these people: it was changed in the meantime, or mentions them in an unknown form; delete the file",
		e.Path,
	)
}

// Erase takes the people out of the place, and proves by its bytes that nothing of them stays.
func (p *Place) Erase(ctx context.Context, people *erasure.People, at time.Time) (*Sight, error) {
	j := &judge{people: people, text: people.Text(), scope: p.scope, sight: &Sight{Hits: map[int]int64{}}}
	var err error
	switch p.Kind {
	case Checkpoint:
		err = p.eraseInCheckpoint(ctx, j)
	case Backups:
		err = p.eraseInBackups(ctx, j, at)
	case Fetched:
		err = p.eraseInFetched(ctx, j, at)
	case Sandbox:
		err = p.eraseInSandbox(ctx, j)
	case Encrypted, Unread:
		return j.sight, nil
	default:
		err = p.rewriteFile(ctx, j)
	}
	if err == nil {
		err = p.prove(ctx, j.text)
	}
	if err != nil {
		return j.sight, fmt.Errorf("erasing in %s: %w", p.Path, err)
	}
	return j.sight, nil
}

// prove reads the bytes of the place and of what belongs to it.
func (p *Place) prove(ctx context.Context, text *erasure.Text) error {
	switch p.Kind {
	case Backups:
		return p.proveBackups(text)
	case Checkpoint:
		return p.proveCheckpoint(ctx, text)
	case Fetched:
		return p.proveFetched(text)
	}
	return proveFile(p.Path, text)
}

// proveCheckpoint finds in the bytes of the database, and of what SQLite keeps
// beside it, nothing that no value of today holds, and in no value one of the names.
func (p *Place) proveCheckpoint(ctx context.Context, text *erasure.Text) error {
	today, loose := map[string]bool{}, text.Loose()
	err := checkpoint.EachText(ctx, p.Path, func(value string) error {
		if text.Holds([]byte(value)) {
			return &StaysError{Path: p.Path}
		}
		return loose.Collect(strings.NewReader(value), today)
	})
	if err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".erasing"} {
		f, err := os.Open(p.Path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		found := map[string]bool{}
		err = errors.Join(loose.Collect(f, found), f.Close())
		for name := range found {
			if !today[name] {
				err = errors.Join(err, &StaysError{Path: p.Path + suffix})
				break
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Place) proveBackups(text *erasure.Text) error {
	repo, err := backup.OpenRepository(p.Path)
	if err != nil {
		return err
	}
	list, err := repo.List()
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Manifest == nil || e.Manifest.Encrypted {
			continue
		}
		if len(p.only) > 0 && !slices.Contains(p.only, e.Name) {
			continue
		}
		files, err := os.ReadDir(e.Folder)
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := proveFile(filepath.Join(e.Folder, f.Name()), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// proveFile searches a file as it is stored, and as it is unpacked.
func proveFile(path string, text *erasure.Text) error {
	raw, err := os.Open(path)
	if err != nil {
		return err
	}
	defer raw.Close()
	held, err := text.HeldIn(bufio.NewReader(raw))
	if err == nil && !held {
		if _, err = raw.Seek(0, io.SeekStart); err == nil {
			var r io.Reader
			if r, _, err = unpacked(raw); err == nil {
				held, err = text.HeldIn(r)
			}
		}
	}
	if err == nil && held {
		err = &StaysError{Path: path}
	}
	return err
}

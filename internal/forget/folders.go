package forget

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// filesOf are the files of a folder that a fetch wrote, each a place of its own.
func (p *Place) filesOf() ([]*Place, error) {
	m, err := fetch.ReadManifest(p.Path)
	if err != nil {
		return nil, err
	}
	var list []*Place
	for _, path := range m.Paths(p.Path) {
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			continue // and so the folder is refused by who imports it
		}
		list = append(list, &Place{Path: path, Kind: kindInFetch(path)})
	}
	return list, nil
}

// kindInFetch is what a file of a fetch is, whatever it begins with.
func kindInFetch(path string) Kind {
	if filepath.Base(path) == fetch.HashParamsFile {
		return Plain
	}
	return Records
}

func (p *Place) seeFetched(ctx context.Context, j *judge) error {
	files, err := p.filesOf()
	if err != nil {
		return err
	}
	for _, f := range files {
		s, err := f.See(ctx, j.people)
		if err != nil {
			return err
		}
		j.sight.add(s)
	}
	return nil
}

func (p *Place) eraseInFetched(ctx context.Context, j *judge, at time.Time) error {
	return fetch.Erase(p.Path, fetch.Erasure{At: at, People: len(j.people.Persons),
		File: func(path string) (int64, error) {
			of := &judge{people: j.people, text: j.text, sight: &Sight{Hits: map[int]int64{}}}
			err := (&Place{Path: path, Kind: kindInFetch(path)}).rewriteFile(ctx, of)
			j.sight.add(of.sight)
			return of.sight.Records, err
		},
		Text: func(text string) string {
			out, n := j.text.WithoutString(text)
			j.sight.Mentions += int64(n)
			return out
		}})
}

func (p *Place) proveFetched(text *erasure.Text) error {
	files, err := p.filesOf()
	for _, f := range files {
		if err == nil {
			err = proveFile(f.Path, text)
		}
	}
	if err != nil {
		return err
	}
	return proveFile(filepath.Join(p.Path, fetch.ManifestFile), text)
}

// namesInSandbox is what a sandbox calls a user. Its ids are those of another
// tenant than the one in which people are erased.
func namesInSandbox(u *sandbox.User) *erasure.Names {
	n := &erasure.Names{SourceIDs: []string{u.ID}}
	if u.ProvidedID != "" {
		n.SourceIDs = append(n.SourceIDs, u.ProvidedID)
	}
	for _, i := range u.Identities {
		switch i.Type {
		case string(mapping.Email):
			n.Emails = append(n.Emails, i.Value)
		case string(mapping.Phone):
			n.Phones = append(n.Phones, i.Value)
		default:
			n.Usernames = append(n.Usernames, i.Value) // of a link: its subject
		}
	}
	return n
}

func (p *Place) seeSandbox(j *judge) error {
	users, err := sandbox.StateUsers(p.Path)
	for i := range users {
		j.theirs(namesInSandbox(&users[i]), "")
	}
	return err
}

func (p *Place) eraseInSandbox(ctx context.Context, j *judge) error {
	err := sandbox.EraseState(p.Path, func(u *sandbox.User) bool { return j.theirs(namesInSandbox(u), "") })
	if err != nil {
		return err
	}
	return (&Place{Path: p.Path, Kind: Plain}).rewriteFile(ctx, j) // who was invited, and what others' properties say of them
}

// add adds what was seen in a part of a place.
func (s *Sight) add(o *Sight) {
	s.Records, s.Mentions, s.Grew = s.Records+o.Records, s.Mentions+o.Mentions, s.Grew || o.Grew
	for i, n := range o.Hits {
		s.Hits[i] += n
	}
	s.KindeIDs = append(s.KindeIDs, o.KindeIDs...)
}

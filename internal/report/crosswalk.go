package report

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// CrosswalkSchema names the version of the crosswalk's JSON form.
const CrosswalkSchema = "kinde-migrate.crosswalk/1"

// noteCrosswalk is the checkpoint's note with the organizations and roles.
const noteCrosswalk = "crosswalk"

// Crossed is one thing under its id at the source and its id in Kinde.
type Crossed struct {
	Kind     string `json:"-"` // user, organization, role
	SourceID string `json:"source_id"`
	// OtherIDs are the ids of the records that were merged into a user.
	OtherIDs []string `json:"other_ids,omitempty"`
	KindeID  string   `json:"kinde_id"`
	// Owner says of a user: created, adopted (created, found again after a lost
	// answer), existed (was there before the import).
	Owner string `json:"owner,omitempty"`
	// Trusted is false for a user that was there before and was left alone:
	// nobody has proved that it is the same person.
	Trusted bool   `json:"trusted"`
	Name    string `json:"name,omitempty"`
}

// Ids returns all ids of the source.
func (c *Crossed) Ids() []string {
	return append([]string{c.SourceID}, c.OtherIDs...)
}

// CrossedRecords is the part of a checkpoint that the crosswalk is made from.
type CrossedRecords interface {
	Records(ctx context.Context, where checkpoint.Selection) iter.Seq2[checkpoint.Record, error]
	Aliases(ctx context.Context, from, to int64) (map[int64][]string, error)
	Note(ctx context.Context, name string) ([]byte, error)
}

// CrossedUsers lists the users that have an id on both sides, in the order of the source.
func CrossedUsers(ctx context.Context, c CrossedRecords) iter.Seq2[Crossed, error] {
	return func(yield func(Crossed, error) bool) {
		batch := make([]checkpoint.Record, 0, 500)
		flush := func() bool {
			if len(batch) == 0 {
				return true
			}
			aliases, err := c.Aliases(ctx, batch[0].ID, batch[len(batch)-1].ID)
			if err != nil {
				return yield(Crossed{}, fmt.Errorf("reading the ids of merged records: %w", err))
			}
			for i := range batch {
				r := &batch[i]
				others := slices.DeleteFunc(aliases[r.ID], func(id string) bool { return id == r.SourceID || id == "" })
				if r.SourceID == "" && len(others) > 0 {
					r.SourceID, others = others[0], others[1:]
				}
				if r.SourceID == "" {
					continue // the source gives this person no id
				}
				x := Crossed{Kind: "user", SourceID: r.SourceID, OtherIDs: others, KindeID: r.KindeID, Owner: string(r.Owner),
					Trusted: r.Owner != checkpoint.Existed || r.Stage == checkpoint.Present}
				if !yield(x, nil) {
					return false
				}
			}
			batch = batch[:0]
			return true
		}
		for r, err := range c.Records(ctx, checkpoint.Selection{Any: true}) {
			if err != nil {
				yield(Crossed{}, err)
				return
			}
			if r.KindeID == "" || r.Outcome == checkpoint.Deleted || r.Outcome == checkpoint.Rejected {
				continue
			}
			if batch = append(batch, r); len(batch) == cap(batch) && !flush() {
				return
			}
		}
		flush()
	}
}

// CrossedDefinitions lists the organizations and the roles.
func CrossedDefinitions(ctx context.Context, c CrossedRecords) (organizations, roles []Crossed, err error) {
	data, err := c.Note(ctx, noteCrosswalk)
	if err != nil || data == nil {
		return nil, nil, err
	}
	var note struct{ Organizations, Roles []Crossed }
	if err := json.Unmarshal(data, &note); err != nil {
		return nil, nil, fmt.Errorf("reading the crosswalk of the checkpoint: %w", err)
	}
	for i := range note.Organizations {
		note.Organizations[i].Kind, note.Organizations[i].Trusted = "organization", true
	}
	for i := range note.Roles {
		note.Roles[i].Kind, note.Roles[i].Trusted = "role", true
	}
	return note.Organizations, note.Roles, nil
}

// all lists users, organizations and roles.
func crossed(ctx context.Context, c CrossedRecords) iter.Seq2[Crossed, error] {
	return func(yield func(Crossed, error) bool) {
		for x, err := range CrossedUsers(ctx, c) {
			if !yield(x, err) || err != nil {
				return
			}
		}
		organizations, roles, err := CrossedDefinitions(ctx, c)
		if err != nil {
			yield(Crossed{}, err)
			return
		}
		for _, x := range append(organizations, roles...) {
			if !yield(x, nil) {
				return
			}
		}
	}
}

// WriteCrosswalkCSV writes a row for each id of the source. A spreadsheet runs
// none of its cells: an id that begins like a formula gets a leading
// apostrophe, so whoever needs every byte takes JSON.
func WriteCrosswalkCSV(ctx context.Context, w io.Writer, c CrossedRecords) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"kind", "source_id", "kinde_id", "owner", "trusted"}); err != nil {
		return err
	}
	for x, err := range crossed(ctx, c) {
		if err != nil {
			return err
		}
		for _, id := range x.Ids() {
			if err := out.Write([]string{x.Kind, Inert(id), Inert(x.KindeID), x.Owner, fmt.Sprint(x.Trusted)}); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// WriteCrosswalkJSON writes one document, user by user.
func WriteCrosswalkJSON(ctx context.Context, w io.Writer, c CrossedRecords) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "{\n  \"schema\": %q,\n  \"users\": [", CrosswalkSchema)
	n := 0
	for x, err := range CrossedUsers(ctx, c) {
		if err != nil {
			return err
		}
		if err := writeCrossed(b, n, x); err != nil {
			return err
		}
		n++
	}
	organizations, roles, err := CrossedDefinitions(ctx, c)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		list []Crossed
	}{{"organizations", organizations}, {"roles", roles}} {
		fmt.Fprintf(b, "\n  ],\n  %q: [", part.name)
		for i, x := range part.list {
			if err := writeCrossed(b, i, x); err != nil {
				return err
			}
		}
	}
	b.WriteString("\n  ]\n}\n")
	return b.Flush()
}

func writeCrossed(b *bufio.Writer, n int, x Crossed) error {
	data, err := json.Marshal(x)
	if err != nil {
		return err
	}
	if n > 0 {
		b.WriteByte(',')
	}
	_, err = b.WriteString("\n    " + strings.TrimSpace(string(data)))
	return err
}

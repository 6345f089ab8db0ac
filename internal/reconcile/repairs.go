package reconcile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Repairs collects what is missing or different on its way to the importer, in
// a private temporary file: everyone may be missing.
type Repairs struct {
	Count int64

	file *spill.File
	out  *bufio.Writer
}

// repairLine is a line of the file.
type repairLine struct {
	Kind   intake.KeyKind
	Key    string
	Shown  *kinde.User
	Fields []string
	Other  string
}

// NewRepairs begins an empty collection in tempDir ("": the system's).
func NewRepairs(tempDir string) (*Repairs, error) {
	f, err := spill.NewFile(tempDir)
	if err != nil {
		return nil, fmt.Errorf("making a temporary file for the repairs: %w", err)
	}
	return &Repairs{file: f, out: bufio.NewWriter(f)}, nil
}

// Add takes a finding; those that need no repair are passed over.
func (r *Repairs) Add(f *Finding) error {
	if f.Class != Missing && f.Class != Different {
		return nil
	}
	kind, value, _ := strings.Cut(f.key, "\x00")
	line := repairLine{Key: value, Other: f.other}
	for k := intake.KeyID; k <= intake.KeyContent; k++ {
		if k.String() == kind {
			line.Kind = k
		}
	}
	if f.Class == Different {
		for _, d := range f.Differences {
			if !strings.HasSuffix(d.Field, ".verified") {
				line.Fields = append(line.Fields, d.Field)
			}
		}
		if len(line.Fields) == 0 {
			return nil // only createUser can mark an identity verified
		}
		u := &kinde.User{ID: f.mate.ID, ProvidedID: f.mate.ProvidedID, FirstName: f.mate.GivenName, LastName: f.mate.FamilyName,
			Picture: f.mate.Picture, IsSuspended: f.mate.Suspended}
		for _, i := range f.mate.Identities {
			u.Identities = append(u.Identities, kinde.UserIdentity{Type: i.Kind, Identity: i.Value, ConnectionID: i.Connection})
		}
		for code := range f.mate.Organizations {
			u.Organizations = append(u.Organizations, code)
		}
		line.Shown = u
	}
	data, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("keeping a repair: %w", err)
	}
	r.Count++
	if _, err := r.out.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("keeping a repair: %w", err)
	}
	return nil
}

// All yields the repairs in the order in which they were added.
func (r *Repairs) All() iter.Seq2[importer.Repair, error] {
	return func(yield func(importer.Repair, error) bool) {
		err := r.out.Flush()
		d := json.NewDecoder(bufio.NewReader(r.file.Reader()))
		for err == nil {
			var line repairLine
			if err = d.Decode(&line); err != nil {
				break
			}
			if !yield(
				importer.Repair{Key: intake.Key{Kind: line.Kind, Value: line.Key}, Shown: line.Shown, Fields: line.Fields, Other: line.Other},
				nil,
			) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(importer.Repair{}, fmt.Errorf("reading the repairs: %w", err))
		}
	}
}

// Close removes the file.
func (r *Repairs) Close() error {
	return r.file.Close()
}

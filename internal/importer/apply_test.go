package importer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// torn is a source whose records can't be read a second time.
type torn struct {
	*people
	err  error
	item intake.Item
}

func (s torn) Read(context.Context, []intake.Position) iter.Seq2[intake.Item, error] {
	return func(yield func(intake.Item, error) bool) { yield(s.item, s.err) }
}

// TestWhyARecordCantBeReadAgain: a run that was stopped while it read is stopped and
// nothing else, and what the source or the disk says is kept.
func TestWhyARecordCantBeReadAgain(t *testing.T) {
	full := errors.New("no space left on device")
	for _, x := range []struct {
		source torn
		is     error
		says   string
		blames bool // the source, which changed
	}{
		{torn{err: fmt.Errorf("reading users.csv: %w", context.Canceled)}, context.Canceled, "reading users.csv", false},
		{torn{err: fmt.Errorf("reading users.csv: %w", full)}, full, "no space left", true},
		{torn{item: intake.Item{Problems: []mapping.Problem{{Message: "A quoted cell has no end."}}}}, nil, "A quoted cell has no end", true},
		{torn{}, nil, "not there any more", true},
	} {
		x.source.people = invent(1)
		r := &run{Job: &Job{Source: x.source}}
		for record, item := range r.items(t.Context(), []checkpoint.Record{{Number: 7}}) {
			err := unreadable(record, item)
			if x.is != nil && !errors.Is(err, x.is) || !strings.Contains(err.Error(), "record 7 again: ") ||
				!strings.Contains(err.Error(), x.says) ||
				strings.Contains(err.Error(), "changed under the run") != x.blames {
				t.Errorf("%+v: %v", x.source.err, err)
			}
		}
	}
}

package imports

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

// keeper writes what Kinde can't hold to a file of its own (--keep-dropped).
type keeper struct {
	file *atomicfile.File
	out  *bufio.Writer
}

// keptRecord is one line of that file.
type keptRecord struct {
	Record   int64                      `json:"record"`
	SourceID string                     `json:"source_id"`
	Dropped  map[string]json.RawMessage `json:"dropped"`
}

func newKeeper(path string) (*keeper, error) {
	if path == "" {
		return &keeper{}, nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, cli.Failf("", "creating the file of --keep-dropped: %w", err)
	}
	return &keeper{f, bufio.NewWriter(f)}, nil
}

func (k *keeper) watch(next intake.Visitor) intake.Visitor {
	if k.file == nil {
		return next
	}
	return &keeping{next, k}
}

type keeping struct {
	intake.Visitor
	keeper *keeper
}

// Add keeps what the row drops, and passes it on.
func (k *keeping) Add(it intake.Item) error {
	if it.Disposition == intake.Use && len(it.User.Dropped) > 0 {
		row := keptRecord{Record: it.Number, SourceID: it.User.SourceID, Dropped: map[string]json.RawMessage{}}
		for _, d := range it.User.Dropped {
			row.Dropped[d.Field] = json.RawMessage(d.Value.JSON())
		}
		line, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("keeping what record %d loses: %w", it.Number, err)
		}
		if _, err := k.keeper.out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return k.Visitor.Add(it)
}

func (k *keeper) commit() error {
	if k.file == nil {
		return nil
	}
	if err := k.out.Flush(); err != nil {
		return err
	}
	return k.file.Commit()
}

func (k *keeper) abort() {
	if k.file != nil {
		k.file.Abort()
	}
}

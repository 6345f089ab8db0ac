package intake

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// rowIndex keeps the positions of all rows on disk.
type rowIndex struct {
	file *spill.File
	out  *bufio.Writer
}

const positionSize = 28

func newRowIndex(dir string) (*rowIndex, error) {
	f, err := spill.NewFile(dir)
	if err != nil {
		return nil, err
	}
	return &rowIndex{f, bufio.NewWriterSize(f, 64<<10)}, nil
}

func (x *rowIndex) add(p Position) error {
	b := x.out.AvailableBuffer()
	b = binary.LittleEndian.AppendUint32(b, uint32(p.File))
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Line))
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Offset))
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Length))
	if _, err := x.out.Write(b); err != nil {
		return fmt.Errorf("writing a temporary index: %w", err)
	}
	return nil
}

func (x *rowIndex) at(number int64) (Position, error) {
	var b [positionSize]byte
	if _, err := x.file.ReadAt(b[:], (number-1)*positionSize); err != nil && !errors.Is(err, io.EOF) {
		return Position{}, fmt.Errorf("reading a temporary index: %w", err)
	}
	return Position{Number: number, File: int(binary.LittleEndian.Uint32(b[:])), Line: int64(binary.LittleEndian.Uint64(b[4:])),
		Offset: int64(binary.LittleEndian.Uint64(b[12:])), Length: int64(binary.LittleEndian.Uint64(b[20:]))}, nil
}

func (x *rowIndex) Close() error { return x.file.Close() }

// correction is a row before and after.
type correction struct{ old, new Item }

// Bounds of what correcting holds in memory.
const (
	atOnce    = 64     // families or duplicates that a worker corrects at a time
	rowsApart = 256    // rows of one family from which on they are corrected by themselves
	maxRows   = 10_000 // rows of one record; one with more is rejected
)

// task is a piece of the corrections.
type task struct {
	list []verdict
	work func(ctx context.Context, p *firstPass, list, rejected, families []verdict) ([]correction, error)
}

// correct finds the duplicates and tells the visitor about them.
func (in *Intake) correct(ctx context.Context, p *firstPass, v Visitor) error {
	merge, err := in.opts.merge()
	if err != nil {
		return err
	}
	if err := p.index.out.Flush(); err != nil {
		return fmt.Errorf("writing a temporary index: %w", err)
	}
	verdicts, err := judge(in.opts.TempDir, p.keys, p.total, merge)
	if err != nil {
		return fmt.Errorf("looking for duplicates: %w", err)
	}
	var rejected, families []verdict
	for _, v := range verdicts {
		if v.what == duplicate {
			rejected = append(rejected, v)
		}
	}
	families = slices.DeleteFunc(verdicts, func(v verdict) bool { return v.what == duplicate })
	slices.SortFunc(rejected, func(a, b verdict) int { return cmp.Compare(a.row, b.row) })
	slices.SortFunc(families, func(a, b verdict) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Compare(a.row, b.row)
	})
	type answer struct {
		list []correction
		err  error
	}
	return pipeline(ctx, in.opts.Workers,
		func(ctx context.Context, emit func(task) error) error {
			for list := range slices.Chunk(rejected, atOnce) {
				if err := emit(task{list, in.refuse}); err != nil {
					return err
				}
			}
			for rest := families; len(rest) > 0; {
				n := heads(rest, atOnce)
				if n <= rowsApart {
					if err := emit(task{rest[:n], in.reunite}); err != nil {
						return err
					}
				} else {
					n = heads(rest, 1)
					for rows := range slices.Chunk(rest[:n], rowsApart) {
						if err := emit(task{rows, in.part}); err != nil {
							return err
						}
					}
					if err := emit(task{rest[:n], in.gather}); err != nil {
						return err
					}
				}
				rest = rest[n:]
			}
			return nil
		},
		func(t task) (a answer) {
			a.list, a.err = t.work(ctx, p, t.list, rejected, families)
			return a
		},
		func(a answer) error {
			if a.err != nil {
				return a.err
			}
			for _, c := range a.list {
				p.sum.count(c)
				p.notice(&c.old, -1)
				p.notice(&c.new, 1)
				if err := v.Replace(c.old, c.new); err != nil {
					return err
				}
			}
			return nil
		})
}

// heads returns how many verdicts the first n families have.
func heads(list []verdict, n int) int {
	for i := 1; i < len(list); i++ {
		if list[i].head != list[i-1].head {
			if n--; n == 0 {
				return i
			}
		}
	}
	return len(list)
}

// count corrects the sums.
func (s *Summary) count(c correction) {
	switch {
	case c.new.Disposition == PartOf:
		s.Records--
		switch c.old.Disposition {
		case Reject:
			s.Rejected--
		case Skip:
			s.Skipped--
		}
		if c.new.Merged {
			s.Merged++
		}
	case c.new.Disposition == Reject && c.old.Disposition == Use:
		s.Rejected++
	}
}

// load reads a row again as it was when the first pass saw it.
func (in *Intake) load(ctx context.Context, p *firstPass, row uint32) (Item, error) {
	at, err := p.index.at(int64(row))
	if err != nil {
		return Item{}, err
	}
	it, err := in.again(ctx, at)
	if it.Disposition == Filtered {
		it.Disposition = Use
	}
	return it, err
}

// refuse reads rows that are duplicates again. Those with further rows of their
// own are left out: they come with their families.
func (in *Intake) refuse(ctx context.Context, p *firstPass, list, _, families []verdict) (out []correction, err error) {
	for _, v := range list {
		if _, head := slices.BinarySearchFunc(families, v.row, byHead); head {
			continue
		}
		was, err := in.load(ctx, p, v.row)
		if err != nil {
			return nil, err
		}
		now := was
		now.reject(v)
		out = append(out, correction{was, now})
	}
	return out, nil
}

// reunite reads the rows of families again. A record that is a duplicate is
// rejected together with its further rows.
func (in *Intake) reunite(ctx context.Context, p *firstPass, list, rejected, families []verdict) (out []correction, err error) {
	for len(list) > 0 {
		n := heads(list, 1)
		rows, err := in.part(ctx, p, list[:n], nil, nil)
		if err != nil {
			return nil, err
		}
		head, err := in.unite(ctx, p, list[:n], rejected, func(i int) (Item, error) { return rows[i].old, nil })
		if err != nil {
			return nil, err
		}
		out = append(append(out, rows...), head)
		list = list[n:]
	}
	return out, nil
}

// part reads further rows again and makes them part of their head.
func (in *Intake) part(ctx context.Context, p *firstPass, list, _, _ []verdict) (out []correction, err error) {
	for _, v := range list {
		was, err := in.load(ctx, p, v.row)
		if err != nil {
			return nil, err
		}
		now := was
		now.Disposition, now.Head, now.Merged = PartOf, int64(v.head), v.what == merged
		out = append(out, correction{was, now})
	}
	return out, nil
}

// gather reads the rows of one family again, one by one. Of a record with too
// many only the positions are read.
func (in *Intake) gather(ctx context.Context, p *firstPass, list, rejected, _ []verdict) ([]correction, error) {
	head, err := in.unite(ctx, p, list, rejected, func(i int) (it Item, err error) {
		if len(list) < maxRows {
			return in.load(ctx, p, list[i].row)
		}
		it.Position, err = p.index.at(int64(list[i].row))
		return it, err
	})
	return []correction{head}, err
}

// unite reads the head of a family again and adds the further rows to it. A
// record that is a duplicate is rejected with all its rows, and so is one with
// too many.
func (in *Intake) unite(ctx context.Context, p *firstPass, list, rejected []verdict, row func(int) (Item, error)) (correction, error) {
	old, err := in.load(ctx, p, list[0].head)
	if err != nil {
		return correction{}, err
	}
	whole := old.apart()
	for i := range list {
		more, err := row(i)
		if err != nil {
			return correction{}, err
		}
		if len(list) < maxRows {
			whole.absorb(&more)
		} else {
			whole.Rows = extend(whole.Rows, more.Position)
		}
	}
	if i, found := slices.BinarySearchFunc(rejected, list[0].head, byRow); found {
		whole.reject(rejected[i])
	} else if len(list) >= maxRows && whole.Disposition == Use {
		whole.Disposition = Reject
		whole.Problems = append(whole.Problems, mapping.Problem{Severity: mapping.Error, Code: mapping.RecordMalformed,
			Message: fmt.Sprintf("the record has %d rows; at most %d are allowed", len(list)+1, maxRows),
			Hint:    "Check the column with the id: rows with the same id are one user."})
	}
	return correction{old, whole}, nil
}

// extend adds a row to those of a record that is rejected for their number. Its
// rows are only handed back, so a row that follows the last one of them is put
// together with it, with what separates the two: they may be most of the file.
func extend(rows []Position, more Position) []Position {
	if n := len(rows) - 1; n >= 0 && rows[n].File == more.File && rows[n].Number+1 == more.Number {
		rows[n].Number, rows[n].Length = more.Number, more.Offset+more.Length-rows[n].Offset
		return rows
	}
	return append(rows, more)
}

func byHead(v verdict, row uint32) int { return cmp.Compare(v.head, row) }
func byRow(v verdict, row uint32) int  { return cmp.Compare(v.row, row) }

// reject makes the item a duplicate of the verdict's head.
func (it *Item) reject(v verdict) {
	it.Disposition = Reject
	it.Head = int64(v.head)
	it.Problems = append(
		slices.Clone(it.Problems),
		mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Field: v.kind.String(),
			Message: fmt.Sprintf("record %d has the same %s", v.head, v.kind),
			Hint:    "Keep one of them, or merge them with --duplicates merge if both e-mail addresses are verified."},
	)
}

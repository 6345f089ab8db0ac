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

	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// rowIndex keeps the positions of all rows on disk.
type rowIndex struct {
	file *scratch
	out  *bufio.Writer
}

const positionSize = 28

func newRowIndex(dir string) (*rowIndex, error) {
	f, err := newScratch(dir)
	if err != nil {
		return nil, err
	}
	return &rowIndex{f, bufio.NewWriterSize(f, 64<<10)}, nil
}

func (x *rowIndex) add(p Position) error {
	var b [positionSize]byte
	binary.LittleEndian.PutUint32(b[:], uint32(p.File))
	binary.LittleEndian.PutUint64(b[4:], uint64(p.Line))
	binary.LittleEndian.PutUint64(b[12:], uint64(p.Offset))
	binary.LittleEndian.PutUint64(b[20:], uint64(p.Length))
	if _, err := x.out.Write(b[:]); err != nil {
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

// family is a head with the rows that its verdicts name.
type family struct {
	head uint32
	rows []verdict
}

type correction struct{ old, new Item }

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
	// A rejected record may have further rows of its own: it is corrected with them.
	var rejected []verdict
	for _, v := range verdicts {
		if v.what == duplicate {
			rejected = append(rejected, v)
		}
	}
	slices.SortStableFunc(verdicts, func(a, b verdict) int { return cmp.Or(cmp.Compare(a.head, b.head), cmp.Compare(a.row, b.row)) })
	type answer struct {
		list []correction
		err  error
	}
	return pipeline(ctx, in.opts.Workers,
		func(ctx context.Context, emit func(family) error) error {
			for i := 0; i < len(verdicts); {
				j := i + 1
				for j < len(verdicts) && verdicts[j].head == verdicts[i].head {
					j++
				}
				if err := emit(family{verdicts[i].head, verdicts[i:j]}); err != nil {
					return err
				}
				i = j
			}
			return nil
		},
		func(f family) (a answer) {
			a.list, a.err = in.reunite(ctx, p, f, verdicts, rejected)
			return a
		},
		func(a answer) error {
			if a.err != nil {
				return a.err
			}
			for _, c := range a.list {
				p.sum.count(c)
				if err := v.Replace(c.old, c.new); err != nil {
					return err
				}
			}
			return nil
		})
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

// reunite reads the rows of a family again and says what they have become.
func (in *Intake) reunite(ctx context.Context, p *firstPass, f family, byHead, rejected []verdict) ([]correction, error) {
	at, err := p.index.at(int64(f.head))
	if err != nil {
		return nil, err
	}
	load := func(at Position) (Item, error) {
		it, err := in.again(ctx, at)
		if it.Disposition == Filtered {
			it.Disposition = Use
		}
		return it, err
	}
	old, err := load(at)
	if err != nil {
		return nil, err
	}
	whole, err := load(at)
	if err != nil {
		return nil, err
	}
	var out []correction
	for _, v := range f.rows {
		if v.what == duplicate && hasFurther(byHead, v.row) {
			continue // it comes with its own further rows
		}
		at, err := p.index.at(int64(v.row))
		if err != nil {
			return nil, err
		}
		was, err := load(at)
		if err != nil {
			return nil, err
		}
		now := was
		if v.what == duplicate {
			now.reject(v)
		} else {
			now.Disposition = PartOf
			now.Head = int64(f.head)
			now.Merged = v.what == merged
			whole.absorb(&was)
		}
		out = append(out, correction{was, now})
	}
	if len(whole.Rows) > 0 {
		i, found := slices.BinarySearchFunc(rejected, f.head, func(v verdict, row uint32) int { return cmp.Compare(v.row, row) })
		if found {
			whole.reject(rejected[i])
		}
		out = append(out, correction{old, whole})
	}
	return out, nil
}

// reject makes the item a duplicate of the verdict's head.
func (it *Item) reject(v verdict) {
	it.Disposition = Reject
	it.Head = int64(v.head)
	it.Problems = append(slices.Clone(it.Problems), mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Field: v.kind.String(),
		Message: fmt.Sprintf("record %d has the same %s", v.head, v.kind),
		Hint:    "Keep one of them, or unite them with --duplicates merge where both e-mail addresses are verified."})
}

// hasFurther tells whether a row is the head of further rows.
func hasFurther(byHead []verdict, row uint32) bool {
	i, _ := slices.BinarySearchFunc(byHead, row, func(v verdict, row uint32) int { return cmp.Compare(v.head, row) })
	for ; i < len(byHead) && byHead[i].head == row; i++ {
		if byHead[i].what != duplicate {
			return true
		}
	}
	return false
}

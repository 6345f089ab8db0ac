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

// atOnce is how many families or duplicates a worker corrects at a time.
const atOnce = 64

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
	type task struct {
		list  []verdict
		unite bool
	}
	type answer struct {
		list []correction
		err  error
	}
	return pipeline(ctx, in.opts.Workers,
		func(ctx context.Context, emit func(task) error) error {
			for list := range slices.Chunk(rejected, atOnce) {
				if err := emit(task{list, false}); err != nil {
					return err
				}
			}
			for rest := families; len(rest) > 0; {
				n := heads(rest, atOnce)
				if err := emit(task{rest[:n], true}); err != nil {
					return err
				}
				rest = rest[n:]
			}
			return nil
		},
		func(t task) (a answer) {
			if t.unite {
				a.list, a.err = in.reunite(ctx, p, t.list, rejected)
			} else {
				a.list, a.err = in.refuse(ctx, p, t.list, families)
			}
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
func (in *Intake) refuse(ctx context.Context, p *firstPass, list, families []verdict) (out []correction, err error) {
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
func (in *Intake) reunite(ctx context.Context, p *firstPass, list, rejected []verdict) (out []correction, err error) {
	for len(list) > 0 {
		head := list[0].head
		old, err := in.load(ctx, p, head)
		if err != nil {
			return nil, err
		}
		whole := old.apart()
		for ; len(list) > 0 && list[0].head == head; list = list[1:] {
			was, err := in.load(ctx, p, list[0].row)
			if err != nil {
				return nil, err
			}
			now := was
			now.Disposition, now.Head, now.Merged = PartOf, int64(head), list[0].what == merged
			whole.absorb(&was)
			out = append(out, correction{was, now})
		}
		if i, found := slices.BinarySearchFunc(rejected, head, byRow); found {
			whole.reject(rejected[i])
		}
		out = append(out, correction{old, whole})
	}
	return out, nil
}

func byHead(v verdict, row uint32) int { return cmp.Compare(v.head, row) }
func byRow(v verdict, row uint32) int  { return cmp.Compare(v.row, row) }

// reject makes the item a duplicate of the verdict's head.
func (it *Item) reject(v verdict) {
	it.Disposition = Reject
	it.Head = int64(v.head)
	it.Problems = append(slices.Clone(it.Problems), mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Field: v.kind.String(),
		Message: fmt.Sprintf("record %d has the same %s", v.head, v.kind),
		Hint:    "Keep one of them, or unite them with --duplicates merge where both e-mail addresses are verified."})
}

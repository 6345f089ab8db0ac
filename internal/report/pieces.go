package report

import (
	"cmp"
	"iter"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

// Piece is where a rejected record lies in the decoded source, with the rows that belong to it.
type Piece struct {
	Position  intake.Position
	Malformed bool
}

// pieces are the rejected records of a first pass. A file may be wrong from its
// first row to its last, so one takes 40 bytes.
type pieces struct {
	list    []piece
	rows    map[int64][]intake.Position // further rows, where there are any
	removed map[int64]bool
}

type piece struct {
	number, line, offset, length int64
	file                         int32
	malformed                    bool
}

func (p *pieces) add(at intake.Position, malformed bool) {
	delete(p.removed, at.Number)
	p.list = append(p.list, piece{at.Number, at.Line, at.Offset, at.Length, int32(at.File), malformed})
	if len(at.Rows) > 0 {
		if p.rows == nil {
			p.rows = map[int64][]intake.Position{}
		}
		p.rows[at.Number] = at.Rows
	} else {
		delete(p.rows, at.Number)
	}
}

func (p *pieces) remove(number int64) {
	if p.removed == nil {
		p.removed = map[int64]bool{}
	}
	p.removed[number] = true
}

// sorted are the records in the order of the source, each as it was added last.
func (p *pieces) sorted() iter.Seq[Piece] {
	slices.SortStableFunc(p.list, func(a, b piece) int { return cmp.Compare(a.number, b.number) })
	return func(yield func(Piece) bool) {
		for i, x := range p.list {
			again := i+1 < len(p.list) && p.list[i+1].number == x.number
			if again || p.removed[x.number] {
				continue
			}
			at := intake.Position{File: int(x.file), Number: x.number, Line: x.line, Offset: x.offset, Length: x.length, Rows: p.rows[x.number]}
			if !yield(Piece{at, x.malformed}) {
				return
			}
		}
	}
}

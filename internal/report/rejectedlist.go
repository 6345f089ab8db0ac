package report

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// RejectedAt is where a rejected record lies in the decoded source, with the rows that belong to it.
type RejectedAt struct {
	Position  intake.Position
	Malformed bool
}

// rejectedList are the rejected records of a first pass. A file may be wrong from its
// first row to its last, and a record may have as many rows, so all but the first
// lie on disk: each as the difference to the one before, some five bytes.
//
// They come in ascending runs: those of the pass itself, then corrections.
type rejectedList struct {
	memory  []byte // not written yet
	file    *spill.File
	runs    []int64 // where each begins
	last    intake.Position
	removed bitmap
}

// piecesInMemory is how many bytes are written at once.
const piecesInMemory = 64 << 10

func (p *rejectedList) size() int64 {
	if p.file == nil {
		return int64(len(p.memory))
	}
	return p.file.Size() + int64(len(p.memory))
}

func (p *rejectedList) add(at intake.Position, malformed bool) error {
	p.removed.clear(at.Number)
	if len(p.runs) == 0 || at.Number < p.last.Number {
		p.runs, p.last = append(p.runs, p.size()), intake.Position{}
	}
	head := uint64(len(at.Rows)) << 1
	if malformed {
		head |= 1
	}
	p.memory = appendPosition(binary.AppendUvarint(p.memory, head), &p.last, &at)
	before := at
	for i := range at.Rows {
		p.memory = appendPosition(p.memory, &before, &at.Rows[i])
		before = at.Rows[i]
		if err := p.flush(piecesInMemory); err != nil {
			return err
		}
	}
	p.last = at
	p.last.Rows = nil
	return p.flush(piecesInMemory)
}

// flush writes what is in memory, once it is so much.
func (p *rejectedList) flush(from int) (err error) {
	if len(p.memory) < from {
		return nil
	}
	if p.file == nil {
		if p.file, err = spill.NewFile(""); err != nil {
			return fmt.Errorf("keeping the rejected records: %w", err)
		}
	}
	_, err = p.file.Write(p.memory)
	p.memory = p.memory[:0]
	return err
}

func (p *rejectedList) remove(number int64) { p.removed.set(number) }

// close removes the temporary file.
func (p *rejectedList) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}

// appendPosition writes the difference to the position before.
func appendPosition(b []byte, before, at *intake.Position) []byte {
	for _, n := range [...]int64{int64(at.File - before.File), at.Number - before.Number, at.Line - before.Line,
		at.Offset - before.Offset - before.Length, at.Length} {
		b = binary.AppendVarint(b, n)
	}
	return b
}

func readPosition(in io.ByteReader, at *intake.Position) (err error) {
	var n [5]int64
	for i := range n {
		if n[i], err = binary.ReadVarint(in); err != nil {
			return err
		}
	}
	*at = intake.Position{
		File:   at.File + int(n[0]),
		Number: at.Number + n[1],
		Line:   at.Line + n[2],
		Offset: at.Offset + at.Length + n[3],
		Length: n[4],
	}
	return nil
}

// pieceRun reads one run of pieces.
type pieceRun struct {
	in    *bufio.Reader
	last  intake.Position
	piece RejectedAt
	done  bool
}

func (r *pieceRun) next() error {
	head, err := binary.ReadUvarint(r.in)
	if errors.Is(err, io.EOF) {
		r.done = true
		return nil
	}
	if err == nil {
		err = readPosition(r.in, &r.last)
	}
	r.piece = RejectedAt{r.last, head&1 != 0}
	at := r.last
	for n := head >> 1; n > 0 && err == nil; n-- {
		err = readPosition(r.in, &at)
		r.piece.Position.Rows = append(r.piece.Position.Rows, at)
	}
	if err != nil {
		return fmt.Errorf("reading the rejected records again: %w", err)
	}
	return nil
}

// sorted are the records in the order of the source, each as it was added last.
func (p *rejectedList) sorted() iter.Seq2[RejectedAt, error] {
	return func(yield func(RejectedAt, error) bool) {
		runs, err := p.open()
		for err == nil {
			number := int64(math.MaxInt64)
			for _, r := range runs {
				if !r.done {
					number = min(number, r.piece.Position.Number)
				}
			}
			if number == math.MaxInt64 {
				return
			}
			var piece RejectedAt // of the runs that have it, the last
			for _, r := range runs {
				for err == nil && !r.done && r.piece.Position.Number == number {
					piece = r.piece
					err = r.next()
				}
			}
			if err == nil && !p.removed.has(number) && !yield(piece, nil) {
				return
			}
		}
		yield(RejectedAt{}, err)
	}
}

// open begins to read all runs.
func (p *rejectedList) open() ([]*pieceRun, error) {
	var at io.ReaderAt = bytes.NewReader(p.memory)
	size := p.size()
	if p.file != nil {
		if err := p.flush(1); err != nil {
			return nil, err
		}
		at = p.file
	}
	runs := make([]*pieceRun, len(p.runs))
	for i, from := range p.runs {
		to := size
		if i+1 < len(p.runs) {
			to = p.runs[i+1]
		}
		runs[i] = &pieceRun{in: bufio.NewReader(io.NewSectionReader(at, from, to-from))}
		if err := runs[i].next(); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

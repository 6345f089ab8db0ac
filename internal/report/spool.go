package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Spool writes outcomes.csv row by row as they come and corrects some of
// them at the end: that a record is a duplicate is known only when all have
// been seen. Memory grows with the corrections alone.
type Spool struct {
	path string
	file *atomicfile.File
	buf  *bufio.Writer
	line []byte // the row being written

	dropped   bitmap
	corrected map[int64]span // the new rows of records
	rows      []byte         // what they are made of
	dirty     bool
}

type span struct{ from, to int }

// NewSpool begins outcomes.csv in a report folder. It is not seen there until Commit.
func NewSpool(dir string) (*Spool, error) {
	s := &Spool{path: filepath.Join(dir, OutcomesFile), corrected: map[int64]span{}}
	var err error
	if s.file, err = atomicfile.Create(s.path); err != nil {
		return nil, fmt.Errorf("beginning the outcomes: %w", err)
	}
	s.buf = bufio.NewWriterSize(s.file, 1<<16)
	if err := WriteOutcomes(s.buf, func(func(Outcome, error) bool) {}); err != nil {
		s.Abort()
		return nil, fmt.Errorf("beginning the outcomes: %w", err)
	}
	return s, nil
}

// Add takes the next row. It is called for each of millions of records, so it
// encodes the row itself, without reflection.
func (s *Spool) Add(o Outcome) error {
	s.line = appendRow(s.line[:0], &o)
	if _, err := s.buf.Write(s.line); err != nil {
		return fmt.Errorf("keeping the outcomes: %w", err)
	}
	return nil
}

func appendRow(b []byte, o *Outcome) []byte {
	b = strconv.AppendInt(b, o.Record, 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, o.Line, 10)
	for _, text := range [...]string{
		Inert(string(o.SourceID)), Inert(string(o.KindeID)), Inert(string(o.Email)), o.Outcome, o.SignIn, o.ProblemCode, Inert(string(o.Problem)),
	} {
		b = appendCell(append(b, ','), text)
	}
	return append(b, '\n')
}

// appendCell writes a cell as encoding/csv does.
func appendCell(b []byte, text string) []byte {
	if !needsQuotes(text) {
		return append(b, text...)
	}
	b = append(b, '"')
	for i := range len(text) {
		if text[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, text[i])
	}
	return append(b, '"')
}

func needsQuotes(text string) bool {
	if text == "" {
		return false
	}
	for i := range len(text) {
		switch text[i] {
		case ',', '"', '\r', '\n':
			return true
		}
	}
	return text[0] == ' ' || text[0] == '\t' || text == `\.`
}

// Correct replaces the row of a record, or drops it when row is nil.
func (s *Spool) Correct(number int64, row *Outcome) error {
	s.dirty = true
	if row == nil {
		s.dropped.set(number)
		return nil
	}
	from := len(s.rows)
	s.rows = appendRow(s.rows, row)
	s.corrected[number] = span{from, len(s.rows)}
	return nil
}

// Commit puts outcomes.csv into its place.
func (s *Spool) Commit() error {
	defer s.Abort()
	if err := s.buf.Flush(); err != nil {
		return fmt.Errorf("keeping the outcomes: %w", err)
	}
	if s.dirty {
		return save(s.path, s.correct)
	}
	return s.file.Commit()
}

// correct writes the rows again, as they are but for those that were corrected.
func (s *Spool) correct(to io.Writer) error {
	in := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, math.MaxInt64), 1<<16)
	out := bufio.NewWriterSize(to, 1<<16)
	for header := true; ; header = false {
		row, err := readRow(in, s.line[:0])
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return fmt.Errorf("reading the outcomes again: %w", err)
		}
		s.line = row
		if !header {
			number, err := strconv.ParseInt(string(row[:max(0, bytes.IndexByte(row, ','))]), 10, 64)
			if err != nil {
				return fmt.Errorf("reading the outcomes again: %w", err)
			}
			if s.dropped.has(number) {
				continue
			}
			if at, ok := s.corrected[number]; ok {
				row = s.rows[at.from:at.to]
			}
		}
		if _, err := out.Write(row); err != nil {
			return err
		}
	}
}

// readRow appends the next row of a CSV file to b, with its line end. Cells may hold line ends.
func readRow(in *bufio.Reader, b []byte) ([]byte, error) {
	for quotes := 0; ; {
		piece, err := in.ReadSlice('\n')
		b = append(b, piece...)
		quotes += bytes.Count(piece, []byte{'"'})
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil && len(b) > 0 && errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case quotes%2 == 0:
			return b, nil
		}
	}
}

// Abort removes what was written; without effect after Commit.
func (s *Spool) Abort() { s.file.Abort() }

// bitmap is a set of record numbers.
type bitmap []uint64

func (b *bitmap) set(n int64) {
	i := int(n >> 6)
	for len(*b) <= i {
		*b = append(*b, make([]uint64, max(1, i+1-len(*b)))...)
	}
	(*b)[i] |= 1 << (n & 63)
}

func (b bitmap) has(n int64) bool {
	i := int(n >> 6)
	return i < len(b) && b[i]&(1<<(n&63)) != 0
}

package report

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Spool writes outcomes.csv row by row as they come and corrects some of
// them at the end: that a record is a duplicate is known only when all have
// been seen. The new rows lie in the same file until Commit, behind the old
// ones; memory holds 24 bytes for each.
type Spool struct {
	path string
	file *atomicfile.File
	buf  *bufio.Writer
	line []byte // the row being written

	written   int64 // bytes so far
	rows      int64 // of which before the first correction
	dropped   bitmap
	corrected []correction
	dirty     bool
}

// correction is where the new row of a record lies in the file.
type correction struct {
	number, offset int64
	length         int32
}

// errLateRow would be a mistake of ours: what is corrected has been seen.
var errLateRow = errors.New("a row came after the corrections had started")

// NewSpool begins outcomes.csv in a report folder. It is not seen there until Commit.
func NewSpool(dir string) (*Spool, error) {
	s := &Spool{path: filepath.Join(dir, OutcomesFile)}
	var err error
	if s.file, err = atomicfile.Create(s.path); err != nil {
		return nil, fmt.Errorf("beginning the outcomes: %w", err)
	}
	s.buf = bufio.NewWriterSize(s.file, 1<<16)
	var header bytes.Buffer
	if err := WriteOutcomes(&header, func(func(Outcome, error) bool) {}); err != nil {
		s.Abort()
		return nil, fmt.Errorf("beginning the outcomes: %w", err)
	}
	if err := s.write(header.Bytes()); err != nil {
		s.Abort()
		return nil, err
	}
	return s, nil
}

func (s *Spool) write(row []byte) error {
	s.written += int64(len(row))
	if _, err := s.buf.Write(row); err != nil {
		return fmt.Errorf("keeping the outcomes: %w", err)
	}
	return nil
}

// Add takes the next row. It is called for each of millions of records, so it
// encodes the row itself, without reflection.
func (s *Spool) Add(o Outcome) error {
	if s.dirty {
		return errLateRow
	}
	s.line = appendRow(s.line[:0], &o)
	return s.write(s.line)
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

// Correct replaces the row of a record, or drops it when row is nil. No further
// row may be added after it.
func (s *Spool) Correct(number int64, row *Outcome) error {
	if !s.dirty {
		s.dirty, s.rows = true, s.written
	}
	if row == nil {
		s.dropped.set(number)
		return nil
	}
	s.line = appendRow(s.line[:0], row)
	s.corrected = append(s.corrected, correction{number, s.written, int32(len(s.line))})
	return s.write(s.line)
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
	in := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, s.rows), 1<<16)
	out := bufio.NewWriterSize(to, 1<<16)
	slices.SortStableFunc(s.corrected, func(a, b correction) int { return cmp.Compare(a.number, b.number) })
	var next []byte
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
			if at, ok := s.correctionOf(number); ok {
				next = slices.Grow(next[:0], int(at.length))[:at.length]
				if _, err := s.file.ReadAt(next, at.offset); err != nil {
					return fmt.Errorf("reading the outcomes again: %w", err)
				}
				row = next
			}
		}
		if _, err := out.Write(row); err != nil {
			return err
		}
	}
}

// correctionOf finds the last correction of a record. They are sorted, and the
// records come in order.
func (s *Spool) correctionOf(number int64) (last correction, found bool) {
	for len(s.corrected) > 0 && s.corrected[0].number <= number {
		last, s.corrected = s.corrected[0], s.corrected[1:]
	}
	return last, last.number == number && number > 0
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

func (b bitmap) clear(n int64) {
	if b.has(n) {
		b[n>>6] &^= 1 << (n & 63)
	}
}

func (b bitmap) has(n int64) bool {
	i := int(n >> 6)
	return i < len(b) && b[i]&(1<<(n&63)) != 0
}

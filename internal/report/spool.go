package report

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gocarina/gocsv"
)

// Spool collects the rows of outcomes.csv as they come and corrects some of
// them at the end: that a record is a duplicate is known only when all have
// been seen. Memory grows with the corrections alone.
type Spool struct {
	dir  string
	temp *os.File
	buf  *bufio.Writer
	out  *gocsv.SafeCSVWriter
	rows []Outcome // waiting to be written

	dropped   bitmap
	corrected map[int64]Outcome
	dirty     bool
}

// NewSpool begins outcomes.csv in a report folder. The rows lie in a private
// temporary file there until Commit.
func NewSpool(dir string) (*Spool, error) {
	temp, err := os.CreateTemp(dir, ".outcomes-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("beginning the outcomes: %w", err)
	}
	buf := bufio.NewWriterSize(temp, 1<<16)
	return &Spool{dir: dir, temp: temp, buf: buf, out: gocsv.NewSafeCSVWriter(csv.NewWriter(buf)), corrected: map[int64]Outcome{}}, nil
}

// Add takes the next row.
func (s *Spool) Add(o Outcome) error {
	if s.rows = append(s.rows, o); len(s.rows) < 500 {
		return nil
	}
	return s.flush()
}

func (s *Spool) flush() error {
	if len(s.rows) == 0 {
		return nil
	}
	err := gocsv.MarshalCSVWithoutHeaders(s.rows, s.out)
	s.rows = s.rows[:0]
	if err != nil {
		return fmt.Errorf("keeping the outcomes: %w", err)
	}
	return nil
}

// Correct replaces the row of a record, or drops it when row is nil.
func (s *Spool) Correct(number int64, row *Outcome) error {
	s.dirty = true
	if row == nil {
		s.dropped.set(number)
	} else {
		s.corrected[number] = *row
	}
	return nil
}

// Commit writes outcomes.csv.
func (s *Spool) Commit() error {
	defer s.Abort()
	if err := s.flush(); err != nil {
		return err
	}
	s.out.Flush()
	if err := errors.Join(s.out.Error(), s.buf.Flush()); err != nil {
		return fmt.Errorf("keeping the outcomes: %w", err)
	}
	if _, err := s.temp.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the outcomes again: %w", err)
	}
	return save(filepath.Join(s.dir, OutcomesFile), s.copy)
}

// copy writes the rows with their header, corrected.
func (s *Spool) copy(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<16)
	if err := WriteOutcomes(w, func(func(Outcome, error) bool) {}); err != nil {
		return err
	}
	if !s.dirty {
		if _, err := io.Copy(w, s.temp); err != nil {
			return err
		}
		return w.Flush()
	}
	in := csv.NewReader(bufio.NewReaderSize(s.temp, 1<<16))
	in.ReuseRecord = true
	out := csv.NewWriter(w)
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the outcomes again: %w", err)
		}
		number, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			return fmt.Errorf("reading the outcomes again: %w", err)
		}
		if s.dropped.has(number) {
			continue
		}
		if o, ok := s.corrected[number]; ok {
			row = o.fields()
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return w.Flush()
}

// fields are the cells of the row, in the order of the header.
func (o *Outcome) fields() []string {
	return []string{
		strconv.FormatInt(o.Record, 10), strconv.FormatInt(o.Line, 10), Inert(string(o.SourceID)), Inert(string(o.KindeID)), Inert(string(o.Email)),
		o.Outcome, o.SignIn, o.ProblemCode, Inert(string(o.Problem)),
	}
}

// Abort removes the temporary file; without effect after Commit.
func (s *Spool) Abort() {
	if s.temp != nil {
		s.temp.Close()
		os.Remove(s.temp.Name())
		s.temp = nil
	}
}

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

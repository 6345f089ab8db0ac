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
	"strings"
)

// Spool collects the rows of outcomes.csv as they come and corrects some of
// them at the end: that a record is a duplicate is known only when all have
// been seen. Memory grows with the corrections alone.
type Spool struct {
	dir  string
	temp *os.File
	buf  *bufio.Writer
	line []byte // the row being written

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
	return &Spool{dir: dir, temp: temp, buf: bufio.NewWriterSize(temp, 1<<16), corrected: map[int64]Outcome{}}, nil
}

// Add takes the next row. It is called for each of millions of records, so it
// encodes the row itself, without reflection.
func (s *Spool) Add(o Outcome) error {
	b := strconv.AppendInt(s.line[:0], o.Record, 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, o.Line, 10)
	for _, text := range [...]string{
		Inert(string(o.SourceID)), Inert(string(o.KindeID)), Inert(string(o.Email)), o.Outcome, o.SignIn, o.ProblemCode, Inert(string(o.Problem)),
	} {
		b = appendCell(append(b, ','), text)
	}
	s.line = append(b, '\n')
	if _, err := s.buf.Write(s.line); err != nil {
		return fmt.Errorf("keeping the outcomes: %w", err)
	}
	return nil
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
	} else {
		kept := *row
		for _, text := range []*cell{&kept.SourceID, &kept.KindeID, &kept.Email, &kept.Problem} {
			*text = cell(strings.Clone(string(*text))) // it shares memory with the batch that it was read in
		}
		s.corrected[number] = kept
	}
	return nil
}

// Commit writes outcomes.csv.
func (s *Spool) Commit() error {
	defer s.Abort()
	if err := s.buf.Flush(); err != nil {
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

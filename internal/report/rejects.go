package report

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// Raw reads pieces of the decoded source files again.
type Raw interface {
	// ReadRaw returns length bytes at offset of the file with this index.
	ReadRaw(ctx context.Context, file int, offset, length int64) ([]byte, error)
	// Frame says how the records of a file are framed.
	Frame(file int) intake.Frame
}

// RejectsPrefix begins the names of the files that hold rejected records.
const RejectsPrefix = "rejects."

// WriteRejects writes the pieces of the source that were rejected or failed,
// byte for byte and in the source's own format, one file per source file:
// rejects.csv, then rejects.2.csv and so on. What does not parse goes to
// rejects.malformed. It returns the names of the files, and removes those of
// an earlier report. Pieces come in the order of the source.
func WriteRejects(ctx context.Context, dir string, raw Raw, pieces iter.Seq2[RejectedAt, error]) (names []string, err error) {
	w := &rejects{dir: dir, raw: raw, open: map[string]*rejectFile{}}
	defer func() {
		for _, f := range w.open {
			f.file.Abort() // without effect after a Commit
		}
	}()
	for p, err := range pieces {
		if err != nil {
			return nil, err
		}
		if err := w.add(ctx, p); err != nil {
			return nil, fmt.Errorf("writing the rejected records: %w", err)
		}
	}
	for name, f := range w.open {
		if err := f.finish(); err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, removeOthers(dir, names)
}

// removeOthers deletes what an earlier report left.
func removeOthers(dir string, keep []string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for older rejects: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), RejectsPrefix) && !slices.Contains(keep, e.Name()) && e.Type().IsRegular() {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("removing older rejects: %w", err)
			}
		}
	}
	return nil
}

type rejects struct {
	dir  string
	raw  Raw
	open map[string]*rejectFile
}

type rejectFile struct {
	file    *atomicfile.File
	out     *bufio.Writer
	frame   intake.Frame
	records int
}

func (w *rejects) add(ctx context.Context, p RejectedAt) error {
	f, err := w.file(p)
	if err != nil {
		return err
	}
	for _, at := range append([]intake.Position{p.Position}, p.Position.Rows...) {
		if err := f.copy(ctx, w.raw, at); err != nil {
			return fmt.Errorf("reading record %d again: %w", at.Number, err)
		}
	}
	return nil
}

func (w *rejects) file(p RejectedAt) (*rejectFile, error) {
	frame := w.raw.Frame(p.Position.File)
	name := RejectsPrefix + string(frame.Format)
	if p.Position.File > 0 {
		name = fmt.Sprintf("%s%d.%s", RejectsPrefix, p.Position.File+1, frame.Format)
	}
	if p.Malformed {
		name, frame = RejectsPrefix+"malformed", intake.Frame{}
	}
	if f := w.open[name]; f != nil {
		return f, nil
	}
	file, err := atomicfile.Create(filepath.Join(w.dir, name))
	if err != nil {
		return nil, err
	}
	f := &rejectFile{file: file, out: bufio.NewWriter(file), frame: frame}
	w.open[name] = f
	_, err = f.out.Write(f.opening())
	return f, err
}

// opening is what stands before the first record.
func (f *rejectFile) opening() []byte {
	switch f.frame.Format {
	case source.CSV:
		return withNewline(f.frame.Header, f.newline())
	case source.JSON:
		var b bytes.Buffer
		for _, member := range f.members() {
			fmt.Fprintf(&b, "{%q:", member)
		}
		b.WriteString("[\n")
		return b.Bytes()
	}
	return nil
}

func (f *rejectFile) members() []string {
	if f.frame.Path == "" {
		return nil
	}
	return strings.Split(f.frame.Path, ".")
}

// copyAtOnce bounds how much of a record is in memory, in bytes: what does not
// parse may be as long as the file.
const copyAtOnce = 1 << 20

// copy adds one record with what separates it from its neighbours.
func (f *rejectFile) copy(ctx context.Context, raw Raw, at intake.Position) error {
	f.records++
	if f.frame.Format == source.JSON && f.records > 1 {
		if _, err := f.out.WriteString(",\n"); err != nil {
			return err
		}
	}
	var tail []byte
	for done := int64(0); done < at.Length; {
		data, err := raw.ReadRaw(ctx, at.File, at.Offset+done, min(copyAtOnce, at.Length-done))
		if err != nil {
			return err
		}
		if _, err := f.out.Write(data); err != nil {
			return err
		}
		done += int64(len(data))
		tail = data[max(0, len(data)-2):]
	}
	_, err := f.out.WriteString(f.separator(tail))
	return err
}

// separator is what must follow a record that ends with tail.
func (f *rejectFile) separator(tail []byte) string {
	switch {
	case f.frame.Format == source.JSON:
		return ""
	case f.frame.Format == source.LDIF && bytes.HasSuffix(tail, []byte("\n\n")):
		return ""
	case f.frame.Format == source.LDIF && bytes.HasSuffix(tail, []byte("\n")):
		return "\n"
	case f.frame.Format == source.LDIF:
		return "\n\n"
	case bytes.HasSuffix(tail, []byte("\n")):
		return ""
	default:
		return f.newline()
	}
}

// newline is the end of line that the source's header uses.
func (f *rejectFile) newline() string {
	if bytes.HasSuffix(f.frame.Header, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

func withNewline(data []byte, newline string) []byte {
	if len(data) == 0 || bytes.HasSuffix(data, []byte("\n")) {
		return data
	}
	return append(slices.Clip(data), newline...)
}

func (f *rejectFile) finish() error {
	if f.frame.Format == source.JSON {
		if _, err := io.WriteString(f.out, "\n]"+strings.Repeat("}", len(f.members()))+"\n"); err != nil {
			return err
		}
	}
	if err := f.out.Flush(); err != nil {
		return err
	}
	return f.file.Commit()
}

// Rejected lists where the rejected and failed records of a job lie. Whoever the
// source does not hold has no place in it: another's record lies there now.
func Rejected(ctx context.Context, c Records) iter.Seq2[RejectedAt, error] {
	where := checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Rejected, checkpoint.Failed}}
	return func(yield func(RejectedAt, error) bool) {
		job, _, err := c.Job(ctx)
		if err != nil {
			yield(RejectedAt{}, err)
			return
		}
		for r, err := range c.Records(ctx, where) {
			if err != nil {
				yield(RejectedAt{}, err)
				return
			}
			if r.Seen < job.Source || r.File == checkpoint.Elsewhere {
				continue
			}
			p := RejectedAt{Position: intake.Position{File: r.File, Number: r.Number, Line: r.Line, Offset: r.Offset, Length: r.Length}}
			for _, row := range r.Rows {
				p.Position.Rows = append(
					p.Position.Rows,
					intake.Position{File: row.File, Number: row.Number, Line: row.Line, Offset: row.Offset, Length: row.Length},
				)
			}
			for problem, err := range c.ProblemsBetween(ctx, r.ID, r.ID) {
				if err != nil {
					yield(RejectedAt{}, err)
					return
				}
				if p.Malformed = problem.Code == string(mapping.RecordMalformed); p.Malformed {
					break
				}
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

package report

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
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
// rejects.malformed. It notes in r the files and what they held, and removes those of
// an earlier report. Pieces come in the order of the source.
//
// People correct these files where they lie. One that is the source of r, or that is
// not as the earlier report left it, is theirs: it stays, and what is written takes
// another name. With others, records are rejected that the source does not hold; an
// earlier file may be all that does, so all of them stay.
func (r *Report) WriteRejects(ctx context.Context, dir string, raw Raw, pieces iter.Seq2[RejectedAt, error], others bool) error {
	was, err := earlierRejects(dir)
	if err != nil {
		return err
	}
	w := &rejects{dir: dir, raw: raw, open: map[string]*rejectFile{}, theirs: map[string]string{}}
	for name, sum := range was {
		if sum.now != sum.then || others || r.readFrom(filepath.Join(dir, name)) {
			w.theirs[name] = sum.now
		}
	}
	defer func() {
		for _, f := range w.open {
			f.file.Abort() // without effect after a Commit
		}
	}()
	for p, err := range pieces {
		if err != nil {
			return err
		}
		if err := w.add(ctx, p); err != nil {
			return fmt.Errorf("writing the rejected records: %w", err)
		}
	}
	r.Rejects = map[string]string{}
	var names []string
	for _, f := range w.open {
		name, err := w.finish(f)
		if err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
		names = append(names, name)
		r.Rejects[name] = f.sum()
	}
	slices.Sort(names)
	r.Files = append(r.Files, names...)
	for name, sum := range was {
		switch _, written := r.Rejects[name]; {
		case written:
		case w.theirs[name] == "":
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return fmt.Errorf("removing older rejects: %w", err)
			}
		case sum.then != "":
			r.Rejects[name] = sum.then // what it was is what tells whether it was edited
		}
	}
	return nil
}

// KeepRejects carries over what an earlier report in the folder noted of its rejects.
func (r *Report) KeepRejects(dir string) error {
	was, err := earlierRejects(dir)
	for name, sum := range was {
		if sum.then == "" {
			continue
		}
		if r.Rejects == nil {
			r.Rejects = map[string]string{}
		}
		r.Rejects[name] = sum.then
	}
	return err
}

// rejectSums are digests of a file of rejects: as it is, and as the report of its
// folder says that it was written, "" where it says nothing.
type rejectSums struct{ now, then string }

// earlierRejects looks at the files of rejects in a folder.
func earlierRejects(dir string) (map[string]rejectSums, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for older rejects: %w", err)
	}
	var report struct{ Rejects map[string]string }
	if data, err := atomicfile.ReadRegular(filepath.Join(dir, JSONFile)); err == nil && json.Unmarshal(data, &report) != nil {
		report.Rejects = nil // not a report of this program: what lies beside it is not ours
	}
	sums := map[string]rejectSums{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), RejectsPrefix) || !e.Type().IsRegular() {
			continue
		}
		now, err := atomicfile.SHA256(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("looking at older rejects: %w", err)
		}
		sums[e.Name()] = rejectSums{now, report.Rejects[e.Name()]}
	}
	return sums, nil
}

// readFrom tells whether a file is one of those that the report is about.
func (r *Report) readFrom(path string) bool {
	abs, err := filepath.Abs(path)
	return err == nil && slices.ContainsFunc(r.Source.Files, func(f File) bool {
		of, err := filepath.Abs(f.Path)
		return err == nil && of == abs
	})
}

type rejects struct {
	dir    string
	raw    Raw
	open   map[string]*rejectFile
	theirs map[string]string // names in the folder that are not to be replaced, and digests
}

type rejectFile struct {
	name    string // as it would be called where nothing stands in its way
	file    *atomicfile.File
	hash    hash.Hash
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
	file, err := atomicfile.Create(filepath.Join(w.dir, w.free(name)))
	if err != nil {
		return nil, err
	}
	f := &rejectFile{name: name, file: file, hash: sha256.New(), frame: frame}
	f.out = bufio.NewWriter(io.MultiWriter(file, f.hash))
	w.open[name] = f
	_, err = f.out.Write(f.opening())
	return f, err
}

// free is a name for a file where none of theirs has it.
func (w *rejects) free(name string) string {
	for w.theirs[name] != "" {
		name = again(name)
	}
	return name
}

// again is the name beside one that is taken: rejects.again.csv for rejects.csv.
func again(name string) string {
	return RejectsPrefix + "again." + strings.TrimPrefix(name, RejectsPrefix)
}

// finish puts a file in its place, and returns its name. One of the same content that
// lies there already will do.
func (w *rejects) finish(f *rejectFile) (string, error) {
	if err := f.end(); err != nil {
		return "", err
	}
	for name := f.name; w.theirs[name] != ""; name = again(name) {
		if w.theirs[name] == f.sum() {
			f.file.Abort()
			return name, nil
		}
	}
	return filepath.Base(f.file.Name()), f.file.Commit()
}

func (f *rejectFile) sum() string { return hex.EncodeToString(f.hash.Sum(nil)) }

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

// end writes what stands after the last record.
func (f *rejectFile) end() error {
	if f.frame.Format == source.JSON {
		if _, err := io.WriteString(f.out, "\n]"+strings.Repeat("}", len(f.members()))+"\n"); err != nil {
			return err
		}
	}
	return f.out.Flush()
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

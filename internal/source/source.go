package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// Format is the kind of a file's content.
type Format string

// The formats that are read.
const (
	CSV    Format = "csv"
	JSON   Format = "json"
	NDJSON Format = "ndjson"
	LDIF   Format = "ldif"
)

// The limits that keep hostile files harmless.
const (
	MaxRecord  = 4 << 20 // bytes of one record, and so of a cell; what is longer is malformed
	MaxValues  = 100_000 // members, elements and attribute values of one record
	MaxNesting = 64      // of arrays and objects in one record
	sniffSize  = 1 << 20 // bytes that are looked at to find the kind
)

// ErrEmpty says that a file holds nothing at all.
var ErrEmpty = errors.New("the file is empty")

// Options says how to read a file. The zero value finds everything in the content.
type Options struct {
	Format  Format
	Places  []Place  // JSON: where records lie; nil is found in the content
	CSV     CSVHints // what a preset knows about the file
	TempDir string   // for spools; "" is the system's
}

// Malformed says why a record can't be used. It never holds a part of the record.
type Malformed struct {
	Reason string
	Hint   string // what to do, "" when there is nothing to say
}

func (m *Malformed) Error() string { return m.Reason }

func malformed(format string, args ...any) *Malformed {
	return &Malformed{Reason: fmt.Sprintf(format, args...)}
}

func tooLong(what string) string {
	return fmt.Sprintf("the %s is longer than the limit of %d MB", what, MaxRecord>>20)
}

// File is an opened source file. Scan may run once at a time; ReadAt, Parse and
// the accessors may be called from several goroutines.
type File struct {
	name string
	opts Options

	raw     *os.File // nil for a reader
	reader  io.Reader
	decoded io.ReaderAt // nil until the decoded stream can be read at random
	base    int64       // offset in raw of the decoded stream's first byte
	spool   *spill.File

	format  Format
	head    []byte // the first sniffSize bytes of the decoded stream
	csv     dialect
	json    jsonShape
	bytes   int64
	sum     string
	context contexts
	passed  besides // by the last whole Scan
	blank   Blank
	scanned atomic.Bool // to the end, since the places are known
	ended   bool        // the last Scan that came to the end found the end of a line there
}

// Open opens a file and finds its kind. The caller closes it.
func Open(ctx context.Context, path string, opts Options) (*File, error) {
	raw, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := raw.Stat()
	if err == nil && st.IsDir() {
		err = fmt.Errorf("%s is a folder", path)
	}
	if err != nil {
		raw.Close()
		return nil, err
	}
	if !st.Mode().IsRegular() {
		f, err := FromReader(ctx, path, raw, opts)
		raw.Close()
		return f, err
	}
	f := &File{name: path, opts: opts, raw: raw, bytes: st.Size()}
	if err := f.prepare(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// FromReader reads r to its end into an encrypted temporary file and finds its kind.
func FromReader(ctx context.Context, name string, r io.Reader, opts Options) (*File, error) {
	f := &File{name: name, opts: opts, reader: r}
	if err := f.prepare(ctx); err != nil {
		f.Close()
		return nil, err
	}
	f.reader = nil
	return f, nil
}

// Close removes the temporary file, if there is one.
func (f *File) Close() error {
	var errs []error
	if f.spool != nil {
		errs = append(errs, f.spool.Close())
		f.spool = nil
	}
	if f.raw != nil {
		errs = append(errs, f.raw.Close())
		f.raw = nil
	}
	return errors.Join(errs...)
}

// Name returns the path that the file was opened with.
func (f *File) Name() string { return f.name }

// Format returns the kind of the content.
func (f *File) Format() Format { return f.format }

// Columns returns the names of the CSV columns, nil for other formats.
func (f *File) Columns() []string { return f.csv.columns }

// Header returns what stands before the first CSV record, byte for byte:
// comment lines, preamble and header line. It is empty for other formats.
func (f *File) Header() []byte {
	if f.format != CSV {
		return nil
	}
	return f.head[:f.csv.body]
}

// Places returns where in a JSON document records are looked for; Span.Site is
// an index into it. The first is always the elements of an array at the top.
func (f *File) Places() []Place { return f.json.places }

// SetPlaces tells where in a JSON document records and rows of side tables lie,
// besides the elements of an array at the top. When the document has none of
// them, what the content suggests is kept. It must not run beside Scan.
func (f *File) SetPlaces(places []Place) {
	if f.format == JSON || f.format == NDJSON {
		f.opts.Places = places
		f.passed = besides{}
		f.scanned.Store(false)
		f.format, f.json = shapeFor(f.head, places, f.opts.Format)
	}
}

// SetCSV reads a CSV file anew with what a preset knows about it. It must not run beside Scan.
func (f *File) SetCSV(hints CSVHints) error {
	if f.format != CSV {
		return nil
	}
	f.opts.CSV = hints
	if err := f.sniffCSV(len(f.head) < sniffSize); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// Nameless tells that the line in which the names of CSV columns should stand looks
// like a record.
func (f *File) Nameless() bool { return f.format == CSV && f.csv.header && nameless(f.csv.columns) }

// Stored returns the file's size as it is stored, in bytes, and the hexadecimal
// SHA-256 of those bytes. The sum is empty until a Scan has read all of a plain file.
func (f *File) Stored() (size int64, sha256 string) { return f.bytes, f.sum }

// ReadAt reads bytes of the decoded stream.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	return f.decoded.ReadAt(p, off)
}

// Record reads the record at offset again. Its error is an I/O error or a *Malformed;
// with the latter the fields may be incomplete.
func (f *File) Record(ctx context.Context, offset, length int64) (raw []byte, fields mapping.Value, err error) {
	if length < 0 || length > MaxRecord {
		return nil, mapping.Value{}, malformed("%s", tooLong("record"))
	}
	raw = make([]byte, length)
	if _, err := f.ReadAt(raw, offset); err != nil && !(errors.Is(err, io.EOF) && length == 0) {
		return nil, mapping.Value{}, fmt.Errorf("reading %s again at byte %d: %w", f.name, offset, err)
	}
	b := &Batch{file: f, Data: raw, Offset: offset, Spans: []Span{{End: len(raw)}}}
	b.Spans[0].Context = f.context.at(offset)
	p := lone.Get().(*Parser)
	fields, err = b.Parse(0, p)
	p.Reset()
	lone.Put(p)
	return raw, fields, err
}

// lone holds parsers for single records, whose values are the caller's.
var lone = sync.Pool{New: func() any {
	p := NewParser()
	p.lone = true
	return p
}}

var errEnough = errors.New("enough records")

// Sample returns up to n records from the start of the file that parse, and no
// more than tell the shape of large ones. Rows of
// side tables are among them: pick tells by the place which are wanted; nil is all.
func (f *File) Sample(ctx context.Context, n int, pick func(site int) bool) ([]mapping.Record, error) {
	var out []mapping.Record
	var number int64
	seen, bytesOf := 0, 0
	p := NewParser()
	err := f.scan(ctx, false, func(b *Batch) error {
		for i, s := range b.Spans {
			if seen++; seen > 50*n {
				return errEnough
			}
			if pick != nil && !pick(s.Site) {
				continue
			}
			number++
			v, err := b.Parse(i, p)
			if err != nil {
				continue
			}
			out = append(out, mapping.Record{Number: number, Line: s.Line, Offset: b.Offset + int64(s.Start),
				Raw: bytes.Clone(b.Data[s.Start:s.End]), Fields: v})
			if bytesOf += s.End - s.Start; len(out) == n || bytesOf >= sniffSize {
				return errEnough
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return out, nil
}

// Head returns the beginning of the content for the detection of a preset.
func (f *File) Head(ctx context.Context) (mapping.Sample, error) {
	s := mapping.Sample{Format: string(f.format)}
	if f.format == JSON {
		s.Head, _ = firstDocument(bytes.TrimLeft(f.head, " \t\r\n"))
		return s, nil
	}
	recs, err := f.Sample(ctx, 200, nil)
	if err != nil {
		return s, err
	}
	s.Head.Kind = mapping.Array
	for _, r := range recs {
		s.Head.Elems = append(s.Head.Elems, r.Fields)
	}
	if names := f.csv.columns; f.format == CSV && len(recs) == 0 && len(names) > 0 {
		// No row fits the header, or there is none: the header tells what it can.
		s.Head.Elems = []mapping.Value{
			{Kind: mapping.Object, Keys: names, Elems: slices.Repeat([]mapping.Value{mapping.StringValue("")}, len(names))},
		}
	}
	if f.format == CSV {
		// Line by line: these rows serve to recognise files that are badly quoted.
		d := f.csv
		d.repair, d.columns = &repair{}, nil
		for _, r := range firstRows(f.head, &d, len(f.head) < sniffSize, 0, 60) {
			s.Rows = append(s.Rows, r.cells)
		}
	}
	return s, nil
}

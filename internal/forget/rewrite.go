package forget

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// rewriteFile writes the file anew as walk leaves it.
func (p *Place) rewriteFile(ctx context.Context, j *judge) (err error) {
	f, err := atomicfile.OpenRegular(p.Path)
	if err != nil {
		return err
	}
	_, pack, err := unpacked(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	out, err := atomicfile.Create(p.Path)
	if err != nil {
		return err
	}
	defer out.Abort()
	packed, err := pack(out)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(packed, 1<<16)
	if err := p.walk(ctx, j, w); err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), packed.Close()); err != nil {
		return err
	}
	if j.sight.Records+j.sight.Mentions == 0 {
		return nil // as it was
	}
	return out.Commit()
}

// walk hands everything in the place to the judge, and writes what stays.
func (p *Place) walk(ctx context.Context, j *judge, w io.Writer) error {
	switch p.Kind {
	case Checkpoint:
		return p.seeCheckpoint(ctx, j)
	case Backups:
		return p.seeBackups(ctx, j)
	case Fetched:
		return p.seeFetched(ctx, j)
	case Sandbox:
		return p.seeSandbox(j)
	case Records:
		j.list = p.outcomes()
		j.number = j.list
		return p.records(ctx, j, w)
	case Document:
		j.number = true
		return p.document(j, w)
	case Page, Plain:
		return p.lines(ctx, j, w)
	}
	return nil
}

// outcomes tells whether the file is a report's list of what became of each record.
func (p *Place) outcomes() bool {
	return p.scope != nil && filepath.Base(p.Path) == report.OutcomesFile
}

// records copies a file of records without theirs, byte for byte.
func (p *Place) records(ctx context.Context, j *judge, w io.Writer) error {
	var format source.Format
	if name := plainName(p.Path); strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".jsonl") {
		format = source.NDJSON // one line alone looks like a document
	}
	f, err := source.Open(ctx, p.Path, source.Options{Format: format})
	if errors.Is(err, source.ErrEmpty) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Format() == source.JSON { // a file of one line
		return p.document(j, w)
	}
	at, dropped := int64(0), false
	gap := func(to int64) error { // what separates records, and what stands before the first and behind the last
		for at < to {
			buf := make([]byte, min(to-at, 1<<16))
			n, err := f.ReadAt(buf, at)
			if n == 0 {
				if errors.Is(err, io.EOF) {
					return nil
				}
				return err
			}
			at += int64(n)
			buf = buf[:n]
			if dropped {
				buf = bytes.TrimLeft(buf, "\r\n") // went with its record
				dropped = len(buf) == 0
			}
			if _, err := w.Write(j.without(buf)); err != nil {
				return err
			}
		}
		return nil
	}
	parser := source.NewParser()
	err = f.Scan(ctx, func(b *source.Batch) error {
		for i, s := range b.Spans {
			from, length := b.Position(i)
			if err := gap(from); err != nil {
				return err
			}
			raw := b.Data[s.Start:s.End]
			at = from + length
			v, bad := b.Parse(i, parser)
			instead, keep := raw, !j.holds(raw) // what does not parse is whose name stands in it
			if bad == nil {
				instead, keep = j.record(v, raw)
			} else if !keep {
				j.sight.Records++
			}
			if dropped = !keep; !keep {
				continue
			}
			if _, err := w.Write(instead); err != nil {
				return err
			}
		}
		parser.Reset()
		return nil
	})
	if err != nil {
		return err
	}
	return gap(1 << 62)
}

// document copies a JSON document without the objects in lists that are theirs.
func (p *Place) document(j *judge, w io.Writer) error {
	r, closing, err := openDecoded(p.Path)
	if err != nil {
		return err
	}
	defer closing()
	in := bufio.NewReaderSize(r, 1<<16)
	head, _ := in.Peek(256)
	options := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	written := options
	if bytes.Contains(head, []byte("\n ")) {
		written = append(written, jsontext.WithIndent("  "))
	}
	d, e := jsontext.NewDecoder(in, options...), jsontext.NewEncoder(w, written...)
	info, err := os.Stat(p.Path)
	if err != nil {
		return err
	}
	for d.PeekKind() != 0 { // documents may stand one after the other
		if d.PeekKind() == '{' && info.Size() <= largestRecord && p.scope == nil {
			err = j.copyRecord(d, e, options)
		} else {
			err = j.copyValue(d, e)
		}
		if err != nil {
			return fmt.Errorf("it does not parse: %w", err)
		}
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("it does not parse: %w", err)
	}
	return nil
}

// largestRecord is up to which size a document may be one record itself.
const largestRecord = 1 << 20

// readValue reads the next value, as it stands and parsed.
func readValue(d *jsontext.Decoder) (raw jsontext.Value, v mapping.Value, err error) {
	if raw, err = d.ReadValue(); err != nil {
		return nil, v, err
	}
	raw = raw.Clone()
	v, err = mapping.ParseJSON(string(raw))
	return raw, v, err
}

// copyRecord copies a document that may be somebody's record, whole.
func (j *judge) copyRecord(d *jsontext.Decoder, e *jsontext.Encoder, options []jsontext.Options) error {
	raw, v, err := readValue(d)
	if err != nil {
		return err
	}
	if n := erasure.NamesOf(v); j.theirs(&n, "") {
		return nil
	}
	return j.copyValue(jsontext.NewDecoder(bytes.NewReader(raw), options...), e)
}

// copyValue copies the next value. Objects in a list are judged whole.
func (j *judge) copyValue(d *jsontext.Decoder, e *jsontext.Encoder) error {
	switch kind := d.PeekKind(); kind {
	case '{', '[':
		open, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := e.WriteToken(open); err != nil {
			return err
		}
		for k := d.PeekKind(); k != '}' && k != ']'; k = d.PeekKind() {
			if k == 0 {
				_, err := d.ReadToken()
				return err
			}
			if kind == '[' && k == '{' {
				err = j.copyElement(d, e)
			} else {
				err = j.copyValue(d, e)
			}
			if err != nil {
				return err
			}
		}
		closing, err := d.ReadToken()
		if err != nil {
			return err
		}
		return e.WriteToken(closing)
	default:
		raw, err := d.ReadValue()
		if err != nil {
			return err
		}
		return e.WriteValue(j.without(raw))
	}
}

func (j *judge) copyElement(d *jsontext.Decoder, e *jsontext.Encoder) error {
	raw, v, err := readValue(d)
	if err != nil {
		return err
	}
	instead, keep := j.record(v, raw)
	if !keep {
		return nil
	}
	return e.WriteValue(instead)
}

// row is one row of a table in the page of a report.
var (
	row       = regexp.MustCompile(`(?s)<tr>.*?</tr>`)
	rowNumber = regexp.MustCompile(`, record (\d+)</td>`)
)

// lines copies a text without names; in a page go the rows of tables that are
// about them, and in rejects that do not parse the lines.
func (p *Place) lines(ctx context.Context, j *judge, w io.Writer) error {
	if j.text == nil {
		return nil
	}
	r, closing, err := openDecoded(p.Path)
	if err != nil {
		return err
	}
	defer closing()
	if p.Kind == Page {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		_, err = w.Write(j.without(row.ReplaceAllFunc(data, j.pageRow)))
		return err
	}
	malformed := strings.HasPrefix(filepath.Base(p.Path), report.RejectsPrefix)
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if malformed && j.holds(line) {
			j.sight.Records++
		} else if _, err := w.Write(j.without(line)); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
}

func (j *judge) pageRow(row []byte) []byte {
	number := rowNumber.FindSubmatch(row)
	if j.holds(row) || j.scope != nil && number != nil && j.scope.numbers[string(number[1])] {
		j.sight.Records++
		return nil
	}
	return row
}

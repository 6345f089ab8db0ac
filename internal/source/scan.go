package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
)

// blockSize is how many bytes a batch holds, unless a single record is longer.
// What is made of the batches under way should fit into a processor's cache.
const blockSize = 32 << 10

// maxSpans bounds the records of a batch: what is made of a record takes far more
// memory than the two bytes that one may have.
const maxSpans = blockSize / 16

// Scan reads the file once and hands out batches of whole records in file order,
// from one goroutine. After a Scan that reached the end, Stored knows the sum.
func (f *File) Scan(ctx context.Context, fn func(*Batch) error) error {
	return f.scan(ctx, true, fn)
}

// Prepare makes Record know what the objects around a record hold, where the
// places ask for it: unless a Scan came to the end before, it reads the file
// once. It must not run beside Scan.
func (f *File) Prepare(ctx context.Context) error {
	if f.scanned.Load() || !slices.ContainsFunc(f.json.places, func(p Place) bool { return len(p.Parent) > 0 }) {
		return nil
	}
	return f.scan(ctx, false, func(*Batch) error { return nil })
}

func (f *File) scan(ctx context.Context, whole bool, fn func(*Batch) error) error {
	var sum hash.Hash
	offset := int64(f.start())
	if whole && f.sum == "" && f.raw != nil {
		sum = sha256.New()
		if _, err := io.Copy(sum, io.NewSectionReader(f.raw, 0, f.base+offset)); err != nil {
			return fmt.Errorf("reading %s: %w", f.name, err)
		}
	}
	passed := &besides{}
	sp := f.splitter(passed)
	in := io.NewSectionReader(f.decoded, offset, 1<<62)
	var rest []byte
	size, spans := blockSize, 0
	var read int64
	ended := true
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		data := make([]byte, max(size, len(rest)+blockSize/2))
		n := copy(data, rest)
		m, err := io.ReadFull(in, data[n:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("reading %s: %w", f.name, err)
		}
		if sum != nil {
			sum.Write(data[n : n+m])
		}
		read += int64(m)
		if m > 0 {
			ended = data[n+m-1] == '\n' || data[n+m-1] == '\r'
		}
		data = data[:n+m]
		done := 0
		for {
			b := &Batch{Data: data[done:], Offset: offset + int64(done), file: f, Spans: make([]Span, 0, spans)}
			n := sp.split(b, last, len(b.Data) >= MaxRecord)
			b.Data = b.Data[:n]
			spans = min(len(b.Spans)+len(b.Spans)/16, maxSpans) // a batch mostly holds as many as the one before
			if len(b.Spans) > 0 {
				if err := fn(b); err != nil {
					return err
				}
			}
			if done += n; n == 0 || len(b.Spans) < maxSpans {
				break
			}
		}
		rest = data[done:]
		if done > 0 {
			rest = bytes.Clone(rest)
		}
		offset += int64(done)
		size = blockSize
		if done == 0 {
			size = 2 * len(data)
		}
		if last && (done == len(data) || done == 0) {
			break
		}
		if last {
			// The splitter stopped early: what is left is cut again as a whole.
			size = len(rest)
		}
	}
	f.scanned.Store(true)
	f.passed = *passed
	if rows, ok := sp.(*csvSplitter); ok {
		f.blank = rows.blank
	}
	f.ended = ended || f.format == JSON
	if sum != nil {
		f.sum = hex.EncodeToString(sum.Sum(nil))
		f.bytes = f.base + int64(f.start()) + read
	}
	return nil
}

// Ended tells whether the last Scan that came to the end of a file of lines
// found the end of a line there. A file that was cut seldom has one.
func (f *File) Ended() bool { return f.ended }

func (f *File) start() int {
	if f.format == CSV {
		return f.csv.body
	}
	return 0
}

func (f *File) splitter(passed *besides) splitter {
	switch f.format {
	case CSV:
		return &csvSplitter{d: &f.csv, line: f.csv.bodyLine, most: maxSpans, blank: Blank{f.csv.skipped.Rows, slices.Clone(f.csv.skipped.Lines)}}
	case LDIF:
		return &ldifSplitter{line: 1}
	case NDJSON:
		return &lineSplitter{line: 1}
	default:
		return &jsonSplitter{places: f.json.places, ctx: &f.context, passed: passed, line: 1, indent: 0}
	}
}

// lineSplitter takes each line that is not blank for a record.
type lineSplitter struct {
	line int64
	skip bool
}

func (s *lineSplitter) split(b *Batch, last, full bool) int {
	data, pos := b.Data, 0
	for pos < len(data) && len(b.Spans) < maxSpans {
		end := bytes.IndexByte(data[pos:], '\n')
		if end < 0 {
			switch {
			case s.skip:
				return len(data)
			case full && pos == 0:
				s.skip = true
				b.Spans = append(b.Spans, Span{Line: s.line, Broken: tooLong("line")})
				return len(data)
			case !last:
				return pos
			}
			end = len(data)
		} else {
			end += pos
		}
		from, to := pos, end
		for from < to && isSpace(data[from]) {
			from++
		}
		for to > from && (isSpace(data[to-1])) {
			to--
		}
		// A trailing comma is left where someone took an array apart.
		if to > from+1 && data[to-1] == ',' && data[to-2] == '}' {
			to--
		}
		if from < to && !s.skip {
			b.Spans = append(b.Spans, Span{Start: from, End: to, Line: s.line})
		}
		s.skip = false
		s.line++
		pos = min(end+1, len(data))
	}
	return pos
}

package source

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Span is one record within a Batch: the bytes Data[Start:End].
type Span struct {
	Start, End int
	Line       int64  // 1-based, of its first byte
	Site       int    // index of the place that it was found at; 0 for rows of CSV, NDJSON and LDIF
	Context    int    // of the enclosing objects' members; 0 for none
	Broken     string // why it is no record, found while looking for its end; "" when nothing is known
}

// Batch is a run of whole records. It belongs to whoever received it.
type Batch struct {
	Data   []byte
	Offset int64 // of Data[0] in the decoded stream
	Spans  []Span

	file  *File
	text  string
	state uint8 // what is known about text
}

const (
	textUnread uint8 = iota
	textClean        // valid UTF-8 without NUL
	textDirty
)

// Position returns the offset and length of a span in the decoded stream.
func (b *Batch) Position(i int) (offset, length int64) {
	s := &b.Spans[i]
	return b.Offset + int64(s.Start), int64(s.End - s.Start)
}

// Parse returns the fields of a span. Its error is a *Malformed; the fields then
// hold what could be read. The fields share memory with the batch, and are valid
// until p.Reset.
func (b *Batch) Parse(i int, p *Parser) (mapping.Value, error) {
	if b.state == textUnread {
		b.text = string(b.Data)
		b.state = textDirty
		if utf8.ValidString(b.text) && strings.IndexByte(b.text, 0) < 0 {
			b.state = textClean
		}
	}
	s := &b.Spans[i]
	text := b.text[s.Start:s.End]
	v, err := b.parse(s, text, p)
	if s.Broken != "" {
		err = &Malformed{Reason: s.Broken}
	}
	if v.Kind != mapping.Object {
		if err == nil {
			err = malformed("the record is not an object")
		}
		v = mapping.Value{Kind: mapping.Object}
	}
	if s.Context > 0 {
		v = withMember(v, "$parent", b.file.context.value(s.Context))
	}
	return v, err
}

func (b *Batch) parse(s *Span, text string, p *Parser) (mapping.Value, error) {
	if len(text) > MaxRecord {
		return mapping.Value{}, malformed("%s", tooLong("record"))
	}
	if b.state == textDirty {
		if !utf8.ValidString(text) {
			at := invalidAt(text)
			line := 1 + strings.Count(text[:at], "\n")
			err := malformed("line %d of the record is not valid UTF-8 (byte %#02x)", line, text[at])
			err.Hint = "Convert the file from its own character set. For Latin-1 or Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEWFILE"
			return mapping.Value{}, err
		}
		if strings.IndexByte(text, 0) >= 0 && b.file.format != CSV {
			return mapping.Value{}, malformed("the record holds a NUL byte")
		}
	}
	switch b.file.format {
	case CSV:
		return p.csv(&b.file.csv, text, b.state == textClean)
	case LDIF:
		return p.ldif(text)
	default:
		v, err := p.json(text)
		var m *Malformed
		if errors.As(err, &m) && b.file.format == NDJSON && isEscapedTwice(text) {
			m.Hint = escapedTwice
		}
		return v, err
	}
}

func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}

// withMember returns a copy of an object with one more member.
func withMember(v mapping.Value, key string, member mapping.Value) mapping.Value {
	n := len(v.Elems)
	v.Keys = append(v.Keys[:n:n], key)
	v.Elems = append(v.Elems[:n:n], member)
	return v
}

// Parser holds the memory that parsing reuses. It belongs to one goroutine.
type Parser struct {
	values []mapping.Value // the rest of the current block
	blocks [][]mapping.Value
	used   int

	stack  []mapping.Value
	keys   []string
	shapes map[uint64][]string
	cells  []string
	s      string
	pos    int
	count  int  // of the values in the record
	lone   bool // values are not taken back: each record has memory of its own
	head   bool // lenient: cut long arrays, close what the end of the text cuts off
}

// NewParser returns an empty parser.
func NewParser() *Parser { return &Parser{shapes: map[uint64][]string{}} }

const valueBlock = 4096

// Reset takes back the memory of all values that Parse returned since the last Reset.
func (p *Parser) Reset() {
	for i := range p.used {
		clear(p.blocks[i])
	}
	p.used = 0
	p.values = nil
	p.s = ""
	clear(p.stack[:cap(p.stack)])
	clear(p.keys[:cap(p.keys)])
	clear(p.cells[:cap(p.cells)])
}

// take returns n zero values that live until Reset.
func (p *Parser) take(n int) []mapping.Value {
	if p.lone || n > valueBlock/4 {
		return make([]mapping.Value, n)
	}
	if n > len(p.values) {
		if p.used == len(p.blocks) {
			p.blocks = append(p.blocks, make([]mapping.Value, valueBlock))
		}
		p.values = p.blocks[p.used]
		p.used++
	}
	out := p.values[:n:n]
	p.values = p.values[n:]
	return out
}

// lines counts the line ends in data.
func lines(data []byte, eol byte) int64 { return int64(bytes.Count(data, []byte{eol})) }

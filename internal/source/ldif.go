package source

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// ldifSplitter finds entries: runs of lines between blank lines (RFC 2849).
type ldifSplitter struct {
	line    int64
	skip    bool
	comment bool // the line before belongs to no entry, and may go on in the next
}

func (s *ldifSplitter) split(b *Batch, last, full bool) int {
	data, pos := b.Data, 0
	start, startLine := -1, int64(0)
	line := s.line
	done := 0
	for pos < len(data) && len(b.Spans) < maxSpans {
		end := bytes.IndexByte(data[pos:], '\n')
		if end < 0 {
			if !last {
				break
			}
			end = len(data)
		} else {
			end += pos
		}
		text := bytes.TrimRight(data[pos:end], "\r")
		next := min(end+1, len(data))
		switch {
		case len(bytes.TrimSpace(text)) == 0:
			if start >= 0 && !s.skip {
				b.Spans = append(b.Spans, Span{Start: start, End: pos, Line: startLine})
			}
			start, s.skip, s.comment = -1, false, false
			s.line, done = line+1, next
		case start < 0 && !s.skip && s.comment && text[0] == ' ':
			s.line, done = line+1, next
		case start < 0 && !s.skip && (text[0] == '#' || bytes.HasPrefix(bytes.ToLower(text), []byte("version:"))):
			s.comment = true
			s.line, done = line+1, next
		case start < 0:
			s.comment = false
			start, startLine = pos, line
		}
		line++
		pos = next
	}
	switch {
	case s.skip:
		s.line = line
		return pos
	case full && done == 0:
		b.Spans = append(b.Spans, Span{Start: 0, End: 0, Line: max(startLine, s.line), Broken: tooLong("entry")})
		s.skip, s.line = true, line
		if pos == 0 {
			return len(data)
		}
		return pos
	case last && start >= 0:
		b.Spans = append(b.Spans, Span{Start: start, End: len(data), Line: startLine})
		s.line = line
		return len(data)
	}
	return done
}

// elsewhere is said of a value that is the address of a file: no file but those that
// are named is opened.
func elsewhere() error {
	err := malformed("a value is in a file of its own, and the LDIF has only its address")
	err.Hint = "Export once more so that the values are in the LDIF itself: ldapsearch without -t."
	return err
}

// ldif turns an entry into an object. An attribute with several values becomes
// an array; a base64 value that is no text stays base64.
func (p *Parser) ldif(entry string) (mapping.Value, error) {
	var keys []string
	var elems []mapping.Value
	known, count := map[string]int{}, 0
	add := func(key string, v mapping.Value) {
		count++
		if i, ok := known[strings.ToLower(key)]; ok {
			if elems[i].Kind != mapping.Array {
				elems[i] = mapping.Value{Kind: mapping.Array, Elems: []mapping.Value{elems[i]}}
			}
			elems[i].Elems = append(elems[i].Elems, v)
			return
		}
		known[strings.ToLower(key)] = len(keys)
		keys, elems = append(keys, key), append(elems, v)
	}
	var err error
	for len(entry) > 0 {
		if count >= MaxValues {
			return mapping.Value{Kind: mapping.Object, Keys: keys, Elems: elems}, malformed("the entry holds more than %d values", MaxValues)
		}
		var line string
		line, entry, _ = strings.Cut(entry, "\n")
		line = strings.TrimSuffix(line, "\r")
		for len(entry) > 0 && entry[0] == ' ' {
			var fold strings.Builder
			fold.WriteString(line)
			for len(entry) > 0 && entry[0] == ' ' {
				var next string
				next, entry, _ = strings.Cut(entry, "\n")
				fold.WriteString(strings.TrimSuffix(next[1:], "\r"))
			}
			line = fold.String()
		}
		if line == "" || line[0] == '#' || line == "-" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok || key == "" {
			if err == nil {
				err = malformed("a line of the entry has no attribute name")
			}
			continue
		}
		switch {
		case strings.HasPrefix(value, ":"):
			raw, e := base64.StdEncoding.DecodeString(strings.TrimSpace(value[1:]))
			if e != nil && err == nil {
				err = malformed("the base64 value of an attribute is broken")
			}
			if value = strings.TrimSpace(value[1:]); e == nil && utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0 {
				value = string(raw)
			}
		case strings.HasPrefix(value, "<"):
			value = strings.TrimSpace(value[1:])
			if err == nil {
				err = elsewhere()
			}
		default:
			value = strings.TrimLeft(value, " ")
		}
		add(key, mapping.StringValue(value))
	}
	keys, _ = p.shape(keys)
	return mapping.Value{Kind: mapping.Object, Keys: keys, Elems: elems}, err
}

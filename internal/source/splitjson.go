package source

import (
	"bytes"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Place is where records or rows of a side table lie in a JSON document.
type Place struct {
	Path []mapping.Step
	// Parent lists members of the enclosing objects (dotted names) that records
	// need; "@key" is the name of the member that a ".*" step went through.
	// They are attached as the member "$parent".
	Parent []string
	// Side tells that rows of a side table lie here. A user may have lists of that
	// name, so a document is not told by them.
	Side bool
}

var topArray = []mapping.Step{{Any: '['}}

// frame is an open array or object on the way to a place.
type frame struct {
	object bool
	step   mapping.Step      // of the child that is being read
	held   map[string][]byte // members that places below want
	late   bool              // records of it were read: what comes now is too late for them
}

// jsonSplitter walks documents that stand one after the other, descends towards
// its places, and finds the end of each element by counting braces outside strings.
type jsonSplitter struct {
	places []Place
	ctx    *contexts
	passed *besides
	base   int64 // offset of the current batch

	line   int64
	indent int // blanks since the line's start; -1 after other text
	stack  []frame
	path   []mapping.Step
	value  bool // a value is expected (after a member's name)
	wasted int

	skipping bool // within a value that nobody wants
	depth    int
	inString bool
	junk     bool // the last thing was already named as out of place
	context  int
	dirty    bool // context must be made anew
}

func (s *jsonSplitter) split(b *Batch, last, full bool) int {
	s.base = b.Offset
	data, pos := b.Data, 0
	for {
		if s.skipping {
			n := s.skip(data[pos:])
			s.pass(data[pos : pos+n])
			if pos += n; s.skipping {
				return pos
			}
			if s.passed != nil {
				s.passed.open = nil
			}
		}
		for pos < len(data) && isSpace(data[pos]) {
			s.pass(data[pos : pos+1])
			pos++
		}
		if pos == len(data) {
			if last && len(s.stack) > 0 {
				b.Spans = append(b.Spans, Span{Start: pos, End: pos, Line: s.line, Broken: "the file ends inside a JSON document"})
				s.stack = s.stack[:0]
			}
			return pos
		}
		if len(b.Spans) >= maxSpans {
			return pos
		}
		next, ok := s.step(b, pos, last, full)
		if !ok {
			return pos
		}
		s.pass(data[pos:next])
		pos = next
	}
}

// step reads one token or one element; ok is false when more bytes are needed.
func (s *jsonSplitter) step(b *Batch, pos int, last, full bool) (next int, ok bool) {
	data, c := b.Data, b.Data[pos]
	inObject := len(s.stack) > 0 && s.stack[len(s.stack)-1].object
	switch {
	case c == ',' || c == ':':
		return pos + 1, true
	case (c == ']' || c == '}') && len(s.stack) > 0 && (c == '}') == inObject && !s.value:
		s.stack = s.stack[:len(s.stack)-1]
		s.path = s.path[:max(len(s.path)-1, 0)]
		s.junk, s.dirty = false, true
		return pos + 1, true
	case inObject && !s.value && c == '"':
		end, st := scalarEnd(data, pos)
		if st == incomplete && !last && !full {
			return 0, false
		}
		f := &s.stack[len(s.stack)-1]
		p := NewParser()
		p.s = string(data[pos:end])
		key, _ := p.str()
		f.step = mapping.Step{Key: key}
		s.path = append(s.path[:len(s.stack)-1], f.step)
		s.value = true
		return end, true
	case inObject && !s.value, c == ']', c == '}':
		return s.garbage(b, pos), true
	}
	if n := len(s.stack); n > 0 && !inObject {
		s.path = append(s.path[:n-1], mapping.Step{Any: '['})
	}
	site, below := s.where()
	switch {
	case site >= 0 && c != '{' && c != '[' && len(s.stack) == 0:
		return s.garbage(b, pos), true
	case site >= 0 && !(below && c == '['):
		return s.element(b, pos, site, last, full)
	case below && (c == '{' || c == '['):
		if c == '{' {
			s.opens()
		}
		s.stack = append(s.stack, frame{object: c == '{'})
		s.value, s.junk = false, false
		return pos + 1, true
	case len(s.stack) == 0 && c != '{' && c != '[':
		return s.garbage(b, pos), true
	}
	held := false
	if s.wanted() {
		if held, ok = s.hold(data, pos, last); !ok {
			return 0, false
		}
	}
	if !held && !s.passOver(data, pos, last, full) {
		return 0, false
	}
	s.value, s.skipping, s.depth, s.inString = false, true, 0, false
	return pos, true
}

// where tells which place the value about to be read is, and whether others lie below it.
func (s *jsonSplitter) where() (site int, below bool) {
	site = -1
	for i, p := range s.places {
		if len(p.Path) < len(s.path) || !s.leads(p.Path[:len(s.path)]) {
			continue
		}
		if len(p.Path) > len(s.path) {
			below = true
		} else if site < 0 {
			site = i
		}
	}
	return site, below
}

func (s *jsonSplitter) leads(path []mapping.Step) bool {
	for i, st := range path {
		at := s.path[i]
		if st != at && !(st.Any == '.' && at.Any == 0) {
			return false
		}
	}
	return true
}

// garbage names text that stands where no text may, once until something sensible follows.
func (s *jsonSplitter) garbage(b *Batch, pos int) int {
	end := pos + 1
	for end < len(b.Data) && !bytes.ContainsRune([]byte("{}[],\n"), rune(b.Data[end])) {
		end++
	}
	if !s.junk {
		b.Spans = append(b.Spans, Span{Start: pos, End: end, Line: s.line, Broken: "this text is no part of a JSON document"})
	}
	s.junk, s.value = true, false
	return end
}

func (s *jsonSplitter) element(b *Batch, pos, site int, last, full bool) (int, bool) {
	data := b.Data
	limit := data
	if s.wasted >= lookahead {
		limit = data[:min(len(data), pos+1<<20)]
		full = full || len(limit) < len(data)
	}
	end, st := elementEnd(limit, pos)
	broken := ""
	if st == incomplete && !last && !full {
		return 0, false
	}
	if st != complete {
		s.wasted += len(limit) - pos
		broken = "the record's braces or quotes do not match"
		if st == incomplete {
			broken = "the record has no end"
		}
		end = s.resync(limit, pos)
		if end < 0 {
			if !last && !full {
				return 0, false
			}
			end = len(limit)
		}
	}
	s.junk, s.value = false, false
	for i := range s.stack {
		s.stack[i].late = true
	}
	b.Spans = append(b.Spans, Span{Start: pos, End: trimEnd(data, pos, end, broken != ""), Line: s.line, Site: site,
		Context: s.enclosing(site, s.base+int64(pos)), Broken: broken})
	return end, true
}

func trimEnd(data []byte, pos, end int, comma bool) int {
	for end > pos && (isSpace(data[end-1]) || comma && data[end-1] == ',') {
		end--
	}
	return end
}

// resync returns where the next element seems to start: an opening brace at the
// start of a line that is indented no deeper than the broken one; -1 for nowhere.
func (s *jsonSplitter) resync(data []byte, pos int) int {
	indent := max(s.indent, 0)
	for {
		i := bytes.IndexByte(data[pos:], '\n')
		if i < 0 {
			return -1
		}
		pos += i + 1
		n := 0
		for pos+n < len(data) && (data[pos+n] == ' ' || data[pos+n] == '\t' || data[pos+n] == ',') {
			n++
		}
		if pos+n < len(data) && n <= indent && data[pos+n] == '{' {
			return pos
		}
	}
}

// pass keeps count of lines and of the indentation.
func (s *jsonSplitter) pass(text []byte) {
	s.line += int64(bytes.Count(text, []byte{'\n'}))
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		s.indent, text = 0, text[i+1:]
	}
	for _, c := range text {
		if s.indent < 0 || !isSpace(c) {
			s.indent = -1
			return
		}
		s.indent++
	}
}

// skip passes over a value that nobody wants; it may go on in the next batch.
func (s *jsonSplitter) skip(data []byte) int {
	for i := 0; i < len(data); i++ {
		c := data[i]
		if s.inString {
			j := bytes.IndexAny(data[i:], "\"\\\n")
			if j < 0 {
				return len(data)
			}
			if i += j; data[i] == '\\' {
				if i+1 == len(data) {
					return i
				}
				i++
				continue
			}
			if s.inString = false; s.depth == 0 {
				s.skipping = false
				return i + 1
			}
			continue
		}
		switch c {
		case '"':
			s.inString = true
		case '{', '[':
			s.depth++
		case '}', ']', ',':
			if s.depth == 0 {
				s.skipping = false
				return i
			}
			if c == ',' {
				if s.depth == 1 && s.passed != nil && s.passed.open != nil {
					s.passed.open.Count++
				}
				continue
			}
			if s.depth--; s.depth == 0 {
				s.skipping = false
				return i + 1
			}
		}
	}
	return len(data)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

package source

import "bytes"

// splitter finds records. split appends to b.Spans those that lie wholly in
// b.Data, and returns how many bytes are done with. last tells that no more
// bytes follow; full that the record at the start of b.Data is over the limit, so
// that the splitter must get past it.
type splitter interface {
	split(b *Batch, last, full bool) (consumed int)
}

// lookahead bounds how many bytes may be searched in vain for the ends of quoted
// cells and of JSON elements; without it a file of opening quotes costs quadratic time.
const lookahead = 256 << 20

// csvSplitter finds the ends of rows.
type csvSplitter struct {
	d      *dialect
	line   int64
	wasted int
	skip   bool // within a line that is over the limit
	most   int  // rows that are wanted at once; 0 is all
}

func (s *csvSplitter) split(b *Batch, last, full bool) int {
	data, pos := b.Data, 0
	for pos < len(data) && (s.most == 0 || len(b.Spans) < s.most) {
		end := bytes.IndexByte(data[pos:], s.d.eol)
		if end < 0 {
			if s.skip {
				return len(data)
			}
			if full && pos == 0 {
				s.skip = true
				b.Spans = append(b.Spans, Span{Start: 0, End: 0, Line: s.line, Broken: "the row is longer than the limit of 64 MB"})
				return len(data)
			}
			if !last {
				return pos
			}
			end = len(data)
		} else {
			end += pos
		}
		if s.skip {
			s.skip = false
			s.line++
			pos = end + 1
			continue
		}
		broken := ""
		more := int64(0)
		switch {
		case s.d.lazy:
			end, more = s.joined(data, pos, end)
		case bytes.IndexByte(data[pos:end], '"') >= 0:
			stop, ok, open := s.quotedEnd(data, pos, end)
			if open && !last && !full && s.wasted < lookahead {
				return pos
			}
			if open {
				s.wasted += len(data) - pos
			}
			if ok {
				more = lines(data[pos:stop], s.d.eol)
				end = stop
			} else {
				broken = "a quoted cell has no end"
			}
		}
		trimmed := end
		if trimmed > pos && data[trimmed-1] == '\r' {
			trimmed--
		}
		if len(bytes.TrimSpace(data[pos:trimmed])) > 0 {
			b.Spans = append(b.Spans, Span{Start: pos, End: trimmed, Line: s.line, Broken: broken})
		}
		s.line += 1 + more
		pos = min(end+1, len(data))
	}
	return pos
}

// quotedEnd returns where the row ends that starts at pos and whose first line
// ends at end. ok is false when a quoted cell runs on into other rows; open tells
// that data ends within a quoted cell.
func (s *csvSplitter) quotedEnd(data []byte, pos, end int) (stop int, ok, open bool) {
	limit := len(data)
	if s.wasted >= lookahead {
		limit = min(limit, pos+64<<10)
	}
	for i := pos; ; {
		if data[i] != '"' {
			j := bytes.IndexByte(data[i:end], s.d.sep)
			if j < 0 {
				return end, true, false
			}
			if i += j + 1; i >= end {
				return end, true, false
			}
			continue
		}
		crossed := false
		for i++; ; {
			j := bytes.IndexByte(data[i:limit], '"')
			if j < 0 {
				return end, false, true
			}
			i += j + 1
			if !crossed && i > end {
				crossed = true
			}
			if i < limit && data[i] == '"' {
				i++
				continue
			}
			if i >= len(data) || data[i] == s.d.sep || data[i] == s.d.eol || data[i] == '\r' ||
				onlySpace(string(data[i:min(len(data), i+16)]), s.d.sep) {
				break
			}
			if crossed {
				// A quote in the middle of a cell that began lines ago: that one was never closed.
				return end, false, false
			}
		}
		if i > end {
			j := bytes.IndexByte(data[i:], s.d.eol)
			if j < 0 {
				end = len(data)
			} else {
				end = i + j
			}
		}
		j := bytes.IndexByte(data[i:end], s.d.sep)
		if j < 0 {
			return end, true, i >= len(data)
		}
		if i += j + 1; i >= end {
			return end, true, false
		}
	}
}

// joined returns the end of a row whose cells may hold bare line ends: lines are
// joined while they are short of separators.
func (s *csvSplitter) joined(data []byte, pos, end int) (int, int64) {
	want := len(s.d.columns) - 1
	sep := []byte{s.d.sep}
	have := bytes.Count(data[pos:end], sep)
	var more int64
	stop := end
	for k := 0; k < 5 && have < want && have > 0 && stop < len(data); k++ {
		next := bytes.IndexByte(data[stop+1:], s.d.eol)
		if next < 0 {
			next = len(data) - stop - 1
		}
		n := bytes.Count(data[stop+1:stop+1+next], sep)
		// A name with line ends may well hold separators too.
		if n >= want || have+n > want+4 {
			break
		}
		have += n
		stop += 1 + next
		more++
		if have >= want {
			return stop, more
		}
	}
	return end, 0
}

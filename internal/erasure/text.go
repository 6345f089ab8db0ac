package erasure

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/url"
	"slices"
	"strings"
)

// Mark stands where a name was taken out of a text that stays.
const Mark = "[erased]"

// Text finds names in any text: as they are, and as JSON, HTML, addresses of the
// web and base64 write them. Letters are compared as the tenant compares them.
type Text struct {
	begins map[[prefix]byte][]needle
	first  [256]bool // bytes with which a name may begin
	loose  bool      // names within longer words count, too
}

type needle struct {
	form  []byte
	exact bool // base64 tells letters apart
}

// prefix is how many bytes decide where a closer look is taken.
const prefix = 4

// Text returns what finds these people. It stays as it is when they change.
func (p *People) Text() *Text {
	t := &Text{begins: map[[prefix]byte][]needle{}}
	for _, term := range p.terms() {
		for _, f := range forms(term) {
			t.add([]byte(strings.ToLower(f)), false)
		}
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			t.add([]byte(e.EncodeToString([]byte(term))), true)
			t.add([]byte(e.EncodeToString([]byte(strings.ToLower(term)))), true)
		}
	}
	for _, list := range t.begins { // the longest first: an address within another form of itself
		slices.SortFunc(list, func(a, b needle) int { return len(b.form) - len(a.form) })
	}
	return t
}

func forms(term string) []string {
	plain, _ := json.Marshal(term) // texts never fail
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false)
	_ = e.Encode(term)
	unquote := func(s string) string { return strings.Trim(strings.TrimSpace(s), `"`) }
	out := []string{
		term,
		unquote(string(plain)),
		unquote(raw.String()),
		html.EscapeString(term),
		strings.ReplaceAll(html.EscapeString(term), "+", "&#43;"),
		url.QueryEscape(term),
		url.PathEscape(term),
		strings.ReplaceAll(term, "|", "%7C"),
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (t *Text) add(form []byte, exact bool) {
	if len(form) < prefix {
		return
	}
	key := lowered(form)
	if slices.ContainsFunc(t.begins[key], func(n needle) bool { return n.exact == exact && bytes.Equal(n.form, form) }) {
		return
	}
	t.begins[key] = append(t.begins[key], needle{form, exact})
	t.first[key[0]] = true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func lowered(b []byte) (key [prefix]byte) {
	for i := range key {
		key[i] = lower(b[i])
	}
	return key
}

// Holds tells whether one of the names stands in the text.
func (t *Text) Holds(text []byte) bool {
	_, end := t.find(text, 0)
	return end > 0
}

// Without returns the text with Mark in the place of each name, and how many there were.
func (t *Text) Without(text []byte) ([]byte, int) {
	at, end := t.find(text, 0)
	if end == 0 {
		return text, 0
	}
	var out []byte
	n, from := 0, 0
	for ; end > 0; at, end = t.find(text, from) {
		out = append(append(out, text[from:at]...), Mark...)
		n, from = n+1, end
	}
	return append(out, text[from:]...), n
}

// WithoutString is Without for a string.
func (t *Text) WithoutString(text string) (string, int) {
	out, n := t.Without([]byte(text))
	if n == 0 {
		return text, 0
	}
	return string(out), n
}

func (t *Text) find(text []byte, from int) (at, end int) {
	for i := from; i+prefix <= len(text); i++ {
		if !t.first[lower(text[i])] {
			continue
		}
		for _, n := range t.begins[lowered(text[i:])] {
			if end := i + len(n.form); end <= len(text) && n.same(text[i:end]) && (t.loose || bounded(text, i, end)) {
				return i, end
			}
		}
	}
	return 0, 0
}

func (n *needle) same(text []byte) bool {
	if n.exact {
		return bytes.Equal(n.form, text)
	}
	for i, c := range n.form {
		if lower(text[i]) != c {
			return false
		}
	}
	return true
}

// bounded tells whether a name ends where it was found to: ana@example.com is
// not in joana@example.com, and not in ana@example.com.au.
func bounded(text []byte, at, end int) bool {
	if at > 0 {
		before := text[at-1]
		escaped := at > 1 && text[at-2] == '\\' || at > 2 && text[at-3] == '%' || at > 5 && text[at-6] == '\\' && text[at-5] == 'u'
		if !escaped && (wordy(before) || strings.IndexByte(".+-%'", before) >= 0) {
			// A leading apostrophe keeps a spreadsheet from running the cell, or is a quotation mark.
			if before != '\'' || at > 1 && wordy(text[at-2]) {
				return false
			}
		}
	}
	if end == len(text) {
		return true
	}
	after := text[end]
	return !wordy(after) && !(strings.IndexByte(".-", after) >= 0 && end+1 < len(text) && wordy(text[end+1]))
}

func wordy(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// window is how much of a stream is searched at once, and overlap how much of it
// twice, so that nothing hides where two meet.
const (
	window  = 1 << 20
	overlap = 4 << 10
)

// HeldIn tells whether one of the names stands in a stream.
func (t *Text) HeldIn(r io.Reader) (held bool, err error) {
	err = t.search(r, func([]byte) bool {
		held = true
		return false
	})
	return held, err
}

// Loose finds names within longer words, too: a database puts one value right
// behind the other.
func (t *Text) Loose() *Text {
	loose := *t
	loose.loose = true
	return &loose
}

// Collect notes what is found in a stream, in lower case.
func (t *Text) Collect(r io.Reader, into map[string]bool) error {
	return t.search(r, func(found []byte) bool {
		into[strings.ToLower(string(found))] = true
		return true
	})
}

// search hands what is found to see, until that wants no more.
func (t *Text) search(r io.Reader, see func(found []byte) bool) error {
	buf, have := make([]byte, window), 0
	for {
		n, err := io.ReadFull(r, buf[have:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		text := buf[:have+n]
		// What touches the edge of a window may go on there, and is whole in the other one.
		for from := min(have, 1); ; {
			at, end := t.find(text, from)
			if end == 0 {
				break
			}
			if (end < len(text) || last) && !see(text[at:end]) {
				return nil
			}
			from = at + 1
		}
		if last {
			return nil
		}
		have = copy(buf, text[len(text)-overlap:])
	}
}

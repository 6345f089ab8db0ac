package kinde

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

const (
	shortestSecret = 4  // bytes of a secret that is looked for where something failed
	surestSecret   = 8  // the same in answers that succeed, whose data must stay as it is
	tellingLength  = 16 // bytes of a longer secret that give it away
	deepestLayer   = 5  // encodings within encodings that are looked through
)

// cleaned is text from outside without our secrets: the body of an answer, a
// header, the text of a transport's error. Nothing else of an answer may be
// shown, so what shows takes this type, and redaction alone makes it.
type cleaned []byte

// redaction finds a set of secrets in text from outside, however they are
// written there: as they are, percent-encoded, escaped for JSON or HTML, in
// hexadecimal, as base64 of text around them, and each of these within another.
type redaction struct {
	sure []needle // of secrets long enough to be looked for everywhere
	all  []needle

	once   sync.Once
	pieces map[[tellingLength]byte]struct{} // of the longer needles; filled at the first failure
}

type needle []byte // folded

func newRedaction(secrets []string) *redaction {
	r := &redaction{}
	for i, s := range secrets {
		if len(s) < shortestSecret || contains(secrets[:i], s) {
			continue
		}
		for _, form := range forms(s) {
			if len(form) < shortestSecret {
				continue
			}
			r.all = append(r.all, form)
			if len(s) >= surestSecret {
				r.sure = append(r.sure, form)
			}
		}
	}
	return r
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// forms lists the spellings of a secret that decoding does not undo. Basic
// authentication encodes a secret before it takes the base64 of it, and a body
// escapes it, so the base64 of those spellings is among them.
func forms(s string) []needle {
	quoted, _ := json.Marshal(s)
	spellings := []string{s}
	for _, other := range []string{url.QueryEscape(s), url.PathEscape(s), strings.Trim(string(quoted), `"`), html.EscapeString(s)} {
		if !contains(spellings, other) {
			spellings = append(spellings, other)
		}
	}
	out := []needle{fold([]byte(s)), fold(decodeAll([]byte(s))), fold([]byte(hex.EncodeToString([]byte(s))))}
	for _, spelling := range spellings {
		for shift := range 3 {
			out = append(out, fold(insideBase64(spelling, shift)))
		}
	}
	return out
}

// insideBase64 returns those characters of the base64 of a longer text that s
// alone decides, when s begins at a byte of the text that is shift beyond a
// multiple of three.
func insideBase64(s string, shift int) []byte {
	text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
	first := (8*shift + 5) / 6
	last := (8 * (shift + len(s))) / 6
	return []byte(text[first:max(first, last)])
}

// clean cuts the secrets out of text. An answer that failed is for people
// alone, so pieces of secrets go too; of one that succeeded only whole secrets
// that can't be anything else.
func (r *redaction) clean(text []byte, failed bool) cleaned {
	if len(r.all) == 0 || len(text) == 0 || !r.search(text, failed, nil) {
		return text
	}
	hidden := make([]bool, len(text))
	r.search(text, failed, hidden)
	out := make([]byte, 0, len(text))
	for i, hide := range hidden {
		switch {
		case !hide:
			out = append(out, text[i])
		case i == 0 || !hidden[i-1]:
			out = append(out, "[secret]"...)
		}
	}
	return out
}

// search looks through the layers of text. Without hidden it ends at the first
// hit; with it, it marks the bytes that every hit came from.
func (r *redaction) search(text []byte, failed bool, hidden []bool) bool {
	hit := false
	layer, from := text, []int(nil)
	for range deepestLayer {
		folded := fold(layer)
		r.find(folded, failed, func(start, end int) bool {
			hit = true
			if hidden == nil {
				return false
			}
			if from != nil {
				start, end = from[start], from[end]
			}
			for i := start; i < end; i++ {
				hidden[i] = true
			}
			return true
		})
		if hit && hidden == nil {
			return true
		}
		var changed bool
		if layer, from, changed = decodeLayer(layer, from, hidden != nil); !changed {
			break
		}
	}
	return hit
}

// find calls each with the ranges of folded text that hold a secret, until it
// returns false.
func (r *redaction) find(text []byte, failed bool, each func(start, end int) bool) {
	needles := r.sure
	if failed {
		needles = r.all
	}
	for _, n := range needles {
		if failed && len(n) >= tellingLength {
			continue // its pieces are looked for below
		}
		for at := 0; ; {
			i := bytes.Index(text[at:], n)
			if i < 0 {
				break
			}
			if !each(at+i, at+i+len(n)) {
				return
			}
			at += i + 1
		}
	}
	if !failed {
		return
	}
	r.once.Do(r.cut)
	for i := 0; i+tellingLength <= len(text); i++ {
		if _, ok := r.pieces[[tellingLength]byte(text[i:i+tellingLength])]; ok && !each(i, i+tellingLength) {
			return
		}
	}
}

func (r *redaction) cut() {
	r.pieces = map[[tellingLength]byte]struct{}{}
	for _, n := range r.all {
		for i := 0; i+tellingLength <= len(n); i++ {
			r.pieces[[tellingLength]byte(n[i:i+tellingLength])] = struct{}{}
		}
	}
}

// folding makes one of what encodings write differently: the case of letters,
// which decides nothing in a match this long, the two alphabets of base64, and
// the plus sign that stands for a space.
var folding = func() (t [256]byte) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '+' || c == ' ':
			c = '-'
		case c == '/':
			c = '_'
		}
		t[i] = c
	}
	return t
}()

func fold(text []byte) []byte {
	out := make([]byte, len(text))
	for i, c := range text {
		out[i] = folding[c]
	}
	return out
}

func decodeAll(text []byte) []byte {
	for range deepestLayer {
		next, _, changed := decodeLayer(text, nil, false)
		if !changed {
			break
		}
		text = next
	}
	return text
}

// decodeLayer undoes one layer of percent-encoding, escapes and entities, and
// leaves out line breaks, which base64 is wrapped with. With track, at[i] is
// where the byte i of the result begins in the text that all layers started
// from, and at[len] where that ends; from is the same for text, nil when it is
// that text itself.
func decodeLayer(text []byte, from []int, track bool) (out []byte, at []int, changed bool) {
	if !bytes.ContainsAny(text, "%\\&\r\n") {
		return text, from, false
	}
	out = make([]byte, 0, len(text))
	origin := func(i int) int {
		if from == nil {
			return i
		}
		return from[i]
	}
	for i := 0; i < len(text); {
		var char [utf8.UTFMax]byte
		decoded, size := decodeOne(text[i:], char[:0])
		if size == 0 {
			decoded, size = append(char[:0], text[i]), 1
		} else {
			changed = true
		}
		if track {
			for range decoded {
				at = append(at, origin(i))
			}
		}
		out = append(out, decoded...)
		i += size
	}
	if track {
		at = append(at, origin(len(text)))
	}
	return out, at, changed
}

// decodeOne decodes the escape that text begins with, and returns how long that
// is, 0 when there is none.
func decodeOne(text, out []byte) (decoded []byte, size int) {
	number := func(from, digits int) (uint64, bool) {
		if len(text) < from+digits {
			return 0, false
		}
		n, err := strconv.ParseUint(string(text[from:from+digits]), 16, 32)
		return n, err == nil
	}
	switch text[0] {
	case '\r', '\n':
		return out, 1
	case '%':
		if n, ok := number(1, 2); ok {
			return append(out, byte(n)), 3
		}
	case '\\':
		if len(text) < 2 {
			return out, 0
		}
		switch c := text[1]; c {
		case 'u':
			if n, ok := number(2, 4); ok {
				return utf8.AppendRune(out, rune(n)), 6
			}
		case 'x':
			if n, ok := number(2, 2); ok {
				return append(out, byte(n)), 4
			}
		case 'n', 'r':
			return out, 2
		case '"', '\\', '/', '\'':
			return append(out, c), 2
		}
	case '&':
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if end < 0 {
			return out, 0
		}
		if entity := html.UnescapeString(string(text[:end+1])); entity[0] != '&' || entity == "&" {
			return append(out, entity...), end + 1
		}
	}
	return out, 0
}

package source

import (
	"regexp"
	"strings"
)

// Beside is what a document holds beside its records, at one place that no
// record and no side table is read from.
type Beside struct {
	Path    string // the names of the members that lead there, such as /data/meta; * stands for the elements of a list
	Count   int64  // values there: the elements of a list, else one for each object in which it stands
	List    bool
	OfUsers bool // the rows of the list name users
}

// maxBeside bounds the places that are told apart in a document whose names are data.
const maxBeside = 500

// besides collects what a scan passes over.
type besides struct {
	at   map[string]*Beside
	list []*Beside
	open *Beside // the list that is being passed over
}

func (b *besides) add(path string) *Beside {
	if have := b.at[path]; have != nil {
		return have
	}
	if len(b.list) >= maxBeside {
		path = "/…"
		if have := b.at[path]; have != nil {
			return have
		}
	}
	if b.at == nil {
		b.at = map[string]*Beside{}
	}
	made := &Beside{Path: path}
	b.at[path], b.list = made, append(b.list, made)
	return made
}

// Beside returns what the last Scan that came to the end passed over in a document.
func (f *File) Beside() []Beside {
	out := make([]Beside, len(f.passed.list))
	for i, b := range f.passed.list {
		out[i] = *b
	}
	return out
}

// passedHead is how much of a list is looked at for what its rows are about.
const passedHead = 4 << 10

var namesUser = regexp.MustCompile(`^\[\s*\{[^{}\[\]]*"(?i:user|user_?id|user_?uuid|uid|e_?mail)"\s*:`)

// passOver notes a value that nobody wants. ok is false when more bytes are needed.
func (s *jsonSplitter) passOver(data []byte, pos int, last, full bool) (ok bool) {
	if s.passed == nil || len(s.stack) == 0 {
		return true
	}
	c := data[pos]
	holds := c == '[' || c == '{'
	if need := passedHead; holds && len(data)-pos < need && !last && !full {
		return false
	}
	if len(data)-pos < len("null") && !last && !full {
		return false
	}
	head := data[pos:min(len(data), pos+passedHead)]
	if saysNothing(head) {
		return true
	}
	b := s.passed.add(s.besidePath())
	if c != '[' {
		b.Count++
		return true
	}
	b.List = true
	b.Count++ // and one more for each comma that follows
	b.OfUsers = b.OfUsers || s.stack[len(s.stack)-1].object && namesUser.Match(head)
	s.passed.open = b
	return true
}

// saysNothing tells a null, a false, an empty text, list or object.
func saysNothing(head []byte) bool {
	switch head[0] {
	case 'n', 'f':
		return true
	case '"':
		return len(head) > 1 && head[1] == '"'
	case '[', '{':
		rest := strings.TrimLeft(string(head[1:min(len(head), 64)]), " \t\r\n")
		return rest != "" && rest[0] == head[0]+2
	}
	return false
}

// besidePath writes the path of the value about to be read.
func (s *jsonSplitter) besidePath() string {
	var path strings.Builder
	for _, st := range s.path {
		path.WriteByte('/')
		if st.Any == '[' {
			path.WriteByte('*')
		} else {
			path.WriteString(st.Key)
		}
	}
	return path.String()
}

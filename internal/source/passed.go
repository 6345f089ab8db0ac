package source

import (
	"regexp"
	"strconv"
	"strings"
)

// Beside is what a document holds beside its records, at one place that no
// record and no side table is read from.
type Beside struct {
	Path    string // the names of the members that lead there, such as /data/meta; * stands for the elements of a list
	Count   int64  // values there: the elements of a list, else one for each object in which it stands
	List    bool
	OfUsers bool // the rows of the list name users
	More    bool // it leads to another page: an object or text named so, or links of which one is
	Number  int64
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
	if len(data)-pos < len("-9223372036854775808") && !last && !full {
		return false
	}
	head := data[pos:min(len(data), pos+passedHead)]
	if saysNothing(head) {
		return true
	}
	b := s.passed.add(s.besidePath())
	if c != '[' {
		b.Count++
		b.Number, _ = strconv.ParseInt(string(head[:digits(head)]), 10, 64)
		b.More = b.More || leadsOn(s.path[len(s.path)-1].Key, head, b.Number)
		return true
	}
	b.List = true
	b.Count++ // and one more for each comma that follows
	b.OfUsers = b.OfUsers || s.stack[len(s.stack)-1].object && namesUser.Match(head)
	s.passed.open = b
	return true
}

func digits(head []byte) int {
	n := 0
	for n < len(head) && n < 19 && (head[n] >= '0' && head[n] <= '9') {
		n++
	}
	return n
}

// The members by which interfaces say that there is another page.
var (
	nextPage  = regexp.MustCompile(`(?i)^(@odata\.)?(next|after|has_?(more|next)(_?page)?|next_?(page|link|cursor|(page|pagination|sync)?_?token|start|url)s?|pagination_?token|paged_?results_?cookie|remaining_?paged_?results)$`)
	linksNext = regexp.MustCompile(`^\{[^{}\[\]]*("next"\s*:\s*("[^"]|\{))|"next"\s*:\s*\{`)
)

// leadsOn tells that a member says that there are more records than these.
func leadsOn(name string, head []byte, number int64) bool {
	switch head[0] {
	case '{':
		return strings.Contains(strings.ToLower(name), "link") && linksNext.Match(head) || nextPage.MatchString(name)
	case '"', 't':
		return nextPage.MatchString(name)
	}
	return number > 0 && nextPage.MatchString(name)
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

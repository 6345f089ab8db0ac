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
	OfUsers bool  // the rows of the list name users
	Pages   int64 // objects that it could stand in: the pages, where several documents follow each other
	More    bool  // on each of them it leads to another page: one is not here
	Total   int64 // how many records it says there are on all pages
	Secret  bool  // hashes of passwords stand in it
	Varies  bool  // not the same on all of them

	leads int64
}

// maxBeside bounds the places that are told apart in a document whose names are data.
const maxBeside = 500

// besides collects what a scan passes over.
type besides struct {
	at   map[string]*Beside
	list []*Beside
	open *Beside // the list that is being passed over
	// pages counts, by path, the objects that records or places below lie in.
	pages map[string]int64
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
		out[i].Pages = f.passed.pages[b.Path[:strings.LastIndexByte(b.Path, '/')]]
		out[i].More = b.leads > 0 && b.leads >= out[i].Pages
	}
	return out
}

// passedHead is how much of a list is looked at for what its rows are about.
const passedHead = 4 << 10

// hashed knows hashes of passwords by their beginnings.
var hashed = regexp.MustCompile(
	`"\s*(?:\$(?:2[abxy]?|argon2\w*|pbkdf2[\w-]*|scrypt|wp|[1567yPHS])\$|(?:pbkdf2_|bcrypt\$|bcrypt_sha|argon2\$|scrypt[:$])|\{(?:SSHA|SHA|CRYPT|PBKDF2|BCRYPT|ARGON2)[\w-]*\})`,
)

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
	if end, st := elementEnd(head, 0); st == complete {
		head = head[:end]
	}
	if saysNothing(head) && !(head[0] == 'f' && isLast.MatchString(s.path[len(s.path)-1].Key)) {
		return true
	}
	b := s.passed.add(s.besidePath())
	b.Secret = b.Secret || hashed.Match(head)
	if c != '[' {
		b.Count++
		name := s.path[len(s.path)-1].Key
		if leadsOn(name, head) {
			b.leads++
		}
		n := total(name, head)
		b.Varies = b.Varies || b.Count > 1 && n != b.Total
		b.Total = max(b.Total, n)
		return true
	}
	b.List = true
	b.Count++ // and one more for each comma that follows
	b.OfUsers = b.OfUsers || s.stack[len(s.stack)-1].object && namesUser.Match(head)
	s.passed.open = b
	return true
}

// opens counts an object on the way to records.
func (s *jsonSplitter) opens() {
	if s.passed == nil {
		return
	}
	if s.passed.pages == nil {
		s.passed.pages = map[string]int64{}
	}
	if path := s.besidePath(); s.passed.pages[path] > 0 || len(s.passed.pages) < maxBeside {
		s.passed.pages[path]++
	}
}

// What says that there is another page, as interfaces of all kinds spell it. Next
// and after alone say so beside the records or in an object that is about pages.
const (
	another   = `(?:@odata\.)?(?:has_?(?:more|next)(?:_?page)?|next_?(?:page|link|cursor|(?:page|pagination|sync)?_?token|start|url|id)s?|pagination_?token|paged_?results_?cookie|remaining_?paged_?results)`
	something = `\s*:\s*(?:"[^"]|true|[1-9]|\{)`
)

var (
	nextPage  = regexp.MustCompile(`(?i)^(?:` + another + `|next|after)$`)
	nextIn    = regexp.MustCompile(`(?i)"` + another + `"` + something)
	nextHere  = regexp.MustCompile(`(?i)"(?:next|after)"` + something)
	lastHere  = regexp.MustCompile(`(?i)"(?:is_?last(?:_?page)?|last(?:_?page)?)"\s*:\s*false`)
	aboutPage = regexp.MustCompile(`(?i)(?:pag(e|ing|ination|er)|links?|meta(_?data)?|cursors?)$`)
	isLast    = regexp.MustCompile(`(?i)^(?:is_?)?last(?:_?page)?$`)
)

// leadsOn tells that a member says that there are more records than these.
func leadsOn(name string, head []byte) bool {
	switch head[0] {
	case '{':
		about := aboutPage.MatchString(name)
		return nextPage.MatchString(name) || nextIn.Match(head) || about && (nextHere.Match(head) || lastHere.Match(head))
	case '"', 't':
		return nextPage.MatchString(name)
	case 'f':
		return isLast.MatchString(name)
	}
	return head[0] >= '1' && head[0] <= '9' && nextPage.MatchString(name)
}

// The members that tell how many records there are on all pages.
const all = `total(?:_?(?:count|users|results?|records|items|elements|size|paged_?results|result_?size))?`

var (
	totalName = regexp.MustCompile(`(?i)^(?:` + all + `|count|result_?count)$`)
	totalIn   = regexp.MustCompile(`(?i)"` + all + `"\s*:\s*"?(\d{1,18})\b`)
)

// total returns how many records a member says that there are; 0 when it says nothing.
func total(name string, head []byte) int64 {
	digits := head
	switch {
	case head[0] == '{':
		found := totalIn.FindSubmatch(head)
		if found == nil || !aboutPage.MatchString(name) {
			return 0
		}
		digits = found[1]
	case !totalName.MatchString(name):
		return 0
	case head[0] == '"':
		digits = head[1:]
	}
	n := 0
	for n < len(digits) && n < 18 && digits[n] >= '0' && digits[n] <= '9' {
		n++
	}
	number, _ := strconv.ParseInt(string(digits[:n]), 10, 64)
	return number
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

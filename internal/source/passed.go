package source

import (
	"regexp"
	"slices"
	"sync"
)

// passedOver holds the names of the lists beside the records of a document that
// nobody reads although their rows belong to users.
type passedOver struct {
	mu    sync.Mutex
	names []string
}

func (p *passedOver) add(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.names, name) {
		p.names = append(p.names, name)
	}
}

// Passed returns the names of the lists beside the records that the scans passed
// over and whose rows name a user.
func (f *File) Passed() []string {
	f.passed.mu.Lock()
	defer f.passed.mu.Unlock()
	return slices.Clone(f.passed.names)
}

// passedHead is how much of a list is looked at for what its rows are about.
const passedHead = 4 << 10

var namesUser = regexp.MustCompile(`^\[\s*\{[^{}\[\]]*"(?i:user|user_?id|user_?uuid|uid|e_?mail)"\s*:`)

// passOver notes a list beside the records whose rows name a user. ok is false when
// more bytes are needed.
func (s *jsonSplitter) passOver(data []byte, pos int, last, full bool) (ok bool) {
	if s.passed == nil || len(s.stack) != 1 || !s.stack[0].object || data[pos] != '[' {
		return true
	}
	if len(data)-pos < passedHead && !last && !full {
		return false
	}
	if namesUser.Match(data[pos:min(len(data), pos+passedHead)]) {
		s.passed.add(s.stack[0].step.Key)
	}
	return true
}

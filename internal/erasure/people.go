package erasure

import (
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
)

// The kinds of names. Ids of a source and of the tenant are of one kind.
const (
	kindID       = "id"
	kindEmail    = "email"
	kindPhone    = "phone"
	kindUsername = "username"
)

// Names is what one place calls somebody.
type Names struct {
	KindeID   string   `json:"kinde_id,omitempty"`
	SourceIDs []string `json:"source_ids,omitempty"`
	Emails    []string `json:"emails,omitempty"`
	Phones    []string `json:"phones,omitempty"`
	Usernames []string `json:"usernames,omitempty"`
}

// Person is somebody who is to be erased, under all names that are known.
// Surely are the addresses by which the tenant or whoever asked knows them now,
// and the ids that were asked for; what only files know them by may be somebody
// else's today.
type Person struct {
	KindeIDs  []string `json:"kinde_ids,omitempty"`
	SourceIDs []string `json:"source_ids,omitempty"`
	Emails    []string `json:"emails,omitempty"`
	Phones    []string `json:"phones,omitempty"`
	Usernames []string `json:"usernames,omitempty"`
	Surely    []string `json:"surely,omitempty"`
}

type named struct{ kind, value string }

func (p *Person) all() (out []named) {
	for _, by := range []struct {
		kind   string
		values []string
	}{{kindID, p.KindeIDs}, {kindID, p.SourceIDs}, {kindEmail, p.Emails}, {kindPhone, p.Phones}, {kindUsername, p.Usernames}} {
		for _, v := range by.values {
			out = append(out, named{by.kind, v})
		}
	}
	return out
}

func name(kind, value string) string { return kind + "\x00" + compare.Fold(kind, value) }

// telling tells whether an id or a username is so long and mixed that no two
// sources give it to different people.
func telling(id string) bool {
	letter := strings.ContainsFunc(id, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	digit := strings.ContainsAny(id, "0123456789")
	return len(id) >= 16 || len(id) >= 10 && letter && digit
}

// People are those who are to be erased.
type People struct {
	Persons []*Person
	by      map[string]int  // name -> index of the person
	shared  map[string]bool // names that somebody has who stays
}

// NewPeople returns nobody.
func NewPeople(persons ...*Person) *People {
	p := &People{by: map[string]int{}, shared: map[string]bool{}}
	for _, x := range persons {
		p.Persons = append(p.Persons, x)
		for _, n := range x.all() {
			p.by[name(n.kind, n.value)] = len(p.Persons) - 1
		}
	}
	return p
}

// Learn adds the names to the person with this index, and tells whether one was
// new. sure says that they are the person's today.
func (p *People) Learn(i int, n *Names, sure bool) (grew bool) {
	x := p.Persons[i]
	add := func(kind string, to *[]string, values ...string) {
		for _, v := range values {
			key := name(kind, v)
			if strings.TrimSpace(v) == "" || slices.ContainsFunc(*to, func(have string) bool { return name(kind, have) == key }) {
				continue
			}
			*to = append(*to, strings.Clone(v))
			if _, taken := p.by[key]; !taken {
				p.by[key] = i
			}
			grew = true
		}
	}
	add(kindID, &x.KindeIDs, n.KindeID)
	add(kindID, &x.SourceIDs, n.SourceIDs...)
	add(kindEmail, &x.Emails, n.Emails...)
	add(kindPhone, &x.Phones, n.Phones...)
	add(kindUsername, &x.Usernames, n.Usernames...)
	if sure {
		add(kindID, &x.Surely, n.SourceIDs...)
		add(kindEmail, &x.Surely, n.Emails...)
	}
	return grew
}

// Match finds who is meant by the names of a record, as the project tells people
// apart: by the tenant's id, by an e-mail address, by an id that only one source
// gives out; by anything else only where nothing speaks against it.
func (p *People) Match(n *Names) (int, bool) {
	if i, ok := p.by[name(kindID, n.KindeID)]; ok && n.KindeID != "" {
		return i, true
	}
	for _, e := range n.Emails {
		if i, ok := p.by[name(kindEmail, e)]; ok && p.mayBe(i, n, e) {
			return i, true
		}
	}
	for _, id := range n.SourceIDs {
		if i, ok := p.by[name(kindID, id)]; ok && id != "" && (telling(id) && !p.another(i, n) || slices.Contains(p.Persons[i].Surely, id)) {
			return i, true
		}
	}
	if len(n.Emails) > 0 || n.KindeID != "" {
		return 0, false
	}
	for _, by := range []struct {
		kind   string
		values []string
	}{{kindPhone, n.Phones}, {kindUsername, n.Usernames}} {
		for _, v := range by.values {
			if i, ok := p.by[name(by.kind, v)]; ok && v != "" && !p.otherSource(i, n) {
				return i, true
			}
		}
	}
	return 0, false
}

// mayBe tells whether an address decides: one that the person has today does,
// one of earlier days only where the record is not another user's.
func (p *People) mayBe(i int, n *Names, email string) bool {
	folded := name(kindEmail, email)
	return slices.ContainsFunc(p.Persons[i].Surely, func(s string) bool { return name(kindEmail, s) == folded }) || !p.another(i, n)
}

// another tells that the tenant's id is that of another user.
func (p *People) another(i int, n *Names) bool {
	return n.KindeID != "" && len(p.Persons[i].KindeIDs) > 0 && !slices.Contains(p.Persons[i].KindeIDs, n.KindeID)
}

// otherSource tells that the source gives the record another id.
func (p *People) otherSource(i int, n *Names) bool {
	have := p.Persons[i].SourceIDs
	return len(n.SourceIDs) > 0 && len(have) > 0 &&
		!slices.ContainsFunc(n.SourceIDs, func(id string) bool { return slices.Contains(have, id) })
}

// Begin forgets who shares names: everything is looked at anew.
func (p *People) Begin() { clear(p.shared) }

// Keep notes the names of somebody who stays: what is theirs, too, is not erased.
func (p *People) Keep(n *Names) (shared bool) {
	keep := func(kind string, values ...string) {
		for _, v := range values {
			if _, ok := p.by[name(kind, v)]; ok && v != "" {
				p.shared[name(kind, v)], shared = true, true
			}
		}
	}
	keep(kindID, n.SourceIDs...)
	keep(kindEmail, n.Emails...)
	keep(kindPhone, n.Phones...)
	keep(kindUsername, n.Usernames...)
	return shared
}

// Shared is how many names of theirs others have, too.
func (p *People) Shared() int { return len(p.shared) }

// terms are the names that can be told in any text, without those that somebody has who stays.
func (p *People) terms() (out []string) {
	for _, x := range p.Persons {
		for _, n := range x.all() {
			usable := n.kind == kindEmail && strings.Contains(n.value, "@") || n.kind == kindPhone && len(n.value) >= 8 ||
				telling(n.value) || n.kind == kindID && strings.HasPrefix(n.value, "kp_")
			if usable && !p.shared[name(n.kind, n.value)] {
				out = append(out, n.value)
			}
		}
	}
	return out
}

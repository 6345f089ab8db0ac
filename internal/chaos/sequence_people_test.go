package chaos

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// soul is one person, whatever the sources call them. Names, city and password
// tell who it is, so that an account that mixes two people shows it.
type soul struct {
	who                    int
	id                     string
	email, phone, username string
	given, city            string
	word                   int // which password; 0 is none
	blocked                bool
	google                 string
	org                    map[string][]string
}

func (p *soul) String() string {
	return fmt.Sprintf(
		"{%d id=%s %s %s %s given=%q city=%q word=%d blocked=%v google=%s %v}",
		p.who,
		p.id,
		p.email,
		p.phone,
		p.username,
		p.given,
		p.city,
		p.word,
		p.blocked,
		p.google,
		p.org,
	)
}

func (p *soul) hash() string {
	if p.word == 0 {
		return ""
	}
	sum := md5.Sum(fmt.Appendf(nil, "password %d of %d", p.word, p.who))
	return hex.EncodeToString(sum[:])
}

func (p *soul) clone() *soul {
	c := *p
	c.org = map[string][]string{}
	for k, v := range p.org {
		c.org[k] = slices.Clone(v)
	}
	return &c
}

func (p *soul) line() []byte {
	u := map[string]any{"id": p.id}
	put := func(key, value string) {
		if value != "" {
			u[key] = value
		}
	}
	put("email", p.email)
	if p.email != "" {
		u["email_verified"] = true
	}
	put("phone", p.phone)
	put("username", p.username)
	put("given_name", p.given)
	put("google_id", p.google)
	if h := p.hash(); h != "" {
		u["password_hash"], u["hashing_method"] = h, "md5"
	}
	u["blocked"] = p.blocked
	if p.city != "" {
		u["properties"] = map[string]any{"city": p.city}
	} else {
		u["properties"] = map[string]any{"city": nil}
	}
	var orgs []map[string]any
	for _, code := range []string{"org_a", "org_b"} {
		if roles, ok := p.org[code]; ok {
			orgs = append(orgs, map[string]any{"code": code, "roles": roles})
		}
	}
	if orgs != nil {
		u["organizations"] = orgs
	}
	b, err := json.Marshal(u)
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

// build opens the tenant with some strangers in it, and invents two companies.
func (s *sequence) build() {
	tenant, err := sandbox.Open(sandbox.Options{Seed: s.seed + 1,
		DuplicateAnswer: []string{"created-false", "400", "409"}[s.random.IntN(3)],
		Quirks: sandbox.Quirks{EmailFilterPrimaryOnly: s.chance(20), EmailFilterExactCase: s.chance(20), PrefixedIdentityTypes: s.chance(30),
			NullsForEmpty: s.chance(
				30,
			), ErrorsAsObject: s.chance(30), UnknownAnswers404: s.chance(30), CreateAnswers201: s.chance(30), MaxPageSize: 5 + s.random.IntN(500)},
		Definitions: &sandbox.Definitions{
			Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha"}, {Code: "org_b", Name: "Beta"}},
			Roles:         []sandbox.RoleDefinition{{Key: "admin", Name: "Admin"}, {Key: "member", Name: "Member"}},
			Properties:    []sandbox.PropertyDefinition{{Key: "city", Name: "City"}},
			Connections:   []sandbox.ConnectionDefinition{{Strategy: "oauth2:google", Name: "google"}},
		}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.tenant = tenant
	s.wire = newWire(tenant)
	s.strangers = map[string]string{}
	for i := range 1 + s.random.IntN(3) {
		err := tenant.Edit(func(e *sandbox.Edit) error {
			id, err := e.Add(fmt.Sprintf("stranger%d@example.net", i), "Stranger", fmt.Sprint(i))
			if err == nil && s.chance(50) {
				err = e.SetProvidedID(id, fmt.Sprint(i+1)) // ids of other companies count from 1, too
			}
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	for _, u := range tenant.Snapshot() {
		s.strangers[u.ID] = fmt.Sprintf("%+v", u)
	}
	for c, name := range []string{"red", "blue"}[:1+s.random.IntN(2)] {
		o := &origin{name: name, ever: map[int]bool{}, ids: map[string]bool{}}
		if s.chance(60) {
			o.prefix = name
		}
		if s.onDisk {
			o.path = filepath.Join(s.dir, name+".checkpoint")
		} else if o.store, err = checkpoint.OpenMemory(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		for i := range 3 + s.random.IntN(8) {
			o.people = append(o.people, s.invent(c*100+i, fmt.Sprint(i+1)))
		}
		s.sources = append(s.sources, o)
	}
}

func (s *sequence) invent(who int, id string) *soul {
	p := &soul{who: who, id: id, email: fmt.Sprintf("p%d@example.com", who), given: fmt.Sprintf("P%d", who), org: map[string][]string{}}
	if s.chance(40) {
		p.phone = fmt.Sprintf("+1555%03d01%02d", 200+who/100, who%100)
	}
	if s.chance(40) {
		p.username = fmt.Sprintf("user%d", who)
	}
	if s.chance(50) {
		p.city = fmt.Sprintf("City%d", who)
	}
	if s.chance(70) {
		p.word = 1
	}
	if s.chance(25) {
		p.google = fmt.Sprintf("1042%020d", who)
	}
	if s.chance(15) {
		p.email = ""
		if p.phone == "" && p.username == "" {
			p.username = fmt.Sprintf("user%d", who)
		}
	}
	p.blocked = s.chance(10)
	if s.chance(40) {
		p.org["org_a"] = []string{"member"}
	}
	if s.chance(20) {
		p.org["org_b"] = []string{"admin", "member"}
	}
	return p
}

// edit changes something at the source, as people and companies do.
func (s *sequence) edit(o *origin) {
	if len(o.people) < 3 {
		return
	}
	pick := func() *soul { return o.people[s.random.IntN(len(o.people))] }
	a, b, c := pick(), pick(), pick()
	switch s.random.IntN(16) {
	case 0, 1: // swap
		a.email, b.email = b.email, a.email
	case 2: // a chain of three
		if a != b && b != c && a != c {
			a.email, b.email, c.email = b.email, c.email, a.email
		}
	case 3:
		if a.phone != "" && b.phone != "" {
			a.phone, b.phone = b.phone, a.phone
		}
	case 4:
		if a.username != "" && b.username != "" {
			a.username, b.username = b.username, a.username
		}
	case 5: // moved on, and somebody takes the old address over
		if a != b && a.email != "" {
			old := a.email
			a.email = fmt.Sprintf("p%d.new%d@example.com", a.who, s.random.IntN(1000))
			b.email = old
		}
	case 6: // created anew at the source
		if a.email != "" {
			for a.id = fmt.Sprint(500 + s.random.IntN(500)); o.ids[a.id]; { // an id is one person's in its source
				a.id += "0"
			}
		}
	case 7, 8: // leaves
		if !(len(o.people) < 4) {
			o.people = slices.DeleteFunc(o.people, func(p *soul) bool { return p == a })
		}
	case 9: // somebody new
		who := o.people[0].who/100*100 + 50 + s.random.IntN(49)
		if !slices.ContainsFunc(o.people, func(p *soul) bool { return p.who == who }) && !o.ever[who] {
			o.people = append(o.people, s.invent(who, fmt.Sprint(who)))
		}
	case 10: // cleared
		switch s.random.IntN(3) {
		case 0:
			a.given = ""
		case 1:
			a.city = ""
		default:
			if a.email != "" && (a.username != "" || a.word == 0 && a.google != "") {
				a.phone = ""
			}
		}
	case 11:
		a.word++
	case 12:
		a.blocked = !a.blocked
	case 13: // the link moves to another account
		if a != b && a.google != "" && (a.email != "" || a.username != "" || a.phone != "") {
			b.google, a.google = a.google, ""
		}
	case 14:
		if s.chance(50) {
			a.org["org_a"] = []string{"admin"}
		} else {
			delete(a.org, "org_b")
		}
	case 15: // another way to write the same address
		if a.email != "" {
			a.email = strings.ToUpper(a.email[:1]) + a.email[1:]
		}
	}
	s.unclash(o)
}

// unclash keeps two people of one source from naming the same thing: duplicates
// in a source have tests of their own.
func (s *sequence) unclash(o *origin) {
	seen := map[string]bool{}
	for _, p := range o.people {
		for _, field := range []*string{&p.email, &p.phone, &p.username, &p.google} {
			if *field == "" {
				continue
			}
			key := strings.ToLower(*field)
			if seen[key] {
				*field = ""
			}
			seen[key] = true
		}
		if p.email == "" && p.phone == "" && p.username == "" {
			p.username = fmt.Sprintf("user%d", p.who)
			seen[p.username] = true
		}
		for seen["id "+p.id] {
			p.id += "0"
		}
		seen["id "+p.id] = true
	}
}

// write lays the source down, whole or damaged, and tells which of its people
// a reader can get at.
func (s *sequence) write(o *origin, damage string) (readable []*soul) {
	var file bytes.Buffer
	broken := -1
	if damage != "" {
		broken = s.random.IntN(len(o.people))
	}
	for i, p := range o.people {
		o.ids[p.id] = true
		line := p.line()
		switch {
		case damage == "bad byte" && i == broken:
			line[len(line)/2] = 0x01
		case damage == "cut" && i == len(o.people)-1:
			line = line[:len(line)/2]
		case damage == "no id" && i == broken:
			line = bytes.Replace(line, fmt.Appendf(nil, `"id":%q,`, p.id), nil, 1)
			line = bytes.Replace(line, fmt.Appendf(nil, `"id":%q`, p.id), nil, 1)
		default:
			readable = append(readable, p.clone())
		}
		file.Write(line)
	}
	data := file.Bytes()
	if damage == "empty" {
		data, readable = nil, nil
	}
	if err := os.WriteFile(o.file(s), data, 0o600); err != nil {
		s.t.Fatal(err)
	}
	o.whole = damage == ""
	return readable
}

package chaos

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// everything is all that the tenant shows, to compare.
func (s *sequence) everything() string {
	var b strings.Builder
	for _, u := range s.tenant.Snapshot() {
		fmt.Fprintf(&b, "%+v\n", u)
	}
	return b.String()
}

// untouched holds strangers to what they were, and accounts to one person.
func (s *sequence) untouched() {
	left := map[string]bool{}
	for _, u := range s.tenant.Snapshot() {
		if was, ok := s.strangers[u.ID]; ok {
			left[u.ID] = true
			if now := fmt.Sprintf("%+v", u); now != was {
				s.fail("a stranger was touched:\n%s\n%s", was, now)
			}
			continue
		}
		s.onePerson(&u)
	}
	for id, was := range s.strangers {
		if !left[id] {
			s.fail("a stranger is gone: %s", was)
		}
	}
}

var marks = []*regexp.Regexp{regexp.MustCompile(`^P(\d+)$`), regexp.MustCompile(`^City(\d+)$`)}

// onePerson fails when an account carries marks of two people.
func (s *sequence) onePerson(u *sandbox.User) {
	who := map[int]string{}
	for _, value := range []string{u.GivenName, u.Properties["city"]} {
		for _, m := range marks {
			if found := m.FindStringSubmatch(value); found != nil {
				n, _ := strconv.Atoi(found[1])
				who[n] = value
			}
		}
	}
	if u.Password != nil {
		for _, o := range s.sources {
			for n := range o.ever {
				for word := 1; word < 12; word++ {
					if (&soul{who: n, word: word}).hash() == u.Password.HashedPassword {
						who[n] = fmt.Sprintf("password %d of %d", word, n)
					}
				}
			}
		}
	}
	if len(who) > 1 {
		s.fail("an account is of several people: %v, %+v", who, *u)
	}
}

// record is what the checkpoint says of one of the source's people.
type record struct {
	checkpoint.Record
	problems []checkpoint.Problem
}

func (r *record) complains(field string) bool {
	return slices.ContainsFunc(r.problems, func(p checkpoint.Problem) bool {
		return p.Field == field || strings.HasPrefix(p.Field, field) || p.Code == "USER_EXISTS" || p.Code == "IDENTITY_TAKEN" && p.Field == ""
	})
}

// judge compares what a run said with what the tenant shows.
func (s *sequence) judge(o *origin, opt importer.Options, result importer.Result, people []*soul, damage string) {
	store, closing := s.checkpointOf(o)
	defer closing()
	records := map[string]*record{}
	total := int64(0)
	for r, err := range store.Records(context.Background(), checkpoint.Selection{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		total++
		if r.Outcome != checkpoint.Deleted {
			records[r.SourceID] = &record{r, problemsOf(s, store.Reader, r.ID)}
		}
	}
	users := map[string]*sandbox.User{}
	for _, u := range s.tenant.Snapshot() {
		users[u.ID] = &u
	}
	right := int64(0)
	for _, p := range people {
		o.ever[p.who] = true
		id := p.id
		if o.prefix != "" {
			id = o.prefix + "|" + id
		}
		r := records[id]
		if r == nil {
			s.fail("%v has no record", p)
			continue
		}
		if s.one(p, r, users[r.KindeID], opt) {
			right++
		}
	}
	s.once(users)
	read := result.Read
	if read.Performed && result.Interrupted == false {
		if sum := read.Matched + read.Missing + read.Different + read.Explained; sum != total {
			s.fail("the read-back accounts for %d of %d records: %+v", sum, total, read)
		}
		if read.Matched > right && damage != "no id" {
			s.fail("the read-back says that %d match, the tenant has %d", read.Matched, right)
		}
	}
	s.goneAreDealtWith(o, opt, users, people, damage)
}

// one compares one person with their account, and tells whether all is right.
func (s *sequence) one(p *soul, r *record, u *sandbox.User, opt importer.Options) bool {
	switch r.Outcome {
	case checkpoint.Pending:
		s.fail("%v is pending after a run that ended", p)
		return false
	case checkpoint.Rejected, checkpoint.Failed, checkpoint.Skipped:
		if len(r.problems) == 0 {
			s.fail("%v is %s, and nothing says why", p, r.Outcome)
		}
		return false
	}
	if u == nil {
		s.fail("%v is %s, and the tenant has no such user (%s)", p, r.Outcome, r.KindeID)
		return false
	}
	if _, stranger := s.strangers[u.ID]; stranger {
		s.fail("%v was given the account of a stranger: %+v", p, *u)
		return false
	}
	right := true
	lacks := func(field, what string, args ...any) {
		right = false
		if !r.complains(field) {
			s.fail(
				"%v is %s (%s) without a complaint about %s, but %s\n%+v\n%+v",
				p,
				r.Outcome,
				r.Owner,
				field,
				fmt.Sprintf(what, args...),
				*u,
				r.problems,
			)
		}
	}
	for kind, value := range map[string]string{"email": p.email, "phone": p.phone, "username": p.username, "social": p.google} {
		if value != "" && !slices.ContainsFunc(u.Identities, func(i sandbox.Identity) bool {
			return i.Type == kind && strings.EqualFold(i.Value, value)
		}) {
			field := kind
			if kind == "social" {
				field = "google"
			}
			lacks(field, "there is no %s %s", kind, value)
		}
	}
	if p.given != "" && u.GivenName != p.given || p.given == "" && u.GivenName != "" {
		lacks("given_name", "the given name is %q", u.GivenName)
	}
	if p.city != u.Properties["city"] {
		lacks("properties.city", "the city is %q", u.Properties["city"])
	}
	if p.blocked != u.Suspended && r.Owner != checkpoint.Existed {
		lacks("suspended", "suspended is %v", u.Suspended)
	}
	if h := p.hash(); h != "" && r.Owner != checkpoint.Existed && (u.Password == nil || u.Password.HashedPassword != h) {
		lacks("password", "the password is %v", u.Password)
	}
	for code, roles := range p.org {
		m, ok := u.Memberships[code]
		if !ok {
			lacks("organization", "there is no membership of %s", code)
			continue
		}
		for _, role := range roles {
			if !slices.Contains(m.Roles, role) {
				lacks("roles", "there is no role %s in %s", role, code)
			}
		}
	}
	return right
}

// once fails when one person has two accounts.
func (s *sequence) once(users map[string]*sandbox.User) {
	seen := map[string]string{}
	for id, u := range users {
		if _, stranger := s.strangers[id]; stranger || u.GivenName == "" {
			continue
		}
		if other, twice := seen[u.GivenName]; twice && !s.leftBehind(u) && !s.leftBehind(users[other]) {
			s.fail("%s is there twice: %+v and %+v", u.GivenName, *users[other], *u)
		}
		seen[u.GivenName] = id
	}
}

// leftBehind tells whether a user has the id of nobody in a source now. People
// who get another id and another address at once are somebody else to everyone.
func (s *sequence) leftBehind(u *sandbox.User) bool {
	for _, o := range s.sources {
		for _, p := range o.people {
			if p.given == u.GivenName && (u.ProvidedID == p.id || u.ProvidedID == o.name+"|"+p.id) {
				return false
			}
		}
	}
	return true
}

// goneAreDealtWith looks at people who were imported and are not in the source now.
func (s *sequence) goneAreDealtWith(o *origin, opt importer.Options, users map[string]*sandbox.User, people []*soul, damage string) {
	byName := map[string]*sandbox.User{}
	for _, u := range users {
		byName[u.GivenName] = u
	}
	in := func(list []*soul, who int) bool {
		return slices.ContainsFunc(list, func(p *soul) bool { return p.who == who })
	}
	for who := range o.ever {
		name := fmt.Sprintf("P%d", who)
		if in(o.people, who) || slices.ContainsFunc(s.sources, func(x *origin) bool { return x != o && x.ever[who] }) {
			continue
		}
		u := byName[name]
		if u != nil && damage == "" && opt.Gone == importer.DeleteGone {
			s.fail("%s left the source and was to be deleted: %+v", name, *u)
		}
		if u != nil && damage == "" && opt.Gone == importer.SuspendGone && !u.Suspended {
			s.fail("%s left the source and was to be suspended: %+v", name, *u)
		}
	}
	if damage != "" && opt.Gone == importer.DeleteGone {
		s.fail("a source that was cut (%s) was taken for whole with --gone delete", damage)
	}
}

// everybody holds a settled source to the tenant: nobody is lost for good.
func (s *sequence) everybody(o *origin) {
	byName := map[string]*sandbox.User{}
	for _, u := range s.tenant.Snapshot() {
		byName[u.GivenName] = &u
	}
	for _, p := range o.people {
		if p.given == "" || o.prefix == "" && s.idsElsewhere(o)[p.id] {
			continue
		}
		if byName[p.given] == nil && !s.blocked(p) {
			s.fail("%v is lost for good: %v", p, s.saidOf(o, p))
		}
	}
}

// nothingElse looks for what the source of a settled mirror does not say.
func (s *sequence) nothingElse(o *origin) {
	store, closing := s.checkpointOf(o)
	defer closing()
	for r, err := range store.Records(context.Background(), checkpoint.Selection{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		u, ok := s.tenant.Find(r.KindeID)
		i := slices.IndexFunc(o.people, func(p *soul) bool { return r.SourceID == p.id || r.SourceID == o.prefix+"|"+p.id })
		well := r.Outcome == checkpoint.Created || r.Outcome == checkpoint.Updated || r.Outcome == checkpoint.Unchanged
		if !ok || i < 0 || !well || r.Owner == checkpoint.Existed {
			continue
		}
		p, said := o.people[i], &record{r, problemsOf(s, store.Reader, r.ID)}
		for _, x := range u.Identities {
			if !slices.ContainsFunc(
				[]string{p.email, p.phone, p.username, p.google},
				func(v string) bool { return strings.EqualFold(v, x.Value) },
			) &&
				!said.complains("identities") {
				s.fail("%v has %s %s, which the source does not say: %+v", p, x.Type, x.Value, said.problems)
			}
		}
		for code, m := range u.Memberships {
			for _, role := range m.Roles {
				if !slices.Contains(p.org[code], role) {
					s.fail("%v has the role %s in %s, which the source does not say: %+v", p, role, code, said.problems)
				}
			}
		}
	}
}

// blocked tells whether somebody who left a source, and was to be kept, still
// has what a person is to get. That is said, and nobody is overwritten.
func (s *sequence) blocked(p *soul) bool {
	for _, u := range s.tenant.Snapshot() {
		for _, i := range u.Identities {
			if slices.ContainsFunc(
				[]string{p.email, p.phone, p.username},
				func(x string) bool { return x != "" && strings.EqualFold(x, i.Value) },
			) &&
				s.leftBehind(&u) {
				return true
			}
		}
	}
	return false
}

// saidOf lists what the checkpoint says of a person.
func (s *sequence) saidOf(o *origin, p *soul) (said []checkpoint.Problem) {
	store, closing := s.checkpointOf(o)
	defer closing()
	for r, err := range store.Records(context.Background(), checkpoint.Selection{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.HasSuffix(r.SourceID, p.id) {
			said = append(said, problemsOf(s, store.Reader, r.ID)...)
		}
	}
	return said
}

// idsElsewhere are the ids that somebody else in the tenant may carry.
func (s *sequence) idsElsewhere(o *origin) map[string]bool {
	ids := map[string]bool{}
	for _, was := range s.strangers {
		for n := range 4 {
			if strings.Contains(was, fmt.Sprintf("ProvidedID:%d ", n)) {
				ids[fmt.Sprint(n)] = true
			}
		}
	}
	for _, other := range s.sources {
		if other != o {
			for id := range other.ids {
				ids[id] = true
			}
		}
	}
	return ids
}

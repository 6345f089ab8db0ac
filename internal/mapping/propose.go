package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// proposal is a mapping for records that no preset knows: what each place seems to
// hold, by its name and by what its values look like. Each place is taken once.
type proposal struct {
	records int
	places  []*observed
	lists   []string // arrays, the outermost, in the order of the file
	taken   map[*observed]bool
	parent  []string // members of the objects around the records
	out     map[string][]proposedLine
	dict    *Mapping // the obvious names
	mail    *observed
	hash    *observed
	keys    map[string]bool       // of the properties
	mixed   map[string]*mixedList // by list: addresses and numbers in one
}

// proposedLine is a line of a mapping file, and the note behind it.
type proposedLine struct{ text, note string }

// propose finds out what sampled records seem to hold.
func propose(found foundRecords, dict *Mapping) *proposal {
	p := &proposal{records: len(found.list), parent: found.parent, dict: dict,
		taken: map[*observed]bool{}, out: map[string][]proposedLine{}, keys: map[string]bool{}, mixed: map[string]*mixedList{}}
	for _, o := range observe(found.list) {
		p.observed(o)
	}
	p.passwords()
	p.links()
	p.emails()
	p.phones()
	p.id()
	p.names()
	p.states()
	p.secrets()
	p.memberships()
	p.properties()
	return p
}

// observed adds a place.
func (p *proposal) observed(o *observed) {
	p.places = append(p.places, o)
	if o.list != "" && !slices.Contains(p.lists, o.list) {
		p.lists = append(p.lists, o.list)
	}
}

// add writes a line of a section.
func (p *proposal) add(section, note, format string, args ...any) {
	p.out[section] = append(p.out[section], proposedLine{fmt.Sprintf(format, args...), note})
}

// free returns the places that nothing has taken and that lie in this list.
func (p *proposal) free(list string) []*observed {
	var out []*observed
	for _, o := range p.places {
		if o.list == list && !p.taken[o] {
			out = append(out, o)
		}
	}
	return out
}

// pick returns the free place of a list that scores best, nil when none scores above 0.
func (p *proposal) pick(list string, score func(o *observed) int) *observed {
	return bestOf(p.free(list), score)
}

func bestOf(among []*observed, score func(o *observed) int) *observed {
	var best *observed
	most := 0
	for _, o := range among {
		if n := score(o); n > most {
			best, most = o, n
		}
	}
	return best
}

// userEditable tells whether one of the names in a path stands for what users can edit.
func userEditable(path string) bool {
	return slices.ContainsFunc(
		strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(`.[]"*`, r) }),
		func(name string) bool {
			return slices.Contains(alwaysEditable, foldKey(name))
		},
	)
}

// take picks, and nobody else gets it.
func (p *proposal) take(list string, score func(o *observed) int) *observed {
	o := p.pick(list, score)
	if o != nil {
		p.taken[o] = true
	}
	return o
}

// called tells whether a name is one of the obvious ones for a target.
func (p *proposal) called(o *observed, target string) bool {
	return slices.Contains(p.dict.targets([]string{o.name}), target)
}

// when is a text where it is so.
func when(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// part is a yes as a number, to add scores up.
func part(yes bool, n int) int {
	if yes {
		return n
	}
	return 0
}

// filled says how many of the records hold something there.
func (p *proposal) filled(o *observed) string {
	return fmt.Sprintf("%d %%", o.records*100/max(p.records, 1))
}

// id finds what tells people apart at the source.
func (p *proposal) id() {
	foreign := slices.Concat(wordsOrg, wordsCompany, wordsLinks, wordsOther, meant("google facebook apple github microsoft twitter stripe"))
	o := p.take("", func(o *observed) int {
		rows := p.mail != nil && len(o.distinct) == len(p.mail.distinct) && o.list == "" // several of a person, one for each organization
		if !o.unique() && !rows || o.mostly(likeMail) || o.looks[likeHash] > 0 || o.looks[likeSpaced] > 0 {
			return 0
		}
		if o.mostly(likeDate) && !o.mostly(likeNumber) || o.about(wordsSecret) || wordsPhone.in(o.words) {
			return 0
		}
		id := wordsID.in(o.words) ||
			slices.ContainsFunc(o.words, func(w string) bool { return strings.HasSuffix(w, "nummer") || strings.HasSuffix(w, "number") })
		n := part(
			p.called(o, "id"),
			12,
		) + part(
			id,
			8,
		) + part(
			o.mostly(likeUUID) && o.unique(),
			5,
		) + part(
			o.mostly(likeNumber) && o.records == p.records,
			1,
		)
		return n + part(o.records == p.records, 3) - 2*o.depth() - part(meaning(foreign).in(o.words), 8) - part(n == 0, 100)
	})
	if o == nil {
		p.add("id", "nothing in the file is sure to be the same in a later export: people are matched by e-mail", "# id: …")
		return
	}
	p.add("id", p.filled(o)+when(o.unique(), ", no value twice in the sample"), "id: %s", yamlPath(o.path))
}

// names finds the parts of a person's name, the picture and the username.
func (p *proposal) names() {
	plain := func(o *observed) bool {
		return !o.mostly(likeNumber) && !o.marks() && !o.mostly(likeMail) && !o.mostly(likeURL)
	}
	for _, target := range []struct {
		section string
		named   meaning
	}{{"given_name", wordsGiven}, {"family_name", wordsFamily}, {"full_name", wordsFull}} {
		o := p.take("", func(o *observed) int {
			if !plain(o) || o.share(likeName) < 0.6 || wordsNotName.in(o.words) || wordsOther.in(o.words) ||
				!target.named.in(o.words) && !p.called(o, target.section) {
				return 0
			}
			return 10 + part(p.called(o, target.section), 5) + part(o.about(meant("name names person profile user")), 3) - o.depth()
		})
		if o != nil {
			note := p.filled(o)
			if target.section == "full_name" {
				note += "; cut in two where both names above are empty"
			}
			p.add(target.section, note, "%s: %s", target.section, yamlPath(o.path))
		}
	}
	if o := p.take("", func(o *observed) int { return part(o.mostly(likeURL) && o.about(wordsPicture), 10-o.depth()) }); o != nil {
		p.add("picture", p.filled(o), "picture: %s", yamlPath(o.path))
	}
	o := p.take("", func(o *observed) int {
		named := wordsUsername.in(o.words) || slices.Contains(o.words, "name") && slices.Contains(o.words, "user")
		return part(
			named && o.unique() && !o.marks() &&
				!wordsNotName.in(slices.DeleteFunc(slices.Clone(o.words), func(w string) bool { return w == "user" })),
			10-o.depth(),
		)
	})
	if o != nil {
		p.add("usernames", p.filled(o), "  - value: %s", yamlPath(o.path))
	}
}

// links finds accounts at other providers.
func (p *proposal) links() {
	known := func(o *observed) bool {
		foreign, local := 0, 0
		for v := range o.distinct {
			if s, enterprise := Strategy(v); s != "" || enterprise {
				foreign++
			} else if localNames[foldKey(v)] {
				local++
			}
		}
		return foreign > 0 && 2*(foreign+local) >= len(o.distinct) && len(o.distinct) <= 30
	}
	for _, list := range p.lists {
		provider := p.pick(list, func(o *observed) int { return part(known(o) && !o.marks(), 1) })
		subject := p.pick(list, func(o *observed) int {
			return part(o != provider && wordsID.in(o.words) && !o.marks() && !o.mostly(likeMail), 1+len(o.distinct))
		})
		if provider == nil || subject == nil {
			continue
		}
		p.taken[provider], p.taken[subject] = true, true
		p.add("links", "seen: "+provider.seen(), "  - each: %s", yamlPath(list))
		p.add("links", "", "    provider: %s", yamlPath(provider.within))
		p.add("links", p.filled(subject), "    subject: %s", yamlPath(subject.within))
		if o := p.take(list, func(o *observed) int { return part(o.mostly(likeMail), 1) }); o != nil {
			p.add("links", "", "    email: %s", yamlPath(o.within))
		}
		p.rest(list)
	}
	for _, o := range p.free("") {
		if len(o.words) < 2 || !wordsID.in(o.words[1:]) && o.words[len(o.words)-1] != "sub" {
			continue
		}
		if s, _ := Strategy(o.words[0]); s != "" {
			p.taken[o] = true
			p.add("links", p.filled(o), "  - {provider: {value: %s}, subject: %s}", o.words[0], yamlPath(o.path))
		}
	}
}

// passwords finds the hash, and what belongs to it.
func (p *proposal) passwords() {
	score := func(o *observed) int {
		if o.looks[likeHash] == 0 || secondFactor(o.path) || o.about(meant("token api reset secret answer history old previous")) {
			return 0
		}
		return 20*o.looks[likeHash]/o.values + part(
			o.suspect != byValue || o.about(wordsPassword),
			10,
		) + 8*o.records/p.records + part(
			len(o.distinct) > 1,
			2,
		) - o.depth()
	}
	list := ""
	if p.hash = p.take("", score); p.hash == nil {
		for _, list = range p.lists {
			if p.hash = p.take(list, score); p.hash != nil {
				break
			}
		}
	}
	if p.hash == nil {
		p.add("password", "", "# password:")
		p.add("password", "no hashes here; with --passwords FILE, use its columns", "#   - {each: $passwords, hash: password_hash}")
		return
	}
	at := func(o *observed) string {
		if list != "" {
			return yamlPath(o.within)
		}
		return yamlPath(o.path)
	}
	near := func(m meaning, fits func(o *observed) bool) *observed {
		return p.take(list, func(o *observed) int {
			named := m.in(o.words) && (o.parent == p.hash.parent || o.about(wordsPassword) || meant("hash").in(o.words))
			return part(named && fits(o), 1+part(o.parent == p.hash.parent, 1))
		})
	}
	method := near(wordsMethod, func(o *observed) bool {
		return len(o.distinct) <= 10 && !o.marks() && !o.mostly(likeNumber) && password.KnowsMethod(o.example)
	})
	salt := near(wordsSalt, func(o *observed) bool { return !o.marks() })
	rounds := near(wordsRounds, func(o *observed) bool { return o.mostly(likeNumber) })
	found := password.Recognise(
		password.Input{Hash: p.hash.example, Method: example(method), Salt: example(salt), Iterations: number(example(rounds))},
		password.Options{},
	)
	if list != "" {
		p.add("password", p.filled(p.hash), "  - each: %s", yamlPath(list))
		p.add("password", layoutOf(found, method != nil), "    hash: %s", at(p.hash))
	} else {
		p.add("password", layoutOf(found, method != nil), "  - hash: %s", at(p.hash))
	}
	switch {
	case method != nil:
		p.add("password", "seen: "+method.seen(), "    method: %s", at(method))
	case found != nil && strings.Contains(found.Reason, "--assume"):
		p.add("password", "which one is it?", "    # method: {value: sha256}")
	}
	if salt != nil {
		p.add("password", "", "    salt: %s", at(salt))
		p.add("password", "text, hex or base64", "    # salt_encoding: {value: hex}")
		p.add("password", "prefix, or suffix: where it stood when the password was hashed", "    # salt_position: {value: prefix}")
	}
	if rounds != nil {
		p.add("password", "", "    iterations: %s", at(rounds))
	}
	if list != "" {
		p.rest(list)
	}
}

// example is a value of a place, "" of none.
func example(o *observed) string {
	if o == nil {
		return ""
	}
	return o.example
}

func number(t string) int {
	n, err := strconv.Atoi(t)
	if err != nil {
		return 0
	}
	return n
}

// layoutOf says which kind of hash it seems to be.
func layoutOf(found *password.Password, named bool) string {
	by := ", recognised by its form"
	if named {
		by = ", as the file says"
	}
	switch {
	case found == nil:
		return ""
	case found.Body != nil:
		return found.Encoding + by + "; Kinde can take it over"
	case found.Encoding == "unknown":
		return "recognised by its name; the form of the hash isn't known"
	}
	return found.Encoding + by + ": " + found.Reason
}

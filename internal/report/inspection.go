package report

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// InspectionSchema names the version of an inspection's JSON document.
const InspectionSchema = "kinde-migrate.inspection/1"

// Inspection is what is in a source, before anybody decides anything.
type Inspection struct {
	Schema  string `json:"schema"`
	Source  Source `json:"source"`
	Records int64  `json:"records"`
	// Classes counts the records by what would become of them.
	Usable   int64 `json:"usable"`
	Rejected int64 `json:"rejected"`
	Skipped  int64 `json:"skipped"`

	Fields      []Field               `json:"fields"`
	Identities  map[string]*Identity  `json:"identities"` // email, phone, username
	Hashes      []Hash                `json:"hashes"`
	Connections []Connection          `json:"connections"`
	Duplicates  map[string]int64      `json:"duplicates"` // id, email, phone, username
	LeftBehind  map[string]int64      `json:"left_behind"`
	SignIn      SignIn                `json:"sign_in"`
	Suspended   int64                 `json:"suspended"`
	Wants       map[string]int64      `json:"wants"` // properties, flags, organizations by name: how many records
	ByCode      map[string]int64      `json:"problems"`
	Joins       map[string]JoinCounts `json:"joins,omitempty"`

	fields map[string]*Field
	hashes map[string]*Hash
	conns  map[string]*Connection
	values bool

	ids, counted int64 // records with an id, and those whose id is a short number
}

// JoinCounts tells how a second file met the users.
type JoinCounts struct {
	Rows         int64 `json:"rows"`
	Joined       int64 `json:"joined"`
	JoinedNobody int64 `json:"joined_nobody"`
	UsersWithout int64 `json:"users_without"`
	Malformed    int64 `json:"malformed"`
}

// Field is one path in the source's records.
type Field struct {
	Path    string `json:"path"`
	Filled  int64  `json:"filled"` // rows in which it holds something
	Fate    string `json:"fate"`   // used, ignored, left_behind, not_read, or empty
	Becomes string `json:"becomes"`
	Shape   string `json:"shape"` // letters as a, digits as 9
	Value   string `json:"example,omitempty"`
}

// Identity counts one kind of identity.
type Identity struct {
	Users    int64 `json:"users"`
	Verified int64 `json:"verified"`
	Total    int64 `json:"total"`
}

// Hash counts one encoding of passwords.
type Hash struct {
	Encoding  string `json:"encoding"`
	Count     int64  `json:"count"`
	Kept      int64  `json:"kept"` // Kinde can hold it
	Malformed int64  `json:"malformed"`
	Reason    string `json:"reason,omitempty"` // why others are not kept
}

// Connection counts one login provider.
type Connection struct {
	Provider   string `json:"provider"`
	Strategy   string `json:"strategy"` // Kinde's name for it, "" when there is none
	Enterprise bool   `json:"enterprise"`
	Count      int64  `json:"count"`
}

// NewInspection returns an empty inspection. With values it keeps an example of
// each field that is no secret; without, only its shape.
func NewInspection(values bool) *Inspection {
	return &Inspection{
		Schema: InspectionSchema, Fields: []Field{}, Hashes: []Hash{}, Connections: []Connection{},
		Identities: map[string]*Identity{"email": {}, "phone": {}, "username": {}},
		Duplicates: map[string]int64{"id": 0, "email": 0, "phone": 0, "username": 0},
		LeftBehind: map[string]int64{}, Wants: map[string]int64{}, ByCode: map[string]int64{},
		fields: map[string]*Field{}, hashes: map[string]*Hash{}, conns: map[string]*Connection{}, values: values,
	}
}

// maxFields bounds the paths that are listed; a file whose keys are data has endless ones.
const maxFields = 2000

// Look counts a row. signIn is the forecast of a usable one.
func (i *Inspection) Look(it *intake.Item, signIn string, n int64) {
	if it.Disposition == intake.Filtered {
		return
	}
	if n > 0 {
		i.walk("", it.Record.Fields, 0)
	}
	if it.Disposition == intake.PartOf {
		return
	}
	i.Records += n
	for _, p := range it.Problems {
		i.ByCode[string(p.Code)] += n
		if p.Code == mapping.DuplicateInSource {
			i.Duplicates[cmp.Or(p.Field, "id")] += n
		}
	}
	switch it.Disposition {
	case intake.Reject:
		i.Rejected += n
	case intake.Skip:
		i.Skipped += n
	case intake.Use:
		i.Usable += n
		i.user(it.User, signIn, n)
	}
}

func (i *Inspection) user(u *mapping.User, signIn string, n int64) {
	if u.SourceID != "" {
		i.ids += n
		if shortNumber(u.SourceID) {
			i.counted += n
		}
	}
	i.SignIn.Count(signIn, n)
	if u.MFA {
		i.SignIn.MFALost += n
	}
	if u.Suspended {
		i.Suspended += n
	}
	seen := map[mapping.IdentityType]bool{}
	for _, id := range u.Identities {
		c := i.Identities[string(id.Type)]
		if c == nil {
			continue
		}
		c.Total += n
		if !seen[id.Type] {
			seen[id.Type] = true
			c.Users += n
			if id.Verified {
				c.Verified += n
			}
		}
	}
	if p := u.Password; p != nil {
		h := i.hashes[p.Encoding]
		if h == nil {
			h = &Hash{Encoding: strings.Clone(p.Encoding)}
			i.hashes[h.Encoding] = h
		}
		h.Count += n
		switch {
		case p.Body != nil:
			h.Kept += n
		case p.Malformed:
			h.Malformed += n
		default:
			h.Reason = p.Reason
		}
	}
	for _, l := range u.Links {
		key := l.Provider + "\x00" + l.Strategy
		c := i.conns[key]
		if c == nil {
			c = &Connection{
				Provider:   strings.Clone(cmp.Or(l.Provider, l.Connection, l.Strategy)),
				Strategy:   strings.Clone(l.Strategy),
				Enterprise: l.Enterprise,
			}
			i.conns[strings.Clone(key)] = c
		}
		c.Count += n
	}
	for _, d := range u.Dropped {
		i.bump(i.LeftBehind, d.Field, n)
	}
	for _, kv := range u.Properties {
		i.bump(i.Wants, "property "+kv.Key, n)
	}
	for _, kv := range u.Flags {
		i.bump(i.Wants, "flag "+kv.Key, n)
	}
	for _, m := range u.Memberships {
		i.bump(i.Wants, "organization "+cmp.Or(m.Organization.Code, m.Organization.ExternalID, m.Organization.Name), n)
		for _, r := range m.Roles {
			i.bump(i.Wants, "role "+r, n)
		}
	}
}

// bump counts a name, as long as there are not too many different ones.
func (i *Inspection) bump(m map[string]int64, name string, n int64) {
	if _, ok := m[name]; !ok {
		if len(m) >= maxFields {
			return
		}
		name = strings.Clone(name)
	}
	m[name] += n
}

// walk looks at what the values of each path look like.
func (i *Inspection) walk(path string, v mapping.Value, depth int) {
	if v.IsEmpty() {
		if path != "" && v.Kind != mapping.Array && v.Kind != mapping.Object {
			i.field(path)
		}
		return
	}
	switch v.Kind {
	case mapping.Object:
		for k, key := range v.Keys {
			next := key
			if path != "" {
				next = path + "." + key
			}
			if depth < maxSeen && next != "$parent" {
				i.walk(next, v.Elems[k], depth+1)
			}
		}
		return
	case mapping.Array:
		for k := 0; k < len(v.Elems) && k < maxSeen; k++ {
			i.walk(path+"[*]", v.Elems[k], depth)
		}
		return
	}
	f := i.field(path)
	if f == nil || f.Shape != "" {
		return
	}
	f.Shape = Shape(v.Text)
	if i.values && !secretField(path) {
		f.Value = strings.Clone(cut(v.Text, 60))
	}
}

// maxSeen bounds how deep, and over how many elements of a list, shapes are looked for.
const maxSeen = 8

func (i *Inspection) field(path string) *Field {
	f := i.fields[path]
	if f == nil {
		if len(i.fields) >= maxFields {
			return nil
		}
		f = &Field{Path: strings.Clone(path)}
		i.fields[f.Path] = f
	}
	return f
}

// account lists what the pass counted, with the shapes that were seen, and the
// fields that hold nothing.
func (i *Inspection) account(sum *intake.Summary) {
	account := sum.Account()
	i.Source.account(&account)
	filled := map[string]bool{}
	for _, f := range i.Source.Fields {
		plain := plainPath(f.Path)
		filled[plain] = true
		one := Field{Path: f.Path, Filled: f.Filled, Fate: f.Fate, Becomes: f.Becomes}
		if seen := i.fields[plain]; seen != nil {
			one.Shape, one.Value = seen.Shape, seen.Value
		}
		i.Fields = append(i.Fields, one)
	}
	i.Source.Fields = nil // they are listed with their shapes
	for path, f := range i.fields {
		if f.Shape == "" && !filled[path] {
			i.Fields = append(i.Fields, Field{Path: path, Fate: "empty"})
		}
	}
	slices.SortFunc(i.Fields, func(a, b Field) int { return cmp.Compare(a.Path, b.Path) })
}

// named tells elements apart and quotes names in a path; plainPath undoes both.
var named = regexp.MustCompile(`\[[^\]*]+\]`)

func plainPath(path string) string {
	return strings.ReplaceAll(named.ReplaceAllString(path, "[*]"), `"`, "")
}

// secretField tells whether a path may hold a secret, whose value is never shown.
func secretField(path string) bool {
	path = strings.ToLower(path)
	return slices.ContainsFunc(
		[]string{"pass", "hash", "salt", "secret", "token", "digest", "totp", "otp", "pepper", "credential", "backup", "recovery", "signer"},
		func(w string) bool {
			return strings.Contains(path, w)
		},
	)
}

func cut(text string, n int) string {
	for at := range text {
		if n--; n < 0 {
			return text[:at] + "…"
		}
	}
	return text
}

// Shape shows what a text looks like without what it says: letters become a or
// A, digits 9, runs are shortened.
func Shape(text string) string {
	var b strings.Builder
	var last rune
	run, written := 0, 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			r = '9'
		case r >= 'A' && r <= 'Z':
			r = 'A'
		case r >= 'a' && r <= 'z', r > 0x7f:
			r = 'a'
		case r < 0x20:
			r = ' '
		}
		if r == last {
			if run++; run > 3 {
				continue
			}
		} else {
			last, run = r, 1
		}
		if written++; written > 30 {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Finish sorts what was counted.
func (i *Inspection) Finish(sum intake.Summary) {
	i.Source.Rows, i.Source.Filtered, i.Source.Notices = sum.Rows, sum.Filtered, sum.Notices
	i.askWhoseIDs()
	for role, j := range sum.Joins {
		if i.Joins == nil {
			i.Joins = map[string]JoinCounts{}
		}
		i.Joins[role] = JoinCounts{j.Rows, j.Joined, j.JoinedNobody, j.UsersWithout, j.Malformed}
	}
	i.account(&sum)
	for _, h := range i.hashes {
		if h.Count > 0 {
			i.Hashes = append(i.Hashes, *h)
		}
	}
	slices.SortFunc(i.Hashes, func(a, b Hash) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Encoding, b.Encoding)) })
	for _, c := range i.conns {
		if c.Count > 0 {
			i.Connections = append(i.Connections, *c)
		}
	}
	slices.SortFunc(i.Connections, func(a, b Connection) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Provider, b.Provider))
	})
	for _, m := range []map[string]int64{i.ByCode, i.LeftBehind, i.Wants} {
		maps.DeleteFunc(m, func(_ string, n int64) bool { return n == 0 })
	}
}

package mapping

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// observed is a place of sampled records that holds values, and what they look
// like. Values are kept only where they are names: of roles, states, providers.
type observed struct {
	path   string   // in the mapping language, from the record: a.b[*].c
	list   string   // the outermost array that it lies in, "" for none
	within string   // the rest of the path, from an element of that array; "@" is the element itself
	parent string   // path of the object that it is a member of
	name   string   // its last name
	words  []string // of that name
	around []string // words of the names above it

	records  int // that hold something here
	last     int // the record seen last
	values   int
	distinct map[string]int
	looks    [shapes]int
	example  string // the first value; for the kind of a hash, the first that looks like one
	suspect  suspicion
}

// looksLike is what a single value looks like.
type looksLike int

// The shapes; a value may have several.
const (
	likeMail looksLike = iota
	likePhone
	likePlus // a phone number with its calling code
	likeFlag
	likeDate
	likeURL
	likeNumber
	likeHash
	likeUUID
	likeName
	likeSpaced
	likeCountry
	shapes
)

// maxDistinct bounds how many different values of a place are counted.
const maxDistinct = 1000

var (
	mailShape  = regexp.MustCompile(`^[^@\s<>"]+@[^@\s<>"]+\.[^@\s<>"]+$`)
	phoneShape = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]{5,22}$`)
	uuidShape  = regexp.MustCompile(
		`^(?i:[0-9a-f]{24}|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26})$`,
	)
	countryShape = regexp.MustCompile(`^[A-Z]{2}$`)
	numberShape  = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	digestShape  = regexp.MustCompile(
		`^(?i:[0-9a-f]{40}|[0-9a-f]{48}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}|[0-9a-z+/]{26}==|[0-9a-z+/]{27}=|[0-9a-z+/]{43}=|[0-9a-z+/]{86}==)$`,
	)
	md5Shape = regexp.MustCompile(`^(?i:[0-9a-f]{32})$`)
	isoDate  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$`)
)

// observe finds the places of records.
func observe(records []Value) []*observed {
	at := map[string]*observed{}
	var order []*observed
	var visit func(v Value, o observed, record, depth int)
	visit = func(v Value, o observed, record, depth int) {
		if w := embedded(v); depth < maxNested && (w.Kind == Object || w.Kind == Array) {
			v = w
		}
		switch {
		case empty(v):
		case v.Kind == Object && text(v) == "" && depth < maxNested:
			for i, k := range v.Keys {
				if depth == 0 && strings.HasPrefix(k, "$") {
					continue
				}
				visit(v.Elems[i], o.member(k), record, depth+1)
			}
		case v.Kind == Array:
			for i := range v.Elems {
				visit(v.Elems[i], o.element(), record, depth+1)
			}
		default:
			seen := at[o.path]
			if seen == nil {
				seen = &o
				seen.words, seen.distinct, seen.suspect = wordsOf(o.name), map[string]int{}, suspectName(o.path)
				at[o.path] = seen
				order = append(order, seen)
			}
			seen.add(text(v), v.Kind, record)
		}
	}
	for i, r := range records {
		visit(r, observed{}, i+1, 0)
	}
	return order
}

func (o observed) member(key string) observed {
	m := observed{path: joinPath(o.path, key), list: o.list, parent: o.path, name: key, around: o.around}
	if o.name != "" {
		m.around = append(slices.Clone(o.around), wordsOf(o.name)...)
	}
	switch o.within {
	case "":
	case "@":
		m.within = joinPath("", key)
	default:
		m.within = joinPath(o.within, key)
	}
	return m
}

func (o observed) element() observed {
	e := o
	if o.list == "" {
		e.list, e.within = o.path, "@"
	} else if o.within != "@" {
		e.within = o.within + "[*]"
	}
	e.path, e.parent = o.path+"[*]", o.path+"[*]"
	return e
}

func (o *observed) add(t string, kind Kind, record int) {
	if o.last != record {
		o.records, o.last = o.records+1, record
	}
	o.values++
	if o.distinct[t] > 0 || len(o.distinct) < maxDistinct {
		o.distinct[t]++
	}
	set := func(s looksLike, yes bool) {
		if yes {
			o.looks[s]++
		}
	}
	_, flag := ParseBool(t)
	digits := 0
	for i := range len(t) {
		if t[i] >= '0' && t[i] <= '9' {
			digits++
		}
	}
	number := kind == Number || numberShape.MatchString(t)
	_, date := ParseTime(t)
	phone := digits >= 7 && digits <= 15 && phoneShape.MatchString(t) && !isoDate.MatchString(t)
	hash := password.LooksHashed(t) || o.suspect != byValue && o.suspect.of(t) || digestShape.MatchString(t) ||
		md5Shape.MatchString(t) && (wordsHashed.in(o.words) || o.about(wordsPassword))
	set(likeMail, mailShape.MatchString(t))
	set(likePhone, phone)
	set(likePlus, phone && t[0] == '+')
	set(likeFlag, kind == Bool || flag)
	set(likeDate, date && (!number || digits >= 9))
	set(likeURL, strings.HasPrefix(t, "https://") || strings.HasPrefix(t, "http://"))
	set(likeNumber, number)
	set(likeUUID, uuidShape.MatchString(t))
	set(likeName, nameShape(t))
	set(likeSpaced, strings.Contains(t, " "))
	set(likeCountry, countryShape.MatchString(t))
	set(likeHash, hash)
	if o.example == "" || hash && o.looks[likeHash] == 1 {
		o.example = t
	}
}

// nameShape tells whether a value looks like a person's name: at most 61 letters, marks
// and what stands between them, the first a letter.
func nameShape(t string) bool {
	n := 0
	for i, c := range t {
		letter := unicode.IsLetter(c)
		if n++; n > 61 || !letter && (i == 0 || !unicode.IsMark(c) && !strings.ContainsRune("' .’-", c)) {
			return false
		}
	}
	return n > 0
}

// mostly tells that most values have this shape.
func (o *observed) mostly(s looksLike) bool { return o.share(s) >= 0.8 }

func (o *observed) share(s looksLike) float64 { return float64(o.looks[s]) / float64(max(o.values, 1)) }

// marks tells whether it says yes or no, or when something happened.
func (o *observed) marks() bool { return o.mostly(likeFlag) || o.mostly(likeDate) }

// unique tells whether each record has a value of its own.
func (o *observed) unique() bool { return len(o.distinct) == o.values && o.list == "" }

// depth is how many members lead to it.
func (o *observed) depth() int { return strings.Count(o.parent, ".") + min(len(o.parent), 1) }

// tells whether its name, or that of what holds it, has a meaning.
func (o *observed) about(m meaning) bool { return m.in(o.words) || m.in(o.around) }

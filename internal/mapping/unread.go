package mapping

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// lost is a value that nothing reads, or that gives way to another.
type lost struct {
	at    *place
	value Value
	n     int
	stand string // the path of what stands before it; "" when nothing reads it
}

// taken is a value of a place that is read only as an alternative.
type taken struct {
	at    *place
	value Value
}

// account finds out for each value of the record what becomes of it, and names
// those that nothing reads.
func (r *run) account() {
	top := r.plan.top.Load()
	if top == nil {
		top = r.m.account.top(r.plan.keys)
		r.plan.top.Store(top)
	}
	for i, p := range top.to {
		v := &r.root.Elems[i]
		switch {
		case v.Kind == String && v.Text == "" || p == nil:
		case top.quiet[i] && v.Kind == String && plainCell(v.Text):
			if r.work != nil {
				r.filled = append(r.filled, p.ID)
			}
		case top.lone[i] && v.Kind == String && plainCell(v.Text):
			if r.work != nil {
				r.filled = append(r.filled, p.ID)
			}
			r.leave(p.Path, *v, notRead, p.hint)
			if p.suspect.of(v.Text) {
				r.unreadPassword(p)
			}
		default:
			r.visit(p, v, 1)
		}
	}
	if len(r.taken) > 1 {
		r.alternatives()
	}
	for _, at := range r.secrets {
		r.unreadPassword(&place{Field: &Field{Path: at}})
	}
	for i := range r.lost {
		l := &r.lost[i]
		hint := l.at.hint
		message := notRead
		if l.stand != "" {
			message = "Not used: " + l.stand + " is used instead."
			if l.stand == l.at.Path {
				message, hint = "Only the first of its values is used.", ""
			}
		}
		r.leave(l.at.Path, l.value, message, hint)
	}
	if r.work != nil {
		r.out.Filled = append(r.work.filledList(len(r.filled)), r.filled...)
	}
}

const notRead = "Not read by this mapping."

// plainCell tells a text that surely says something and holds nothing embedded.
func plainCell(t string) bool {
	return t[0] > ' ' && t[0] != '{' && t[0] != '[' && t[0] != '"' && !isNullWord(t)
}

// readWith says how a place can be read.
func readWith(path string) string {
	if path == "" {
		return ""
	}
	return "Map it, for example with add: {properties: [{key: " + pairKey(
		lastName(path),
	) + ", value: '" + path + "'}]}, or list it under ignore."
}

// passwordHint is said of a place whose name is that of a password or a hash.
const passwordHint = "Map it under password: if it is one that people sign in with, or list it under ignore."

func lastName(path string) string {
	path = strings.TrimSuffix(path, "[*]")
	return path[strings.LastIndexByte(path, '.')+1:]
}

// visit goes over a value and what lies in it.
func (r *run) visit(p *place, v *Value, depth int) {
	switch v.Kind {
	case Missing, Null:
		return
	case Object:
		if len(v.Elems) == 0 {
			return
		}
		if len(p.tests) > 0 {
			p = p.passed(p.way(v, 0, 0, r.m.ks.loose))
		}
		r.arrive(p, v)
		if depth >= maxNested || len(v.Elems) != len(v.Keys) {
			r.leaf(p, v)
			return
		}
		to := p.members(v.Keys)
		for i := range v.Elems {
			r.visit(to[i], &v.Elems[i], depth+1)
		}
		return
	case Array:
		r.arrive(p, v)
		for i := range v.Elems {
			e := &v.Elems[i]
			r.visit(p.elementOf(e, i, len(v.Elems), r.m.ks.loose), e, depth+1)
		}
		return
	case String:
		if v.Text == "" || v.Text[0] <= ' ' && strings.TrimSpace(v.Text) == "" || isNullWord(v.Text) {
			return
		}
		if len(p.cursors) > 0 && depth < maxNested {
			if w := embedded(*v); w.Kind == Object || w.Kind == Array {
				r.visit(p, &w, depth)
				return
			}
		}
	}
	r.arrive(p, v)
	r.leaf(p, v)
}

// elementOf returns the place of the element e, which is at i of n.
func (p *place) elementOf(e *Value, i, n int, loose bool) *place {
	way, by := uint64(0), ""
	if n == 1 {
		way = 1
	}
	if len(p.tests) > 0 {
		way, by = p.way(e, i, n, loose), p.apart(e, loose)
	}
	return p.element(way, by)
}

// way tells which tests a value passes: as the element at i of n, or, with n 0,
// as an object by itself. Bit 0 is the only element of its array.
func (p *place) way(v *Value, i, n int, loose bool) uint64 {
	way := uint64(0)
	if n == 1 {
		way = 1
	}
	for k := range p.tests {
		st := &p.tests[k].steps[p.tests[k].at]
		pass := false
		if st.kind == stepFilter {
			pass = st.passes(*v, loose)
		} else {
			pass = n > 0 && (st.index == i || st.index == i-n)
		}
		if pass || k >= 62 {
			way |= 1 << min(k+1, 63)
		}
	}
	return way
}

// apart returns the text by which an element is told from others, when it is a
// name and no data.
func (p *place) apart(v *Value, loose bool) string {
	if p.filter == "" || v.Kind != Object {
		return ""
	}
	by := text(member(*v, p.filter, loose))
	if len(by) > 40 {
		return ""
	}
	for i := range len(by) {
		if !keyByte(by[i]) {
			return ""
		}
	}
	return strings.Clone(by)
}

// arrive notes the uppermost place of what nothing reads.
func (r *run) arrive(p *place, v *Value) {
	if p.Fate == NotRead && p.top == p && len(p.cursors) == 0 && says(v) {
		r.lose(p, v, "")
	}
}

func (r *run) lose(p *place, v *Value, stand string) {
	for i := range r.lost {
		l := &r.lost[i]
		if l.at != p {
			continue
		}
		if l.n == 1 {
			l.value = Value{Kind: Array, Elems: []Value{l.value}}
		}
		l.n++
		l.value.Elems = append(l.value.Elems, *v)
		return
	}
	r.lost = append(r.lost, lost{p, *v, 1, stand})
}

// leaf counts a value that is not empty and holds no others.
func (r *run) leaf(p *place, v *Value) {
	if r.work != nil {
		r.fill(p)
	}
	if p.quiet {
		return
	}
	switch {
	case p.Fate == NotRead && len(p.cursors) > 0 && says(v):
		r.lose(p, v, "") // something else was expected here: an object, a list
	case p.contested:
		r.taken = append(r.taken, taken{p, *v})
	case p.single:
		r.onlyFirst(p, v)
	}
	if (v.Kind == String || v.Kind == Number) && !p.named && !r.secretly(p) && p.suspect.of(v.Text) {
		r.unreadPassword(p)
	}
}

// secretly tells that a place is read as a password.
func (r *run) secretly(p *place) bool {
	for _, c := range p.covers {
		if c.fate == Used && c.secret() {
			return true
		}
	}
	return false
}

func (r *run) fill(p *place) {
	if p.array {
		for _, id := range r.filled {
			if id == p.ID {
				return
			}
		}
	}
	r.filled = append(r.filled, p.ID)
}

// onlyFirst names the values after the first where one is taken.
func (r *run) onlyFirst(p *place, v *Value) {
	for i := range r.taken {
		if t := &r.taken[i]; t.at == p {
			if text(t.value) != text(*v) && says(v) {
				r.lose(p, v, p.Path)
			}
			return
		}
	}
	r.taken = append(r.taken, taken{p, *v})
}

// alternatives names the values that gave way to another one. Two places that
// hold the same lose nothing.
func (r *run) alternatives() {
	for i := range r.taken {
		t := &r.taken[i]
		if !t.at.contested {
			continue
		}
		stand := ""
		for _, c := range t.at.covers {
			if c.fate != Used {
				stand = "" // the mapping lists it
				break
			}
			before := r.before(c)
			if before == nil {
				stand = r.firstHere(i)
				break
			}
			if text(before.value) == "" || !strings.EqualFold(text(before.value), text(t.value)) {
				stand = before.at.Path
			}
		}
		if stand != "" && says(&t.value) {
			r.lose(t.at, &t.value, stand)
		}
	}
}

// firstHere returns the path of a taken value of whose place another one is used,
// because its target takes one only; "" when it is the one or says the same.
func (r *run) firstHere(taken int) string {
	t := &r.taken[taken]
	if !t.at.single {
		return ""
	}
	for i := range taken {
		if have := &r.taken[i]; have.at == t.at {
			return when(text(have.value) != text(t.value), t.at.Path)
		}
	}
	return ""
}

// before returns the value that was taken instead of what c reads; nil when c's was taken.
func (r *run) before(c *reading) *taken {
	for _, ch := range c.choices {
		won := -1
		for _, i := range r.plan.groups[ch.group] {
			if !empty(r.m.account.groups[ch.group][i].one(r.scope)) {
				won = int(i)
				break
			}
		}
		if won < 0 || won == ch.number {
			continue
		}
		for i := range r.taken {
			for _, o := range r.taken[i].at.covers {
				for _, och := range o.choices {
					if och.group == ch.group && och.number == won {
						return &r.taken[i]
					}
				}
			}
		}
	}
	return nil
}

// says tells whether losing a value loses something.
func says(v *Value) bool {
	if v.Kind != Object && v.Kind != Array {
		return !nothing(*v)
	}
	for i := range v.Elems {
		if says(&v.Elems[i]) {
			return true
		}
	}
	return false
}

// unreadPassword names a password that nothing reads as one. Nobody keeps what was not
// read, so the person is asked for a new one, as with a hash that Kinde can't hold.
func (r *run) unreadPassword(p *place) {
	for i := range r.out.Problems {
		if q := &r.out.Problems[i]; q.Code == PasswordUnread && q.Field == p.Path {
			return
		}
	}
	message := "This looks like a password, but the mapping doesn't read it as one."
	if p.Fate == Used {
		message = "This looks like a password, but it is kept as something else: " + p.Becomes + "."
	}
	r.problem(
		Warning,
		PasswordUnread,
		p.Path,
		message,
		"Map it with password: {hash: '"+p.Path+"'}; if it is not a password, list its whole path under ignore.",
	)
	if r.u.Password == nil {
		r.u.Password = password.Unread()
	}
}

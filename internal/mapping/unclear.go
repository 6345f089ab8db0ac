package mapping

import (
	"slices"
	"strings"
)

// unclear is a value that a condition took for no, and that is neither yes nor no,
// or one that is no date, or not encoded as the mapping says.
type unclear struct {
	at            string
	value         Value
	message, hint string
}

// settled forgets what alternatives noted before the one that gives the value.
func (s *scope) settled(first, before int) {
	s.unclear = slices.Delete(s.unclear, first, before)
}

// decides tells whether a condition decides on who may sign in, so that an answer
// that is none must not pass for a no in silence.
func decides(what string) bool {
	return what == "suspended" || what == "password_reset" || what == "skip" || strings.HasSuffix(what, " verified")
}

// decided is such a condition. Where it holds, nothing of it was unclear.
type decided struct{ condition }

func (d decided) test(s *scope) bool {
	n := len(s.unclear)
	if d.condition.test(s) {
		s.unclear = s.unclear[:n]
		return true
	}
	return false
}

// yes is a value that must be true.
func (c *compiler) yes(v *value) condition {
	if !c.deciding {
		return c.falseWithout(v.need, v.truth)
	}
	return c.falseWithout(v.need, func(s *scope) bool {
		if v.truth(s) {
			return true
		}
		s.doubt(v, "This is neither yes nor no, and is treated as no.", func(t string) bool { _, known := ParseBool(t); return known })
		return false
	})
}

// doubt notes a value that says something that a test can't understand.
func (s *scope) doubt(v *value, message string, understood func(string) bool) {
	if v.quick != nil {
		if t, known := v.quick(s); known && (t == "" || understood(t)) {
			return
		}
	}
	w := v.one(s)
	if w.Kind != String && w.Kind != Number || nothing(w) || !isSet(w) || understood(w.Text) {
		return
	}
	s.unsure(unclear{v.at(s), w, message, "Say in the mapping what it means, with is: or lookup:."})
}

// unsure notes a value of a place once, however often it is asked.
func (s *scope) unsure(u unclear) {
	for i := range s.unclear {
		if have := &s.unclear[i]; have.at == u.at && text(have.value) == text(u.value) {
			return
		}
	}
	s.unclear = append(s.unclear, u)
}

// dated wraps a comparison with the present: what is no date is not understood.
func dated(v *value, test func(*scope) bool) func(*scope) bool {
	return func(s *scope) bool {
		if test(s) {
			return true
		}
		s.doubtDate(v)
		return false
	}
}

func (s *scope) doubtDate(v *value) {
	s.doubt(v, "This can't be read as a date, and is treated as no date.", func(t string) bool { _, ok := ParseTime(t); return ok })
}

// doubts names what conditions could not understand.
func (r *run) doubts() {
	for i := range r.unclear {
		u := &r.unclear[i]
		r.leave(u.at, u.value, u.message, u.hint)
	}
}

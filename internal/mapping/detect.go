package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// detectRule is one way to recognise a provider's file.
type detectRule struct {
	formats []string
	keys    []*path // all of them must occur
	any     []*path // each one found adds to the confidence
	none    []*path // none of them may occur
	shapes  []shape
	columns []int // CSV without a header: numbers of columns that fit
	weight  int
	says    string
}

// shape is what the values of a path look like.
type shape struct {
	path *path
	re   *regexp.Regexp
}

// maxSampled bounds how many records of a sample are looked at.
const maxSampled = 200

func (c *compiler) detection(s *sections) error {
	for _, n := range s.get("detect").items() {
		if err := n.only("detect", "format", "keys", "any", "none", "match", "columns", "weight", "says"); err != nil {
			return err
		}
		r := detectRule{weight: 80}
		var err error
		if r.formats, err = n.get("format").texts("format"); err != nil {
			return err
		}
		for _, f := range []struct {
			key string
			to  *[]*path
		}{{"keys", &r.keys}, {"any", &r.any}, {"none", &r.none}} {
			if *f.to, err = detectPaths(n, f.key); err != nil {
				return err
			}
		}
		if err := r.numbers(n); err != nil {
			return err
		}
		if r.says, err = n.str("says"); err != nil {
			return err
		}
		c.m.detect = append(c.m.detect, r)
	}
	return nil
}

func detectPaths(n *node, key string) ([]*path, error) {
	list, err := n.get(key).texts(key)
	if err != nil {
		return nil, err
	}
	var out []*path
	for _, t := range list {
		p, err := parsePath(t)
		if err != nil {
			return nil, n.get(key).errorf("%s: %v", key, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func (r *detectRule) numbers(n *node) error {
	cols, err := n.get("columns").texts("columns")
	if err != nil {
		return err
	}
	for _, t := range cols {
		i, err := strconv.Atoi(t)
		if err != nil {
			return n.get("columns").errorf("columns takes numbers")
		}
		r.columns = append(r.columns, i)
	}
	if w := n.get("weight"); w != nil {
		if r.weight, err = strconv.Atoi(w.text); err != nil || r.weight < 1 || r.weight > 100 {
			return w.errorf("weight is a number from 1 to 100")
		}
	}
	m := n.get("match")
	if m == nil {
		return nil
	}
	if m.kind != nodeMap {
		return m.errorf("match is a map of paths and patterns")
	}
	for i, k := range m.keys {
		p, err := parsePath(k.text)
		if err != nil {
			return errorAt(m.file, k.tok, "match: %v", err)
		}
		re, err := m.vals[i].regexp("match")
		if err != nil {
			return err
		}
		r.shapes = append(r.shapes, shape{p, re})
	}
	return nil
}

// Detect tells which presets fit a sample, best first. The first is the answer
// unless Tied.
func Detect(s Sample) []Match {
	var out []Match
	for _, m := range recognised() {
		if m == nil {
			continue
		}
		if confidence, evidence := m.fits(s); confidence > 0 {
			out = append(out, Match{Preset: m.name, Title: m.title, Confidence: confidence, Evidence: evidence, Generic: m.generic})
		}
	}
	slices.SortStableFunc(out, ranked)
	return out
}

// ranked puts specific presets before the generic one, and of them the surer first.
func ranked(a, b Match) int {
	switch {
	case a.Generic == b.Generic:
		return b.Confidence - a.Confidence
	case a.Generic:
		return 1
	}
	return -1
}

// Tied returns the best matches when more than one specific preset fits equally
// well, else nil.
func Tied(matches []Match) []Match {
	n := 0
	for n < len(matches) && !matches[n].Generic && matches[n].Confidence == matches[0].Confidence {
		n++
	}
	if n < 2 {
		return nil
	}
	return matches[:n]
}

// fits returns the confidence of the best rule, 0 when none fits, and why.
func (m *Mapping) fits(s Sample) (confidence int, evidence string) {
	for i := range m.detect {
		r := &m.detect[i]
		if c, why := r.fits(m, s); c > confidence {
			confidence, evidence = c, why
		}
	}
	return confidence, evidence
}

func (r *detectRule) fits(m *Mapping, s Sample) (int, string) {
	if len(r.formats) > 0 && nearestExact(s.Format, r.formats) == "" {
		return 0, ""
	}
	if len(r.columns) > 0 {
		return r.fitsRecords(m, headless(m.csv.Layouts, r.columns, s.Rows))
	}
	confidence, why := r.fitsRecords(m, m.sampleRecords(s))
	if confidence == 0 && s.Format == "json" {
		return r.fitsRecords(m, m.withinPages(s.Head))
	}
	return confidence, why
}

// fitsRecords judges sampled records.
func (r *detectRule) fitsRecords(m *Mapping, records []Value) (int, string) {
	if len(records) == 0 {
		return 0, ""
	}
	for _, p := range r.keys {
		if !m.occurs(records, p) {
			return 0, ""
		}
	}
	for _, p := range r.none {
		if m.occurs(records, p) {
			return 0, ""
		}
	}
	var why []string
	for _, sh := range r.shapes {
		if !m.shaped(records, sh) {
			return 0, ""
		}
	}
	c := r.weight
	found := 0
	for _, p := range r.any {
		if m.occurs(records, p) {
			found++
			why = append(why, p.text)
		}
	}
	if len(r.any) > 0 {
		if found == 0 {
			return 0, ""
		}
		c += 10 * found / len(r.any)
	}
	return min(c, 100), r.evidence(why, len(records))
}

// evidence says in words why the rule fits.
func (r *detectRule) evidence(found []string, records int) string {
	if r.says != "" {
		return r.says
	}
	var names []string
	for _, p := range r.keys {
		names = append(names, p.text)
	}
	names = append(names, found...)
	if len(names) > 6 {
		names = append(names[:6], "…")
	}
	what := "the fields " + strings.Join(names, ", ")
	if len(names) == 0 {
		what = "the values have the right shape"
	}
	return fmt.Sprintf("%s in %d sampled records", what, records)
}

// sampleRecords finds the records of a sample where the mapping says they lie.
func (m *Mapping) sampleRecords(s Sample) []Value {
	if s.Format == "json" {
		for i := range m.records {
			if found := m.records[i].find(s.Head); len(found) > 0 {
				return found
			}
		}
	}
	var out []Value
	head := s.Head
	if head.Kind == Object {
		out = append(out, head) // one user on its own
		if !m.generic {
			return out
		}
		head = firstList(head, 4)
	}
	for _, v := range head.Elems {
		if v.Kind == Object && m.IsRecord(v) && len(out) < maxSampled {
			out = append(out, v)
		}
	}
	if len(out) > 0 || m.isRecord == nil {
		return out
	}
	// Rows of other kinds may fill the beginning of a dump: they tell its format too.
	for _, v := range head.Elems {
		if v.Kind == Object && len(out) < maxSampled {
			out = append(out, v)
		}
	}
	return out
}

// firstList finds the first array of objects in a document, the outermost first.
func firstList(v Value, depth int) Value {
	if v.Kind != Object || depth == 0 {
		return Value{}
	}
	for _, e := range v.Elems {
		if e.Kind == Array && len(e.Elems) > 0 && e.Elems[0].Kind == Object {
			return e
		}
	}
	for _, e := range v.Elems {
		if l := firstList(e, depth-1); l.Kind != Missing {
			return l
		}
	}
	return Value{}
}

// withinPages finds the records of an array of pages, each of which is a document
// with records where the mapping says they lie.
func (m *Mapping) withinPages(doc Value) []Value {
	if doc.Kind != Array {
		return nil
	}
	for i := range m.records {
		var out []Value
		for _, page := range doc.Elems {
			if page.Kind == Object && len(m.records[i].Path) > 0 && len(out) < maxSampled {
				out = append(out, m.records[i].find(page)...)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// find returns the objects at this place of a document, at most maxSampled.
func (r *RecordsAt) find(doc Value) []Value {
	steps := make([]step, len(r.Path))
	for i, s := range r.Path {
		switch s.Any {
		case '[':
			steps[i] = step{kind: stepEach}
		case '.':
			steps[i] = step{kind: stepMembers}
		default:
			steps[i] = step{kind: stepKey, key: s.Key}
		}
	}
	var out []Value
	strictWalk(doc, steps, func(v Value) bool {
		if v.Kind == Object && (len(r.Parent) > 0 || r.Match(v)) {
			out = append(out, v)
		}
		return len(out) < maxSampled
	})
	return out
}

// strictWalk follows steps without decoding text or unwrapping arrays.
func strictWalk(v Value, steps []step, yield func(Value) bool) bool {
	if len(steps) == 0 {
		return yield(v)
	}
	switch {
	case steps[0].kind == stepKey && v.Kind == Object:
		return strictWalk(v.Get(steps[0].key), steps[1:], yield)
	case steps[0].kind == stepEach && v.Kind == Array, steps[0].kind == stepMembers && v.Kind == Object:
		for _, e := range v.Elems {
			if !strictWalk(e, steps[1:], yield) {
				return false
			}
		}
	}
	return true
}

// occurs tells whether any sampled record has the path. A dotted path also
// stands for a flattened column.
func (m *Mapping) occurs(records []Value, p *path) bool {
	for _, r := range records {
		hit := false
		walk(r, p.steps, "", m.ks.loose, func(string, Value) bool {
			hit = true
			return false
		})
		if hit || len(p.steps) > 1 && member(r, p.text, m.ks.loose).Kind != Missing {
			return true
		}
	}
	return false
}

// shaped tells whether most of the values of a path look as expected; at least one must be there.
func (m *Mapping) shaped(records []Value, sh shape) bool {
	seen, fit := 0, 0
	for _, r := range records {
		walk(r, sh.path.steps, "", m.ks.loose, func(_ string, v Value) bool {
			if t := text(v); t != "" {
				seen++
				if sh.re.MatchString(t) {
					fit++
				}
			}
			return true
		})
	}
	return seen > 0 && fit*10 >= seen*9
}

// headless builds records of a CSV file without a header from its first rows. A
// quarter of them must have the right number of cells: exporters that do not need a
// header do not always quote well either, and the values are looked at as well.
func headless(layouts [][]string, counts []int, rows [][]string) []Value {
	var out []Value
	rows = rows[:min(len(rows), maxSampled)]
	for _, row := range rows {
		// Every row may end with a separator that no column belongs to.
		at := slices.IndexFunc(layouts, func(l []string) bool { return len(row) == len(l) || len(row) == len(l)+1 })
		if at < 0 || !slices.Contains(counts, len(row)) {
			continue
		}
		columns := layouts[at]
		v := Value{Kind: Object, Keys: columns}
		for i := range columns {
			cell := Value{Kind: String}
			if i < len(row) {
				cell.Text = row[i]
			}
			v.Elems = append(v.Elems, cell)
		}
		out = append(out, v)
	}
	if len(out)*4 < len(rows) {
		return nil
	}
	return out
}

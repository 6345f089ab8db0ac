package mapping

import "strings"

// foundRecords is where the people of a document lie.
type foundRecords struct {
	path   string // of the mapping language, "" where it need not be said
	parent []string
	list   []Value
	beside []string // members of the document that say something of the export
	tables []string // members of the document that hold further rows
}

// findRecords finds the people in a sample: the rows of a table, the lines of a
// file, or the objects of a document of which each holds an address or a hash.
func findRecords(s Sample) foundRecords {
	if s.Format != "json" {
		return foundRecords{list: objects(s.Head.Elems)}
	}
	best := foundRecords{}
	score := 0.0
	var visit func(v Value, path string, above []string, depth int)
	visit = func(v Value, path string, above []string, depth int) {
		if depth > maxNested {
			return
		}
		list, step := objects(v.Elems), "[*]"
		if v.Kind == Object {
			step = ".*"
		}
		keyed := v.Kind == Object && len(list) > 1 && len(list) == len(v.Elems) && alike(list)
		if (v.Kind == Array || keyed) && len(list) > 0 {
			p := peopleIn(list)
			if steps := strings.Split(path, "."); wordsPeople.in(wordsOf(steps[len(steps)-1])) {
				p++
			}
			if p > score {
				score, best = p, foundRecords{path: strings.TrimPrefix(path+step, "."), parent: above, list: list}
			}
		}
		switch {
		case v.Kind == Object && !keyed:
			for i, k := range v.Keys {
				visit(v.Elems[i], strings.TrimPrefix(joinPath(path, k), "."), above, depth+1)
			}
		case v.Kind == Array, keyed:
			if keyed {
				above = append(above, "@key")
			}
			at := map[string]int{}
			var members []Value // the elements' members of one name, put together
			var names []string
			for _, e := range list {
				for i, k := range e.Keys {
					if e.Elems[i].Kind != Array {
						continue
					}
					if _, seen := at[k]; !seen {
						at[k] = len(members)
						members, names = append(members, Value{Kind: Array}), append(names, k)
					}
					m := &members[at[k]]
					m.Elems = append(m.Elems, e.Elems[i].Elems...)
				}
			}
			for i, m := range members {
				visit(m, strings.TrimPrefix(joinPath(path+step, names[i]), "."), append(above[:len(above):len(above)], namesOf(list)...), depth+1)
			}
		}
	}
	visit(s.Head, "", nil, 0)
	if len(best.list) == 0 && s.Head.Kind == Object {
		best = foundRecords{list: []Value{s.Head}}
	}
	if best.path == "[*]" {
		best.path = ""
	}
	best.lookAround(s.Head)
	return best
}

// lookAround finds what else lies in the document.
func (f *foundRecords) lookAround(doc Value) {
	if doc.Kind != Object || f.path == "" || strings.HasPrefix(f.path, "*") {
		return
	}
	for i, k := range doc.Keys {
		e := doc.Elems[i]
		name := joinPath("", k)
		switch {
		case empty(e) || f.path == name || strings.HasPrefix(f.path, name+"[") || strings.HasPrefix(f.path, name+"."):
		case !plainYAML.MatchString(k) || e.Kind == Array || e.Kind == Object:
			f.tables = append(f.tables, name)
		default:
			f.beside = append(f.beside, name)
		}
	}
}

// objects returns those of the values that are objects, as many as are sampled.
func objects(list []Value) []Value {
	var out []Value
	for _, v := range list {
		if v.Kind == Object && len(v.Keys) > 0 && len(out) < maxSampled {
			out = append(out, v)
		}
	}
	return out
}

// alike tells whether objects have members of the same names: they are rows of a
// kind, and the names under which they stand are data.
func alike(list []Value) bool {
	for _, v := range list[1:] {
		common := 0
		for _, k := range v.Keys {
			if list[0].Get(k).Kind != Missing {
				common++
			}
		}
		if 2*common < len(v.Keys) || 2*common < len(list[0].Keys) {
			return false
		}
	}
	return true
}

// peopleIn says how much a list of objects looks like one of people: each has an
// address or a hash of its own, and what else is said of it.
func peopleIn(list []Value) float64 {
	own, inner, hashes := 0, 0, 0
	places := observe(list)
	for _, o := range places {
		switch {
		case o.mostly(likeMail) && o.list == "":
			own = max(own, o.records)
		case o.mostly(likeMail):
			inner = max(inner, o.records)
		}
		if o.looks[likeHash] > 0 && o.list == "" {
			hashes = max(hashes, o.records)
		}
	}
	n := float64(len(list))
	// An address of its own says more than those of whoever lies in it.
	return (2*float64(own)+float64(inner)+float64(hashes))/n + min(float64(len(places)), 10)/20
}

// namesOf returns the members by which an enclosing object is told from others.
func namesOf(list []Value) []string {
	var out []string
	for _, o := range observe(list) {
		if o.list == "" && o.parent == "" && (wordsID.in(o.words) || wordsName.in(o.words)) && o.unique() && len(out) < 2 {
			out = append(out, o.path)
		}
	}
	return out
}

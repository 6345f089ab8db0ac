package mapping

import "strings"

// lookups compiles "case", "lookup" and "table": what turns a name into another.
func (c *compiler) lookups(n *node, of *value, what string) ([]edit, error) {
	var edits []edit
	if cs := n.get("case"); cs != nil {
		switch cs.text {
		case "lower":
			edits = append(edits, onText(func(t string) (string, bool) { return lower(t), true }))
		case "upper":
			edits = append(edits, onText(func(t string) (string, bool) { return upper(t), true }))
		default:
			return nil, cs.errorf("case is lower or upper")
		}
	}
	if l := n.get("lookup"); l != nil {
		names, err := lookupMap(l)
		if err != nil {
			return nil, err
		}
		edits = append(edits, onText(func(t string) (string, bool) { return translate(names, t) }))
	}
	tab := n.get("table")
	if tab == nil {
		if take := n.get("take"); take != nil {
			return nil, take.errorf("take needs a table")
		}
		return edits, nil
	}
	name, err := tab.scalar("table")
	if err != nil {
		return nil, err
	}
	if !c.lookupTables[name] {
		return nil, tab.errorf("there is no table %q with lookup: true", name)
	}
	take, err := n.str("take")
	if err != nil {
		return nil, err
	}
	var p *path
	if take != "" {
		if p, err = parsePath(take); err != nil {
			return nil, n.get("take").errorf("take: %v", err)
		}
	}
	c.fromTable(name, p, what)
	loose, said := c.ks.loose, !c.asking // who asks whether there is a row has the answer
	return append(edits, edit{value: func(s *scope, v Value) (Value, bool) {
		t := text(v)
		if t == "" || s.env == nil || s.env.Lookup == nil {
			return Value{}, false
		}
		row, ok := s.env.Lookup(name, t)
		if s.env.Secret != nil {
			if at := s.env.Secret(name, t); at != "" {
				s.secrets = append(s.secrets, at)
			}
		}
		if !ok && said {
			s.unsure(unclear{of.at(s), v, "The table " + name + " has no row for it.", "Add the row to the table, or correct the value in the source."})
		}
		if !ok || p == nil {
			return row, ok
		}
		var found Value
		walk(row, p.steps, "", loose, func(_ string, w Value) bool {
			found = w
			return empty(w)
		})
		return found, !empty(found)
	}}), nil
}

// lookupMap reads a map of names. An empty target leaves the name out.
func lookupMap(n *node) (map[string]string, error) {
	if n.kind != nodeMap {
		return nil, n.errorf("a lookup is a map of names, this is %s", n.kind)
	}
	out := make(map[string]string, len(n.keys))
	for i, k := range n.keys {
		v := n.vals[i]
		switch v.kind {
		case nodeNull:
			out[k.text] = ""
		case nodeScalar:
			out[k.text] = v.text
		default:
			return nil, v.errorf("a lookup gives one name for each name")
		}
	}
	return out, nil
}

// translate looks a name up: as it is, in lower case, then "*". ok is false when
// the lookup leaves the name out; a name that it does not know stays.
func translate(names map[string]string, t string) (string, bool) {
	if names == nil {
		return t, true
	}
	to, ok := names[t]
	if !ok {
		to, ok = names[strings.ToLower(t)]
	}
	if !ok {
		for k, v := range names {
			if strings.EqualFold(k, t) {
				to, ok = v, true
				break
			}
		}
	}
	if !ok {
		if to, ok = names["*"]; !ok {
			return t, true
		}
		if to == "@" {
			return t, true
		}
	}
	return to, to != ""
}

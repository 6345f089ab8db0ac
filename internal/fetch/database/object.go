package database

// heads are the names of columns as they stand before a value.
func heads(names []string) [][]byte {
	var out [][]byte
	for i, name := range names {
		var head []byte
		if i > 0 {
			head = append(head, ',')
		}
		out = append(out, append(appendText(head, []byte(name)), ':'))
	}
	return out
}

// appendObject appends a row as a JSON object; odd counts values that are no UTF-8.
func appendObject(dst []byte, heads [][]byte, kinds []kind, row [][]byte) ([]byte, int) {
	dst = append(dst, '{')
	dst, odd := appendMembers(dst, heads, kinds, row)
	return append(dst, '}'), odd
}

func appendMembers(dst []byte, heads [][]byte, kinds []kind, row [][]byte) ([]byte, int) {
	odd := 0
	for i, head := range heads {
		dst = append(dst, head...)
		var bad bool
		if dst, bad = appendJSON(dst, row[i], kinds[i]); bad {
			odd++
		}
	}
	return dst, odd
}

// record is a user on its way into the folder.
type record struct {
	object []byte // without its closing brace
	parts  []part // by join
}

// part is what one join adds to a user.
type part struct {
	text  []byte
	lists []list // of the shape lists
}

type list struct {
	name string
	text []byte
}

// add takes a row of a join, its key left out.
func (p *part) add(j *join, row [][]byte) (odd int) {
	switch j.shape {
	case Values:
		if row[0] == nil {
			return 0
		}
		return p.element(func(dst []byte) ([]byte, int) { return appendMembersOf(dst, row[0], j.kinds[0]) })
	case Lists:
		name := string(row[0])
		i := 0
		for i < len(p.lists) && p.lists[i].name != name {
			i++
		}
		if i == len(p.lists) {
			p.lists = append(p.lists, list{name: name})
		}
		of := part{text: p.lists[i].text}
		odd = of.element(func(dst []byte) ([]byte, int) { return appendMembersOf(dst, row[1], j.kinds[1]) })
		p.lists[i].text = of.text
		return odd
	case Fields:
		if p.text != nil {
			return 0
		}
		p.text, odd = appendMembers(nil, j.heads, j.kinds, row)
		return odd
	}
	return p.element(func(dst []byte) ([]byte, int) { return appendObject(dst, j.heads, j.kinds, row) })
}

func (p *part) element(write func([]byte) ([]byte, int)) (odd int) {
	if p.text != nil {
		p.text = append(p.text, ',')
	}
	p.text, odd = write(p.text)
	return odd
}

func appendMembersOf(dst, v []byte, k kind) ([]byte, int) {
	dst, bad := appendJSON(dst, v, k)
	if bad {
		return dst, 1
	}
	return dst, 0
}

// whole closes a record, with what belongs to it inside.
func (r *record) whole(joins []join) []byte {
	out := r.object
	for i, p := range r.parts {
		j := &joins[i]
		if p.text == nil && p.lists == nil {
			continue
		}
		out = append(out, ',')
		switch j.shape {
		case Fields:
			out = append(out, p.text...)
			continue
		case Lists:
			out = append(appendText(out, []byte(j.into)), ':', '{')
			for k, l := range p.lists {
				if k > 0 {
					out = append(out, ',')
				}
				out = append(append(append(appendText(out, []byte(l.name)), ':', '['), l.text...), ']')
			}
			out = append(out, '}')
		default:
			out = append(appendText(out, []byte(j.into)), ':', '[')
			out = append(append(out, p.text...), ']')
		}
	}
	return append(out, '}')
}

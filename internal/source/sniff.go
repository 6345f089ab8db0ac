package source

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// jsonShape is where things lie in a JSON document.
type jsonShape struct{ places []Place }

// sniff finds the kind of the content in the head of the decoded stream.
func (f *File) sniff(whole bool) error {
	text := bytes.TrimSpace(f.head)
	if len(text) == 0 && f.opts.Format == NDJSON {
		f.format = NDJSON // nobody, one line each, is nothing at all
		return nil
	}
	if len(text) == 0 {
		return ErrEmpty
	}
	f.format = f.opts.Format
	if f.format == "" {
		var err error
		if f.format, err = kindOf(text); err != nil {
			return err
		}
	}
	switch f.format {
	case CSV:
		return f.sniffCSV(whole)
	case JSON, NDJSON:
		f.format, f.json = shapeFor(f.head, f.opts.Places, f.opts.Format)
		return f.refuseEscapedTwice()
	case LDIF:
		return nil
	}
	return fmt.Errorf("unknown format %q", f.format)
}

// refuseEscapedTwice looks for lines of JSON that hold backslashes too many.
func (f *File) refuseEscapedTwice() error {
	if f.format != NDJSON && (f.format != JSON || !bytes.HasPrefix(bytes.TrimSpace(f.head), []byte("{"))) {
		return nil
	}
	for line := range bytes.Lines(f.head) {
		if !bytes.Contains(line, []byte(`\\"`)) || !bytes.HasSuffix(line, []byte("\n")) && len(f.head) == sniffSize {
			continue
		}
		if _, err := NewParser().json(strings.TrimSpace(string(line))); err != nil && isEscapedTwice(string(line)) {
			return errors.New(escapedTwice)
		}
	}
	return nil
}

func kindOf(text []byte) (Format, error) {
	switch text[0] {
	case '{', '[':
		return JSON, nil
	case '<':
		return "", kind("this is HTML or XML, which is not read; export the users as CSV or JSON instead")
	}
	control := 0
	for _, c := range text[:min(len(text), 4096)] {
		if c < 0x20 && !isSpace(c) && c != 0x0c {
			control++
		}
	}
	if bytes.IndexByte(text, 0x1e) > 0 && bytes.IndexByte(text, 0x1f) > 0 && bytes.IndexByte(text, 0) < 0 {
		return "", errASCIIMode
	}
	if control > 16 && control*10 > min(len(text), 4096) {
		return "", errors.New("this is a binary file")
	}
	comment := false
	for line := range bytes.Lines(text) {
		if comment && line[0] == ' ' {
			continue // LDIF folds long comments
		}
		line = bytes.ToLower(bytes.TrimSpace(line))
		if comment = len(line) > 0 && line[0] == '#'; comment || len(line) == 0 || bytes.HasPrefix(line, []byte("version:")) {
			continue
		}
		if bytes.HasPrefix(line, []byte("dn:")) {
			return LDIF, nil
		}
		break
	}
	if err := foreign(text); err != nil {
		return "", err
	}
	return CSV, nil
}

// firstDocument parses the first JSON document as far as the head holds it, with
// long arrays cut. end is where it stops, 0 when it is broken or goes on.
func firstDocument(head []byte) (v mapping.Value, end int) {
	p := NewParser()
	p.head = true
	v, err := p.json(strings.ToValidUTF8(string(head), "?"))
	if err != nil {
		return v, 0
	}
	return v, p.pos
}

// shapeFor finds where records lie. places come from a mapping; forced is the
// format that the caller insists on.
func shapeFor(head []byte, places []Place, forced Format) (Format, jsonShape) {
	all := []Place{{Path: topArray}}
	for _, p := range places {
		if slices.Equal(p.Path, topArray) {
			all[0] = p
		}
	}
	add := func(p Place) {
		for _, q := range all {
			if slices.Equal(p.Path, q.Path) {
				return
			}
		}
		all = append(all, p)
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 {
		return JSON, jsonShape{all}
	}
	doc, end := firstDocument(text)
	if text[0] == '[' && forced != NDJSON {
		if pages := withinPages(doc, places); pages != nil {
			return JSON, jsonShape{pages}
		}
		return JSON, jsonShape{all}
	}
	found := false
	var self *Place
	for i, p := range places {
		if len(p.Path) == 0 {
			self = &places[i]
		} else if !p.Side && p.Path[0].Any != '[' && reaches(doc, p.Path) && (p.Path[0].Any == 0 || userLists(doc, p.Path)) {
			found = true
		}
	}
	if !found && forced != NDJSON {
		if path := envelope(doc); path != nil {
			add(Place{Path: path})
			found = true
		}
	}
	if found {
		for _, p := range places {
			if len(p.Path) > 0 {
				add(p)
			}
		}
		return JSON, jsonShape{all}
	}
	oneLine := end == 0 || bytes.IndexByte(bytes.TrimSpace(text[:end]), '\n') < 0
	if forced == NDJSON || forced == "" && oneLine && linesAreObjects(text) {
		return NDJSON, jsonShape{}
	}
	if self == nil {
		self = &Place{}
	}
	add(*self)
	return JSON, jsonShape{all}
}

// withinPages returns the places of records when the document is an array of
// pages or realms, each of which holds records at these places; nil when its
// elements look more like records themselves.
func withinPages(doc mapping.Value, places []Place) []Place {
	if len(doc.Elems) == 0 || doc.Elems[0].Kind != mapping.Object {
		return nil
	}
	outer, inner := 0, 0
	for _, e := range doc.Elems {
		outer = max(outer, likeness(e))
	}
	var found []Place
	for _, p := range places {
		at := p
		switch {
		case len(p.Path) == 0 || slices.Equal(p.Path, topArray):
			continue
		case p.Path[0].Any != '[':
			at.Path = append([]mapping.Step{{Any: '['}}, p.Path...)
		}
		best := -1
		visit(doc, at.Path, func(v mapping.Value) { best = max(best, likeness(v)) })
		if best >= 0 {
			found, inner = append(found, at), max(inner, best)
		}
	}
	if inner <= outer {
		return nil
	}
	return found
}

// userLists tells whether a place that begins with any member at all leads to
// something that looks more like users than the document itself: a user may well
// have lists of its own.
func userLists(doc mapping.Value, path []mapping.Step) bool {
	best := 0
	visit(doc, path, func(v mapping.Value) { best = max(best, likeness(v)) })
	return best > likeness(doc)
}

// visit calls f with each value that a path leads to.
func visit(v mapping.Value, path []mapping.Step, f func(mapping.Value)) {
	if len(path) == 0 {
		f(v)
		return
	}
	switch st := path[0]; {
	case st.Any == '[' && v.Kind == mapping.Array, st.Any == '.' && v.Kind == mapping.Object:
		for _, e := range v.Elems {
			visit(e, path[1:], f)
		}
	case st.Any == 0:
		if m := v.Get(st.Key); m.Kind != mapping.Missing {
			visit(m, path[1:], f)
		}
	}
}

// linesAreObjects tells whether a line of the text is an object by itself, or
// whether not even one line ends in it.
func linesAreObjects(text []byte) bool {
	n := 0
	for line := range bytes.Lines(text) {
		if n++; n > 50 {
			break
		}
		ended := bytes.HasSuffix(line, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if line[0] == '{' && (line[len(line)-1] == '}' && len(line) > 2 || !ended && n == 1) {
			return true
		}
	}
	return false
}

// reaches tells whether a path leads to something.
func reaches(v mapping.Value, path []mapping.Step) bool {
	if len(path) == 0 {
		return true
	}
	switch st := path[0]; {
	case st.Any == '[':
		for _, e := range v.Elems {
			if v.Kind == mapping.Array && reaches(e, path[1:]) {
				return true
			}
		}
		return v.Kind == mapping.Array && len(v.Elems) == 0 && len(path) == 1
	case st.Any == '.':
		for _, e := range v.Elems {
			if v.Kind == mapping.Object && reaches(e, path[1:]) {
				return true
			}
		}
		return false
	default:
		m := v.Get(st.Key)
		return m.Kind != mapping.Missing && reaches(m, path[1:])
	}
}

// envelope returns the path to the array that most looks like one of users in an
// object that itself looks less like one; nil when there is none.
func envelope(doc mapping.Value) []mapping.Step {
	var best []mapping.Step
	top := likeness(doc)
	bestScore := 0
	var visit func(v mapping.Value, path []mapping.Step, depth int)
	visit = func(v mapping.Value, path []mapping.Step, depth int) {
		if depth > 4 || v.Kind != mapping.Object {
			return
		}
		for i, e := range v.Elems {
			at := append(path[:len(path):len(path)], mapping.Step{Key: v.Keys[i]})
			switch {
			case e.Kind == mapping.Object:
				visit(e, at, depth+1)
			case e.Kind == mapping.Array && len(e.Elems) > 0 && e.Elems[0].Kind == mapping.Object:
				at = append(at, mapping.Step{Any: '['})
				score := 0
				for _, el := range e.Elems {
					score = max(score, likeness(el))
				}
				score = score*100 + min(len(e.Elems), headArray)
				if strings.Contains(strings.ToLower(v.Keys[i]), "user") {
					score += 50
				}
				if score > bestScore {
					best, bestScore = at, score
				}
				visit(e.Elems[0], at, depth+1)
			}
		}
	}
	visit(doc, nil, 0)
	if bestScore/100 > top || top == 0 && bestScore > 0 {
		return best
	}
	return nil
}

// likeness counts the members that users have.
func likeness(v mapping.Value) int {
	n := 0
	for _, k := range v.Keys {
		switch strings.ToLower(strings.NewReplacer("_", "", " ", "", "-", "").Replace(k)) {
		case "email", "mail", "primaryemail", "emailaddress", "emailverified", "username", "userlogin", "useremail", "login",
			"phonenumber", "phone", "userid", "localid", "passwordhash", "encryptedpassword", "password", "hashedpassword",
			"givenname", "familyname", "firstname", "lastname", "displayname", "loginids", "loginmethods", "emails", "memberid",
			"externaluserid", "traits", "credentials", "userprincipalname", "human":
			n += 2
		case "id", "uuid", "uid", "name", "identities", "createdat", "attributes", "profile", "enabled", "user", "fields", "pk":
			n++
		}
	}
	return n
}

package rest

import (
	"encoding/csv"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// take writes the items of a page that were not written before. It returns how many
// those were, and how many this process saw for the first time though they were there when it began.
func (w *walk) take(got []jsontext.Value) (written, fresh int, err error) {
	for _, item := range got {
		if !w.wanted(item) {
			continue
		}
		isNew, err := w.write(item)
		if err != nil {
			return written, fresh, err
		}
		if isNew {
			written++
		}
		if w.keep {
			if isNew = w.keys.add(rowKey(w.list, item)); isNew {
				w.kept = append(w.kept, item)
			}
		}
		if isNew && !w.joined(item) {
			fresh++
		}
	}
	return written, fresh, nil
}

// wanted tells whether an item is one that the list is read for.
func (w *walk) wanted(item jsontext.Value) bool {
	for path, pattern := range w.list.Where {
		if !regexp.MustCompile(pattern).MatchString(one(item, path)) {
			return false
		}
	}
	for path, pattern := range w.list.Unless {
		if regexp.MustCompile(pattern).MatchString(one(item, path)) {
			return false
		}
	}
	return true
}

// write writes one item, unless it was written before.
func (w *walk) write(item jsontext.Value) (bool, error) {
	l, v := w.list, w.e.values.of(w.parent)
	v.item = item
	switch l.Writes {
	case "users":
		id := one(item, l.Key)
		if id == "" {
			return false, fmt.Errorf("reading %s: an item has no %s", l.Name, l.Key)
		}
		if !w.shared {
			w.mine.add(id)
		}
		return w.e.user(l, item, id, w)
	case "identities":
		row, err := v.shape(l, item)
		if err != nil {
			return false, err
		}
		w.mine.add(string(row))
		if !w.e.known(fetch.IdentitiesFile).add(string(row)) {
			return false, nil
		}
		return true, w.e.folder.Identity(row)
	case "memberships":
		m := v.membership(l)
		if m.User == "" {
			return false, fmt.Errorf("reading %s: an item names no user", l.Name)
		}
		w.mine.add(membershipKey(m))
		if !w.e.known(fetch.MembershipsFile).add(membershipKey(m)) {
			return false, nil
		}
		return true, w.e.folder.Membership(m)
	case "organizations":
		o := fetch.Organization{ID: v.column(l, "id"), Name: v.column(l, "name")}
		w.mine.add(o.ID)
		if o.ID == "" || !w.e.known(fetch.OrganizationsFile).add(o.ID) {
			return false, nil
		}
		return true, w.e.folder.Organization(o)
	}
	w.mine.add(rowKey(l, item))
	return false, nil
}

// user writes a user, if he is new.
func (e *engine) user(l *mapping.FetchList, item jsontext.Value, id string, w *walk) (bool, error) {
	for path, mark := range l.Redacted {
		if one(item, path) == mark && !e.without["hashes"] {
			return false, &fetch.DeniedError{
				What:  "reading password hashes: the provider shows a placeholder instead of " + path,
				Needs: e.spec.Params.Needs,
			}
		}
	}
	if w != nil && l.Expects != "" && !w.expected {
		w.expected = len(find(item, l.Expects)) > 0
	}
	if !e.known(fetch.UsersFile).add(id) {
		return false, nil
	}
	v := e.values
	v.item = item
	row, err := v.shape(l, item)
	if err != nil {
		return false, err
	}
	return true, e.folder.User(row)
}

// shape is an item as it is written: without what is stripped, with what is injected.
// Everything else stays byte for byte. An item has one shape, by which it is known when it
// comes again.
func (v values) shape(l *mapping.FetchList, item jsontext.Value) (jsontext.Value, error) {
	for _, path := range l.Strip {
		item = without(item, path)
	}
	for _, name := range slices.Sorted(maps.Keys(l.Inject)) {
		t, err := v.expand(l.Inject[name], plain)
		if err != nil {
			return nil, err
		}
		item = with(item, name, quoted(t))
	}
	return item, nil
}

// source is the item or the parent that a path of a column begins with.
func (v values) source(path string) (jsontext.Value, string) {
	if rest, ok := strings.CutPrefix(path, "parent."); ok {
		return v.parent, rest
	}
	return v.item, path
}

func (v values) column(l *mapping.FetchList, name string) string {
	for path := range strings.SplitSeq(l.Columns[name], "|") {
		if path == "" {
			continue
		}
		if from, rest := v.source(path); from != nil {
			if t := one(from, rest); t != "" {
				return t
			}
		}
	}
	return ""
}

func (v values) columns(l *mapping.FetchList, name string) []string {
	path := l.Columns[name]
	if path == "" {
		return nil
	}
	if strings.Contains(path, "{") {
		t, err := v.expand(path, plain)
		if err != nil || t == "" {
			return nil
		}
		return []string{t}
	}
	for alternative := range strings.SplitSeq(path, "|") {
		if from, rest := v.source(alternative); from != nil {
			if all := every(from, rest); len(all) > 0 {
				return all
			}
		}
	}
	return nil
}

func (v values) membership(l *mapping.FetchList) fetch.Membership {
	return fetch.Membership{
		User: v.column(l, "user"), Organization: v.column(l, "organization"), OrganizationName: v.column(l, "organization_name"),
		Roles: v.columns(l, "roles"), Permissions: v.columns(l, "permissions"),
	}
}

func membershipKey(m fetch.Membership) string {
	return strings.Join(
		[]string{m.User, m.Organization, m.OrganizationName, strings.Join(m.Roles, "|"), strings.Join(m.Permissions, "|")},
		"\x00",
	)
}

// known is what stands in a file, by key. It is read once, by a process that goes on
// where another stopped.
func (e *engine) known(file string) set {
	if s := e.sets[file]; s != nil {
		return s
	}
	s := set{}
	e.sets[file] = s
	if !e.folder.Resumed() {
		return s
	}
	for line, err := range e.folder.Lines(file) {
		if err != nil {
			e.failed = err
			break
		}
		switch file {
		case fetch.UsersFile:
			s.add(one(line, e.userList().Key))
		case fetch.IdentitiesFile:
			s.add(string(line))
		default:
			if cells, err := csv.NewReader(strings.NewReader(string(line))).Read(); err == nil && len(cells) > 0 {
				s.add(cellsKey(file, cells))
			}
		}
	}
	return s
}

func cellsKey(file string, cells []string) string {
	if file == fetch.OrganizationsFile {
		return cells[0]
	}
	return strings.Join(cells, "\x00")
}

// namedUser is the user whom a row of a file names.
func namedUser(file string, line []byte) string {
	if file == fetch.IdentitiesFile {
		return one(line, "user_id")
	}
	cells, err := csv.NewReader(strings.NewReader(string(line))).Read()
	if err != nil || len(cells) == 0 {
		return ""
	}
	return cells[0]
}

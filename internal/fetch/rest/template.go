package rest

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// placeholder is a variable, or a member of an item: {tenant}, {parent.id}, {item.id}.
// {+parent.name} keeps its slashes in a path.
var placeholder = regexp.MustCompile(`\{\+?[a-z_]+(?:\.[A-Za-z_.]+)?\}`)

// values is what placeholders stand for.
type values struct {
	variables    map[string]string
	parent, item jsontext.Value
}

func (v values) get(name string) (string, bool) {
	if path, ok := strings.CutPrefix(name, "parent."); ok && v.parent != nil {
		return one(v.parent, path), true
	}
	if path, ok := strings.CutPrefix(name, "item."); ok && v.item != nil {
		return one(v.item, path), true
	}
	t, ok := v.variables[name]
	return t, ok
}

func plain(s string) string { return s }

// inJSON escapes text for the inside of a JSON string.
func inJSON(s string) string {
	q := quoted(s)
	return string(q[1 : len(q)-1])
}

// expand puts values in the place of placeholders. One that is not known is an error.
func (v values) expand(template string, escape func(string) string) (string, error) {
	unknown := ""
	out := placeholder.ReplaceAllStringFunc(template, func(p string) string {
		name, keeps := strings.CutPrefix(p[1:len(p)-1], "+")
		t, ok := v.get(name)
		if !ok {
			unknown = p
		}
		if !keeps {
			return escape(t)
		}
		parts := strings.Split(t, "/")
		for i := range parts {
			parts[i] = escape(parts[i])
		}
		return strings.Join(parts, "/")
	})
	if unknown != "" {
		return "", fmt.Errorf("%s stands for nothing", unknown)
	}
	return out, nil
}

// path expands a path. An id is escaped as one element of it; an empty one, or dots,
// would name something else.
func (v values) path(template string) (string, error) {
	wrong := false
	out, err := v.expand(template, func(s string) string {
		wrong = wrong || s == "" || s == "." || s == ".."
		return url.PathEscape(s)
	})
	if err == nil && wrong {
		return "", fmt.Errorf("an id is missing in the path %s", template)
	}
	return out, err
}

// query expands the values of a query and leaves out those that are empty.
func (v values) query(templates map[string][]string) (url.Values, error) {
	q := url.Values{}
	for name, all := range templates {
		for _, template := range all {
			t, err := v.expand(template, plain)
			if err != nil {
				return nil, err
			}
			if t != "" {
				q.Add(name, t)
			}
		}
	}
	return q, nil
}

// headers expands headers and leaves out those for which something was not told.
func (v values) headers(templates map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for name, template := range templates {
		lacking := false
		t, err := v.expand(template, func(s string) string {
			lacking = lacking || s == ""
			return s
		})
		if err != nil {
			return nil, err
		}
		if !lacking {
			out[name] = t
		}
	}
	return out, nil
}

// json expands a body.
func (v values) json(template string) (jsontext.Value, error) {
	t, err := v.expand(template, inJSON)
	return jsontext.Value(t), err
}

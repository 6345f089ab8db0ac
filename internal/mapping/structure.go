package mapping

import (
	"reflect"
	"strconv"
)

// decode fills a struct, whose fields carry the names of members as tags, from a
// map. A slice of structs takes a map too: a field tagged "@key" gets the name under
// which an element stands. Members that no field takes are errors with their place.
func (n *node) decode(what string, into any) error {
	return n.fill(what, reflect.ValueOf(into).Elem())
}

func (n *node) fill(what string, v reflect.Value) error {
	if n == nil || n.kind == nodeNull {
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return n.fillStruct(what, v)
	case reflect.Slice:
		return n.fillSlice(what, v)
	case reflect.Map:
		if n.kind != nodeMap {
			return n.errorf("%s takes a map, this is %s", what, n.kind)
		}
		v.Set(reflect.MakeMap(v.Type()))
		for i, k := range n.keys {
			one := reflect.New(v.Type().Elem()).Elem()
			if err := n.vals[i].fill(k.text, one); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(k.text), one)
		}
		return nil
	}
	text, err := n.scalar(what)
	if err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Bool:
		b, known := ParseBool(text)
		if !known {
			return n.errorf("%s takes true or false", what)
		}
		v.SetBool(b)
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil {
			return n.errorf("%s takes a whole number", what)
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return n.errorf("%s takes a number", what)
		}
		v.SetFloat(f)
	default:
		v.SetString(text)
	}
	return nil
}

func (n *node) fillStruct(what string, v reflect.Value) error {
	if n.kind != nodeMap {
		return n.errorf("%s takes a map, this is %s", what, n.kind)
	}
	var names []string
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("is"); tag != "" && tag != "@key" {
			names = append(names, tag)
			if err := n.get(tag).fill(tag, v.Field(i)); err != nil {
				return err
			}
		}
	}
	return n.only(what, names...)
}

func (n *node) fillSlice(what string, v reflect.Value) error {
	named := n.kind == nodeMap && v.Type().Elem().Kind() == reflect.Struct && keyField(v.Type().Elem()) >= 0
	items := n.items()
	if named {
		items = n.vals
	}
	for i, item := range items {
		if named && item.kind == nodeNull {
			continue // an extending file removes the entry
		}
		one := reflect.New(v.Type().Elem()).Elem()
		label := what
		if named {
			label = n.keys[i].text
			one.Field(keyField(one.Type())).SetString(label)
		}
		if err := item.fill(label, one); err != nil {
			return err
		}
		v.Set(reflect.Append(v, one))
	}
	return nil
}

func keyField(t reflect.Type) int {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("is") == "@key" {
			return i
		}
	}
	return -1
}

// layered lays a map over another, member by member at every depth.
func layered(old, n *node) *node {
	if old == nil || old.kind != nodeMap || n.kind != nodeMap {
		return n
	}
	out := &node{kind: nodeMap, tok: n.tok, file: n.file}
	for i, k := range old.keys {
		val := old.vals[i]
		if over := n.get(k.text); over != nil {
			val = layered(val, over)
		}
		out.keys, out.vals = append(out.keys, k), append(out.vals, val)
	}
	for i, k := range n.keys {
		if old.get(k.text) == nil {
			out.keys, out.vals = append(out.keys, k), append(out.vals, n.vals[i])
		}
	}
	return out
}

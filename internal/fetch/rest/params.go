package rest

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// params reads the parameters of hashes, for the file that --hash-params takes.
func (e *engine) params(ctx context.Context) error {
	p := e.spec.Params
	if p.Get == "" {
		return nil
	}
	if e.without["hashes"] {
		return e.folder.Unavailable("hash parameters", "hash parameters: left out with --without")
	}
	r, err := e.call(e.values, p.Get, "", nil, "", nil)
	if err != nil {
		return err
	}
	r.what, r.needs = "reading the parameters of hashes", p.Needs
	a, err := e.client.do(ctx, r)
	if absent(err) {
		return e.folder.Unavailable("hash parameters", "hash parameters: "+err.Error())
	}
	if err != nil {
		return err
	}
	text, err := paramsFile(a.body, p.Columns)
	if err != nil {
		return fmt.Errorf("%s: %w", r.what, err)
	}
	if text == nil {
		return e.folder.Unavailable("hash parameters", "hash parameters: the provider has none, give them with --hash-params if there are hashes")
	}
	return e.folder.HashParams(text)
}

// paramsFile is a document with the columns; nil where the answer has none of them.
func paramsFile(body jsontext.Value, columns map[string]string) ([]byte, error) {
	names := make([]string, 0, len(columns))
	for name := range columns {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	lacking := ""
	for _, name := range names {
		t := one(body, columns[name])
		if t == "" {
			lacking = name
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", name, quoted(t))
	}
	switch {
	case b.Len() == 0:
		return nil, nil
	case lacking != "":
		return nil, fmt.Errorf("the answer lacks %s", lacking)
	}
	return b.Bytes(), nil
}

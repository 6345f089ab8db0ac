package exporter

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
)

func parts(t *testing.T, names ...string) Parts {
	t.Helper()
	p, err := ParseParts(names)
	must(t, err)
	return p
}

// exported reads NDJSON that Write made.
func exported(t *testing.T, ctx context.Context, c Tenant, p Parts) []Row {
	t.Helper()
	var b bytes.Buffer
	_, err := Write(ctx, c, &b, Options{ReadOptions: ReadOptions{Parts: p, TempDir: t.TempDir()}})
	must(t, err)
	return rowsIn(t, b.String())
}

func rowsIn(t *testing.T, text string) []Row {
	t.Helper()
	var rows []Row
	for line := range strings.Lines(text) {
		var r Row
		must(t, json.Unmarshal([]byte(line), &r))
		rows = append(rows, r)
	}
	return rows
}

package exporter

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

func parts(t *testing.T, names ...string) tenant.Parts {
	t.Helper()
	p, err := tenant.ParseParts(names)
	tenanttest.Must(t, err)
	return p
}

// exported reads NDJSON that Write made.
func exported(t *testing.T, ctx context.Context, c tenant.API, p tenant.Parts) []tenant.Row {
	t.Helper()
	var b bytes.Buffer
	_, err := Write(ctx, c, &b, Options{ReadOptions: tenant.ReadOptions{Parts: p, TempDir: t.TempDir()}})
	tenanttest.Must(t, err)
	return rowsIn(t, b.String())
}

func rowsIn(t *testing.T, text string) []tenant.Row {
	t.Helper()
	var rows []tenant.Row
	for line := range strings.Lines(text) {
		var r tenant.Row
		tenanttest.Must(t, json.Unmarshal([]byte(line), &r))
		rows = append(rows, r)
	}
	return rows
}

package check

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// crosswalkOptions say how the old ids and Kinde's ids are put side by side.
type crosswalkOptions struct{ as, table, column, kind string }

func (o *crosswalkOptions) flags() []cli.Flag {
	return []cli.Flag{
		cli.ChoiceFlag(
			cli.StringFlag(
				&o.as,
				cli.CatState,
				"crosswalk",
				"",
				"print the old ids next to Kinde's ids as `FORMAT` csv, json or sql, and keep them in the report folder",
			),
			[]cli.Choice{
				{Word: "csv", Means: "rows for a spreadsheet"},
				{Word: "json", Means: "one document"},
				{Word: "sql", Means: "statements for your database"},
			},
		),
		cli.StringFlag(&o.table, cli.CatState, "sql-table", "", "with --crosswalk sql: the `TABLE` of the application that holds old ids"),
		cli.StringFlag(&o.column, cli.CatState, "sql-column", "", "with --crosswalk sql: its `COLUMN`"),
		cli.StringFlag(
			&o.kind,
			cli.CatState,
			"sql-kind",
			"users",
			"with --crosswalk sql: the ids are those of `KIND` users, organizations or roles",
		),
	}
}

// runCrosswalk writes the crosswalk into the report folder and prints it.
func runCrosswalk(ctx context.Context, e *cli.Env, o *reportOptions, r *checkpoint.Reader, in *cli.Invocation) error {
	if err := cli.OneOf("--crosswalk", o.crosswalk.as, "csv", "json", "sql"); err != nil {
		return err
	}
	dir := o.report
	if dir == "" {
		dir = o.checkpoint + ".report"
	}
	sql := report.SQL{Table: o.crosswalk.table, Column: o.crosswalk.column}
	if o.crosswalk.as == "sql" {
		kinds := map[string]string{"users": "user", "organizations": "organization", "roles": "role"}
		if err := cli.OneOf("--sql-kind", o.crosswalk.kind, "users", "organizations", "roles"); err != nil {
			return err
		}
		sql.Kind = kinds[o.crosswalk.kind]
		if sql.Table == "" || sql.Column == "" {
			return cli.Usagef("--sql-table users --sql-column auth_id", "the table and the column with the old ids are missing")
		}
		if err := sql.Check(); err != nil {
			return cli.Usagef("name it like users, or like public.users", "%w", err)
		}
	}
	if err := report.MakeFolder(dir); err != nil {
		return err
	}
	write := func(w io.Writer) error {
		switch o.crosswalk.as {
		case "csv":
			return report.WriteCrosswalkCSV(ctx, w, r)
		case "json":
			return report.WriteCrosswalkJSON(ctx, w, r)
		default:
			return report.WriteCrosswalkSQL(ctx, w, r, sql)
		}
	}
	names := []string{"crosswalk." + o.crosswalk.as}
	if err := writeFile(filepath.Join(dir, names[0]), write); err != nil {
		return err
	}
	if o.crosswalk.as == "sql" {
		back := sql
		back.Inverse = true
		names = append(names, "crosswalk.inverse.sql")
		if err := writeFile(filepath.Join(dir, names[1]), func(w io.Writer) error {
			return report.WriteCrosswalkSQL(ctx, w, r,
				back)
		}); err != nil {
			return err
		}
	}
	out := e.IO.Out
	if e.IO.OutTTY {
		out = &inertWriter{w: out}
	}
	if err := write(out); err != nil {
		return err
	}
	for _, n := range names {
		fmt.Fprintf(e.IO.Err, "Kept in %s\n", ui.Line(filepath.Join(dir, n)))
	}
	return nil
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort() // without effect after Commit
	b := bufio.NewWriter(f)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return f.Commit()
}

// inertWriter keeps text from the data from steering a terminal. It passes on
// whole lines, so that no character is cut in two.
type inertWriter struct {
	w    io.Writer
	rest []byte
}

func (i *inertWriter) Write(p []byte) (int, error) {
	i.rest = append(i.rest, p...)
	end := bytes.LastIndexByte(i.rest, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	if _, err := io.WriteString(i.w, ui.Inert(string(i.rest[:end]))); err != nil {
		return 0, err
	}
	i.rest = append(i.rest[:0], i.rest[end:]...)
	return len(p), nil
}

package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// WriteText shows the inspection to a person, in lines of width columns and tables
// of so many; 0 is any number.
func (i *Inspection) WriteText(w io.Writer, width, tables int) error {
	t := &text{width: width, tables: tables}
	var names []string
	for _, f := range i.Source.Files {
		names = append(names, f.Path)
	}
	t.line("%s in %s", ui.Count(i.Records, "record"), ui.Line(strings.Join(names, ", ")))
	t.line("")
	t.field("Preset", cmp.Or(i.Source.Preset, "none"))
	t.field("Format", i.Source.Format)
	for n, e := range i.Source.Evidence {
		t.field(map[bool]string{true: "Because"}[n == 0], e)
	}
	t.counts(
		"Records",
		[]count{
			{i.Usable, "can be imported"},
			{i.Rejected, "would be rejected"},
			{i.Skipped, "deleted at the source, or left out by the mapping"},
		},
	)
	t.notices(i.Source.Notices)
	i.writeFields(t)
	i.writePeople(t)
	i.writeHashes(t)
	i.writeRest(t)
	_, err := w.Write(t.b.Bytes())
	return err
}

func (i *Inspection) writeFields(t *text) {
	if len(i.Fields) == 0 {
		return
	}
	t.line("")
	table := &ui.Table{Head: []string{"Field", "filled", "becomes", "looks like"}, Right: []bool{false, true}}
	fields := slices.SortedStableFunc(slices.Values(i.Fields), byFate)
	for n, f := range fields {
		if n == 60 && t.tables > 0 {
			break
		}
		share := 0.0
		if i.Source.Rows > 0 {
			share = 100 * float64(f.Filled) / float64(i.Source.Rows)
		}
		filled := percent(share)
		if f.Filled > 0 && (strings.HasPrefix(f.Path, "/") || f.Filled > i.Source.Rows) {
			filled = ui.Number(f.Filled) // not of the records: beside them, or in rows of a table
		}
		table.Add(f.Path, filled, cmp.Or(f.Becomes, "-"), cmp.Or(f.Value, f.Shape))
	}
	_ = table.Write(&t.b, t.tables, 0) // a buffer does not fail
	if len(fields) > 60 && t.tables > 0 {
		t.line("… and %d more with --json", len(fields)-60)
	}
}

func percent(p float64) string {
	if p > 0 && p < 1 {
		return "<1 %"
	}
	if p > 99 && p < 100 {
		return ">99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}

func (i *Inspection) writePeople(t *text) {
	t.line("")
	table := &ui.Table{Head: []string{"Identities", "users", "verified"}, Right: []bool{false, true, true}}
	for _, kind := range []string{"email", "phone", "username"} {
		if c := i.Identities[kind]; c.Users > 0 {
			verified := ui.Number(c.Verified)
			if kind == "username" {
				verified = "-"
			}
			table.Add(kind, ui.Number(c.Users), verified)
		}
	}
	if len(table.Rows) > 0 {
		_ = table.Write(&t.b, t.tables, 0)
	}
	s := i.SignIn
	t.counts("First sign-in in Kinde", []count{
		{s.SamePassword, "with the password they have"}, {s.NewPassword, "after choosing a new password"}, {s.Social, "with a social login"},
		{s.Code, "with a one-time code"}, {s.Suspended, "not at all: suspended"}, {s.None, "not at all: no way to sign in"},
	})
	if s.MFALost > 0 {
		t.line("  %s had a second factor and must set it up again.", ui.Number(s.MFALost))
	}
}

func (i *Inspection) writeHashes(t *text) {
	if len(i.Hashes) == 0 {
		return
	}
	t.line("")
	table := &ui.Table{Head: []string{"Password hashes", "users", "", "keep their password"}, Right: []bool{false, true}}
	for _, h := range i.Hashes {
		kept := "all"
		switch {
		case h.Kept == 0 && h.Malformed == h.Count:
			kept = "none: damaged"
		case h.Kept == 0:
			kept = "none: " + cmp.Or(h.Reason, "Kinde can't hold it")
		case h.Kept < h.Count:
			kept = fmt.Sprintf("%s; %s damaged", ui.Number(h.Kept), ui.Number(h.Count-h.Kept))
		}
		table.Add(h.Encoding, ui.Number(h.Count), ui.Bar(h.Count, i.Usable, 10), kept)
	}
	_ = table.Write(&t.b, t.tables, 0)
}

func (i *Inspection) writeRest(t *text) {
	if len(i.Connections) > 0 {
		t.line("")
		table := &ui.Table{Head: []string{"Login providers", "users", "connection needed in Kinde"}, Right: []bool{false, true}}
		for _, c := range i.Connections {
			need := cmp.Or(c.Strategy, "none for this provider; map it")
			if c.Enterprise {
				need = cmp.Or(c.Strategy, "an enterprise connection") + " (with --enterprise)"
			}
			table.Add(c.Provider, ui.Number(c.Count), need)
		}
		_ = table.Write(&t.b, t.tables, 0)
	}
	listed := func(heading string, m map[string]int64) {
		var rows []count
		names := byCount(m)
		for n, name := range names {
			if n == 20 {
				rows = append(rows, count{int64(len(names) - n), "more with --json"})
				break
			}
			rows = append(rows, count{m[name], ui.Line(name)})
		}
		t.counts(heading, rows)
	}
	listed("Duplicates, by the value they share", i.Duplicates)
	listed("What the tenant needs", i.Wants)
	listed("What would be left behind", i.LeftBehind)
	listed("Problems", i.ByCode)
	t.joins(i.Source.Joins)
}

package fetch

import (
	"context"
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// tell says what was fetched, and ends with the code that it deserves.
func (o *options) tell(e *cli.Env, m *fetch.Manifest) error {
	code := cli.ExitOK
	if m.State != fetch.Complete {
		code = cli.ExitDifferences
	}
	if o.output.JSON {
		if err := e.WriteJSON(m); err != nil {
			return err
		}
		return cli.Finished(code)
	}
	if err := o.text(e, m); err != nil {
		return err
	}
	return cli.Finished(code)
}

func (o *options) text(e *cli.Env, m *fetch.Manifest) error {
	fmt.Fprintf(e.IO.Out, "Fetched %s from %s into %s.\n", ui.Line(m.About.Source), ui.Line(m.About.From), o.out)
	t := &ui.Table{Head: []string{"what", "read", "the source counts"}}
	for _, l := range m.Lists {
		t.Add(l.Name, ui.Number(l.Rows), counted(l))
	}
	if err := t.Write(e.IO.Out, e.IO.Width(), 2); err != nil {
		return err
	}
	say := func(text string) { fmt.Fprintln(e.IO.Out, ui.Wrap(ui.Line(text), e.IO.Width(), 0)) }
	for _, l := range m.Lists {
		if l.JoinedNobody > 0 {
			say(fmt.Sprintf("%s of %s belong to nobody that was read.", ui.Number(l.JoinedNobody), l.Name))
		}
	}
	for _, u := range m.Unavailable {
		say("Not there: " + u.Why)
	}
	for _, n := range m.Notes {
		say(n)
	}
	if m.Partial {
		say("Only what changed since " + m.About.Since + ". This is a part of the source, so nobody counts as gone.")
	}
	if m.State != fetch.Complete {
		for _, l := range m.Lacking {
			say("FETCH_INCOMPLETE " + l.What + ": " + l.Why)
		}
		for _, l := range m.Lists {
			if len(l.Missing) > 0 {
				say(fmt.Sprintf("Missing from %s: %s", l.Name, strings.Join(l.Missing[:min(len(l.Missing), 20)], ", ")))
			}
		}
		say("Fetch again, or import what there is with --accept-incomplete.")
		return nil
	}
	say("The folder contains personal data, and may contain password hashes. Only you can read it.")
	mapped := ""
	if o.mapping != "" {
		mapped = " --mapping " + cli.ShellQuote(o.mapping)
	}
	_, err := fmt.Fprintf(e.IO.Out, "Rehearse the import with: %s import %s%s --sandbox\n", cli.Program, cli.ShellQuote(o.out), mapped)
	return err
}

func counted(l fetch.List) string {
	switch l.Kind {
	case fetch.Exact:
		return ui.Number(l.Count)
	case fetch.Estimate:
		return "about " + ui.Number(l.Count)
	}
	return "-"
}

// probe tells what can be read.
func (o *options) probe(ctx context.Context, e *cli.Env, source fetch.Source) error {
	probes, err := source.Check(ctx)
	if err != nil {
		return failure(err)
	}
	codes := []cli.Code{cli.ExitOK}
	t := &ui.Table{Head: []string{"what", "can be read", "what to do"}}
	for _, p := range probes {
		answer := "yes"
		switch {
		case p.Denied:
			answer = "not allowed"
			codes = append(codes, cli.ExitAuth)
		case !p.Found && p.Optional:
			answer = "not there"
		case !p.Found:
			answer = "no: " + p.Problem
			codes = append(codes, cli.ExitFailed)
		}
		t.Add(ui.Line(p.List), ui.Line(answer), ui.Line(p.Needs))
	}
	if o.output.JSON {
		err = e.WriteJSON(struct {
			Schema string        `json:"schema"`
			About  fetch.About   `json:"about"`
			Lists  []fetch.Probe `json:"lists"`
		}{"kinde-migrate.fetch-check/1", source.About(), probes})
	} else {
		err = t.Write(e.IO.Out, e.IO.Width(), 0)
	}
	if err != nil {
		return err
	}
	return cli.Finished(codes...)
}

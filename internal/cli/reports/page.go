package reports

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

// pageSource is what the page shows beside the report. A *checkpoint.Reader is one.
type pageSource interface {
	Groups(ctx context.Context, by checkpoint.GroupBy) ([]checkpoint.Group, error)
	OrganizationOutcomes(ctx context.Context) ([]checkpoint.Group, error)
	Buckets(ctx context.Context, run int64) ([]checkpoint.Bucket, error)
	Runs(ctx context.Context) ([]checkpoint.Run, error)
	report.CrossedRecords
}

func ShowValuesFlag(to *bool) cli.Flag {
	return cli.BoolFlag(to, cli.CatState, "show-values", "don't mask personal data in report.html")
}

// pageOf gathers the page of a job: aggregates alone, so that a million records
// make no bigger page than a thousand.
func pageOf(ctx context.Context, r *report.Report, c pageSource) (*page.Page, error) {
	p := &page.Page{Report: r}
	names, err := report.OrganizationNamesOf(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, g := range []struct {
		title, none string
		read        func() ([]checkpoint.Group, error)
	}{
		{"Provider", "none named", func() ([]checkpoint.Group, error) { return c.Groups(ctx, checkpoint.ByProvider) }},
		{"Connection", "none", func() ([]checkpoint.Group, error) { return c.Groups(ctx, checkpoint.ByConnection) }},
		{"Password hash", "no password", func() ([]checkpoint.Group, error) { return c.Groups(ctx, checkpoint.ByMethod) }},
		{"Organization", "none", func() ([]checkpoint.Group, error) { return organizationGroups(ctx, c, names) }},
		{"First sign-in", "unknown", func() ([]checkpoint.Group, error) { return c.Groups(ctx, checkpoint.BySignIn) }},
	} {
		counts, err := g.read()
		if err != nil {
			return nil, fmt.Errorf("counting records for the report page: %w", err)
		}
		p.AddGroup(g.title, g.none, counts)
	}
	buckets, err := c.Buckets(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("reading the progress of the job: %w", err)
	}
	for _, b := range buckets {
		p.Seconds = append(
			p.Seconds,
			page.Second{At: time.Unix(b.Second, 0), Requests: b.Requests, Throttled: b.Throttled, Users: b.Users, Limit: b.Limit},
		)
	}
	runs, err := c.Runs(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the runs of the job: %w", err)
	}
	for _, x := range runs {
		p.Runs = append(
			p.Runs,
			page.Span{Name: x.Name, Command: cmp.Or(x.Command, r.Command), Started: x.Started, Finished: x.Finished, End: x.End, Resumed: x.Resumed},
		)
	}
	return p, nil
}

func organizationGroups(ctx context.Context, c pageSource, names report.OrganizationNames) ([]checkpoint.Group, error) {
	groups, err := c.OrganizationOutcomes(ctx)
	for i := range groups {
		groups[i].Value = names.Show(groups[i].Value)
	}
	return groups, err
}

// savePage writes report.html beside the other reports.
func savePage(ctx context.Context, dir string, r *report.Report, c pageSource, show bool) error {
	p, err := pageOf(ctx, r, c)
	if err != nil {
		return err
	}
	p.ShowValues = show
	return p.Save(dir)
}

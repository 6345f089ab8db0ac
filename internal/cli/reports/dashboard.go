package reports

import (
	"context"
	"errors"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/dashboard"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

func DashboardFlag(to *string) cli.Flag {
	return cli.StringFlag(
		to,
		cli.CatOutput,
		"dashboard",
		"",
		"serve the report while the job runs, at an `ADDRESS` of this machine such as 127.0.0.1:0; its URL is shown on stderr",
	)
}

// ServeDashboard serves the report of a job while it runs, and tells its URL.
// The server ends with the command; "" serves nothing.
func ServeDashboard(ctx context.Context, e *cli.Env, address string, job *checkpoint.Reader, show bool) error {
	if address == "" {
		return nil
	}
	s, err := dashboard.Serve(context.WithoutCancel(ctx), address, func(ctx context.Context) (*page.Page, error) {
		r, err := report.Fold(ctx, job)
		if err != nil {
			return nil, err
		}
		p, err := pageOf(ctx, r, job)
		if err != nil {
			return nil, err
		}
		p.ShowValues = show
		return p, nil
	})
	if errors.Is(err, dashboard.ErrNotLoopback) {
		return cli.Usagef("--dashboard 127.0.0.1:0", "starting the dashboard: %w", err)
	}
	if err != nil {
		return cli.Failf("choose another port, or 0 for any that is free", "starting the dashboard: %w", err)
	}
	e.OnClose(s.Close)
	fmt.Fprintf(e.IO.Err, "Dashboard: %s\n", s.URL)
	return nil
}

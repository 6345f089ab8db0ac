package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/dashboard"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

func dashboardFlag(to *string) urfaveFlag {
	return strFlag(to, catOutput, "dashboard", "", "serve the report while the job runs, at an `ADDRESS` of this machine such as 127.0.0.1:0; its URL is shown on stderr")
}

// serveDashboard serves the report of a job while it runs, and tells its URL.
// The server ends with the command; "" serves nothing.
func serveDashboard(ctx context.Context, e *env, address string, job *checkpoint.Reader, show bool) error {
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
		return usagef("--dashboard 127.0.0.1:0", "starting the dashboard: %w", err)
	}
	if err != nil {
		return failf("choose another port, or 0 for any that is free", "starting the dashboard: %w", err)
	}
	e.onClose(s.Close)
	fmt.Fprintf(e.io.Err, "Dashboard: %s\n", s.URL)
	return nil
}

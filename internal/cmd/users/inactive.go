package users

import (
	"context"
	"fmt"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// parseDay reads a day or a moment, in UTC unless it says otherwise.
func parseDay(flag, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, cli.Usagef(flag+" 2026-01-31", "%s %q is not a date", flag, text)
}

// activeSince are the ids of those whom the tenant calls active since then. It
// knows more than the last sign-in that a list shows.
func activeSince(ctx context.Context, client *kinde.Client, since time.Time) (map[string]bool, error) {
	active := map[string]bool{}
	for u, err := range client.GetUsers(ctx, kinde.GetUsersRequest{ActiveSince: since}) {
		if err != nil {
			return nil, fmt.Errorf("reading who was active since %s: %w", since.Format(time.DateOnly), err)
		}
		active[u.ID] = true
	}
	return active, nil
}

// inactive leaves those who were not active since then. Who was created after
// it had no time to be.
func (o *usersOptions) inactive(ctx context.Context, e *cli.Env, client *kinde.Client, asks []bulk.Ask) ([]bulk.Ask, error) {
	active, err := activeSince(ctx, client, o.since)
	if err != nil {
		return nil, err
	}
	out, newer := asks[:0], 0
	for _, a := range asks {
		switch {
		case active[a.ID] || !a.User.LastSignedIn.Before(o.since):
		case !a.User.CreatedOn.Before(o.since):
			newer++
		default:
			out = append(out, a)
		}
	}
	if newer > 0 {
		fmt.Fprintf(e.IO.Err, "%d of the others were created since %s and have not signed in. They are not listed.\n", newer, o.inactiveSince)
	}
	return out, nil
}

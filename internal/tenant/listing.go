package tenant

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// listUsers reads the listings that the parts need into the stage, at once.
func (r *reader) listUsers(ctx context.Context) error {
	var g *errgroup.Group
	g, ctx = errgroup.WithContext(ctx)
	g.Go(func() error { return r.walk(ctx, viewListed, r.listed) })
	if r.parts.Properties {
		g.Go(func() error { return r.walk(ctx, viewFound, r.found) })
	}
	return g.Wait()
}

func (r *reader) listed(ctx context.Context, after string) iter.Seq2[kinde.Page[kinde.User], error] {
	return r.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: r.expand(false), After: after})
}

func (r *reader) found(ctx context.Context, after string) iter.Seq2[kinde.Page[kinde.User], error] {
	return r.tenant.SearchUsersPages(ctx, kinde.SearchUsersRequest{Expand: r.expand(true), After: after})
}

func (r *reader) expand(search bool) []string {
	var out []string
	if r.parts.Organizations {
		out = append(out, kinde.ExpandOrganizations)
	}
	if r.parts.Identities {
		out = append(out, kinde.ExpandIdentities)
	}
	if search && r.parts.Properties {
		out = append(out, kinde.ExpandProperties)
	}
	return out
}

type pageOfUsers = kinde.Page[kinde.User]

// prefetch is how many pages wait for being kept, so that the next request
// never waits for the disk.
const prefetch = 4

// walk reads one listing to its end, from where an earlier run stopped.
func (r *reader) walk(ctx context.Context, view string, list func(context.Context, string) iter.Seq2[pageOfUsers, error]) error {
	if done, err := r.stage.meta(ctx, view+".done"); err != nil || done != "" {
		return err
	}
	after, err := r.stage.meta(ctx, view+".after")
	if err != nil {
		return err
	}
	pages := make(chan pageOfUsers, prefetch)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(pages)
		return fetchPages(ctx, after, view == viewFound, list, pages)
	})
	g.Go(func() error {
		kept := context.WithoutCancel(ctx) // a page that came is worth keeping, whatever stops the run
		for p := range pages {
			if err := r.stage.putPage(kept, view, p.Items, p.Next, p.Next == ""); err != nil {
				return err
			}
			r.progress.read(view, len(p.Items))
		}
		return nil
	})
	return g.Wait()
}

// maxRestarts bounds how often a listing is taken up again at an earlier place.
const maxRestarts = 40

// fetchPages sends the pages of a listing. A cursor dies when its token expires
// or, in search, when the user that it names is deleted: then the listing goes
// on behind an earlier user, or from the start. Users that are shown again
// replace themselves.
func fetchPages(
	ctx context.Context,
	after string,
	byID bool,
	list func(context.Context, string) iter.Seq2[pageOfUsers, error],
	out chan<- pageOfUsers,
) error {
	var recent []string // ids of the last users of earlier pages, newest last
	for restarts := 0; ; restarts++ {
		cursor, ended := after, false
		for p, err := range list(ctx, after) {
			if err != nil {
				if restarts >= maxRestarts || cursor == "" || !lostCursor(err) {
					return fmt.Errorf("listing the users: %w", err)
				}
				recent = slices.DeleteFunc(recent, func(id string) bool { return id == cursor })
				after = ""
				if byID && len(recent) > 0 {
					// Half of what is known is left out each time: many may have gone at once.
					after = recent[len(recent)-1]
					recent = recent[:len(recent)/2]
				}
				ended = true
				break
			}
			cursor = p.Next
			if byID {
				for i := range p.Items {
					recent = append(recent, p.Items[i].ID)
				}
				recent = recent[max(0, len(recent)-1000):]
			}
			select {
			case out <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if !ended {
			return nil
		}
	}
}

// lostCursor tells whether a listing can't be taken up where it was.
func lostCursor(err error) bool {
	if _, ok := errors.AsType[*kinde.Error](err); !ok {
		return false
	}
	switch kinde.ClassOf(err) {
	case kinde.ClassFinal, kinde.ClassNotFound:
		return true
	}
	return false
}

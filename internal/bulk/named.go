package bulk

import (
	"context"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Named finds the users of the tenant whom the asks name, as a run would, without
// a run: for each ask those with one of its names.
func Named(ctx context.Context, t Target, asks []Ask) ([][]kinde.User, error) {
	f := finder{t, []string{kinde.ExpandIdentities}}
	out := make([][]kinde.User, 0, len(asks))
	for chunk := range slices.Chunk(asks, batch) {
		users := found{}
		var ids, emails, phones, usernames []string
		for i := range chunk {
			a := &chunk[i]
			ids, emails, phones, usernames = append(
				ids,
				a.ID,
				a.KnownAs,
				a.Any,
			), append(
				emails,
				a.Email,
			), append(
				phones,
				a.Phone,
			), append(
				usernames,
				a.username(),
			)
		}
		if err := f.find(ctx, users, ids, emails, phones, usernames); err != nil {
			return nil, err
		}
		for i := range chunk {
			a := &chunk[i]
			named := who(a, &checkpoint.Record{KindeID: a.KnownAs}, users)
			for _, by := range a.names() {
				if len(named) > 0 || a.ID != "" {
					break
				}
				if err := f.search(ctx, by.kind, by.value, users); err != nil {
					return nil, err
				}
				named = who(a, &checkpoint.Record{KindeID: a.KnownAs}, users)
			}
			out = append(out, named)
		}
	}
	return out, nil
}

// Key identifies an ask across runs.
func (a *Ask) Key() checkpoint.Digest { return a.key() }

// names are the names of an ask that a search may find.
func (a *Ask) names() []struct{ kind, value string } {
	return []struct{ kind, value string }{{"email", a.Email}, {"phone", a.Phone}, {"username", a.username()}}
}

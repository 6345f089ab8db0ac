package importer

import (
	"context"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// finder tells who is in the tenant already.
type finder struct {
	target Target
	// snapshot holds the tenant's users by their addresses and by their Kinde id,
	// when reading them all was the cheaper way.
	snapshot map[string]int32
	users    []kinde.User
	complete bool // snapshot holds everyone
	pages    int  // that were read for it
	pageSize int  // as the tenant cuts them
	// carriers holds, by provided id, the Kinde ids of the users that carry it.
	// Without a snapshot it knows the ids of the records in question only.
	carriers map[string][]string
}

// maxSnapshot bounds the users that are held in memory. A bigger tenant is asked by look-ups.
const maxSnapshot = 200_000

var inFull = []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}

// survey reads the tenant's users as long as that costs less than looking up
// would, which is budget requests. An empty tenant costs one. No filter finds
// who carries an id, so where ids are in question it reads on and keeps those.
func (f *finder) survey(ctx context.Context, budget int64, ids *idSurvey) error {
	f.snapshot, f.carriers = map[string]int32{}, map[string][]string{}
	for page, err := range f.target.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: inFull}) {
		if err != nil {
			return fmt.Errorf("reading who is in the tenant: %w", err)
		}
		f.pages++
		f.pageSize = max(f.pageSize, len(page.Items))
		if err := ids.add(ctx, page.Items); err != nil {
			return err
		}
		for _, u := range page.Items {
			if u.ProvidedID != "" && (f.snapshot != nil || ids.asks(u.ProvidedID)) {
				f.carriers[u.ProvidedID] = append(f.carriers[u.ProvidedID], u.ID)
			}
			if f.snapshot != nil {
				f.remember(u)
			}
		}
		if page.Next == "" {
			break
		}
		if f.snapshot != nil && (int64(f.pages) >= budget || len(f.users) > maxSnapshot) {
			f.snapshot, f.users = nil, nil
			more, err := ids.ask(ctx)
			if err != nil || !more {
				return err
			}
			for id := range f.carriers {
				if !ids.asks(id) {
					delete(f.carriers, id)
				}
			}
		}
	}
	f.complete = f.snapshot != nil
	return ids.keep(ctx)
}

func (f *finder) remember(u kinde.User) {
	n := int32(len(f.users))
	f.users = append(f.users, u)
	f.snapshot["kinde:"+u.ID] = n
	for _, a := range shownAddresses(&u) {
		f.snapshot[a] = n
	}
}

// match is who of the tenant a record hits.
type match struct {
	users []kinde.User // distinct: who has one of its addresses, and whom the checkpoint or the id says
	other string       // Kinde id of somebody else who carries the id of the record
}

// find returns whom each record hits.
func (f *finder) find(ctx context.Context, records []checkpoint.Record, users []*wanted) ([]match, error) {
	found := make([]match, len(users))
	holders, err := f.holders(ctx, users)
	if err != nil {
		return nil, err
	}
	var ids []string // whom no address showed
	for n, w := range users {
		for _, a := range addressesOf(w.identities) {
			if u, ok := holders[a]; ok {
				found[n].users = append(found[n].users, u)
			}
		}
		found[n].users = distinct(found[n].users)
		ids = append(ids, f.unseen(&records[n], w, found[n].users)...)
	}
	byID, err := f.byID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for n, w := range users {
		for _, id := range f.unseen(&records[n], w, found[n].users) {
			u, there := byID[id]
			switch {
			case !there:
			case id != records[n].KindeID && strange(&u, addressesOf(w.identities)):
				found[n].other = id
			default:
				found[n].users = append(found[n].users, u)
			}
		}
		found[n].users = distinct(found[n].users)
	}
	return found, nil
}

// unseen lists the users that a record may mean beside those with its
// addresses: the one that the checkpoint knows, and those who carry its id,
// unless somebody with an address does.
func (f *finder) unseen(r *checkpoint.Record, w *wanted, users []kinde.User) (ids []string) {
	if r.KindeID != "" {
		ids = append(ids, r.KindeID)
	}
	if id := w.user.SourceID; id != "" && !slices.ContainsFunc(users, func(u kinde.User) bool { return u.ProvidedID == id }) {
		ids = append(ids, f.carriers[id]...)
	}
	return slices.DeleteFunc(ids, func(id string) bool {
		return slices.ContainsFunc(users, func(u kinde.User) bool { return u.ID == id })
	})
}

// holders finds, by address, the users that have one of the records' addresses.
func (f *finder) holders(ctx context.Context, users []*wanted) (map[string]kinde.User, error) {
	holders := map[string]kinde.User{}
	if f.complete {
		for _, w := range users {
			for _, a := range addressesOf(w.identities) {
				if n, ok := f.snapshot[a]; ok {
					holders[a] = f.users[n]
				}
			}
		}
		return holders, nil
	}
	var all []mapping.Identity
	for _, w := range users {
		all = append(all, w.identities...)
	}
	for _, r := range lookUps(all) {
		for page, err := range f.target.GetUsersPages(ctx, r) {
			if err != nil {
				return nil, fmt.Errorf("looking up who exists: %w", err)
			}
			for _, u := range page.Items {
				for _, a := range shownAddresses(&u) {
					holders[a] = u
				}
			}
		}
	}
	return holders, nil
}

// byID looks at users by their Kinde ids. Who is gone is not in the answer.
func (f *finder) byID(ctx context.Context, ids []string) (map[string]kinde.User, error) {
	shown := make(map[string]kinde.User, len(ids))
	if f.complete {
		for _, id := range ids {
			if n, ok := f.snapshot["kinde:"+id]; ok {
				shown[id] = f.users[n]
			}
		}
		return shown, nil
	}
	slices.Sort(ids)
	for piece := range slices.Chunk(slices.Compact(ids), maxFilterIDs) {
		for page, err := range f.target.GetUsersPages(ctx, kinde.GetUsersRequest{UserIDs: piece, Expand: inFull}) {
			if err != nil {
				return nil, fmt.Errorf("looking up who exists: %w", err)
			}
			for _, u := range page.Items {
				shown[u.ID] = u
			}
		}
	}
	return shown, nil
}

package importer

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// A filter takes as many values as an address of a request may hold: servers
// and proxies commonly refuse more than 8 KiB, so half of that is plenty.
const (
	maxFilterBytes  = 4000
	maxFilterValues = 200
	// maxFilterIDs is how many ids one request asks for.
	maxFilterIDs = 100
)

// batches cuts values into pieces that fit into one request each.
func batches(values []string) [][]string {
	var out [][]string
	var piece []string
	size := 0
	for _, v := range values {
		n := len(url.QueryEscape(v)) + 3
		if len(piece) == maxFilterValues || size+n > maxFilterBytes && len(piece) > 0 {
			out, piece, size = append(out, piece), nil, 0
		}
		piece, size = append(piece, v), size+n
	}
	if len(piece) > 0 {
		out = append(out, piece)
	}
	return out
}

// lookUps returns the requests that find who has these identities. A filter may
// compare byte by byte, so an address is asked for as it is written and folded.
func lookUps(identities []mapping.Identity) []kinde.GetUsersRequest {
	var emails, phones, usernames []string
	for _, i := range identities {
		if strings.Contains(i.Value, ",") {
			continue // the filter's separator; a create tells whether the user exists
		}
		switch i.Type {
		case mapping.Email:
			emails = append(emails, i.Value)
			if folded := compare.Fold("email", i.Value); folded != i.Value {
				emails = append(emails, folded)
			}
		case mapping.Phone:
			phones = append(phones, i.Value)
		case mapping.Username:
			usernames = append(usernames, i.Value)
			if folded := compare.Fold("username", i.Value); folded != i.Value {
				usernames = append(usernames, folded)
			}
		}
	}
	expand := []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}
	var requests []kinde.GetUsersRequest
	for _, b := range batches(emails) {
		requests = append(requests, kinde.GetUsersRequest{Emails: b, Expand: expand})
	}
	for _, b := range batches(phones) {
		requests = append(requests, kinde.GetUsersRequest{Phones: b, Expand: expand})
	}
	for _, b := range batches(usernames) {
		requests = append(requests, kinde.GetUsersRequest{Usernames: b, Expand: expand})
	}
	return requests
}

// finder tells who is in the tenant already.
type finder struct {
	target Target
	// snapshot holds the tenant's users by what identifies them, when reading
	// them all was the cheaper way.
	snapshot map[string]int32
	users    []kinde.User
	complete bool // snapshot holds everyone
	pages    int  // that were read for it
	pageSize int  // as the tenant cuts them
}

// maxSnapshot bounds the users that are held in memory. A bigger tenant is asked by look-ups.
const maxSnapshot = 200_000

// survey reads the tenant's users as long as that costs less than looking up
// would, which is budget requests. An empty tenant costs one.
func (f *finder) survey(ctx context.Context, budget int64) error {
	f.snapshot = map[string]int32{}
	var read int64
	for page, err := range f.target.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}}) {
		if err != nil {
			return fmt.Errorf("reading who is in the tenant: %w", err)
		}
		read++
		f.pages++
		f.pageSize = max(f.pageSize, len(page.Items))
		for _, u := range page.Items {
			f.remember(u)
		}
		if page.Next == "" {
			break
		}
		if read >= budget || len(f.users) > maxSnapshot {
			f.snapshot, f.users = nil, nil
			return nil
		}
	}
	f.complete = true
	return nil
}

func (f *finder) remember(u kinde.User) {
	n := int32(len(f.users))
	f.users = append(f.users, u)
	if u.ProvidedID != "" {
		f.snapshot["id:"+u.ProvidedID] = n
	}
	for _, i := range shownIdentities(&u) {
		f.snapshot[i.Kind+":"+compare.Fold(i.Kind, i.Value)] = n
	}
}

// find returns, for each user, the distinct users of the tenant that it hits,
// the one with its source id first.
func (f *finder) find(ctx context.Context, users []*wanted) ([][]kinde.User, error) {
	found := make([][]kinde.User, len(users))
	if f.complete {
		for i, w := range users {
			found[i] = f.recall(w)
		}
		return found, nil
	}
	var all []mapping.Identity
	for _, w := range users {
		all = append(all, w.identities...)
	}
	holder := map[string]kinde.User{}
	for _, r := range lookUps(all) {
		for page, err := range f.target.GetUsersPages(ctx, r) {
			if err != nil {
				return nil, fmt.Errorf("looking up who exists: %w", err)
			}
			for _, u := range page.Items {
				for _, i := range shownIdentities(&u) {
					holder[i.Kind+":"+compare.Fold(i.Kind, i.Value)] = u
				}
			}
		}
	}
	for n, w := range users {
		for _, i := range w.identities {
			if u, ok := holder[string(i.Type)+":"+compare.Fold(string(i.Type), i.Value)]; ok {
				found[n] = append(found[n], u)
			}
		}
		found[n] = distinct(found[n])
	}
	return found, nil
}

func (f *finder) recall(w *wanted) []kinde.User {
	var hits []int32
	if n, ok := f.snapshot["id:"+w.user.SourceID]; ok && w.user.SourceID != "" {
		hits = append(hits, n)
	}
	for _, i := range w.identities {
		if n, ok := f.snapshot[string(i.Type)+":"+compare.Fold(string(i.Type), i.Value)]; ok && !slices.Contains(hits, n) {
			hits = append(hits, n)
		}
	}
	users := make([]kinde.User, len(hits))
	for i, n := range hits {
		users[i] = f.users[n]
	}
	return users
}

// lookUpCost estimates how many requests look-ups need for so many users, from
// how many identities of which kinds a record has.
func lookUpCost(emails, phones, usernames int64) int64 {
	pieces := func(n, size int64) int64 { return (n + size - 1) / size }
	return pieces(emails, 140) + pieces(phones, 200) + pieces(usernames, 200)
}

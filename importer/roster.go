package importer

import (
	"context"
	"fmt"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// rosters knows which roles the members of organizations have. A few members
// are asked for one by one; from then on the organization is listed once, by
// pages of hundreds, because one request for each of many members would cost
// more than everything else about them.
// The zero value knows nobody yet.
type rosters struct {
	mu sync.Mutex
	of map[string]*roster
}

type roster struct {
	mu    sync.Mutex
	asked int                 // members that were asked for one by one
	roles map[string][]string // by user; nil until the organization was listed
}

// singleLookUps is how many members of an organization are asked for one by
// one before it is listed.
const singleLookUps = 3

func (r *rosters) organization(code string) *roster {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string]*roster{}
	}
	o := r.of[code]
	if o == nil {
		o = &roster{}
		r.of[code] = o
	}
	return o
}

// roles returns the role keys of a member. Whoever is not in the list, because
// he joined after it was read, is asked for by himself.
func (r *rosters) roles(ctx context.Context, target Target, code, id string) ([]string, error) {
	o := r.organization(code)
	o.mu.Lock()
	if o.roles == nil && o.asked >= singleLookUps {
		listed, err := listRoles(ctx, target, code)
		if err != nil {
			o.mu.Unlock()
			return nil, err
		}
		o.roles = listed
	}
	o.asked++
	keys, known := o.roles[id]
	o.mu.Unlock()
	if known {
		return keys, nil
	}
	for role, err := range target.GetOrganizationUserRoles(ctx, code, id) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, role.Key)
	}
	return keys, nil
}

func listRoles(ctx context.Context, target Target, code string) (map[string][]string, error) {
	listed := map[string][]string{}
	for page, err := range target.GetOrganizationUsersPages(ctx, code, kinde.GetOrganizationUsersRequest{}) {
		if err != nil {
			return nil, fmt.Errorf("listing the members of %s: %w", code, err)
		}
		for _, m := range page.Items {
			listed[m.ID] = m.Roles
		}
	}
	return listed, nil
}

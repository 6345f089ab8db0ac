package importer

import (
	"context"
	"fmt"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// rosters knows which roles the members of organizations have. Members are
// asked for one by one until that has cost as much as the organization's list,
// as far as its size is known; from then on it is listed once, by pages of
// hundreds, because one request for each of many members would cost more than
// everything else about them.
// The zero value knows nobody yet.
type rosters struct {
	// sizes tells how many members of each organization the job knows; nil: it knows none.
	sizes func(context.Context) (map[string]checkpoint.StepTotals, error)

	mu    sync.Mutex
	of    map[string]*roster
	known map[string]checkpoint.StepTotals // what sizes told, once it was asked
}

type roster struct {
	mu    sync.Mutex
	asked int                 // members that were asked for one by one
	roles map[string][]string // by user; nil until the organization was listed
}

// singleLookUps is how many members of an organization are asked for one by
// one before it is listed, at least.
const singleLookUps = 3

// membersPerPage is what a page of a list holds.
const membersPerPage = 500

// patience is how many members are asked for one by one.
func (r *rosters) patience(ctx context.Context, code string) (int, error) {
	if r.sizes == nil {
		return singleLookUps, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		known, err := r.sizes(ctx)
		if err != nil {
			return 0, err
		}
		r.known = known
	}
	return max(singleLookUps, int(r.known[code].Done/membersPerPage)), nil
}

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
// they joined after it was read, is asked for singly.
func (r *rosters) roles(ctx context.Context, target Target, code, id string) ([]string, error) {
	o := r.organization(code)
	keys, known, err := o.look(ctx, target, code, id, r.patience)
	if err != nil || known {
		return keys, err
	}
	for role, err := range target.GetOrganizationUserRoles(ctx, code, id) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, role.Key)
	}
	return keys, nil
}

// look finds a member in the list of the organization, if it is worth reading.
func (o *roster) look(ctx context.Context, target Target, code, id string, patience func(context.Context, string) (int, error)) (keys []string, known bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.roles == nil && o.asked >= singleLookUps {
		enough, err := patience(ctx, code)
		if err != nil {
			return nil, false, err
		}
		if o.asked >= enough {
			if o.roles, err = listRoles(ctx, target, code); err != nil {
				return nil, false, err
			}
		}
	}
	o.asked++
	keys, known = o.roles[id]
	return keys, known, nil
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

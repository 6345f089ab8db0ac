package importer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

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
	known shared[map[string]checkpoint.StepTotals] // what sizes told, once it was asked

	mu sync.Mutex
	of map[string]*roster
}

type roster struct {
	asked atomic.Int64                // members that were asked for one by one
	roles shared[map[string][]string] // by user, once the organization was listed
}

// singleLookUps is how many members of an organization are asked for one by
// one before it is listed, at least.
const singleLookUps = 3

// membersPerPage is what a page of a list holds.
const membersPerPage = 500

// allowance is how many members are asked for one by one.
func (r *rosters) allowance(ctx context.Context, code string) (int64, error) {
	if r.sizes == nil {
		return singleLookUps, nil
	}
	known, err := r.known.get(ctx, r.sizes)
	return max(singleLookUps, known[code].Done/membersPerPage), err
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
	listed, err := r.list(ctx, target, code)
	if err != nil {
		return nil, err
	}
	keys, known := listed[id]
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

// list returns the list of the organization, nil as long as it is not worth reading.
func (r *rosters) list(ctx context.Context, target Target, code string) (map[string][]string, error) {
	o := r.organization(code)
	if listed, ok := o.roles.known(); ok {
		return listed, nil
	}
	asked := o.asked.Add(1) - 1
	if asked < singleLookUps {
		return nil, nil
	}
	if enough, err := r.allowance(ctx, code); err != nil || asked < enough {
		return nil, err
	}
	return o.roles.get(ctx, func(ctx context.Context) (map[string][]string, error) { return listRoles(ctx, target, code) })
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

package importer

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Resolver says how users of a source should look in one tenant, by the rules
// of an import. It never writes.
type Resolver struct {
	plan  planner
	names *Names
}

// NewResolver reads the definitions of a tenant that the names need.
func NewResolver(ctx context.Context, t Target, n *Names, opt Options) (*Resolver, error) {
	defs, err := readDefinitions(ctx, t, n, opt.Organization)
	if err != nil {
		return nil, err
	}
	return &Resolver{planner{opt: &opt, defs: defs}, n}, nil
}

// Desired returns the user as the tenant should show them, and what an import
// would say about them. rejected tells that an import would not create them.
func (r *Resolver) Desired(u *mapping.User) (want compare.User, problems []mapping.Problem, rejected bool) {
	w := r.plan.resolve(u)
	want = w.desired()
	for i, x := range w.identities {
		want.Identities[i].Verified = x.Verified
	}
	return want, w.problems, w.fatal
}

// Unknown lists what the source names and the tenant lacks.
func (r *Resolver) Unknown() []Unknown { return unknown(r.plan.defs, r.names, false) }

package importer

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Names gathers what the users of a source refer to, so that only those
// definitions are read of a tenant.
type Names struct{ all *names }

// NewNames returns an empty set.
func NewNames() *Names { return &Names{newNames()} }

// Add counts the names of a user, or with -1 takes them off again.
func (n *Names) Add(u *mapping.User, by int64) { n.all.add(u, by) }

// Resolver says how users of a source should look in one tenant, by the rules
// of an import. It never writes.
type Resolver struct {
	plan  planner
	names *names
}

// NewResolver reads the definitions of a tenant that the names need.
func NewResolver(ctx context.Context, t Target, n *Names, opt Options) (*Resolver, error) {
	defs, err := readDefinitions(ctx, t, n.all, opt.Organization)
	if err != nil {
		return nil, err
	}
	return &Resolver{planner{opt: &opt, defs: defs}, n.all}, nil
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

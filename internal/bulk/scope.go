package bulk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// knownScopes finds the API and its scopes by what a person calls them.
func (r *run) knownScopes(ctx context.Context) error {
	c := &r.opt.Change
	if _, err := r.Target.GetOrganization(ctx, c.Organization); err != nil {
		return r.organizationError(c.Organization, err)
	}
	var names []string
	for a, err := range r.Target.GetAPIs(ctx) {
		if err != nil {
			return fmt.Errorf("reading the APIs: %w", err)
		}
		if a.ID != c.API && a.Audience != c.API && a.Name != c.API {
			names = append(names, a.Audience)
			continue
		}
		r.api = a
		for _, key := range c.Scopes {
			at := slices.IndexFunc(a.Scopes, func(s kinde.APIScope) bool { return s.Key == key || s.ID == key })
			if at < 0 {
				return refused("Check the spelling.", "the API %s has no scope %q", a.Audience, key)
			}
			if !slices.Contains(r.scopes, a.Scopes[at]) {
				r.scopes = append(r.scopes, a.Scopes[at])
			}
		}
		return nil
	}
	return refused("Use one of "+strings.Join(names, ", ")+".", "the tenant has no API %q", c.API)
}

// scopeActions give a member the scopes, or take them. The API shows nobody's
// scopes, so they are set again by each new run.
func (r *run) scopeActions() (out []*action) {
	t, code := r.Target, r.opt.Change.Organization
	for _, scope := range r.scopes {
		a := &action{op: operation.AddOrganizationUserAPIScope, info: engine.Info{Kind: stepScopes, Key: scope.Key},
			do: func(ctx context.Context, id string) (bool, error) {
				return false, t.AddOrganizationUserAPIScope(ctx, code, id, r.api.ID, scope.ID)
			}}
		if r.opt.Verb == RemoveScope {
			a.op = operation.DeleteOrganizationUserAPIScope
			a.do = func(ctx context.Context, id string) (bool, error) {
				// The organization, the API and the scope are there, and so is the user: what
				// is not found is what was to be taken away.
				err := t.DeleteOrganizationUserAPIScope(ctx, code, id, r.api.ID, scope.ID)
				if gone, failed := kinde.Gone(ctx, t, id, err); kinde.ClassOf(err) == kinde.ClassNotFound && (gone || failed == err) {
					return true, nil
				}
				return false, err
			}
		}
		out = append(out, a)
	}
	return out
}

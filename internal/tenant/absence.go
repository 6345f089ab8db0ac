package tenant

import (
	"context"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A listing takes hours, and meanwhile users and what they refer to are deleted.
// What the tenant says is not there is left out only after another look: nobody
// is missing from a backup because something answered "not found".

// leaveOut forgets a user who is gone; every other failure stands.
func (r *reader) leaveOut(ctx context.Context, id string, failed error) error {
	gone, err := kinde.Gone(ctx, r.tenant, id, failed)
	if gone {
		return r.stage.remove(ctx, id)
	}
	return err
}

// unlessLeft drops a failure about a membership that a look-up no longer shows.
func (r *reader) unlessLeft(ctx context.Context, code, id string, failed error) error {
	if kinde.ClassOf(failed) != kinde.ClassNotFound {
		return failed
	}
	u, err := r.tenant.GetUserData(ctx, id, kinde.ExpandOrganizations)
	switch kinde.ClassOf(err) {
	case kinde.ClassNotFound:
		return nil
	case kinde.ClassNone:
		if !slices.Contains(u.Organizations, code) {
			return nil
		}
		return failed
	}
	return err
}

// unlessRoleGone drops a failure about a role that the list no longer shows.
func (r *reader) unlessRoleGone(ctx context.Context, id string, failed error) error {
	if kinde.ClassOf(failed) != kinde.ClassNotFound {
		return failed
	}
	for x, err := range r.tenant.GetRoles(ctx) {
		if err != nil {
			return err
		}
		if x.ID == id {
			return failed
		}
	}
	return nil
}

// unlessOrganizationGone drops a failure about an organization that the list no
// longer shows.
func (r *reader) unlessOrganizationGone(ctx context.Context, code string, failed error) error {
	if kinde.ClassOf(failed) != kinde.ClassNotFound {
		return failed
	}
	for x, err := range r.tenant.GetOrganizations(ctx, kinde.ListRequest{}) {
		if err != nil {
			return err
		}
		if x.Code == code {
			return failed
		}
	}
	return nil
}

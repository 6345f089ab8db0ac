package tenant

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// readPermissions reads the permissions that members have beside those of
// their roles. An organization's list of members can be filtered by permission;
// that is complete and costs a few requests for each permission and
// organization. With more permissions than members, each membership is asked for.
func (r *reader) readPermissions(ctx context.Context) error {
	if done, err := r.stage.meta(ctx, "permissions"); err != nil || done != "" {
		return err
	}
	if err := r.listPermissions(ctx); err != nil {
		return err
	}
	codes, pages, err := r.memberPages(ctx)
	if err != nil {
		return err
	}
	memberships, err := r.stage.count(ctx, "SELECT count(*) FROM member WHERE claimed")
	if err != nil {
		return err
	}
	cost := int64(len(r.permissions)) * pages
	if users, err := r.stage.count(ctx, "SELECT count(*) FROM user"); err != nil {
		return err
	} else if r.opt.Thrifty && min(cost, memberships) > max(thrift, 2*users/pageSize) {
		r.skippedPermissions = true
		return nil
	}
	filters := false
	if len(r.permissions) > 0 && cost <= memberships {
		if filters, err = r.filtersByPermission(ctx); err != nil {
			return err
		}
	}
	if filters {
		err = r.permissionsByFilter(ctx, codes)
	} else if len(r.permissions) > 0 {
		err = r.permissionsByMember(ctx)
	}
	if err != nil {
		return err
	}
	return r.stage.setMeta(ctx, "permissions", "done")
}

// thrift is how many requests a Thrifty reading spends on permissions in any case.
const thrift = 50

// listPermissions reads the permissions and which roles grant them.
func (r *reader) listPermissions(ctx context.Context) error {
	if r.granted != nil {
		return nil
	}
	for p, err := range r.tenant.GetPermissions(ctx) {
		if err != nil {
			return fmt.Errorf("listing the permissions: %w", err)
		}
		r.permissions = append(r.permissions, p)
	}
	granted := map[string][]string{}
	for _, role := range r.roles {
		for p, err := range r.tenant.GetRolePermissions(ctx, role.ID) {
			if err != nil {
				if err = r.unlessRoleGone(ctx, role.ID, err); err != nil {
					return fmt.Errorf("listing the permissions of the role %s: %w", role.Key, err)
				}
				break
			}
			granted[role.Key] = append(granted[role.Key], p.Key)
		}
	}
	r.granted = granted
	return nil
}

// noPermission is a key that no tenant defines.
const noPermission = "kinde-migrate-no-such-permission"

// filtersByPermission asks the fullest organization for the members with a
// permission that does not exist. A tenant that overlooks the filter names
// everyone, and would have a restore give every permission to everyone.
func (r *reader) filtersByPermission(ctx context.Context) (bool, error) {
	fullest, err := r.stage.ids(ctx, "SELECT org FROM member WHERE claimed AND org > ? GROUP BY org ORDER BY count(*) DESC LIMIT ?", "", 1)
	if err != nil || len(fullest) == 0 {
		return false, err
	}
	request := kinde.GetOrganizationUsersRequest{Permissions: []string{noPermission}}
	for page, err := range r.tenant.GetOrganizationUsersPages(ctx, fullest[0], request) {
		switch kinde.ClassOf(err) {
		case kinde.ClassFinal, kinde.ClassNotFound:
			return true, nil // a tenant that refuses the key has read it
		}
		if err != nil {
			return false, fmt.Errorf("asking whether lists of members can be filtered by permission: %w", err)
		}
		return len(page.Items) == 0, nil
	}
	return true, nil
}

func (r *reader) permissionsByFilter(ctx context.Context, codes []string) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opt.Concurrency)
	for _, code := range codes {
		for _, p := range r.permissions {
			g.Go(func() error {
				request := kinde.GetOrganizationUsersRequest{Permissions: []string{p.Key}}
				for page, err := range r.tenant.GetOrganizationUsersPages(gctx, code, request) {
					if err != nil {
						if err = r.unlessOrganizationGone(gctx, code, err); err == nil {
							return nil
						}
						return fmt.Errorf("listing who has the permission %s in %s: %w", p.Key, code, err)
					}
					for i := range page.Items {
						if r.grants(page.Items[i].Roles, p.Key) {
							continue
						}
						if err := r.stage.putPermissions(gctx, code, page.Items[i].ID, p.Key); err != nil {
							return err
						}
					}
				}
				return nil
			})
		}
	}
	return g.Wait()
}

// grants tells whether one of the roles carries the permission.
func (r *reader) grants(roles []string, permission string) bool {
	return slices.ContainsFunc(roles, func(key string) bool { return slices.Contains(r.granted[key], permission) })
}

func (r *reader) permissionsByMember(ctx context.Context) error {
	after := ""
	for {
		ids, err := r.stage.ids(ctx, "SELECT DISTINCT user FROM member WHERE claimed AND user > ? ORDER BY user LIMIT ?", after, 200)
		if err != nil || len(ids) == 0 {
			return err
		}
		members, err := r.stage.members(ctx, after, ids[len(ids)-1])
		if err != nil {
			return err
		}
		err = r.each(ctx, ids, func(ctx context.Context, id string) error {
			for _, m := range members[id] {
				if err := r.permissionsOf(ctx, id, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (r *reader) permissionsOf(ctx context.Context, id string, m stagedMember) error {
	for p, err := range r.tenant.GetOrganizationUserPermissions(ctx, m.org, id) {
		if err != nil {
			if err = r.unlessLeft(ctx, m.org, id, err); err == nil {
				return nil
			}
			return fmt.Errorf("reading the permissions of the user %s: %w", id, err)
		}
		if len(p.Roles) > 0 || r.grants(m.roles, p.Key) {
			continue
		}
		if err := r.stage.putPermissions(ctx, m.org, id, p.Key); err != nil {
			return err
		}
	}
	return nil
}

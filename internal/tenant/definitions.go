package tenant

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// The rows of a backup's smaller files.

// OrganizationRow is an organization. Properties and flags are read with Full.
type OrganizationRow struct {
	Code        string                       `json:"code"`
	Name        string                       `json:"name"`
	Handle      string                       `json:"handle,omitempty"`
	ExternalID  string                       `json:"external_id,omitempty"`
	IsDefault   bool                         `json:"is_default"`
	IsSuspended bool                         `json:"is_suspended"`
	IsAutoJoin  bool                         `json:"is_auto_membership_enabled"`
	CreatedOn   *time.Time                   `json:"created_on,omitempty"`
	Properties  map[string]string            `json:"properties,omitzero"`
	Flags       map[string]kinde.FeatureFlag `json:"feature_flags,omitzero"`
}

// RoleRow is a role with the keys of its permissions.
type RoleRow struct {
	ID          string   `json:"id"`
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	IsDefault   bool     `json:"is_default_role"`
	Permissions []string `json:"permissions"`
}

// PermissionRow is a permission.
type PermissionRow struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// PropertyRow is the definition of a property.
type PropertyRow struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Context     string `json:"context"` // usr, org or app
	IsPrivate   bool   `json:"is_private"`
	IsKinde     bool   `json:"is_kinde_property"`
}

// CategoryRow is a category of properties.
type CategoryRow struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Context string `json:"context"`
}

// ConnectionRow is a connection, without its secrets.
type ConnectionRow struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name,omitempty"`
	Strategy    string `json:"strategy"`
}

// FlagRow is a feature flag of the environment.
type FlagRow struct {
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// MembershipRow is one user's place in one organization.
type MembershipRow struct {
	UserID       string   `json:"user_id"`
	Email        string   `json:"email,omitempty"`
	Organization string   `json:"organization_code"`
	ExternalID   string   `json:"organization_external_id,omitempty"`
	Roles        []string `json:"roles"`
	Permissions  []string `json:"permissions,omitzero"`
}

// Lists are all definitions of a tenant.
type Lists struct {
	Organizations []OrganizationRow
	Roles         []RoleRow
	Permissions   []PermissionRow
	Properties    []PropertyRow
	Categories    []CategoryRow
	Connections   []ConnectionRow
	Flags         []FlagRow
}

// Lists reads the definitions that the users did not bring along. full asks for
// each organization what only a request for itself shows.
func (x *Reading) Lists(ctx context.Context, full bool) (*Lists, error) { return x.r.lists(ctx, full) }

// lists completes what reading the users has read already.
func (r *reader) lists(ctx context.Context, full bool) (*Lists, error) {
	d := &Lists{}
	if r.roles == nil {
		if err := r.listRoles(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.listPermissions(ctx); err != nil {
		return nil, err
	}
	if r.connections == nil {
		if err := r.listConnections(ctx); err != nil {
			return nil, err
		}
	}
	for _, role := range r.roles {
		keys := append([]string{}, r.granted[role.Key]...)
		slices.Sort(keys)
		d.Roles = append(d.Roles, RoleRow{role.ID, role.Key, role.Name, role.Description, role.IsDefaultRole, keys})
	}
	for _, p := range r.permissions {
		d.Permissions = append(d.Permissions, PermissionRow{p.ID, p.Key, p.Name, p.Description})
	}
	for _, c := range r.connections {
		d.Connections = append(d.Connections, ConnectionRow{c.ID, c.Name, c.DisplayName, c.Strategy})
	}
	if err := r.readProperties(ctx, d); err != nil {
		return nil, err
	}
	flags, err := r.tenant.GetEnvironmentFeatureFlags(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the feature flags: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		d.Flags = append(d.Flags, FlagRow{key, flags[key].Type, flags[key].Value})
	}
	if err := r.readOrganizations(ctx, d, full); err != nil {
		return nil, err
	}
	slices.SortFunc(d.Roles, func(a, b RoleRow) int { return strings.Compare(a.Key, b.Key) })
	slices.SortFunc(d.Permissions, func(a, b PermissionRow) int { return strings.Compare(a.Key, b.Key) })
	slices.SortFunc(d.Connections, func(a, b ConnectionRow) int { return strings.Compare(a.ID, b.ID) })
	return d, nil
}

func (r *reader) readProperties(ctx context.Context, d *Lists) error {
	for _, of := range []string{kinde.ContextUser, kinde.ContextOrganization, kinde.ContextApplication} {
		for p, err := range r.tenant.GetProperties(ctx, of) {
			if err != nil {
				return fmt.Errorf("listing the properties: %w", err)
			}
			d.Properties = append(d.Properties, PropertyRow{p.ID, p.Key, p.Name, p.Description, of, p.IsPrivate, p.IsKindeProperty})
		}
	}
	for _, of := range []string{kinde.ContextUser, kinde.ContextOrganization} {
		for c, err := range r.tenant.GetCategories(ctx, of) {
			if err != nil {
				return fmt.Errorf("listing the categories of properties: %w", err)
			}
			d.Categories = append(d.Categories, CategoryRow{c.ID, c.Name, of})
		}
	}
	return nil
}

func (r *reader) readOrganizations(ctx context.Context, d *Lists, full bool) error {
	for _, o := range (&Reading{r}).Organizations() {
		d.Organizations = append(
			d.Organizations,
			OrganizationRow{Code: o.Code, Name: o.Name, Handle: o.Handle, ExternalID: o.ExternalID, IsDefault: o.IsDefault,
				IsSuspended: o.IsSuspended, IsAutoJoin: o.IsAutoMembershipEnabled, CreatedOn: moment(o.CreatedOn)},
		)
	}
	if !full {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opt.Concurrency)
	for i := range d.Organizations {
		o := &d.Organizations[i]
		g.Go(func() error {
			// Only the operation for one organization shows whether it is suspended.
			one, err := r.tenant.GetOrganization(ctx, o.Code)
			if err != nil {
				if err = r.unlessOrganizationGone(ctx, o.Code, err); err == nil {
					return nil
				}
				return fmt.Errorf("reading the organization %s: %w", o.Code, err)
			}
			o.IsSuspended = o.IsSuspended || one.IsSuspended
			o.Properties = map[string]string{}
			for v, err := range r.tenant.GetOrganizationPropertyValues(ctx, o.Code) {
				if err != nil {
					if err = r.unlessOrganizationGone(ctx, o.Code, err); err == nil {
						return nil
					}
					return fmt.Errorf("reading the properties of the organization %s: %w", o.Code, err)
				}
				o.Properties[v.Key] = v.Value
			}
			flags, err := r.tenant.GetOrganizationFeatureFlags(ctx, o.Code)
			if err = r.unlessOrganizationGone(ctx, o.Code, err); err != nil {
				return fmt.Errorf("reading the feature flags of the organization %s: %w", o.Code, err)
			}
			o.Flags = flags
			return nil
		})
	}
	return g.Wait()
}

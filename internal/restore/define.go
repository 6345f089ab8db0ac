package restore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Definer is a tenant that definitions are restored into. A *kinde.Client is one.
type Definer interface {
	definition.Tenant
	UpdateRolePermissions(ctx context.Context, roleID string, add, remove []string) (kinde.RolePermissionsChanged, error)
	UpdateOrganization(ctx context.Context, code string, r kinde.UpdateOrganizationRequest) error
	UpdateOrganizationProperties(ctx context.Context, code string, properties map[string]string) error
	UpdateOrganizationFeatureFlagOverride(ctx context.Context, code, key, value string) error
}

// Inventory keeps what a restoration creates, so that a rollback can delete it
// and the next run knows it for its own. An *importer.Inventory is one.
type Inventory interface {
	definition.Notes
	// Put notes the id of one that an earlier run was about to create.
	Put(ctx context.Context, kind, id, name string) error
	Has(kind, id string) bool
	Began(kind, name string) bool
}

// Defined is what a restoration did about definitions.
type Defined struct {
	Created []string // "role editor": created, or to be created
	Lacking []string // what users refer to and nobody may or can create
	Failed  []string // what the tenant refused, and why
	Kept    []string // organizations that were there and keep what they have, though the backup holds more of them
	// Default is the tenant's default organization, which users who were in none join; "" when there is no such user or organization.
	Default string
}

// DefineOptions says what may be done about definitions.
type DefineOptions struct {
	Create, DryRun bool
	Inventory      Inventory // nil: nobody keeps it
}

// Define creates what the tenant lacks, so that users can refer to it, and
// learns the ids that it has there. In a dry run nothing is created; without
// Create, neither. Of a selection only what its users refer to is created.
// Calling it again creates nothing twice. Organizations that it creates get their
// state, properties and feature flags back; those that were there keep theirs.
func (r *Restoration) Define(ctx context.Context, t Definer, o DefineOptions) (*Defined, error) {
	d := &definer{
		r:         r,
		t:         t,
		create:    o.Create,
		dry:       o.DryRun,
		inventory: o.Inventory,
		there:     definition.Of(t),
		out:       &Defined{},
		ours:      map[string]bool{},
	}
	d.there.Notes = o.Inventory
	for _, step := range []func(context.Context) error{d.organizations, d.permissions, d.roles, d.properties, d.flags, d.organizationParts,
		d.connections} {
		if err := step(ctx); err != nil {
			return d.out, err
		}
	}
	return d.out, nil
}

type definer struct {
	r           *Restoration
	t           Definer
	create, dry bool
	out         *Defined
	there       *definition.Set
	inventory   Inventory
	ours        map[string]bool // codes in the tenant of organizations that this restoration created
}

// lacks creates a definition that the tenant lacks, if that is wanted and allowed.
func (d *definer) lacks(what string, used bool, create func() error) error {
	switch {
	case d.r.opt.Selection.Partial() && !used:
		return nil
	case !d.create:
		if used {
			d.out.Lacking = append(d.out.Lacking, what)
		}
		return nil
	case !d.dry:
		if err := create(); err != nil {
			return err
		}
	}
	d.out.Created = append(d.out.Created, what)
	return nil
}

func (d *definer) permissions(ctx context.Context) error {
	rows, err := backup.ReadList[tenant.PermissionRow](d.r.backup, backup.KindPermissions)
	if err != nil || len(rows) == 0 {
		return err
	}
	roles, err := d.backupRoles()
	if err != nil {
		return err
	}
	if err := d.there.Read(ctx, definition.Permission); err != nil {
		return err
	}
	for _, p := range rows {
		used := d.r.used.permissions[p.Key] ||
			slices.ContainsFunc(roles, func(x tenant.RoleRow) bool { return d.r.used.roles[x.Key] && slices.Contains(x.Permissions, p.Key) })
		if d.there.Has(definition.Permission, p.Key) {
			continue
		}
		if err := d.lacks("permission "+p.Key, used, func() error {
			return d.there.CreatePermission(ctx, kinde.CreatePermissionRequest{Key: p.Key, Name: p.Name, Description: p.Description})
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d *definer) backupRoles() ([]tenant.RoleRow, error) {
	return backup.ReadList[tenant.RoleRow](d.r.backup, backup.KindRoles)
}

func (d *definer) roles(ctx context.Context) error {
	rows, err := d.backupRoles()
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := d.there.Read(ctx, definition.Role); err != nil {
		return err
	}
	for _, x := range rows {
		if d.there.Has(definition.Role, x.Key) {
			if err := d.adoptRole(ctx, x); err != nil {
				return err
			}
			continue
		}
		if err := d.lacks("role "+x.Key, d.r.used.roles[x.Key], func() error { return d.createRole(ctx, x) }); err != nil {
			return err
		}
	}
	return nil
}

func (d *definer) createRole(ctx context.Context, x tenant.RoleRow) error {
	if err := d.there.CreateRole(ctx, kinde.CreateRoleRequest{Key: x.Key, Name: x.Name, Description: x.Description,
		IsDefault: x.IsDefault}); err != nil {
		return err
	}
	id, err := d.there.ID(ctx, definition.Role, x.Key)
	if err != nil {
		return err
	}
	return d.grant(ctx, id, x)
}

// adoptRole gives a role that an earlier run of this restoration created, or was
// about to, the permissions that it may lack since.
func (d *definer) adoptRole(ctx context.Context, x tenant.RoleRow) error {
	if d.inventory == nil || d.dry {
		return nil
	}
	id, err := d.there.ID(ctx, definition.Role, x.Key)
	if err != nil {
		return err
	}
	if ours, err := d.made(ctx, "role", id, x.Key); err != nil || !ours {
		return err
	}
	return d.grant(ctx, id, x)
}

// made tells whether an earlier run of this restoration created a definition that is
// there, or was about to.
func (d *definer) made(ctx context.Context, kind, id, name string) (bool, error) {
	if d.inventory.Began(kind, name) {
		if err := d.inventory.Put(ctx, kind, id, name); err != nil {
			return false, err
		}
	}
	return d.inventory.Has(kind, id), nil
}

// grant gives a role the permissions that it had.
func (d *definer) grant(ctx context.Context, role string, x tenant.RoleRow) error {
	var ids []string
	for _, key := range x.Permissions {
		id, err := d.there.ID(ctx, definition.Permission, key)
		if err != nil {
			return err
		}
		if id == "" {
			d.out.Failed = append(d.out.Failed, fmt.Sprintf("the permission %s of the role %s: it is not defined in the tenant", key, x.Key))
			continue
		}
		ids = append(ids, id)
	}
	for piece := range slices.Chunk(ids, kinde.MaxBulkUsers) {
		if _, err := d.t.UpdateRolePermissions(ctx, role, piece, nil); err != nil {
			return fmt.Errorf("giving the role %s its permissions: %w", x.Key, err)
		}
	}
	return nil
}

func (d *definer) properties(ctx context.Context) error {
	rows, err := backup.ReadList[tenant.PropertyRow](d.r.backup, backup.KindProperties)
	if err != nil {
		return err
	}
	categories, err := backup.ReadList[tenant.CategoryRow](d.r.backup, backup.KindCategories)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		kind definition.Kind
		of   string
	}{{definition.UserProperty, kinde.ContextUser}, {definition.OrganizationProperty, kinde.ContextOrganization}} {
		kind, of := side.kind, side.of
		if err := d.there.Read(ctx, kind); err != nil {
			return err
		}
		// The API does not show in which category a property is: the first of the backup, by name.
		name := "Restored"
		if i := slices.IndexFunc(categories, func(c tenant.CategoryRow) bool { return c.Context == of }); i >= 0 {
			name = categories[i].Name
		}
		for _, p := range rows {
			used := of == kinde.ContextUser && d.r.used.properties[p.Key]
			if p.Context != of || p.IsKinde || d.there.Has(kind, p.Key) {
				continue
			}
			if err := d.lacks("property "+p.Key, used, func() error {
				category, err := d.there.Category(ctx, of, name, false)
				if err != nil {
					return err
				}
				return d.there.CreateProperty(ctx, kinde.CreatePropertyRequest{Key: p.Key, Name: p.Name, Description: p.Description,
					Context: of, IsPrivate: p.IsPrivate, CategoryID: category})
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *definer) flags(ctx context.Context) error {
	rows, err := backup.ReadList[tenant.FlagRow](d.r.backup, backup.KindFlags)
	if err != nil || len(rows) == 0 || d.r.opt.Selection.Partial() {
		return err
	}
	if err := d.there.Read(ctx, definition.Flag); err != nil {
		return err
	}
	for _, f := range rows {
		kind := flagType(f.Type)
		if d.there.Has(definition.Flag, f.Key) {
			continue
		}
		if kind == "" {
			d.out.Lacking = append(d.out.Lacking, "feature flag "+f.Key+" of type "+f.Type)
			continue
		}
		if err := d.lacks("feature flag "+f.Key, false, func() error { return d.there.CreateFlag(ctx, f.Key, kind, f.Value) }); err != nil {
			return err
		}
	}
	return nil
}

// flagType turns the types that are shown into those that are created.
func flagType(shown string) string {
	switch strings.ToLower(shown) {
	case "str", "string", "s":
		return "str"
	case "int", "integer", "i":
		return "int"
	case "bool", "boolean", "b":
		return "bool"
	}
	return ""
}

// connections learns the tenant's ids: the same id, else the same strategy and
// name, else the only one of the strategy. The API creates none without secrets.
func (d *definer) connections(ctx context.Context) error {
	rows, err := backup.ReadList[tenant.ConnectionRow](d.r.backup, backup.KindConnections)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := d.there.ReadConnections(ctx); err != nil {
		return err
	}
	for _, row := range rows {
		for _, same := range []func(kinde.Connection) bool{
			func(c kinde.Connection) bool { return c.ID == row.ID },
			func(c kinde.Connection) bool { return c.Strategy == row.Strategy && c.Name == row.Name },
			func(c kinde.Connection) bool { return c.Strategy == row.Strategy },
		} {
			var hits []string
			for _, c := range d.there.Connections() {
				if same(c) {
					hits = append(hits, c.ID)
				}
			}
			if len(hits) == 1 {
				d.r.connections[row.ID] = hits[0]
				break
			}
		}
	}
	return nil
}

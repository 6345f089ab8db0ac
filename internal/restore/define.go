package restore

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Definer is a tenant that definitions are restored into. A *kinde.Client is one.
type Definer interface {
	GetOrganizations(ctx context.Context, r kinde.ListRequest) iter.Seq2[kinde.Organization, error]
	CreateOrganization(ctx context.Context, r kinde.CreateOrganizationRequest) (string, error)
	GetRoles(ctx context.Context) iter.Seq2[kinde.Role, error]
	CreateRole(ctx context.Context, r kinde.CreateRoleRequest) (string, error)
	UpdateRolePermissions(ctx context.Context, roleID string, add, remove []string) (kinde.RolePermissionsChanged, error)
	GetPermissions(ctx context.Context) iter.Seq2[kinde.Permission, error]
	CreatePermission(ctx context.Context, r kinde.CreatePermissionRequest) (string, error)
	GetProperties(ctx context.Context, of string) iter.Seq2[kinde.Property, error]
	CreateProperty(ctx context.Context, r kinde.CreatePropertyRequest) (string, error)
	GetCategories(ctx context.Context, of string) iter.Seq2[kinde.Category, error]
	CreateCategory(ctx context.Context, name, of string) (string, error)
	GetConnections(ctx context.Context) iter.Seq2[kinde.Connection, error]
	GetEnvironmentFeatureFlags(ctx context.Context) (map[string]kinde.FeatureFlag, error)
	CreateFeatureFlag(ctx context.Context, r kinde.CreateFeatureFlagRequest) error
	UpdateOrganization(ctx context.Context, code string, r kinde.UpdateOrganizationRequest) error
	UpdateOrganizationProperties(ctx context.Context, code string, properties map[string]string) error
	UpdateOrganizationFeatureFlagOverride(ctx context.Context, code, key, value string) error
}

// Inventory keeps what a restoration creates, so that a rollback can delete it
// and the next run knows it for its own. An *importer.Inventory is one.
type Inventory interface {
	// Create notes a definition around the call that makes it and returns its id.
	Create(ctx context.Context, kind, name string, call func() (id string, err error)) error
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
	d := &definer{r: r, t: t, create: o.Create, dry: o.DryRun, inventory: o.Inventory, out: &Defined{}, ours: map[string]bool{}}
	for _, step := range []func(context.Context) error{d.organizations, d.permissions, d.roles, d.properties, d.flags, d.organizationParts, d.connections} {
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
	permission  map[string]string // key -> id in the tenant
	inventory   Inventory
	ours        map[string]bool // codes in the tenant of organizations that this restoration created
	orgKeys     map[string]bool // properties of organizations that the tenant defines
}

// creating makes a definition, noted where a rollback finds it.
func (d *definer) creating(ctx context.Context, kind, name string, call func() error, happened func() (bool, error), id func() string) error {
	make := func() (string, error) {
		err := kinde.Once(ctx, call, happened)
		return id(), err
	}
	if d.inventory == nil {
		_, err := make()
		return err
	}
	return d.inventory.Create(ctx, kind, name, make)
}

// wants tells whether a definition is to be created now.
func (d *definer) wants(what string, used bool) bool {
	if d.r.opt.Selection.Partial() && !used {
		return false
	}
	if !d.create {
		if used {
			d.out.Lacking = append(d.out.Lacking, what)
		}
		return false
	}
	d.out.Created = append(d.out.Created, what)
	return !d.dry
}

func (d *definer) listPermissions(ctx context.Context) error {
	d.permission = map[string]string{}
	for p, err := range d.t.GetPermissions(ctx) {
		if err != nil {
			return fmt.Errorf("listing the permissions: %w", err)
		}
		d.permission[p.Key] = p.ID
	}
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
	if err := d.listPermissions(ctx); err != nil {
		return err
	}
	created := false
	for _, p := range rows {
		used := d.r.used.permissions[p.Key] || slices.ContainsFunc(roles, func(x tenant.RoleRow) bool { return d.r.used.roles[x.Key] && slices.Contains(x.Permissions, p.Key) })
		if _, ok := d.permission[p.Key]; ok || !d.wants("permission "+p.Key, used) {
			continue
		}
		err := d.creating(ctx, "permission", p.Key, func() error {
			_, err := d.t.CreatePermission(ctx, kinde.CreatePermissionRequest{Key: p.Key, Name: p.Name, Description: p.Description})
			return err
		}, func() (bool, error) {
			err := d.listPermissions(ctx)
			return d.permission[p.Key] != "", err
		}, func() string { return d.permission[p.Key] })
		if err != nil {
			return fmt.Errorf("creating the permission %s: %w", p.Key, err)
		}
		created = true
	}
	if created {
		return d.listPermissions(ctx) // the answers promise no ids
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
	ids := map[string]string{}
	list := func() error {
		for x, err := range d.t.GetRoles(ctx) {
			if err != nil {
				return fmt.Errorf("listing the roles: %w", err)
			}
			ids[x.Key] = x.ID
		}
		return nil
	}
	if err := list(); err != nil {
		return err
	}
	for _, x := range rows {
		if _, ok := ids[x.Key]; ok || !d.wants("role "+x.Key, d.r.used.roles[x.Key]) {
			continue
		}
		err := d.creating(ctx, "role", x.Key, func() (err error) {
			ids[x.Key], err = d.t.CreateRole(ctx, kinde.CreateRoleRequest{Key: x.Key, Name: x.Name, Description: x.Description, IsDefault: x.IsDefault})
			return err
		}, func() (bool, error) {
			err := list()
			return ids[x.Key] != "", err
		}, func() string { return ids[x.Key] })
		if err == nil && ids[x.Key] == "" {
			err = list()
		}
		if err != nil {
			return fmt.Errorf("creating the role %s: %w", x.Key, err)
		}
		var grant []string
		for _, key := range x.Permissions {
			if id := d.permission[key]; id != "" {
				grant = append(grant, id)
			}
		}
		for piece := range slices.Chunk(grant, kinde.MaxBulkUsers) {
			if _, err := d.t.UpdateRolePermissions(ctx, ids[x.Key], piece, nil); err != nil {
				return fmt.Errorf("giving the role %s its permissions: %w", x.Key, err)
			}
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
	for _, of := range []string{kinde.ContextUser, kinde.ContextOrganization} {
		there := map[string]bool{}
		list := func() error {
			for p, err := range d.t.GetProperties(ctx, of) {
				if err != nil {
					return fmt.Errorf("listing the properties: %w", err)
				}
				there[p.Key] = true
			}
			return nil
		}
		if err := list(); err != nil {
			return err
		}
		category := ""
		for _, p := range rows {
			used := of == kinde.ContextUser && d.r.used.properties[p.Key]
			if p.Context != of || p.IsKinde || there[p.Key] || !d.wants("property "+p.Key, used) {
				continue
			}
			if category == "" {
				if category, err = d.category(ctx, of, categories); err != nil {
					return err
				}
			}
			// The API shows no type; one line is what forms use most.
			request := kinde.CreatePropertyRequest{Key: p.Key, Name: p.Name, Description: p.Description, Type: "single_line_text", Context: of, IsPrivate: p.IsPrivate, CategoryID: category}
			id := ""
			err := d.creating(ctx, "property", p.Key, func() (err error) { id, err = d.t.CreateProperty(ctx, request); return err },
				func() (bool, error) { err := list(); return there[p.Key], err }, func() string { return id })
			if err != nil {
				return fmt.Errorf("creating the property %s: %w", p.Key, err)
			}
			there[p.Key] = true
		}
		if of == kinde.ContextOrganization {
			d.orgKeys = there
		}
	}
	return nil
}

// category returns one that properties can go to: the API does not show which
// they were in, so it is the first of the backup, by name.
func (d *definer) category(ctx context.Context, of string, rows []tenant.CategoryRow) (string, error) {
	want := "Restored"
	if i := slices.IndexFunc(rows, func(c tenant.CategoryRow) bool { return c.Context == of }); i >= 0 {
		want = rows[i].Name
	}
	find := func() (id string, err error) {
		for c, err := range d.t.GetCategories(ctx, of) {
			if err != nil {
				return "", fmt.Errorf("listing the categories of properties: %w", err)
			}
			if strings.EqualFold(c.Name, want) {
				return c.ID, nil
			}
		}
		return "", nil
	}
	id, err := find()
	if err != nil || id != "" {
		return id, err
	}
	err = d.creating(ctx, "category", want, func() (err error) { id, err = d.t.CreateCategory(ctx, want, of); return err },
		func() (bool, error) { id, err = find(); return id != "", err }, func() string { return id })
	if err != nil {
		return "", fmt.Errorf("creating the category %s: %w", want, err)
	}
	return id, nil
}

func (d *definer) flags(ctx context.Context) error {
	rows, err := backup.ReadList[tenant.FlagRow](d.r.backup, backup.KindFlags)
	if err != nil || len(rows) == 0 || d.r.opt.Selection.Partial() {
		return err
	}
	there, err := d.t.GetEnvironmentFeatureFlags(ctx)
	if err != nil {
		return fmt.Errorf("listing the feature flags: %w", err)
	}
	for _, f := range rows {
		kind := flagType(f.Type)
		if _, ok := there[f.Key]; ok {
			continue
		}
		if kind == "" {
			d.out.Lacking = append(d.out.Lacking, "feature flag "+f.Key+" of type "+f.Type)
			continue
		}
		if !d.wants("feature flag "+f.Key, false) {
			continue
		}
		err := d.creating(ctx, "feature flag", f.Key, func() error {
			return d.t.CreateFeatureFlag(ctx, kinde.CreateFeatureFlagRequest{Key: f.Key, Name: f.Key, Type: kind, DefaultValue: f.Value, AllowOverrideLevel: "usr"})
		}, func() (bool, error) {
			list, err := d.t.GetEnvironmentFeatureFlags(ctx)
			_, ok := list[f.Key]
			return ok, err
		}, func() string { return f.Key })
		if err != nil {
			return fmt.Errorf("creating the feature flag %s: %w", f.Key, err)
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
	var there []kinde.Connection
	for c, err := range d.t.GetConnections(ctx) {
		if err != nil {
			return fmt.Errorf("listing the connections: %w", err)
		}
		there = append(there, c)
	}
	for _, row := range rows {
		for _, same := range []func(kinde.Connection) bool{
			func(c kinde.Connection) bool { return c.ID == row.ID },
			func(c kinde.Connection) bool { return c.Strategy == row.Strategy && c.Name == row.Name },
			func(c kinde.Connection) bool { return c.Strategy == row.Strategy },
		} {
			var hits []string
			for _, c := range there {
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

package importer

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// readDefinitions reads, once and by pages, the kinds of definitions that the source names.
func readDefinitions(ctx context.Context, t Target, n *Names, organization string) (*definition.Set, error) {
	d := definition.Of(t)
	if len(n.Organizations) > 0 || organization != "" {
		if err := d.ReadOrganizations(ctx); err != nil {
			return nil, err
		}
	}
	for _, x := range []struct {
		kind definition.Kind
		used map[string]int64
	}{{definition.Role, n.Roles}, {definition.Permission, n.Permissions}, {definition.UserProperty, n.Properties}, {definition.Flag,
		n.Flags}} {
		if len(x.used) == 0 {
			continue
		}
		if err := d.Read(ctx, x.kind); err != nil {
			return nil, err
		}
	}
	if len(n.Connections) > 0 {
		if err := d.ReadConnections(ctx); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// unknown lists what the source names and the tenant lacks.
func unknown(d *definition.Set, n *Names, create bool) []Unknown {
	var list []Unknown
	creatable := func(otherwise string) string {
		if create {
			return "will be created"
		}
		return otherwise
	}
	for o, records := range n.organizations() {
		if d.Organization(o) == "" {
			list = append(list, Unknown{"organization", firstOf(o.Code, o.ExternalID, o.Name), records, creatable("their records are rejected")})
		}
	}
	missing := func(kind string, of definition.Kind, used map[string]int64, will string) {
		for name, count := range used {
			if count > 0 && !d.Has(of, name) {
				list = append(list, Unknown{kind, name, count, will})
			}
		}
	}
	missing("role", definition.Role, n.Roles, creatable("their records are rejected"))
	missing("permission", definition.Permission, n.Permissions, creatable("their records are rejected"))
	missing("property", definition.UserProperty, n.Properties, creatable("left out"))
	missing("flag", definition.Flag, n.Flags, "left out")
	for c, records := range n.Connections {
		if _, ok := d.Connection(c.link()); !ok && records > 0 {
			list = append(list, Unknown{"connection", firstOf(c.ID, c.Strategy, c.Provider), records, "left out"})
		}
	}
	slices.SortFunc(list, func(a, b Unknown) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return list
}

// propertyCategory is where properties go when the tenant has no category yet.
const propertyCategory = "Imported"

// createMissing makes what --create-missing allows: organizations, roles, permissions
// and private properties.
func createMissing(ctx context.Context, d *definition.Set, n *Names) error {
	for _, key := range slices.Sorted(maps.Keys(n.Organizations)) {
		o := key.organization()
		if n.Organizations[key] <= 0 || o == (mapping.Organization{}) || d.Organization(o) != "" {
			continue
		}
		id := firstOf(o.ExternalID, o.Code)
		if _, err := d.CreateOrganization(ctx, kinde.CreateOrganizationRequest{Name: firstOf(o.Name, id), ExternalID: id}); err != nil {
			return err
		}
	}
	for _, key := range lacking(d, definition.Role, n.Roles) {
		if err := d.CreateRole(ctx, kinde.CreateRoleRequest{Key: key, Name: key}); err != nil {
			return err
		}
	}
	for _, key := range lacking(d, definition.Permission, n.Permissions) {
		if err := d.CreatePermission(ctx, kinde.CreatePermissionRequest{Key: key, Name: key}); err != nil {
			return err
		}
	}
	for _, key := range lacking(d, definition.UserProperty, n.Properties) {
		category, err := d.Category(ctx, kinde.ContextUser, propertyCategory, true)
		if err != nil {
			return err
		}
		if err := d.CreateProperty(ctx, kinde.CreatePropertyRequest{Key: key, Name: key, Context: kinde.ContextUser, IsPrivate: true,
			CategoryID: category}); err != nil {
			return err
		}
	}
	return nil
}

// lacking are the keys of a kind that records use and the tenant lacks, sorted.
func lacking(d *definition.Set, kind definition.Kind, used map[string]int64) (keys []string) {
	for key, records := range used {
		if records > 0 && !d.Has(kind, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// definitions is what the tenant has of what the source names.
type definitions struct {
	byCode      map[string]kinde.Organization
	byExternal  map[string]string // external id -> code
	byName      map[string]string // name -> code; "" when two share it
	fallback    string            // the default organization's code
	roles       map[string]string // key -> id
	permissions map[string]string
	properties  map[string]bool
	flags       map[string]kinde.FeatureFlag
	connections []kinde.Connection
	made        *Inventory // where it is noted what a rollback may delete; nil: nowhere
}

// readDefinitions reads, once and by pages, the kinds of definitions that the source names.
func readDefinitions(ctx context.Context, t Target, n *names, organization string) (*definitions, error) {
	d := &definitions{byCode: map[string]kinde.Organization{}, byExternal: map[string]string{}, byName: map[string]string{},
		roles: map[string]string{}, permissions: map[string]string{}, properties: map[string]bool{}, flags: map[string]kinde.FeatureFlag{}}
	if len(n.Organizations) > 0 || organization != "" {
		for page, err := range t.GetOrganizationsPages(ctx, kinde.ListRequest{}) {
			if err != nil {
				return nil, fmt.Errorf("reading the organizations: %w", err)
			}
			for _, o := range page.Items {
				d.addOrganization(o)
			}
		}
	}
	if len(n.Roles) > 0 {
		for r, err := range t.GetRoles(ctx) {
			if err != nil {
				return nil, fmt.Errorf("reading the roles: %w", err)
			}
			d.roles[r.Key] = r.ID
		}
	}
	if len(n.Permissions) > 0 {
		for p, err := range t.GetPermissions(ctx) {
			if err != nil {
				return nil, fmt.Errorf("reading the permissions: %w", err)
			}
			d.permissions[p.Key] = p.ID
		}
	}
	if len(n.Properties) > 0 {
		for p, err := range t.GetProperties(ctx, kinde.ContextUser) {
			if err != nil {
				return nil, fmt.Errorf("reading the properties: %w", err)
			}
			d.properties[p.Key] = true
		}
	}
	if len(n.Connections) > 0 {
		for c, err := range t.GetConnections(ctx) {
			if err != nil {
				return nil, fmt.Errorf("reading the connections: %w", err)
			}
			d.connections = append(d.connections, c)
		}
	}
	if len(n.Flags) > 0 {
		flags, err := t.GetEnvironmentFeatureFlags(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the feature flags: %w", err)
		}
		d.flags = flags
	}
	return d, nil
}

func (d *definitions) addOrganization(o kinde.Organization) {
	d.byCode[o.Code] = o
	if o.ExternalID != "" {
		d.byExternal[o.ExternalID] = o.Code
	}
	if other, taken := d.byName[o.Name]; taken && other != o.Code {
		d.byName[o.Name] = "" // a name of two organizations names none
	} else {
		d.byName[o.Name] = o.Code
	}
	if o.IsDefault {
		d.fallback = o.Code
	}
}

// organization returns the code of an organization that the source names, or "".
// One without any name is the tenant's default organization.
func (d *definitions) organization(o mapping.Organization) string {
	if o == (mapping.Organization{}) {
		return d.fallback
	}
	if o.Code != "" {
		if _, ok := d.byCode[o.Code]; ok {
			return o.Code
		}
	}
	for _, id := range []string{o.ExternalID, o.Code} {
		if code := d.byExternal[id]; id != "" && code != "" {
			return code
		}
	}
	if o.Name != "" {
		return d.byName[o.Name]
	}
	// Some sources call an organization by what is its name or its code in Kinde.
	if _, ok := d.byCode[o.ExternalID]; ok && o.ExternalID != "" {
		return o.ExternalID
	}
	return ""
}

// connection returns the connection that a link belongs to.
func (d *definitions) connection(l mapping.Link) (kinde.Connection, bool) {
	for _, c := range d.connections {
		if l.Connection != "" && c.ID == l.Connection {
			return c, true
		}
	}
	if l.Connection != "" {
		return kinde.Connection{}, false
	}
	for _, by := range []func(kinde.Connection) bool{
		func(c kinde.Connection) bool { return l.Strategy != "" && strings.EqualFold(c.Strategy, l.Strategy) },
		func(c kinde.Connection) bool { return l.Provider != "" && strings.EqualFold(c.Name, l.Provider) },
		func(c kinde.Connection) bool { return l.Provider != "" && strings.EqualFold(c.DisplayName, l.Provider) },
	} {
		for _, c := range d.connections {
			if by(c) {
				return c, true
			}
		}
	}
	return kinde.Connection{}, false
}

// unknown lists what the source names and the tenant lacks.
func (d *definitions) unknown(n *names, create bool) []Unknown {
	var list []Unknown
	creatable := func(otherwise string) string {
		if create {
			return "will be created"
		}
		return otherwise
	}
	for o, records := range n.organizations() {
		if d.organization(o) == "" {
			list = append(list, Unknown{"organization", firstOf(o.Code, o.ExternalID, o.Name), records, creatable("their records are rejected")})
		}
	}
	missing := func(kind string, used map[string]int64, has func(string) bool, will string) {
		for name, count := range used {
			if count > 0 && !has(name) {
				list = append(list, Unknown{kind, name, count, will})
			}
		}
	}
	missing("role", n.Roles, func(k string) bool { _, ok := d.roles[k]; return ok }, creatable("their records are rejected"))
	missing("permission", n.Permissions, func(k string) bool { _, ok := d.permissions[k]; return ok }, creatable("their records are rejected"))
	missing("property", n.Properties, func(k string) bool { return d.properties[k] }, creatable("left out"))
	missing("flag", n.Flags, func(k string) bool { _, ok := d.flags[k]; return ok }, "left out")
	for c, records := range n.Connections {
		if _, ok := d.connection(c.link()); !ok && records > 0 {
			list = append(list, Unknown{"connection", firstOf(c.ID, c.Strategy, c.Provider), records, "left out"})
		}
	}
	slices.SortFunc(list, func(a, b Unknown) int {
		if c := strings.Compare(a.Kind, b.Kind); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}

package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// names counts the records that use each name of the source.
type names struct {
	Organizations map[string]*named
	Roles         map[string]int64
	Permissions   map[string]int64
	Properties    map[string]int64
	Flags         map[string]int64
	Connections   map[string]*link
}

// named is an organization as the source names it, and how often.
type named struct {
	Organization mapping.Organization
	Count        int64
}

// link is a connection as the source names it, and how often.
type link struct {
	Link  mapping.Link
	Count int64
}

func newNames() *names {
	return &names{map[string]*named{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]*link{}}
}

func organizationKey(o mapping.Organization) string {
	return o.Code + "\x00" + o.ExternalID + "\x00" + o.Name
}

func connectionKey(l mapping.Link) string {
	return l.Connection + "\x00" + l.Strategy + "\x00" + l.Provider
}

// add counts the names of a user, or with -1 takes them off again.
func (n *names) add(u *mapping.User, by int64) {
	if u == nil {
		return
	}
	for _, m := range u.Memberships {
		key := organizationKey(m.Organization)
		if n.Organizations[key] == nil {
			o := mapping.Organization{Code: strings.Clone(m.Organization.Code), ExternalID: strings.Clone(m.Organization.ExternalID), Name: strings.Clone(m.Organization.Name)}
			n.Organizations[strings.Clone(key)] = &named{Organization: o}
		}
		n.Organizations[key].Count += by
		for _, r := range m.Roles {
			count(n.Roles, r, by)
		}
		for _, p := range m.Permissions {
			count(n.Permissions, p, by)
		}
	}
	for _, p := range u.Properties {
		count(n.Properties, p.Key, by)
	}
	for _, f := range u.Flags {
		count(n.Flags, f.Key, by)
	}
	for _, l := range u.Links {
		key := connectionKey(l)
		if n.Connections[key] == nil {
			n.Connections[strings.Clone(key)] = &link{Link: mapping.Link{Enterprise: l.Enterprise, Strategy: strings.Clone(l.Strategy),
				Connection: strings.Clone(l.Connection), Provider: strings.Clone(l.Provider)}}
		}
		n.Connections[key].Count += by
	}
}

func count(m map[string]int64, name string, by int64) {
	if _, ok := m[name]; !ok {
		name = strings.Clone(name)
	}
	m[name] += by
}

const noteNames = "names"

func (n *names) change() checkpoint.Change {
	data, _ := json.Marshal(n) // maps of plain values never fail
	return checkpoint.SetNote{Name: noteNames, JSON: data}
}

func loadNames(ctx context.Context, store *checkpoint.Store) (*names, error) {
	data, err := store.Note(ctx, noteNames)
	if err != nil {
		return nil, err
	}
	n := newNames()
	if data == nil {
		return n, nil
	}
	if err := json.Unmarshal(data, n); err != nil {
		return nil, fmt.Errorf("reading the names of the source from the checkpoint: %w", err)
	}
	return n, nil
}

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
	created     []definition // by this run, for a rollback
}

// definition is something that a run created for the users to refer to.
type definition struct {
	Kind string `json:"kind"` // organization, role, permission, property
	ID   string `json:"id"`
	Name string `json:"name"`
}

const noteDefinitions = "created_definitions"

// learn reads, once and by pages, the kinds of definitions that the source names.
func learn(ctx context.Context, t Target, n *names, organization string) (*definitions, error) {
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
	for _, o := range n.Organizations {
		if o.Count > 0 && d.organization(o.Organization) == "" {
			name := o.Organization.Code
			if name == "" {
				name = o.Organization.ExternalID
			}
			if name == "" {
				name = o.Organization.Name
			}
			list = append(list, Unknown{"organization", name, o.Count, creatable("their records are rejected")})
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
	for _, l := range n.Connections {
		if _, ok := d.connection(l.Link); !ok && l.Count > 0 {
			name := l.Link.Connection
			if name == "" {
				name = l.Link.Strategy
			}
			if name == "" {
				name = l.Link.Provider
			}
			list = append(list, Unknown{"connection", name, l.Count, "left out"})
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

// create makes what --create-missing allows: organizations, roles, permissions
// and private properties. None of these calls can be repeated blindly; after a
// lost answer the list shows whether it happened.
func (d *definitions) create(ctx context.Context, t Target, n *names) error {
	for _, key := range slices.Sorted(maps.Keys(n.Organizations)) {
		o := n.Organizations[key]
		if o.Count <= 0 || o.Organization == (mapping.Organization{}) || d.organization(o.Organization) != "" {
			continue
		}
		if err := d.createOrganization(ctx, t, o.Organization); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(n.Roles)) {
		if _, ok := d.roles[key]; ok || n.Roles[key] <= 0 {
			continue
		}
		err := certain(ctx, func() error {
			id, err := t.CreateRole(ctx, kinde.CreateRoleRequest{Key: key, Name: key})
			d.roles[key] = id
			return err
		}, func() (bool, error) {
			for r, err := range t.GetRoles(ctx) {
				if err != nil {
					return false, err
				}
				if r.Key == key {
					d.roles[key] = r.ID
					return true, nil
				}
			}
			return false, nil
		})
		if err != nil {
			return fmt.Errorf("creating the role %s: %w", key, err)
		}
		d.created = append(d.created, definition{"role", d.roles[key], key})
	}
	for _, key := range slices.Sorted(maps.Keys(n.Permissions)) {
		if _, ok := d.permissions[key]; ok || n.Permissions[key] <= 0 {
			continue
		}
		err := certain(ctx, func() error {
			id, err := t.CreatePermission(ctx, kinde.CreatePermissionRequest{Key: key, Name: key})
			d.permissions[key] = id
			return err
		}, func() (bool, error) {
			for p, err := range t.GetPermissions(ctx) {
				if err != nil {
					return false, err
				}
				if p.Key == key {
					d.permissions[key] = p.ID
					return true, nil
				}
			}
			return false, nil
		})
		if err != nil {
			return fmt.Errorf("creating the permission %s: %w", key, err)
		}
		d.created = append(d.created, definition{"permission", d.permissions[key], key})
	}
	return d.createProperties(ctx, t, n)
}

// certain calls do until it is known whether it happened.
func certain(ctx context.Context, do func() error, happened func() (bool, error)) error {
	var err error
	for range 5 {
		if err = do(); kinde.ClassOf(err) != kinde.ClassInDoubt {
			return err
		}
		if yes, lookErr := happened(); lookErr != nil || yes {
			return lookErr
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return err
}

func (d *definitions) createOrganization(ctx context.Context, t Target, o mapping.Organization) error {
	request := kinde.CreateOrganizationRequest{Name: o.Name, ExternalID: o.ExternalID}
	if request.ExternalID == "" {
		request.ExternalID = o.Code
	}
	if request.Name == "" {
		request.Name = request.ExternalID
	}
	err := certain(ctx, func() error {
		code, err := t.CreateOrganization(ctx, request)
		if err == nil {
			d.addOrganization(kinde.Organization{Code: code, Name: request.Name, ExternalID: request.ExternalID})
		}
		return err
	}, func() (bool, error) {
		for page, err := range t.GetOrganizationsPages(ctx, kinde.ListRequest{}) {
			if err != nil {
				return false, err
			}
			for _, x := range page.Items {
				if x.Name == request.Name && x.ExternalID == request.ExternalID {
					d.addOrganization(x)
					return true, nil
				}
			}
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("creating the organization %s: %w", request.Name, err)
	}
	d.created = append(d.created, definition{"organization", d.organization(o), request.Name})
	return nil
}

// propertyCategory is where properties go when the tenant has no category yet.
const propertyCategory = "Imported"

func (d *definitions) createProperties(ctx context.Context, t Target, n *names) error {
	category := ""
	for _, key := range slices.Sorted(maps.Keys(n.Properties)) {
		if d.properties[key] || n.Properties[key] <= 0 {
			continue
		}
		if category == "" {
			var err error
			if category, err = ensureCategory(ctx, t); err != nil {
				return err
			}
		}
		var id string
		err := certain(ctx, func() (err error) {
			id, err = t.CreateProperty(ctx, kinde.CreatePropertyRequest{Key: key, Name: key, Type: "single_line_text",
				Context: kinde.ContextUser, IsPrivate: true, CategoryID: category})
			return err
		}, func() (bool, error) {
			for p, err := range t.GetProperties(ctx, kinde.ContextUser) {
				if err != nil || p.Key == key {
					id = p.ID
					return err == nil, err
				}
			}
			return false, nil
		})
		if err != nil {
			return fmt.Errorf("creating the property %s: %w", key, err)
		}
		d.properties[key] = true
		d.created = append(d.created, definition{"property", id, key})
	}
	return nil
}

func ensureCategory(ctx context.Context, t Target) (string, error) {
	find := func() (id string, err error) {
		for c, err := range t.GetCategories(ctx, kinde.ContextUser) {
			if err != nil {
				return "", fmt.Errorf("reading the categories of properties: %w", err)
			}
			if id == "" || c.Name == propertyCategory {
				id = c.ID
			}
		}
		return id, nil
	}
	id, err := find()
	if id != "" || err != nil {
		return id, err
	}
	err = certain(ctx, func() (err error) {
		id, err = t.CreateCategory(ctx, propertyCategory, kinde.ContextUser)
		return err
	}, func() (bool, error) {
		var err error
		id, err = find()
		return id != "", err
	})
	if err == nil && id == "" {
		id, err = find()
	}
	if err == nil && id == "" {
		err = errors.New("the tenant does not show the category that it said it created")
	}
	if err != nil {
		return "", fmt.Errorf("creating a category for properties: %w", err)
	}
	return id, nil
}

// Package definition knows what users refer to in a tenant: organizations, roles,
// permissions, properties, feature flags and connections. It reads them, finds one by
// what a file calls it, and creates what is missing, nothing twice.
//
// It never decides what is missing, and deletes nothing.
package definition

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Tenant is where definitions lie. A *kinde.Client is one.
type Tenant interface {
	GetOrganizationsPages(ctx context.Context, r kinde.ListRequest) iter.Seq2[kinde.Page[kinde.Organization], error]
	CreateOrganization(ctx context.Context, r kinde.CreateOrganizationRequest) (string, error)
	GetRoles(ctx context.Context) iter.Seq2[kinde.Role, error]
	CreateRole(ctx context.Context, r kinde.CreateRoleRequest) (string, error)
	GetPermissions(ctx context.Context) iter.Seq2[kinde.Permission, error]
	CreatePermission(ctx context.Context, r kinde.CreatePermissionRequest) (string, error)
	GetProperties(ctx context.Context, of string) iter.Seq2[kinde.Property, error]
	CreateProperty(ctx context.Context, r kinde.CreatePropertyRequest) (string, error)
	GetCategories(ctx context.Context, of string) iter.Seq2[kinde.Category, error]
	CreateCategory(ctx context.Context, name, of string) (string, error)
	GetConnections(ctx context.Context) iter.Seq2[kinde.Connection, error]
	GetEnvironmentFeatureFlags(ctx context.Context) (map[string]kinde.FeatureFlag, error)
	CreateFeatureFlag(ctx context.Context, r kinde.CreateFeatureFlagRequest) error
}

// Notes keep what is created, so that a rollback can delete it. An
// *importer.Inventory is one.
type Notes interface {
	// Create notes a definition around the call that makes it and returns its id.
	Create(ctx context.Context, kind, name string, call func() (id string, err error)) error
}

// Kind is a kind of definitions that have a key.
type Kind int

// The kinds of definitions that have a key.
const (
	Role Kind = iota
	Permission
	UserProperty
	OrganizationProperty
	Flag
	kinds
)

var words = [kinds]struct{ one, many string }{
	{
		"role",
		"roles",
	}, {"permission", "permissions"}, {"property", "properties"}, {"property", "properties"}, {"feature flag", "feature flags"},
}

// Set is what was read of a tenant's definitions, and what was created since.
type Set struct {
	Notes Notes // nil: nobody keeps what is created

	tenant      Tenant
	ids         [kinds]map[string]string // key -> id, "" where a create did not tell it
	categories  map[[2]string]string     // context and name -> id
	connections []kinde.Connection
	organizations
}

// Of returns the definitions of a tenant, of which nothing is read yet.
func Of(t Tenant) *Set {
	s := &Set{tenant: t, categories: map[[2]string]string{}, organizations: newOrganizations()}
	for k := range s.ids {
		s.ids[k] = map[string]string{}
	}
	return s
}

// Read reads the definitions of a kind.
func (s *Set) Read(ctx context.Context, k Kind) (err error) {
	ids := s.ids[k]
	switch k {
	case Role:
		err = each(s.tenant.GetRoles(ctx), func(r kinde.Role) { ids[r.Key] = r.ID })
	case Permission:
		err = each(s.tenant.GetPermissions(ctx), func(p kinde.Permission) { ids[p.Key] = p.ID })
	case UserProperty:
		err = each(s.tenant.GetProperties(ctx, kinde.ContextUser), func(p kinde.Property) { ids[p.Key] = p.ID })
	case OrganizationProperty:
		err = each(s.tenant.GetProperties(ctx, kinde.ContextOrganization), func(p kinde.Property) { ids[p.Key] = p.ID })
	case Flag:
		var flags map[string]kinde.FeatureFlag
		flags, err = s.tenant.GetEnvironmentFeatureFlags(ctx)
		for key := range flags {
			ids[key] = key
		}
	}
	if err != nil {
		return fmt.Errorf("reading the %s: %w", words[k].many, err)
	}
	return nil
}

func each[T any](all iter.Seq2[T, error], f func(T)) error {
	for v, err := range all {
		if err != nil {
			return err
		}
		f(v)
	}
	return nil
}

// Has tells whether the tenant has a definition of this kind and key.
func (s *Set) Has(k Kind, key string) bool {
	_, ok := s.ids[k][key]
	return ok
}

// ID returns the id of a definition, "" where the tenant lacks it or shows none.
func (s *Set) ID(ctx context.Context, k Kind, key string) (string, error) {
	id, ok := s.ids[k][key]
	if !ok || id != "" {
		return id, nil
	}
	err := s.Read(ctx, k) // the answer to a create promises no id
	return s.ids[k][key], err
}

// CreateRole creates a role.
func (s *Set) CreateRole(ctx context.Context, r kinde.CreateRoleRequest) error {
	return s.create(ctx, Role, r.Key, func() (string, error) { return s.tenant.CreateRole(ctx, r) })
}

// CreatePermission creates a permission.
func (s *Set) CreatePermission(ctx context.Context, r kinde.CreatePermissionRequest) error {
	return s.create(ctx, Permission, r.Key, func() (string, error) { return s.tenant.CreatePermission(ctx, r) })
}

// CreateProperty creates a property. Neither a source nor the API tells a type: one
// line is what forms use most.
func (s *Set) CreateProperty(ctx context.Context, r kinde.CreatePropertyRequest) error {
	r.Type = "single_line_text"
	k := UserProperty
	if r.Context == kinde.ContextOrganization {
		k = OrganizationProperty
	}
	return s.create(ctx, k, r.Key, func() (string, error) { return s.tenant.CreateProperty(ctx, r) })
}

// CreateFlag creates a feature flag of a type (bool, int or str), which users may override.
func (s *Set) CreateFlag(ctx context.Context, key, of, value string) error {
	r := kinde.CreateFeatureFlagRequest{Key: key, Name: key, Type: of, DefaultValue: value, AllowOverrideLevel: "usr"}
	return s.create(ctx, Flag, key, func() (string, error) { return key, s.tenant.CreateFeatureFlag(ctx, r) })
}

// create makes a definition. None of these calls can be repeated blindly: after a
// lost answer the list shows whether it happened.
func (s *Set) create(ctx context.Context, k Kind, key string, call func() (string, error)) error {
	return s.noted(ctx, words[k].one, key, func() (id string, err error) {
		err = kinde.Once(ctx, func() error {
			id, err = call()
			return err
		}, func() (bool, error) {
			err := s.Read(ctx, k)
			id = s.ids[k][key]
			return s.Has(k, key), err
		})
		if err == nil {
			s.ids[k][key] = id
		}
		return id, err
	})
}

func (s *Set) noted(ctx context.Context, kind, name string, call func() (string, error)) (err error) {
	if s.Notes == nil {
		_, err = call()
	} else {
		err = s.Notes.Create(ctx, kind, name, call)
	}
	if err != nil {
		return fmt.Errorf("creating the %s %s: %w", kind, name, err)
	}
	return nil
}

// Category returns the id of the category of properties of this name, or of any if
// that will do, and creates it where there is none. No rollback needs to know of it:
// the API deletes no category.
func (s *Set) Category(ctx context.Context, of, name string, any bool) (id string, err error) {
	if id := s.categories[[2]string{of, name}]; id != "" {
		return id, nil
	}
	find := func() error {
		err := each(s.tenant.GetCategories(ctx, of), func(c kinde.Category) {
			if strings.EqualFold(c.Name, name) || any && id == "" {
				id = c.ID
			}
		})
		if err != nil {
			return fmt.Errorf("reading the categories of properties: %w", err)
		}
		return nil
	}
	if err = find(); err == nil && id == "" {
		err = kinde.Once(ctx, func() (err error) {
			id, err = s.tenant.CreateCategory(ctx, name, of)
			return err
		}, func() (bool, error) {
			err := find()
			return id != "", err
		})
		if err == nil && id == "" {
			err = find()
		}
		if err == nil && id == "" {
			err = errors.New("the tenant does not show the category that it said it created")
		}
		if err != nil {
			err = fmt.Errorf("creating the category %s for properties: %w", name, err)
		}
	}
	s.categories[[2]string{of, name}] = id
	return id, err
}

package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// create makes what --create-missing allows: organizations, roles, permissions
// and private properties. None of these calls can be repeated blindly; after a
// lost answer the list shows whether it happened.
func (d *definitions) create(ctx context.Context, t Target, n *names) error {
	for _, key := range slices.Sorted(maps.Keys(n.Organizations)) {
		o := key.organization()
		if n.Organizations[key] <= 0 || o == (mapping.Organization{}) || d.organization(o) != "" {
			continue
		}
		if err := d.createOrganization(ctx, t, o); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(n.Roles)) {
		if _, ok := d.roles[key]; ok || n.Roles[key] <= 0 {
			continue
		}
		err := d.made.Create(ctx, "role", key, func() (string, error) {
			err := kinde.Once(ctx, func() error {
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
			return d.roles[key], err
		})
		if err != nil {
			return fmt.Errorf("creating the role %s: %w", key, err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(n.Permissions)) {
		if _, ok := d.permissions[key]; ok || n.Permissions[key] <= 0 {
			continue
		}
		err := d.made.Create(ctx, "permission", key, func() (string, error) {
			err := kinde.Once(ctx, func() error {
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
			return d.permissions[key], err
		})
		if err != nil {
			return fmt.Errorf("creating the permission %s: %w", key, err)
		}
	}
	return d.createProperties(ctx, t, n)
}

func (d *definitions) createOrganization(ctx context.Context, t Target, o mapping.Organization) error {
	request := kinde.CreateOrganizationRequest{Name: o.Name, ExternalID: o.ExternalID}
	if request.ExternalID == "" {
		request.ExternalID = o.Code
	}
	if request.Name == "" {
		request.Name = request.ExternalID
	}
	err := d.made.Create(ctx, "organization", request.Name, func() (string, error) {
		err := kinde.Once(ctx, func() error {
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
		return d.organization(o), err
	})
	if err != nil {
		return fmt.Errorf("creating the organization %s: %w", request.Name, err)
	}
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
		err := d.made.Create(ctx, "property", key, func() (id string, err error) {
			err = kinde.Once(ctx, func() (err error) {
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
			return id, err
		})
		if err != nil {
			return fmt.Errorf("creating the property %s: %w", key, err)
		}
		d.properties[key] = true
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
	err = kinde.Once(ctx, func() (err error) {
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

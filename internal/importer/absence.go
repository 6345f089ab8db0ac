package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// What is to be taken away may be gone already: an earlier try did it, or
// somebody else. That is no failure, but a "not found" alone does not show it.
// Each removal here looks again before it believes one.

// deleteUser deletes a user. Who is gone already is deleted.
func deleteUser(ctx context.Context, t Target, id string, profile bool) error {
	_, err := kinde.Gone(ctx, t, id, t.DeleteUser(ctx, id, profile))
	return err
}

// unlessGone counts what can't be done to a user who is gone as done.
func unlessGone(t Target, do func(context.Context, string) error) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		_, err := kinde.Gone(ctx, t, id, do(ctx, id))
		return err
	}
}

// leave takes a user out of an organization.
func leave(ctx context.Context, t Target, code, id string) error {
	return unlessOutside(ctx, t, code, id, t.RemoveOrganizationUser(ctx, code, id))
}

// unlessOutside accepts a refusal that is about a membership when a look-up shows
// the user without it.
func unlessOutside(ctx context.Context, t Target, code, id string, err error) error {
	if class := kinde.ClassOf(err); class != kinde.ClassFinal && class != kinde.ClassNotFound || ctx.Err() != nil {
		return err
	}
	for page, look := range t.GetUsersPages(ctx, kinde.GetUsersRequest{UserIDs: []string{id}, Expand: []string{kinde.ExpandOrganizations}}) {
		if look != nil {
			return err
		}
		for _, u := range page.Items {
			if u.ID == id && !slices.Contains(u.Organizations, code) {
				return nil
			}
		}
	}
	return err
}

// errLastIdentity tells that an identity was not removed, since the user would
// have been left without any.
var errLastIdentity = errors.New("an identity was to be taken away, and it is the only one that the user has, so it stays")

// takeIdentity removes an identity that the import added: "type:value", or
// "connection:value" of a social one. It never removes the last one.
func takeIdentity(ctx context.Context, t Target, id, key string) error {
	for again := false; ; again = true {
		found, others, err := identityOf(ctx, t, id, key)
		switch {
		case err != nil || found == "":
			return err
		case others == 0:
			return errLastIdentity
		}
		err = t.DeleteIdentity(ctx, found)
		if kinde.ClassOf(err) != kinde.ClassNotFound || again {
			return err
		}
	}
}

// identityOf finds the id of an identity of a user, "" when the user has none
// like it, and counts the others.
func identityOf(ctx context.Context, t Target, id, key string) (found string, others int, err error) {
	for i, err := range t.GetUserIdentities(ctx, id) {
		if err != nil {
			return "", 0, err
		}
		if found == "" && answersTo(i, key) {
			found = i.ID
		} else {
			others++
		}
	}
	return found, others, nil
}

// answersTo tells whether an identity is the one that a step's key names.
func answersTo(i kinde.Identity, key string) bool {
	kind, value, _ := strings.Cut(key, ":")
	return i.Kind() == kind && (compare.Same(kind, value, i.Name) || compare.Same(kind, value, i.Email)) ||
		i.ConnectionID == kind && (i.Name == value || i.Email == value)
}

// takeRoles takes away the roles and permissions that the import gave to a member.
func takeRoles(ctx context.Context, t Target, code, id string, given wantedMember) error {
	for again := false; ; again = true {
		absent, err := takeRolesOnce(ctx, t, code, id, given)
		switch {
		case err != nil:
			return unlessOutside(ctx, t, code, id, err)
		case absent == nil:
			return nil
		case again:
			return absent
		}
	}
}

// takeRolesOnce deletes what the lists show. absent is the tenant's word that
// something of it is not there, which the lists have to confirm.
func takeRolesOnce(ctx context.Context, t Target, code, id string, given wantedMember) (absent, err error) {
	refused := func(err error) error {
		if kinde.ClassOf(err) == kinde.ClassNotFound {
			absent, err = err, nil
		}
		return err
	}
	for role, err := range t.GetOrganizationUserRoles(ctx, code, id) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(given.roles, role.Key) {
			if err := refused(t.DeleteOrganizationUserRole(ctx, code, id, role.ID)); err != nil {
				return nil, err
			}
		}
	}
	if len(given.permissions) == 0 {
		return absent, nil
	}
	for x, err := range t.GetOrganizationUserPermissions(ctx, code, id) {
		if err != nil {
			return nil, err
		}
		if len(x.Roles) == 0 && slices.Contains(given.permissions, x.Key) {
			if err := refused(t.DeleteOrganizationUserPermission(ctx, code, id, x.ID)); err != nil {
				return nil, err
			}
		}
	}
	return absent, nil
}

// dropDefinition deletes a definition. A list has to show that it is gone: an
// empty answer may come from something before the API.
func dropDefinition(ctx context.Context, t Target, d checkpoint.Definition) error {
	remove := map[string]func(context.Context, string) error{"organization": t.DeleteOrganization, "role": t.DeleteRole,
		"permission": t.DeletePermission, "property": t.DeleteProperty, "feature flag": t.DeleteFeatureFlag}[d.Kind]
	if remove == nil {
		return fmt.Errorf("there is no way to delete a %s", d.Kind)
	}
	id := d.ID
	if id == "" {
		var err error
		if id, err = definitionNamed(ctx, t, d); err != nil || id == "" {
			return err
		}
	}
	err := remove(ctx, id)
	if err != nil && kinde.ClassOf(err) != kinde.ClassNotFound {
		return err
	}
	there, look := definitionNamed(ctx, t, checkpoint.Definition{Kind: d.Kind, ID: id, Name: d.Name})
	if look != nil || there == "" {
		return look
	}
	return cmp.Or(err, errors.New("the tenant says that it is deleted, and still lists it"))
}

// definitionNamed looks a definition up in the lists of its kind: by its id, or
// by its name where the id was never learnt. "" means that it is not there.
func definitionNamed(ctx context.Context, t Target, d checkpoint.Definition) (id string, err error) {
	var hits []string
	look := func(id, name string) {
		if id == d.ID || d.ID == "" && name == d.Name {
			hits = append(hits, id)
		}
	}
	switch d.Kind {
	case "organization":
		for page, err := range t.GetOrganizationsPages(ctx, kinde.ListRequest{}) {
			if err != nil {
				return "", err
			}
			for _, o := range page.Items {
				look(o.Code, o.Name)
			}
		}
	case "role":
		for x, err := range t.GetRoles(ctx) {
			if err != nil {
				return "", err
			}
			look(x.ID, x.Key)
		}
	case "permission":
		for x, err := range t.GetPermissions(ctx) {
			if err != nil {
				return "", err
			}
			look(x.ID, x.Key)
		}
	case "property":
		for _, of := range []string{kinde.ContextUser, kinde.ContextOrganization} {
			for x, err := range t.GetProperties(ctx, of) {
				if err != nil {
					return "", err
				}
				look(x.ID, x.Key)
			}
		}
	case "feature flag":
		flags, err := t.GetEnvironmentFeatureFlags(ctx)
		if err != nil {
			return "", err
		}
		for key := range flags {
			look(key, key)
		}
	}
	if len(hits) > 1 {
		return "", fmt.Errorf("several are called %s, and which one was created is not known", d.Name)
	}
	return strings.Join(hits, ""), nil
}

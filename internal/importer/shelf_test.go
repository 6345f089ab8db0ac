package importer

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// shelf is a tenant whose answers lie ready. What it was asked for is in calls.
// A call that begins as fails does gets the error.
type shelf struct {
	Target      // nil: nothing else may be called
	users       []kinde.User
	pageSize    int
	identities  map[string][]kinde.Identity
	roles       []kinde.Role
	permissions []kinde.MemberPermission
	lists       map[string][]kinde.Role // definitions by their kind
	calls       []string
	fails       string
	with        error
	ever        bool // it fails each time, not once
}

func (x *shelf) call(name string, args ...any) error {
	call := strings.TrimSpace(name + " " + strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	x.calls = append(x.calls, call)
	if x.fails == "" || !strings.HasPrefix(call, x.fails) {
		return nil
	}
	if !x.ever {
		x.fails = ""
	}
	return x.with
}

// of lists everything, or an error.
func of[T any](err error, items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err != nil {
			yield(none, err)
			return
		}
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func (x *shelf) GetUsersPages(_ context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	return func(yield func(kinde.Page[kinde.User], error) bool) {
		users := x.users
		if len(r.UserIDs) > 0 {
			users = slices.DeleteFunc(slices.Clone(users), func(u kinde.User) bool { return !slices.Contains(r.UserIDs, u.ID) })
		}
		if len(r.Emails) > 0 {
			users = slices.DeleteFunc(slices.Clone(users), func(u kinde.User) bool { return !slices.Contains(r.Emails, u.Email) })
		}
		size := max(x.pageSize, 1)
		for at := 0; ; at += size {
			if err := x.call("GetUsers", slices.Concat(r.UserIDs, r.Emails, r.Phones, r.Usernames)); err != nil {
				yield(kinde.Page[kinde.User]{}, err)
				return
			}
			page := kinde.Page[kinde.User]{Items: users[min(at, len(users)):min(at+size, len(users))]}
			if at+size < len(users) {
				page.Next = fmt.Sprint(at + size)
			}
			if !yield(page, nil) || page.Next == "" {
				return
			}
		}
	}
}

func (x *shelf) GetUserData(_ context.Context, id string, _ ...string) (kinde.User, error) {
	if err := x.call("GetUserData", id); err != nil {
		return kinde.User{}, err
	}
	for _, u := range x.users {
		if u.ID == id {
			return u, nil
		}
	}
	return kinde.User{}, absent
}

func (x *shelf) GetUserIdentities(_ context.Context, id string) iter.Seq2[kinde.Identity, error] {
	return of(x.call("GetUserIdentities", id), x.identities[id])
}

func (x *shelf) DeleteIdentity(_ context.Context, id string) error {
	return x.call("DeleteIdentity", id)
}

func (x *shelf) DeleteUser(_ context.Context, id string, profile bool) error {
	return x.call("DeleteUser", id, profile)
}

func (x *shelf) UpdateUser(_ context.Context, id string, r kinde.UpdateUserRequest) error {
	var set []string
	for name, v := range map[string]*string{"given": r.GivenName, "family": r.FamilyName, "picture": r.Picture, "id": r.ProvidedID} {
		if v != nil {
			set = append(set, name+"="+*v)
		}
	}
	if r.IsSuspended != nil {
		set = append(set, fmt.Sprint("suspended=", *r.IsSuspended))
	}
	slices.Sort(set)
	return x.call("UpdateUser", id, strings.Join(set, ","))
}

func (x *shelf) SetUserPassword(_ context.Context, id string, r kinde.PasswordRequest) error {
	return x.call("SetUserPassword", id, r.HashedPassword)
}

func (x *shelf) RemoveOrganizationUser(_ context.Context, code, id string) error {
	return x.call("RemoveOrganizationUser", code, id)
}

func (x *shelf) GetOrganizationUserRoles(_ context.Context, code, id string) iter.Seq2[kinde.Role, error] {
	return of(x.call("GetOrganizationUserRoles", code, id), x.roles)
}

func (x *shelf) GetOrganizationUserPermissions(_ context.Context, code, id string) iter.Seq2[kinde.MemberPermission, error] {
	return of(x.call("GetOrganizationUserPermissions", code, id), x.permissions)
}

func (x *shelf) DeleteOrganizationUserRole(_ context.Context, code, id, role string) error {
	return x.call("DeleteOrganizationUserRole", code, id, role)
}

func (x *shelf) DeleteOrganizationUserPermission(_ context.Context, code, id, permission string) error {
	return x.call("DeleteOrganizationUserPermission", code, id, permission)
}

func (x *shelf) GetOrganizationsPages(context.Context, kinde.ListRequest) iter.Seq2[kinde.Page[kinde.Organization], error] {
	return func(yield func(kinde.Page[kinde.Organization], error) bool) {
		err := x.call("GetOrganizations")
		var page kinde.Page[kinde.Organization]
		for _, o := range x.lists["organization"] {
			page.Items = append(page.Items, kinde.Organization{Code: o.ID, Name: o.Key})
		}
		yield(page, err)
	}
}

func (x *shelf) GetRoles(context.Context) iter.Seq2[kinde.Role, error] {
	return of(x.call("GetRoles"), x.lists["role"])
}

func (x *shelf) GetPermissions(context.Context) iter.Seq2[kinde.Permission, error] {
	var list []kinde.Permission
	for _, d := range x.lists["permission"] {
		list = append(list, kinde.Permission{ID: d.ID, Key: d.Key})
	}
	return of(x.call("GetPermissions"), list)
}

func (x *shelf) GetProperties(_ context.Context, of1 string) iter.Seq2[kinde.Property, error] {
	var list []kinde.Property
	for _, d := range x.lists[of1+" property"] {
		list = append(list, kinde.Property{ID: d.ID, Key: d.Key})
	}
	return of(x.call("GetProperties", of1), list)
}

func (x *shelf) GetEnvironmentFeatureFlags(context.Context) (map[string]kinde.FeatureFlag, error) {
	flags := map[string]kinde.FeatureFlag{}
	for _, d := range x.lists["feature flag"] {
		flags[d.Key] = kinde.FeatureFlag{}
	}
	return flags, x.call("GetFeatureFlags")
}

func (x *shelf) remove(kind, id string) error {
	if err := x.call("Delete "+kind, id); err != nil {
		return err
	}
	for of, list := range x.lists {
		x.lists[of] = slices.DeleteFunc(slices.Clone(list), func(d kinde.Role) bool { return d.ID == id })
	}
	return nil
}

func (x *shelf) DeleteOrganization(_ context.Context, id string) error {
	return x.remove("organization", id)
}
func (x *shelf) DeleteRole(_ context.Context, id string) error { return x.remove("role", id) }
func (x *shelf) DeletePermission(_ context.Context, id string) error {
	return x.remove("permission", id)
}
func (x *shelf) DeleteProperty(_ context.Context, id string) error { return x.remove("property", id) }
func (x *shelf) DeleteFeatureFlag(_ context.Context, id string) error {
	return x.remove("feature flag", id)
}

var (
	absent  = &kinde.Error{Operation: "op", Class: kinde.ClassNotFound, Status: 404, Code: "NOT_FOUND", Message: "not there"}
	refusal = &kinde.Error{Operation: "op", Class: kinde.ClassFinal, Status: 400, Code: "NO", Message: "no"}
	down    = &kinde.Error{Operation: "op", Class: kinde.ClassRetry, Status: 503, Message: "later"}
)

var _ definition.Tenant = (*shelf)(nil)

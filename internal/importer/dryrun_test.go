package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// nobody holds nothing.
func nobody(context.Context, engine.StepID) (string, error) { return "", nil }

// Each write is counted under its operation, and none reaches the tenant.
func TestRehearsalOnlyCounts(t *testing.T) {
	for op, do := range map[string]func(Target) error{
		operation.CreateUser: func(x Target) error {
			_, err := x.CreateUser(t.Context(),
				kinde.CreateUserRequest{})
			return err
		},
		operation.UpdateUser:                    func(x Target) error { return x.UpdateUser(t.Context(), "kp", kinde.UpdateUserRequest{}) },
		operation.DeleteUser:                    func(x Target) error { return x.DeleteUser(t.Context(), "kp", false) },
		operation.SetUserPassword:               func(x Target) error { return x.SetUserPassword(t.Context(), "kp", kinde.PasswordRequest{}) },
		operation.DeleteIdentity:                func(x Target) error { return x.DeleteIdentity(t.Context(), "i") },
		operation.UpdateUserProperties:          func(x Target) error { return x.UpdateUserProperties(t.Context(), "kp", nil) },
		operation.UpdateUserFeatureFlagOverride: func(x Target) error { return x.UpdateUserFeatureFlagOverride(t.Context(), "kp", "k", "v") },
		operation.RefreshUserClaims:             func(x Target) error { return x.RefreshUserClaims(t.Context(), "kp") },
		operation.RemoveOrganizationUser:        func(x Target) error { return x.RemoveOrganizationUser(t.Context(), "o", "kp") },
		operation.DeleteOrganizationUserRole:    func(x Target) error { return x.DeleteOrganizationUserRole(t.Context(), "o", "kp", "r") },
		operation.DeleteOrganizationUserPermission: func(x Target) error {
			return x.DeleteOrganizationUserPermission(t.Context(), "o", "kp", "p")
		},
		operation.DeleteOrganization: func(x Target) error { return x.DeleteOrganization(t.Context(), "o") },
		operation.DeleteRole:         func(x Target) error { return x.DeleteRole(t.Context(), "r") },
		operation.DeletePermission:   func(x Target) error { return x.DeletePermission(t.Context(), "p") },
		operation.DeleteProperty:     func(x Target) error { return x.DeleteProperty(t.Context(), "p") },
		operation.CreateFeatureFlag:  func(x Target) error { return x.CreateFeatureFlag(t.Context(), kinde.CreateFeatureFlagRequest{}) },
		operation.DeleteFeatureFlag:  func(x Target) error { return x.DeleteFeatureFlag(t.Context(), "f") },
		operation.AddOrganizationUsers: func(x Target) error {
			ids, err := x.AddOrganizationUsers(t.Context(), "o", []kinde.NewMember{{ID: "a"}, {ID: "b"}})
			return answered(err, fmt.Sprint(ids), "[a b]")
		},
		operation.UpdateOrganizationUsers: func(x Target) error {
			c, err := x.UpdateOrganizationUsers(t.Context(), "o", []kinde.MemberChange{{ID: "a"}, {ID: "b"}})
			return answered(err, fmt.Sprint(c.Updated), "[a b]")
		},
		operation.CreateOrganization: func(x Target) error {
			id, err := x.CreateOrganization(t.Context(), kinde.CreateOrganizationRequest{Name: "New"})
			return answered(err, id, "org_rehearsed_New")
		},
		operation.CreateRole: func(x Target) error {
			id, err := x.CreateRole(t.Context(), kinde.CreateRoleRequest{Key: "r"})
			return answered(err, id, "r")
		},
		operation.CreatePermission: func(x Target) error {
			id, err := x.CreatePermission(t.Context(), kinde.CreatePermissionRequest{Key: "p"})
			return answered(err, id, "p")
		},
		operation.CreateProperty: func(x Target) error {
			id, err := x.CreateProperty(t.Context(), kinde.CreatePropertyRequest{Key: "p"})
			return answered(err, id, "p")
		},
		operation.CreateCategory: func(x Target) error {
			id, err := x.CreateCategory(t.Context(), "c", "usr")
			return answered(err, id, "c")
		},
	} {
		d := newRehearsal(&shelf{}, nobody)
		if err := do(d); err != nil {
			t.Errorf("%s: %v", op, err)
		}
		if got := d.planned(engine.NewRecorder()); !maps.Equal(got, map[string]int64{op: 1}) {
			t.Errorf("%s is counted as %v", op, got)
		}
	}
}

func answered(err error, got, want string) error {
	if err == nil && got != want {
		return fmt.Errorf("it answered %s, want %s", got, want)
	}
	return err
}

// A rehearsal shows users as they would be: who was deleted is not there, and who
// lost an identity, or got one, is shown so. The tenant's own answer stays as it was.
func TestRehearsalShowsWhatWouldBe(t *testing.T) {
	user := kinde.User{ID: "kp1", Email: "a@example.com", Phone: "+1", Username: "ana", Identities: []kinde.UserIdentity{
		{Type: "email", Identity: "a@example.com"}, {Type: "email", Identity: "b@example.com"}, {Type: "phone", Identity: "+1"}}}
	x := &shelf{pageSize: 5, users: []kinde.User{user, {ID: "kp2", Email: "c@example.com"}}, identities: map[string][]kinde.Identity{
		"kp1": {
			{ID: "i1", Type: "email", Name: "a@example.com"},
			{ID: "i2", Type: "email", Name: "b@example.com"},
			{ID: "i3", Type: "phone", Name: "+1"},
		},
	}}
	d := newRehearsal(x, nobody)
	users := func() (list []string) {
		for page, err := range d.GetUsersPages(t.Context(), kinde.GetUsersRequest{}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range page.Items {
				list = append(list, fmt.Sprint(u.ID, u.Email, u.Phone, u.Username, u.Identities))
			}
		}
		return list
	}
	identities := func() (list []string) {
		for i, err := range d.GetUserIdentities(t.Context(), "kp1") {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, i.Name)
		}
		return list
	}
	as := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	whole := "kp1a@example.com+1ana[{email a@example.com } {email b@example.com } {phone +1 }]"
	as("at first", users(), whole, "kp2c@example.com[]")
	as("at first", identities(), "a@example.com", "b@example.com", "+1")
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(d.DeleteUser(t.Context(), "kp2", false))
	as("without the second", users(), whole)
	do(d.DeleteIdentity(t.Context(), "i1"))
	as("without the first address", users(), "kp1+1ana[{email b@example.com } {phone +1 }]")
	as("without the first address", identities(), "b@example.com", "+1")
	id, err := d.CreateUserIdentity(t.Context(), "kp1", kinde.CreateUserIdentityRequest{Type: "email", Value: "d@example.com"})
	do(err)
	as("with a new one", identities(), "b@example.com", "+1", "d@example.com")
	if _, err := d.CreateUserIdentity(
		t.Context(),
		"kp9",
		kinde.CreateUserIdentityRequest{Type: "email", Value: "D@example.com"},
	); kinde.ClassOf(
		err,
	) != kinde.ClassFinal {
		t.Errorf("it is given twice: %v", err)
	}
	do(d.DeleteIdentity(t.Context(), id))
	as("without it again", identities(), "b@example.com", "+1")
	if _, err := d.CreateUserIdentity(t.Context(), "kp9", kinde.CreateUserIdentityRequest{Type: "email", Value: "D@example.com"}); err != nil {
		t.Errorf("what was given up goes to nobody: %v", err)
	}
	if x.users[0].Email != "a@example.com" || len(x.users[0].Identities) != 3 {
		t.Errorf("the tenant's answer is changed: %+v", x.users[0])
	}
	first, err := d.CreateUser(t.Context(), kinde.CreateUserRequest{})
	second, err2 := d.CreateUser(t.Context(), kinde.CreateUserRequest{})
	if first.ID != rehearsed+"1" || second.ID != rehearsed+"2" || err != nil || err2 != nil {
		t.Errorf("%v %v %v %v", first, second, err, err2)
	}
}

// Somebody else has an identity by the tenant's filter, or by the checkpoint; the
// requests that find out are none of the run's.
func TestRehearsalKnowsWhoHasAnIdentity(t *testing.T) {
	request := kinde.CreateUserIdentityRequest{Type: "email", Value: "a@example.com"}
	google := kinde.CreateUserIdentityRequest{Type: "social", Value: "77", ConnectionID: "conn"}
	theirs := []kinde.User{{ID: "kp2", Email: "a@example.com"}}
	held := map[string][]kinde.Identity{
		"kp3": {{ID: "i", Type: "email", Name: "a@example.com"}, {Type: "oauth2:google", Name: "77", ConnectionID: "conn"}},
	}
	other := map[string][]kinde.Identity{"kp3": {{ID: "i", Type: "email", Name: "z@example.com"}}}
	for name, c := range map[string]struct {
		request kinde.CreateUserIdentityRequest
		tenant  shelf
		holder  string
		deleted string
		want    kinde.Class
		looks   map[string]int64
	}{
		"nobody": {request, shelf{}, "", "", kinde.ClassNone, map[string]int64{operation.GetUsers: 1}},
		"somebody by the filter": {request, shelf{users: theirs}, "", "", kinde.ClassFinal,
			map[string]int64{operation.GetUsers: 1}},
		"they were deleted": {request, shelf{users: theirs}, "", "kp2", kinde.ClassNone,
			map[string]int64{operation.GetUsers: 1}},
		"the user themselves by the filter": {request, shelf{users: []kinde.User{{ID: "kp1", Email: "a@example.com"}}}, "", "",
			kinde.ClassNone, map[string]int64{operation.GetUsers: 1}},
		"a filter that knows more": {request, shelf{users: []kinde.User{{ID: "kp2", Email: "a@example.com",
			Identities: nil}}}, "", "", kinde.ClassFinal, map[string]int64{operation.GetUsers: 1}},
		"somebody by the checkpoint": {request, shelf{identities: held}, "kp3", "", kinde.ClassFinal,
			map[string]int64{operation.GetUsers: 1, operation.GetUserIdentities: 1}},
		"somebody who gave it up": {request, shelf{identities: other}, "kp3", "", kinde.ClassNone,
			map[string]int64{operation.GetUsers: 1, operation.GetUserIdentities: 1}},
		"the user themselves": {request, shelf{identities: held}, "kp1", "", kinde.ClassNone,
			map[string]int64{operation.GetUsers: 1}},
		"somebody who was deleted": {request, shelf{identities: held}, "kp3", "kp3", kinde.ClassNone,
			map[string]int64{operation.GetUsers: 1}},
		"somebody whom the tenant deleted": {request, shelf{fails: "GetUserIdentities", with: absent}, "kp3", "",
			kinde.ClassNone, map[string]int64{operation.GetUsers: 1}},
		"a login, by the checkpoint": {google, shelf{identities: held}, "kp3", "", kinde.ClassFinal,
			map[string]int64{operation.GetUserIdentities: 1}},
		"a login that nobody has":    {google, shelf{}, "", "", kinde.ClassNone, map[string]int64{}},
		"a filter without an answer": {request, shelf{fails: "GetUsers", with: down}, "", "", kinde.ClassRetry, map[string]int64{}},
		"a list of somebody without an answer": {request, shelf{fails: "GetUserIdentities", with: down}, "kp3", "", kinde.ClassRetry,
			map[string]int64{operation.GetUsers: 1}},
	} {
		x := c.tenant
		d := newRehearsal(&x, func(context.Context, engine.StepID) (string, error) { return c.holder, nil })
		if c.deleted != "" {
			_ = d.DeleteUser(t.Context(), c.deleted, false)
		}
		_, err := d.CreateUserIdentity(t.Context(), "kp1", c.request)
		if kinde.ClassOf(err) != c.want || !maps.Equal(d.looks, c.looks) || d.counts[operation.CreateUserIdentity] != 1 {
			t.Errorf("%s: %v, looks %v, want %v", name, err, d.looks, c.looks)
		}
		if c.want == kinde.ClassFinal && err.Error() != "CreateUserIdentity: 409 IDENTITY_EXISTS: somebody else has this identity already" {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := newRehearsal(&shelf{}, func(context.Context, engine.StepID) (string, error) { return "", errLastIdentity })
	if _, err := d.CreateUserIdentity(t.Context(), "kp1", request); err != errLastIdentity {
		t.Errorf("a checkpoint that fails: %v", err)
	}
}

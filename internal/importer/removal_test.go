package importer

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// What can't be taken away is gone only if a look-up shows it, and no answer of the
// tenant is lost on the way.
func TestRemovals(t *testing.T) {
	member := func(id string) []kinde.User { return []kinde.User{{ID: id, Organizations: []string{"org_x", "org_a"}}} }
	outside := []kinde.User{{ID: "kp", Organizations: []string{"org_x"}}}
	look := "GetUsers [kp]"
	remove := "RemoveOrganizationUser org_a kp"
	given := wantedMember{roles: []string{"admin"}, permissions: []string{"fly"}}
	roles := []kinde.Role{{ID: "r1", Key: "admin"}, {ID: "r2", Key: "member"}}
	permissions := []kinde.MemberPermission{{ID: "p1", Key: "fly"}, {ID: "p2", Key: "swim"}, {ID: "p3", Key: "fly", Roles: roles}}
	listRoles, listPermissions := "GetOrganizationUserRoles org_a kp", "GetOrganizationUserPermissions org_a kp"
	dropRole, dropPermission := "DeleteOrganizationUserRole org_a kp r1", "DeleteOrganizationUserPermission org_a kp p1"
	out := func(x *shelf) error { return leave(t.Context(), x, "org_a", "kp") }
	take := func(x *shelf) error { return takeRoles(t.Context(), x, "org_a", "kp", given) }
	identity := func(key string) func(*shelf) error {
		return func(x *shelf) error { return takeIdentity(t.Context(), x, "kp", key) }
	}
	has := map[string][]kinde.Identity{
		"kp": {{ID: "i1", Type: "email", Name: "a@example.com"}, {ID: "i2", Type: "email", Name: "a@example.com"},
			{ID: "i3", Type: "oauth2:google", Name: "77", ConnectionID: "conn"}},
	}
	alone := map[string][]kinde.Identity{"kp": {{ID: "i1", Type: "email", Name: "a@example.com"}}}
	for name, c := range map[string]struct {
		tenant shelf
		do     func(*shelf) error
		want   error
		calls  []string
	}{
		"out":                          {shelf{}, out, nil, []string{remove}},
		"refused, and is out":          {shelf{users: outside, fails: remove, with: refusal}, out, nil, []string{remove, look}},
		"not there, and is out":        {shelf{users: outside, fails: remove, with: absent}, out, nil, []string{remove, look}},
		"refused, and is in":           {shelf{users: member("kp"), fails: remove, with: refusal}, out, refusal, []string{remove, look}},
		"refused, and nobody is shown": {shelf{users: member("other"), fails: remove, with: refusal}, out, refusal, []string{remove, look}},
		"no answer":                    {shelf{users: outside, fails: remove, with: down}, out, down, []string{remove}},
		"refused, and no look-up": {shelf{users: outside, fails: "", with: nil}, func(x *shelf) error {
			x.fails, x.with = "GetUsers", down
			return unlessOutside(t.Context(), x, "org_a", "kp", refusal)
		}, refusal, []string{look}},
		"refused, and the run ends": {shelf{users: outside}, func(x *shelf) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return unlessOutside(ctx, x, "org_a", "kp", refusal)
		}, refusal, nil},

		"roles": {shelf{roles: roles, permissions: permissions}, take, nil,
			[]string{listRoles, dropRole, listPermissions, dropPermission}},
		"roles alone": {shelf{roles: roles, permissions: permissions},
			func(x *shelf) error {
				return takeRoles(t.Context(), x, "org_a", "kp", wantedMember{roles: []string{"admin"}})
			}, nil, []string{listRoles, dropRole}},
		"a role that is gone is looked for again": {shelf{roles: roles, permissions: permissions, fails: dropRole, with: absent}, take, nil,
			[]string{listRoles, dropRole, listPermissions, dropPermission, listRoles, dropRole, listPermissions, dropPermission}},
		"a permission that is gone is looked for again": {shelf{permissions: permissions, fails: dropPermission, with: absent}, take, nil,
			[]string{listRoles, listPermissions, dropPermission, listRoles, listPermissions, dropPermission}},
		"a role that stays in the list": {shelf{roles: roles, fails: dropRole, with: absent, ever: true}, take, absent,
			[]string{listRoles, dropRole, listPermissions, listRoles, dropRole, listPermissions}},
		"a role that is refused to a member": {shelf{users: member("kp"), roles: roles, fails: dropRole, with: refusal}, take, refusal,
			[]string{listRoles, dropRole, look}},
		"a permission that is refused": {shelf{users: member("kp"), permissions: permissions, fails: dropPermission, with: refusal},
			take, refusal,
			[]string{listRoles, listPermissions, dropPermission, look}},
		"a list of roles that is refused to who is out": {shelf{users: outside, fails: listRoles, with: absent}, take, nil,
			[]string{listRoles, look}},
		"a list of permissions that gets no answer": {shelf{fails: listPermissions, with: down}, take, down, []string{listRoles,
			listPermissions}},

		"an identity": {shelf{identities: has}, identity("email:a@example.com"), nil,
			[]string{"GetUserIdentities kp", "DeleteIdentity i1"}},
		"a social identity": {shelf{identities: has}, identity("conn:77"), nil, []string{"GetUserIdentities kp", "DeleteIdentity i3"}},
		"one that nobody has": {shelf{identities: has}, identity("conn:78"), nil,
			[]string{"GetUserIdentities kp"}},
		"the last one": {shelf{identities: alone}, identity("email:a@example.com"), errLastIdentity, []string{"GetUserIdentities kp"}},
		"one that is gone meanwhile": {shelf{identities: has, fails: "DeleteIdentity", with: absent}, identity("conn:77"), nil,
			[]string{"GetUserIdentities kp", "DeleteIdentity i3", "GetUserIdentities kp", "DeleteIdentity i3"}},
		"one that is not there and shown": {shelf{identities: has, fails: "DeleteIdentity", with: absent, ever: true},
			identity("conn:77"), absent,
			[]string{"GetUserIdentities kp", "DeleteIdentity i3", "GetUserIdentities kp", "DeleteIdentity i3"}},
		"one that is refused": {shelf{identities: has, fails: "DeleteIdentity", with: refusal}, identity("conn:77"), refusal,
			[]string{"GetUserIdentities kp", "DeleteIdentity i3"}},
		"a list without an answer": {shelf{identities: has, fails: "GetUserIdentities", with: down}, identity("conn:77"), down,
			[]string{"GetUserIdentities kp"}},
	} {
		x := c.tenant
		if err := c.do(&x); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if !slices.Equal(x.calls, c.calls) {
			t.Errorf("%s: it called %q, want %q", name, x.calls, c.calls)
		}
	}
}

// An identity answers to its kind or its connection, by its name or its address.
func TestAnswersTo(t *testing.T) {
	for _, c := range []struct {
		identity kinde.Identity
		key      string
		want     bool
	}{
		{kinde.Identity{Type: "email", Name: "A@example.com"}, "email:a@example.com", true},
		{kinde.Identity{Type: "email", Email: "a@example.com"}, "email:A@example.com", true},
		{kinde.Identity{Type: "email", Name: "b@example.com", Email: "c@example.com"}, "email:a@example.com", false},
		{kinde.Identity{Type: "username", Name: "a@example.com"}, "email:a@example.com", false},
		{kinde.Identity{Type: "oauth2:google", Name: "77", ConnectionID: "conn"}, "conn:77", true},
		{kinde.Identity{Type: "oauth2:google", Name: "Ana", Email: "77", ConnectionID: "conn"}, "conn:77", true},
		{kinde.Identity{Type: "oauth2:google", Name: "78", ConnectionID: "conn"}, "conn:77", false},
		{kinde.Identity{Type: "oauth2:google", Name: "77", ConnectionID: "other"}, "conn:77", false},
	} {
		if got := answersTo(c.identity, c.key); got != c.want {
			t.Errorf("%+v and %s: %v", c.identity, c.key, got)
		}
	}
}

// A definition of each kind is deleted by its id, or by its name where the id was
// never learnt, and is gone when no list shows it.
func TestDropDefinition(t *testing.T) {
	lists := func() map[string][]kinde.Role {
		return map[string][]kinde.Role{
			"organization": {{ID: "1", Key: "one"}, {ID: "2", Key: "two"}}, "role": {{ID: "1", Key: "one"}, {ID: "2", Key: "two"}},
			"permission": {{ID: "1", Key: "one"}, {ID: "2", Key: "two"}}, "usr property": {{ID: "2", Key: "two"}},
			"org property": {{ID: "1", Key: "one"}}, "feature flag": {{ID: "one", Key: "one"}, {ID: "2", Key: "two"}}}
	}
	asks := map[string][]string{"organization": {"GetOrganizations"}, "role": {"GetRoles"}, "permission": {"GetPermissions"},
		"property": {"GetProperties usr", "GetProperties org"}, "feature flag": {"GetFeatureFlags"}}
	for kind, ask := range asks {
		id := "1"
		if kind == "feature flag" {
			id = "one" // it has no other
		}
		remove := "Delete " + kind + " " + id
		both := append(append(slices.Clone(ask), remove), ask...)
		for name, c := range map[string]struct {
			tenant     shelf
			definition checkpoint.Definition
			want       string
			calls      []string
		}{
			"by its id":              {shelf{}, checkpoint.Definition{ID: id, Name: "one"}, "", both[len(ask):]},
			"by its name":            {shelf{}, checkpoint.Definition{Name: "one"}, "", both},
			"nobody made it":         {shelf{}, checkpoint.Definition{Name: "three"}, "", ask},
			"it is refused":          {shelf{fails: remove, with: refusal}, checkpoint.Definition{ID: id}, refusal.Error(), []string{remove}},
			"not there, and listed":  {shelf{fails: remove, with: absent}, checkpoint.Definition{ID: id}, absent.Error(), both[len(ask):]},
			"no list":                {shelf{fails: ask[len(ask)-1], with: down}, checkpoint.Definition{Name: "one"}, down.Error(), ask},
			"no list after the fact": {shelf{fails: ask[len(ask)-1], with: down}, checkpoint.Definition{ID: id}, down.Error(), both[len(ask):]},
		} {
			x := c.tenant
			x.lists = lists()
			c.definition.Kind = kind
			err := dropDefinition(t.Context(), &x, c.definition)
			if said := ""; err != nil && err.Error() != c.want || err == nil && c.want != said {
				t.Errorf("%s, %s: %v, want %q", kind, name, err, c.want)
			}
			if !slices.Equal(x.calls, c.calls) {
				t.Errorf("%s, %s: it called %q, want %q", kind, name, x.calls, c.calls)
			}
		}
	}
	said := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	twice := &shelf{lists: map[string][]kinde.Role{"role": {{ID: "1", Key: "one"}, {ID: "2", Key: "one"}}}}
	if err := dropDefinition(t.Context(), twice, checkpoint.Definition{Kind: "role", Name: "one"}); said(
		err,
	) != "several are called one, and which one was created is not known" {
		t.Error(err)
	}
	if err := dropDefinition(t.Context(), &stays{shelf{lists: lists()}}, checkpoint.Definition{Kind: "role", ID: "1"}); said(
		err,
	) != "the tenant says that it is deleted, and still lists it" {
		t.Error(err)
	}
	if err := dropDefinition(t.Context(), &shelf{}, checkpoint.Definition{Kind: "planet"}); said(err) != "there is no way to delete a planet" {
		t.Error(err)
	}
}

// stays says that a role is deleted, and keeps it.
type stays struct{ shelf }

func (*stays) DeleteRole(context.Context, string) error { return nil }

// Who is gone already is deleted, and nobody else.
func TestDeleteUser(t *testing.T) {
	for name, c := range map[string]struct {
		tenant shelf
		want   error
		calls  []string
	}{
		"deleted": {shelf{}, nil, []string{"DeleteUser kp true"}},
		"gone":    {shelf{fails: "DeleteUser", with: absent}, nil, []string{"DeleteUser kp true", "GetUserData kp"}},
		"there": {shelf{fails: "DeleteUser", with: absent, users: []kinde.User{{ID: "kp"}}}, absent,
			[]string{"DeleteUser kp true", "GetUserData kp"}},
		"refused":      {shelf{fails: "DeleteUser", with: refusal}, refusal, []string{"DeleteUser kp true"}},
		"nobody knows": {shelf{fails: "DeleteUser", with: down}, down, []string{"DeleteUser kp true"}},
	} {
		x := c.tenant
		if err := deleteUser(t.Context(), &x, "kp", true); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if !slices.Equal(x.calls, c.calls) {
			t.Errorf("%s: it called %q, want %q", name, x.calls, c.calls)
		}
	}
}

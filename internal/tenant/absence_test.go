package tenant

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// fake is a tenant of which a test says what it shows.
type fake struct {
	API
	user        func(id string) (kinde.User, error)
	roles       []kinde.Role
	permissions []kinde.Permission
	codes       []string
	fails       error // of each list of definitions
	belonging   error // of each list of what belongs to one of them
	holders     map[string][]kinde.RoleUser
	more        int // pages of each role between the first and the last
	members     map[string][]kinde.Member
	refused     error // of a list of members that is filtered by a permission
	given       []kinde.MemberPermission
	givenFails  error
	asked       []string
}

func listOf[T any](items []T, fails error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range items {
			if !yield(x, nil) {
				return
			}
		}
		if fails != nil {
			var none T
			yield(none, fails)
		}
	}
}

func (f *fake) GetUserData(_ context.Context, id string, _ ...string) (kinde.User, error) {
	return f.user(id)
}

func (f *fake) GetRoles(context.Context) iter.Seq2[kinde.Role, error] {
	return listOf(f.roles, f.fails)
}

func (f *fake) GetPermissions(context.Context) iter.Seq2[kinde.Permission, error] {
	return listOf(f.permissions, f.fails)
}

func (f *fake) GetRolePermissions(_ context.Context, id string) iter.Seq2[kinde.Permission, error] {
	return listOf(f.permissions[:1], f.belonging)
}

func (f *fake) GetOrganizations(context.Context, kinde.ListRequest) iter.Seq2[kinde.Organization, error] {
	var all []kinde.Organization
	for _, code := range f.codes {
		all = append(all, kinde.Organization{Code: code})
	}
	return listOf(all, f.fails)
}

func (f *fake) GetRoleUsersPages(_ context.Context, id string, _ kinde.ListRequest) iter.Seq2[kinde.Page[kinde.RoleUser], error] {
	f.asked = append(f.asked, "role "+id)
	if f.belonging != nil {
		return listOf[kinde.Page[kinde.RoleUser]](nil, f.belonging)
	}
	pages := append([]kinde.Page[kinde.RoleUser]{{Items: f.holders[id], Next: "n"}}, slices.Repeat([]kinde.Page[kinde.RoleUser]{{Next: "n"}},
		f.more)...)
	return listOf(append(pages, kinde.Page[kinde.RoleUser]{}), nil)
}

func (f *fake) GetOrganizationUsersPages(_ context.Context, code string, q kinde.GetOrganizationUsersRequest,
) iter.Seq2[kinde.Page[kinde.Member], error] {
	f.asked = append(f.asked, strings.TrimSpace("org "+code+" "+strings.Join(q.Permissions, ",")))
	if len(q.Permissions) > 0 && (f.refused != nil || q.Permissions[0] == noPermission) {
		return listOf([]kinde.Page[kinde.Member]{{}}[:len(q.Permissions)-1], f.refused)
	}
	return listOf([]kinde.Page[kinde.Member]{{Items: f.members[code]}}, f.belonging)
}

func (f *fake) GetOrganizationUserPermissions(_ context.Context, code, id string) iter.Seq2[kinde.MemberPermission, error] {
	f.asked = append(f.asked, "member "+id+" of "+code)
	return listOf(f.given, f.givenFails)
}

// readerOf is a reader of a fake whose stage holds two users of two organizations.
func readerOf(t *testing.T, f *fake) *reader {
	t.Helper()
	s, err := openStage(t.Context(), "", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close(false) })
	users := []kinde.User{{ID: "kp_1", Organizations: []string{"org_a", "org_b"}}, {ID: "kp_2", Organizations: []string{"org_b"}}}
	if err := s.putPage(t.Context(), viewListed, users, "", true); err != nil {
		t.Fatal(err)
	}
	return &reader{tenant: f, stage: s, progress: &counter{}, opt: ReadOptions{Concurrency: 1, Now: time.Now},
		parts: Parts{Organizations: true, Roles: true, Permissions: true}}
}

// A failure about something that is gone is dropped only where another look does
// not show it any more; a look that fails itself is what is told.
func TestWhatIsGone(t *testing.T) {
	ctx := t.Context()
	gone, other, worse := &kinde.Error{Class: kinde.ClassNotFound}, &kinde.Error{Class: kinde.ClassFinal},
		&kinde.Error{Class: kinde.ClassStopped}
	in := func(codes ...string) func(string) (kinde.User, error) {
		return func(string) (kinde.User, error) { return kinde.User{Organizations: codes}, nil }
	}
	answers := func(err error) func(string) (kinde.User, error) {
		return func(string) (kinde.User, error) { return kinde.User{}, err }
	}
	roles, codes := []kinde.Role{{ID: "role_0"}, {ID: "role_1"}}, []string{"org_0", "org_a"}
	membership := func(r *reader, err error) error { return r.unlessLeft(ctx, "org_a", "kp_1", err) }
	role := func(r *reader, err error) error { return r.unlessRoleGone(ctx, "role_1", err) }
	organization := func(r *reader, err error) error { return r.unlessOrganizationGone(ctx, "org_a", err) }
	for name, c := range map[string]struct {
		fake   fake
		of     func(*reader, error) error
		failed error
		want   error
	}{
		"no failure":                      {fake{}, membership, nil, nil},
		"a membership, another failure":   {fake{user: in()}, membership, other, other},
		"a membership of who left":        {fake{user: in("org_b")}, membership, gone, nil},
		"a membership of who is deleted":  {fake{user: answers(gone)}, membership, gone, nil},
		"a membership that is shown":      {fake{user: in("org_b", "org_a")}, membership, gone, gone},
		"a membership, the look fails":    {fake{user: answers(worse)}, membership, gone, worse},
		"a role, another failure":         {fake{}, role, other, other},
		"a role that is gone":             {fake{roles: roles[:1]}, role, gone, nil},
		"a role that is shown":            {fake{roles: roles}, role, gone, gone},
		"a role, the look fails":          {fake{fails: worse}, role, gone, worse},
		"an organization, another":        {fake{}, organization, other, other},
		"an organization that is gone":    {fake{codes: codes[:1]}, organization, gone, nil},
		"an organization that is shown":   {fake{codes: codes}, organization, gone, gone},
		"an organization, the look fails": {fake{fails: worse}, organization, gone, worse},
	} {
		if got := c.of(&reader{tenant: &c.fake}, c.failed); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for failed, want := range map[error]int64{gone: 1, other: 2} {
		r := readerOf(t, &fake{user: answers(gone)})
		err := r.leaveOut(ctx, "kp_1", failed)
		users, e := r.stage.count(ctx, "SELECT count(*) FROM user")
		members, e2 := r.stage.count(ctx, "SELECT count(*) FROM member WHERE user = 'kp_1'")
		if (err == nil) != (want == 1) || users != want || members != 2*(want-1) || errors.Join(e, e2) != nil {
			t.Errorf("%v: %d users, %d memberships, %v", failed, users, members, err)
		}
	}
}

// Roles are read the cheaper way: by role until that has cost as much as the
// organizations would, by organization else, and not at all where there are none.
func TestMembersAreReadTheCheaperWay(t *testing.T) {
	holders := map[string][]kinde.RoleUser{"1": {{ID: "kp_1", OrgCodes: []string{"org_a", "org_b"}}}, "2": {{ID: "kp_1",
		OrgCodes: []string{"org_a"}}}}
	members := map[string][]kinde.Member{"org_a": {{ID: "kp_1", Roles: []string{"b", "a"}}}, "org_b": {{ID: "kp_2", Roles: []string{"c"}}}}
	const byOrganization = "kp_1 org_a [a b], kp_1 org_b [], kp_2 org_b [c]"
	for name, c := range map[string]struct {
		roles []kinde.Role
		more  int
		asked []string
		kept  string
		by    string
	}{
		"no role": {nil, 0, nil, "kp_1 org_a [], kp_1 org_b [], kp_2 org_b []", membersByRole},
		"one role": {[]kinde.Role{{ID: "1", Key: "a"}}, 0, []string{"role 1"},
			"kp_1 org_a [a], kp_1 org_b [a], kp_2 org_b []", membersByRole},
		"many of them": {make([]kinde.Role, 2), 0, []string{"org org_a", "org org_b"}, byOrganization, membersByOrganization},
		"one with many pages": {[]kinde.Role{{ID: "1", Key: "a"}}, 2, []string{"role 1", "org org_a", "org org_b"}, byOrganization,
			membersByOrganization},
	} {
		f := &fake{holders: holders, members: members, more: c.more}
		r := readerOf(t, f)
		r.roles = c.roles
		if err := r.readMembers(t.Context()); err != nil {
			t.Fatal(err)
		}
		by, err := r.stage.meta(t.Context(), "members")
		if got := keptMembers(t, r); err != nil || got != c.kept || by != c.by || !slices.Equal(f.asked, c.asked) {
			t.Errorf("%s: by %s, asked %q, kept %s, %v", name, by, f.asked, got, err)
		}
		f.asked = nil
		if err := r.readMembers(t.Context()); err != nil || len(f.asked) > 0 {
			t.Errorf("%s, once more: asked %q, %v", name, f.asked, err)
		}
	}
	for budget, want := range map[int64]string{
		4: "true kp_1 org_a [a b], kp_1 org_b [a], kp_2 org_b []", 3: "true kp_1 org_a [a b], kp_1 org_b [a], kp_2 org_b []",
		1: "false kp_1 org_a [], kp_1 org_b [], kp_2 org_b []", 2: "false kp_1 org_a [], kp_1 org_b [], kp_2 org_b []",
	} {
		r := readerOf(t, &fake{holders: holders})
		r.roles = []kinde.Role{{ID: "1", Key: "a"}, {ID: "2", Key: "b"}}
		enough, err := r.membersByRole(t.Context(), budget)
		if got := fmt.Sprint(enough, " ", keptMembers(t, r)); err != nil || got != want {
			t.Errorf("with %d requests: %s, want %s, %v", budget, got, want, err)
		}
	}
}

func keptMembers(t *testing.T, r *reader) string {
	t.Helper()
	all, err := r.stage.members(t.Context(), "", "~")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, id := range []string{"kp_1", "kp_2"} {
		for _, m := range all[id] {
			line := fmt.Sprint(id, " ", m.org, " ", m.roles)
			if len(m.permissions) > 0 {
				line += fmt.Sprint(" ", m.permissions)
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, ", ")
}

// Permissions are read by the filter where it is cheaper and works, else of each
// member, without those that a role grants.
func TestPermissionsAreRead(t *testing.T) {
	one, two := []kinde.Permission{{Key: "read"}}, []kinde.Permission{{Key: "read"}, {Key: "write"}}
	members := map[string][]kinde.Member{"org_a": {{ID: "kp_1"}}, "org_b": {{ID: "kp_1"}, {ID: "kp_2", Roles: []string{"editor"}}}}
	given := []kinde.MemberPermission{{Key: "write"}, {Key: "read", Roles: []kinde.Role{{Key: "editor"}}}}
	filtered := []string{"org org_b " + noPermission, "org org_a read", "org org_b read"}
	each := []string{"member kp_1 of org_a", "member kp_1 of org_b", "member kp_2 of org_b"}
	left := func(string) (kinde.User, error) { return kinde.User{}, nil }
	by := "kp_1 org_a [] [write], kp_1 org_b [] [write], kp_2 org_b [] [write]"
	for name, c := range map[string]struct {
		fake  fake
		asked []string
		kept  string
		err   string
	}{
		"none":             {fake{}, nil, "kp_1 org_a [], kp_1 org_b [], kp_2 org_b []", ""},
		"few":              {fake{permissions: one, members: members}, filtered, "kp_1 org_a [] [read], kp_1 org_b [] [read], kp_2 org_b []", ""},
		"more than people": {fake{permissions: two, given: given}, each, by, ""},
		"a filter that fails": {fake{permissions: one, refused: &kinde.Error{Class: kinde.ClassStopped}}, filtered[:1],
			"kp_1 org_a [], kp_1 org_b [], kp_2 org_b []", "asking whether lists of members can be filtered by permission: "},
		"a member that fails": {fake{permissions: two, givenFails: &kinde.Error{Class: kinde.ClassStopped}}, each[:1],
			"kp_1 org_a [], kp_1 org_b [], kp_2 org_b []", "reading the permissions of the user kp_1: "},
		"who left": {fake{permissions: two, givenFails: &kinde.Error{Class: kinde.ClassNotFound}, user: left}, each,
			"kp_1 org_a [], kp_1 org_b [], kp_2 org_b []", ""},
	} {
		f := &c.fake
		r := readerOf(t, f)
		if len(f.permissions) > 0 {
			r.roles = []kinde.Role{{ID: "1", Key: "editor"}}
		}
		err := r.readPermissions(t.Context())
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)) {
			t.Errorf("%s: %v", name, err)
		}
		if got := keptMembers(t, r); got != c.kept || !slices.Equal(f.asked, c.asked) && c.err == "" {
			t.Errorf("%s: asked %q, kept %s", name, f.asked, got)
		}
	}
}

// What is deleted while it is read ends nothing; what is still listed does, for its list
// is not complete.
func TestWhatIsDeletedMeanwhile(t *testing.T) {
	one, two := []kinde.Role{{ID: "1", Key: "a"}}, []kinde.Role{{ID: "1", Key: "a"}, {ID: "2", Key: "b"}}
	for _, c := range []struct {
		of    func(*reader, context.Context) error
		roles []kinde.Role
		fails string
	}{
		{(*reader).readMembers, one, "listing who has the role a: "},
		{(*reader).readMembers, two, "listing the members of org_a: "},
		{(*reader).listPermissions, one, "listing the permissions of the role a: "},
		{(*reader).readPermissions, nil, "listing who has the permission read in org_a: "},
	} {
		for _, there := range []bool{true, false} {
			f := &fake{belonging: &kinde.Error{Class: kinde.ClassNotFound}, permissions: []kinde.Permission{{Key: "read"}}}
			if there {
				f.roles, f.codes = two, []string{"org_a", "org_b"}
			}
			r := readerOf(t, f)
			r.roles = c.roles
			if err := c.of(r, t.Context()); (err != nil) != there || there && !strings.HasPrefix(err.Error(), c.fails) {
				t.Errorf("there %v: %v, want %s", there, err, c.fails)
			}
		}
	}
}

// A listing that was interrupted goes on where it was, and one that ended is not read again.
func TestAListingGoesOn(t *testing.T) {
	p := &pages{next: map[string]string{"": "a", "a": "b", "b": ""}, fails: map[string][]error{"b": {&kinde.Error{Class: kinde.ClassStopped}}}}
	r := readerOf(t, nil)
	for n, want := range [][]string{{""}, {"", "b"}, {"", "b"}} {
		if err := r.walk(t.Context(), viewFound, p.list); (err != nil) != (n == 0) || !slices.Equal(p.asked, want) {
			t.Errorf("asked behind %q, want %q, %v", p.asked, want, err)
		}
	}
	ids, err := r.stage.ids(t.Context(), "SELECT id FROM user WHERE found IS NOT NULL AND id > ? ORDER BY id LIMIT ?", "", 9)
	if want := []string{"a", "b", "in:", "in:a", "in:b"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("%q, want %q, %v", ids, want, err)
	}
}

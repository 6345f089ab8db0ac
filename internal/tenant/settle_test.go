package tenant

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// settled is a tenant that shows users one by one as they are by now.
type settled struct {
	API
	fails error // of a list of roles
	left  bool  // a membership whose roles are not found is gone
	asked []string
}

func (s *settled) GetUsersPages(_ context.Context, q kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	s.asked = append(s.asked, q.UserIDs...)
	shown := kinde.User{ID: q.UserIDs[0], FirstName: "New", Organizations: []string{"org_a", "org_b"}}
	page := kinde.Page[kinde.User]{Items: []kinde.User{{ID: "kp_0"}, shown, {ID: "kp_9"}}}
	switch q.UserIDs[0] {
	case "kp_4", "kp_7":
		page.Items = page.Items[:1]
	case "kp_8":
		return listOf([]kinde.Page[kinde.User]{page}, &kinde.Error{Class: kinde.ClassStopped})
	}
	return listOf([]kinde.Page[kinde.User]{page}, nil)
}

func (s *settled) GetUserData(_ context.Context, id string, expand ...string) (kinde.User, error) {
	if id == "kp_7" {
		return kinde.User{}, &kinde.Error{Class: kinde.ClassNotFound}
	}
	u := kinde.User{FirstName: "Alone", Organizations: []string{"org_b"}}
	if s.left && slices.Equal(expand, []string{kinde.ExpandOrganizations}) {
		u.Organizations = nil
	}
	return u, nil
}

func (s *settled) GetUserPropertyValues(_ context.Context, id string) iter.Seq2[kinde.PropertyValue, error] {
	return listOf([]kinde.PropertyValue{{Key: "plan", Value: "of " + id}, {Key: "note"}}, nil)
}

func (s *settled) GetOrganizationUserRoles(_ context.Context, code, id string) iter.Seq2[kinde.Role, error] {
	if code == "org_b" && s.fails != nil {
		return listOf([]kinde.Role{{Key: "lost"}}, s.fails)
	}
	return listOf([]kinde.Role{{Key: "r_" + code}, {Key: id}}, nil)
}

// Whoever the listings disagree about is read alone, as they are now; the others are as
// the listings show them.
func TestUsersAboutWhomListingsDisagree(t *testing.T) {
	gone, stopped := &kinde.Error{Class: kinde.ClassNotFound}, &kinde.Error{Class: kinde.ClassStopped}
	roles := func(codes []string, keys ...string) (list []Membership) {
		for _, code := range codes {
			list = append(list, Membership{Code: code, Roles: append(slices.Clone(keys), "r_"+code)})
		}
		return list
	}
	both, none, some := []string{"org_a", "org_b"}, map[string]string{}, map[string]string{"plan": "gold"}
	old := func(id string, properties map[string]string, codes ...string) Row {
		list := []Membership{}
		for _, code := range codes {
			list = append(list, Membership{Code: code, Roles: []string{"old"}})
		}
		return Row{ID: id, FirstName: "Old", Organizations: list, Properties: properties}
	}
	anew := func(id, name string, properties map[string]string, codes ...string) Row {
		return Row{ID: id, FirstName: name, Organizations: roles(codes, id), Properties: properties}
	}
	plan := func(id string) map[string]string { return map[string]string{"plan": "of " + id} }
	for name, c := range map[string]struct {
		tenant     settled
		by         string
		properties bool
		only       string // the one of whom there are suspects, "": all
		asked      []string
		want       []Row
		err        string
	}{
		"all that may disagree": {settled{}, membersByOrganization, true, "", []string{"kp_2", "kp_3", "kp_4", "kp_5", "kp_6", "kp_7"}, []Row{
			old("kp_1", some, "org_a"), anew("kp_2", "New", plan("kp_2"), both...), anew("kp_3", "New", plan("kp_3"), both...),
			anew("kp_4", "Alone", plan("kp_4"), "org_b"), anew("kp_5", "New", plan("kp_5"), both...), anew("kp_6", "New", plan("kp_6"), both...),
		}, ""},
		"without search, by role": {settled{}, membersByRole, false, "", []string{"kp_2", "kp_4", "kp_6"}, []Row{
			old("kp_1", nil, "org_a"), anew("kp_2", "New", nil, both...), old("kp_3", nil), anew("kp_4", "Alone", nil, "org_b"),
			{ID: "kp_5", FirstName: "Old", Organizations: []Membership{{Code: "org_b", Roles: []string{}}}}, anew("kp_6", "New", nil, both...),
			old("kp_7", nil),
		}, ""},
		"who left meanwhile": {settled{fails: gone, left: true}, membersByRole, true, "kp_2", []string{"kp_2"}, []Row{
			old("kp_1", some, "org_a"), anew("kp_2", "New", plan("kp_2"), "org_a"),
		}, ""},
		"roles that are not found": {settled{fails: gone}, membersByRole, true, "kp_2", []string{"kp_2"}, nil,
			"reading the roles of the user kp_2: "},
		"roles that are refused": {settled{fails: stopped}, membersByRole, true, "kp_2", []string{"kp_2"}, nil,
			"reading the roles of the user kp_2: "},
		"a user who is refused": {settled{}, membersByRole, true, "kp_8", []string{"kp_8"}, nil, "reading the user kp_8: "},
	} {
		t.Run(name, func(t *testing.T) {
			r := readerOf(t, nil)
			r.tenant, r.parts = &c.tenant, Parts{Organizations: true, Roles: true, Properties: c.properties}
			user := func(id string, p map[string]string, codes ...string) kinde.User {
				return kinde.User{ID: id, FirstName: "Old", Properties: p, Organizations: codes}
			}
			ctx, s := t.Context(), r.stage
			listed := []kinde.User{user("kp_1", nil, "org_a"), user("kp_3", nil), user("kp_5", nil, "org_b"), user("kp_6", nil), user("kp_7", nil)}
			found := []kinde.User{user("kp_1", some), user("kp_2", some), user("kp_5", none), user("kp_6", none)}
			shown := map[string][]kinde.Member{"org_a": {{ID: "kp_1", Roles: []string{"old"}}, {ID: "kp_4"}}, "org_b": {{ID: "kp_6"}}}
			if c.only != "" {
				listed, found, shown["org_a"], shown["org_b"] = listed[:1], append(found[:1], user(c.only, some)), shown["org_a"][:1], nil
			}
			err := errors.Join(s.remove(ctx, "kp_1"), s.remove(ctx, "kp_2"), s.putPage(ctx, viewListed, listed, "", true),
				s.putPage(ctx, viewFound, found, "", true), s.putMembers(ctx, "org_a", shown["org_a"]), s.putMembers(ctx, "org_b", shown["org_b"]),
				s.setMeta(ctx, "members", c.by))
			if err != nil {
				t.Fatal(err)
			}
			err = r.settle(ctx)
			if (err != nil) != (c.err != "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
				t.Errorf("%v", err)
			}
			if !slices.Equal(c.tenant.asked, c.asked) {
				t.Errorf("asked for %q", c.tenant.asked)
			}
			if err == nil {
				shows(t, "rows", rowsOf(t, r), c.want)
			}
		})
	}
}

// Each part is asked for by the listing that can show it.
func TestWhatIsExpanded(t *testing.T) {
	all := Parts{Identities: true, Organizations: true, Properties: true}
	for _, c := range []struct {
		parts  Parts
		search bool
		want   []string
	}{
		{Parts{}, true, nil},
		{all, true, []string{kinde.ExpandOrganizations, kinde.ExpandIdentities, kinde.ExpandProperties}},
		{all, false, []string{kinde.ExpandOrganizations, kinde.ExpandIdentities}},
		{Parts{Properties: true}, true, []string{kinde.ExpandProperties}},
	} {
		if got := (&reader{parts: c.parts}).expand(c.search); !slices.Equal(got, c.want) {
			t.Errorf("%s, search %v: %q, want %q", c.parts, c.search, got, c.want)
		}
	}
}

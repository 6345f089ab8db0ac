package compare

import (
	"reflect"
	"testing"
)

func TestUsers(t *testing.T) {
	all := Known{Profile: true, Identities: true, Connections: true, Properties: true, Organizations: true, Roles: true}
	want := User{
		ProvidedID:    "1",
		GivenName:     "Ana",
		Suspended:     true,
		Identities:    []Identity{{Kind: "email", Value: "Ana@Example.com"}, {Kind: "social", Value: "7", Connection: "conn_a"}},
		Properties:    map[string]string{"city": "Porto"},
		Organizations: map[string][]string{"org_a": {"member"}, "org_b": nil},
	}
	same := User{
		ProvidedID:    "1",
		GivenName:     "Ana",
		FamilyName:    "Unasked",
		Suspended:     true,
		Identities:    []Identity{{Kind: "email", Value: "ana@example.com"}, {Kind: "social", Value: "7", Connection: "conn_a"}},
		Properties:    map[string]string{"city": "Porto"},
		Organizations: map[string][]string{"org_a": {"member"}, "org_b": {}},
	}
	for _, c := range []struct {
		name   string
		change func(*User)
		known  Known
		want   []Difference
	}{
		{"as it should be", func(*User) {}, all, nil},
		{"a name", func(u *User) { u.GivenName = "Eve" }, all, []Difference{{Field: "given_name", Expected: "Ana", Actual: "Eve"}}},
		{"a suspension lifted", func(u *User) { u.Suspended = false }, all,
			[]Difference{{Field: "is_suspended", Expected: "true", Actual: "false"}}},
		{"an identity removed", func(u *User) { u.Identities = u.Identities[:1] }, all, []Difference{{Field: "social", Expected: "7"}}},
		{"another connection", func(u *User) {
			u.Identities = []Identity{u.Identities[0], {Kind: "social", Value: "7", Connection: "conn_b"}}
		}, all,
			[]Difference{{Field: "social", Expected: "7"}, {Field: "social", Actual: "7", Extra: true}}},
		{"a connection that is not shown", func(u *User) { u.Identities = []Identity{u.Identities[0], {Kind: "social", Value: "7"}} },
			Known{Identities: true}, nil},
		{"a property gone", func(u *User) { u.Properties = nil }, all, []Difference{{Field: "properties.city", Expected: "Porto"}}},
		{"a property more", func(u *User) { u.Properties = map[string]string{"city": "Porto", "x": "1"} }, all,
			[]Difference{{Field: "properties.x", Actual: "1", Extra: true}}},
		{"a membership lost", func(u *User) { u.Organizations = map[string][]string{"org_b": {}} }, all,
			[]Difference{{Field: "organizations.org_a", Expected: "member"}}},
		{"a role lost", func(u *User) { u.Organizations = map[string][]string{"org_a": {}, "org_b": {}} }, all,
			[]Difference{{Field: "roles.org_a", Expected: "member"}}},
		{"roles that were not read", func(u *User) { u.Organizations = map[string][]string{"org_a": nil, "org_b": nil} }, all, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			have := same
			c.change(&have)
			if got := Users(want, have, c.known); len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// A verified state that was lost is a difference; one that the tenant alone shows
// is more than was asked for, and nothing to mend.
func TestVerifiedStates(t *testing.T) {
	for _, c := range []struct {
		kind       string
		want, have bool
		expected   []Difference
	}{
		{"email", true, true, nil},
		{"email", true, false, []Difference{{Field: "email.verified", Expected: "true", Actual: "false"}}},
		{"phone", false, true, []Difference{{Field: "phone.verified", Expected: "false", Actual: "true", Extra: true}}},
		{"username", true, false, nil},
		{"social", true, false, nil},
	} {
		got := Users(
			User{Identities: []Identity{{Kind: c.kind, Value: "1", Verified: c.want}}},
			User{Identities: []Identity{{Kind: c.kind, Value: "1", Verified: c.have}}},
			Known{Verified: true},
		)
		if len(got)+len(c.expected) > 0 && !reflect.DeepEqual(got, c.expected) {
			t.Errorf("%s %v shown as %v: %+v, want %+v", c.kind, c.want, c.have, got, c.expected)
		}
		if asked := Asked(got); len(asked) > 0 && asked[0].Extra {
			t.Errorf("asked for: %+v", asked)
		}
	}
	gone := Users(User{Identities: []Identity{{Kind: "email", Value: "a@example.com", Verified: true}}}, User{}, Known{Verified: true})
	if len(gone) != 0 {
		t.Errorf("an identity that is not there has no state: %+v", gone)
	}
}

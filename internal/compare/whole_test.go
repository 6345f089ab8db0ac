package compare

import (
	"reflect"
	"testing"
)

// TestEachFieldIsCompared alone, with the whole list of differences.
func TestEachFieldIsCompared(t *testing.T) {
	profile, known := Known{Profile: true}, Known{Identities: true, Connections: true}
	orgs, roles := Known{Organizations: true}, Known{Organizations: true, Roles: true}
	differs := func(field, expected, actual string) []Difference {
		return []Difference{{Field: field, Expected: expected, Actual: actual}}
	}
	extra := func(field, expected, actual string) []Difference {
		return []Difference{{Field: field, Expected: expected, Actual: actual, Extra: true}}
	}
	of := func(list ...Identity) User { return User{Identities: list} }
	in := func(code string, roles ...string) User { return User{Organizations: map[string][]string{code: roles}} }
	for name, c := range map[string]struct {
		want, have User
		known      Known
		found      []Difference
	}{
		"an id":             {User{ProvidedID: "1"}, User{ProvidedID: "2"}, profile, differs("provided_id", "1", "2")},
		"a given name":      {User{GivenName: "A"}, User{}, profile, differs("given_name", "A", "")},
		"a family name":     {User{FamilyName: "A"}, User{FamilyName: "B"}, profile, differs("family_name", "A", "B")},
		"a picture":         {User{Picture: "A"}, User{Picture: "B"}, profile, differs("picture", "A", "B")},
		"space":             {User{GivenName: " A "}, User{GivenName: "A"}, profile, nil},
		"what is not asked": {User{}, User{ProvidedID: "1", GivenName: "A", FamilyName: "B", Picture: "C"}, profile, nil},
		"suspended":         {User{Suspended: true}, User{}, profile, differs("is_suspended", "true", "false")},
		"a suspension more": {User{}, User{Suspended: true}, profile, differs("is_suspended", "false", "true")},
		"nothing that is read": {User{GivenName: "A", Suspended: true, Identities: []Identity{{Kind: "email", Value: "a"}}}, User{},
			Known{}, nil},
		"another kind": {of(Identity{Kind: "email", Value: "1"}), of(Identity{Kind: "phone", Value: "1"}), known,
			append(differs("email", "1", ""), extra("phone", "", "1")...)},
		"case": {of(Identity{Kind: "email", Value: "A@b"}), of(Identity{Kind: "email", Value: "a@B"}), known, nil},
		"a connection": {of(Identity{Kind: "social", Value: "1", Connection: "a"}), of(Identity{Kind: "social", Value: "1",
			Connection: "b"}), known, append(differs("social", "1", ""), extra("social", "", "1")...)},
		"no connections read": {of(Identity{Kind: "social", Value: "1", Connection: "a"}), of(Identity{Kind: "enterprise",
			Value: "1"}), Known{Identities: true}, nil},
		"an e-mail's none": {of(Identity{Kind: "email", Value: "1"}), of(Identity{Kind: "enterprise", Value: "1"}),
			Known{Identities: true}, append(differs("email", "1", ""), extra("enterprise", "", "1")...)},
		"no state of a link": {of(Identity{Kind: "enterprise", Value: "1", Verified: true}), of(Identity{Kind: "enterprise",
			Value: "1"}), Known{Verified: true}, nil},
		"shown twice": {of(Identity{Kind: "email", Value: "1", Verified: true}), of(Identity{Kind: "email", Value: "1",
			Verified: true}, Identity{Kind: "email", Value: "1"}), Known{Verified: true}, nil},
		"a property": {User{Properties: map[string]string{"b": "1", "a": "1"}},
			User{Properties: map[string]string{"b": "2"}}, Known{Properties: true}, append(differs("properties.a", "1", ""),
				differs("properties.b", "1", "2")...)},
		"properties more": {User{}, User{Properties: map[string]string{"b": "2", "a": "1", "c": ""}}, Known{Properties: true},
			append(extra("properties.a", "", "1"), extra("properties.b", "", "2")...)},
		"an organization more": {in("a"), User{Organizations: map[string][]string{"a": {}, "b": nil}}, orgs, extra("organizations.b",
			"", "member")},
		"two less": {User{Organizations: map[string][]string{"b": nil, "a": nil, "c": nil}}, in("c"), orgs,
			append(differs("organizations.a", "member", ""), differs("organizations.b", "member", "")...)},
		"roles not asked": {in("a", "r"), User{Organizations: map[string][]string{"a": {}}}, orgs, nil},
		"roles not read":  {in("a", "r"), in("a"), roles, nil},
		"a role less":     {in("a", "s", "r", "r"), in("a", "s"), roles, differs("roles.a", "r,s", "s")},
		"a role instead":  {in("a", "r"), in("a", "s"), roles, differs("roles.a", "r", "s")},
		"a role more":     {in("a", "r"), in("a", "s", "r"), roles, extra("roles.a", "r", "r,s")},
		"the same roles":  {in("a", "r", "s"), in("a", "s", "r"), roles, nil},
		"a national number more": {of(Identity{Kind: "phone", Value: "+447700900123"}),
			of(Identity{Kind: "phone", Value: "7700900123"}, Identity{Kind: "phone", Value: "7700900124"}), known, extra("phone", "", "7700900124")},
	} {
		got := Users(c.want, c.have, c.known)
		if len(got)+len(c.found) > 0 && !reflect.DeepEqual(got, c.found) {
			t.Errorf("%s: %+v, want %+v", name, got, c.found)
		}
		asked := 0
		for _, d := range c.found {
			if !d.Extra {
				asked++
			}
		}
		if list := Asked(got); len(list) != asked || len(got) != len(c.found) {
			t.Errorf("%s: asked for are %+v", name, list)
		}
	}
}

func TestNational(t *testing.T) {
	for number, want := range map[string]string{"+447700900123": "7700900123", "+390612345678": "0612345678", "447700900123": "",
		"+": "", "": "", "7700900123": ""} {
		if got := National(number); got != want {
			t.Errorf("%s is %q, want %q", number, got, want)
		}
	}
	if Same("phone", "x", "123") || !Same("phone", "+390612345678", "612345678") {
		t.Error("what is no number, or the zero before one")
	}
}

package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// TestPairShapes writes names and values of members in every way that an entry can ask for.
func TestPairShapes(t *testing.T) {
	const record = `{"id":"u","m":{"a":"1","ab":"2","C d":"3","x_E":"4","l":["p","","q"],"o":{"k":1},"z":null},"m.flat":"5","list":[{"n":"k1","v":"1"},{"n":"","v":"2"},{"n":"k3","v":""}],"one":"6"}`
	for _, c := range []struct{ spec, want string }{
		{`[{from: m, only: [a]}]`, `[{a 1}]`},
		{`[{from: m, only: [a*]}]`, `[{a 1} {ab 2}]`},
		{`[{from: m, only: [a*], except: [ab]}]`, `[{a 1}]`},
		{`[{from: m, only: [a, ab], prefix: p_}]`, `[{p_a 1} {p_ab 2}]`},
		{`[{from: m, only: [a, ab], rename: {a: b, ab: ~}}]`, `[{b 1}]`},
		{`[{from: m, only: [x_E], replace: ['^x_', '']}]`, `[{E 4}]`},
		{`[{from: m, only: [x_E], replace: ['^x_', ''], case: lower, prefix: P}]`, `[{Pe 4}]`},
		{`[{from: m, only: [x_E], case: upper}]`, `[{X_E 4}]`},
		{`[{from: m, only: ['c d']}]`, `[{C_d 3}]`},
		{`[{from: m, only: [l]}]`, `[{l ["p","","q"]}]`},
		{`[{from: m, only: [l], lists: json}]`, `[{l ["p","","q"]}]`},
		{`[{from: m, only: [l], lists: join}]`, `[{l p,q}]`},
		{`[{from: m, only: [l], lists: first}]`, `[{l p}]`},
		{`[{from: m, only: [o]}]`, `[{o {"k":1}}]`},
		{`[{from: m, only: [z, flat]}]`, `[{flat 5}]`},
		{`[{from: $, only: [one]}]`, `[{one 6}]`},
		{`[{from: $, only: ['o*'], prefix: s_}]`, `[{s_one 6}]`},
		{`[{from: '@rest', except: [m, m.flat, list]}]`, `[{one 6}]`},
		{`[{each: list, key_from: n, value: v}]`, `[{k1 1}]`},
		{`[{each: =list, key_from: n, value: v}]`, `[{k1 1}]`},
		{`[{each: [nothing, =list], key_from: n, value: v}]`, `[{k1 1}]`},
		{`[{each: {first: [nothing, list]}, key_from: n, value: v}]`, `[{k1 1}]`},
		{`[{key: k, value: one}]`, `[{k 6}]`},
		{`{k: one, n: nothing}`, `[{k 6}]`},
	} {
		r := mapOne(t, "id: id\nno_identity: skip\nproperties: "+c.spec, record)
		if got := fmt.Sprint(r.User.Properties); got != c.want {
			t.Errorf("%s: %s", c.spec, got)
		}
	}
}

// TestEntriesThatSayNothing are refused, and every one that says something is taken.
func TestEntriesThatSayNothing(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"memberships: [{scope: x}]", "a membership names an organization, roles or permissions"},
		{"memberships: [{organization: x}]", ""}, {"memberships: [{code: x}]", ""}, {"memberships: [{external_id: x}]", ""},
		{"memberships: [{name: x}]", ""}, {"memberships: [{roles: x}]", ""}, {"memberships: [{permissions: x}]", ""},
		{"properties: [{from: a, key: b}]", "properties: from takes all members; key and value take one"},
		{"properties: [{from: a, value: b}]", "properties: from takes all members; key and value take one"},
		{"properties: [{from: a, key_from: b}]", "properties: from takes all members; key and value take one"},
		{"properties: [{key: a, key_from: b, value: c}]", "properties: an entry has key, key_from or from"},
		{"properties: [{value: c}]", "properties: an entry has key, key_from or from"},
		{"properties: [{from: a, lists: json}]", ""}, {"properties: [{from: a, lists: join}]", ""}, {"properties: [{from: a, lists: first}]", ""},
		{"properties: [{from: a, case: lower}]", ""}, {"properties: [{from: a, case: upper}]", ""},
		{"password: [{salt: x}]", "password: hash is missing"}, {"password: [{params: {a: b}}]", ""},
		{"flags: [{from: '@rest'}]", "flags: @rest may hold what users can edit themselves"},
		{"user_editable: ['$']\nflags: [{from: $, only: [a]}]", "flags reads a, which users can edit themselves: it must not give access"},
		{"user_editable: ['*']\nflags: [{from: $, only: [a]}]", "flags reads a, which users can edit themselves: it must not give access"},
		{"flags: [{from: a}]\nproperties: [{from: user_metadata}]", ""},
		{"memberships: [{roles: a}]\ndrop: [user_metadata]\nproperties: [{from: user_metadata}]", ""},
		{"memberships: [{roles: 'a.*'}]", ""},
		{"memberships: [{roles: a.b.user_metadata.c}]", "memberships roles reads a.b.user_metadata, which users can edit themselves: it must not give access"},
		{"user_editable: [p.c]\nmemberships: [{roles: p.d}]", ""},
		{"user_editable: [p.c]\nmemberships: [{roles: 'p.*'}]", "memberships roles reads p.*, which users can edit themselves: it must not give access"},
		{"user_editable: [p.c]\nmemberships: [{roles: p.c.d}]", "memberships roles reads p.c.d, which users can edit themselves: it must not give access"},
		{"user_editable: ['p[*].c']\nmemberships: [{roles: 'p[0].c'}]", "memberships roles reads p.*.c, which users can edit themselves: it must not give access"},
	} {
		_, err := Load("t.yaml", []byte("id: id\n"+c.yaml))
		got := ""
		if err != nil {
			got, _, _ = strings.Cut(err.Error(), "\n")
			_, got, _ = strings.Cut(got, ": ")
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.yaml, got, c.want)
		}
	}
}

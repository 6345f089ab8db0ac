package importer

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Of each value the older one stays, of each list everything, and what can't be read is no image.
func TestOlderImage(t *testing.T) {
	for _, c := range []struct{ older, newer, want string }{
		{``, `{"before":{"a":1}}`, `{"before":{"a":1}}`},
		{`null`, `{"before":{"a":1}}`, `{"before":{"a":1}}`},
		{`{"before":{"a":1}}`, ``, `{"before":{"a":1}}`},
		{`{"before":{"a":1}}`, `null`, `{"before":{"a":1}}`},
		{`{"before":{"a":1}}`, `{"before":{"a":2,"b":3}}`, `{"before":{"a":1,"b":3}}`},
		{`{"before":{"a":1}}`, `{"before":7}`, `{"before":{"a":1}}`},
		{`{"set":["a","b"]}`, `{"set":["b","c"]}`, `{"set":["a","b","c"]}`},
		{`{"set":["a"]}`, `{"set":"b"}`, `{"set":["a"]}`},
		{`{"x":null}`, `{"x":5}`, `{"x":5}`},
		{`{"x":"old"}`, `{"y":"new"}`, `{"x":"old","y":"new"}`},
	} {
		if got := olderImage(c.older, c.newer); got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.older, c.newer, got, c.want)
		}
	}
	if got := beforeImage(map[string]any{"city": "Porto"}); got != `{"before":{"city":"Porto"}}` {
		t.Error(got)
	}
}

// A detail lists the fields that are set, sorted, beside what else it tells.
func TestFieldsThatAreSet(t *testing.T) {
	for _, c := range []struct {
		detail string
		fields []string
		want   string
	}{
		{"", nil, ""},
		{"", []string{"b", "a", "b"}, `{"set":["a","b"]}`},
		{`{"set":["a"]}`, nil, `{}`},
		{`{"set":["a"]}`, []string{"b"}, `{"set":["b"]}`},
		{`{"before":{"a":1}}`, []string{"a"}, `{"before":{"a":1},"set":["a"]}`},
		{`{"before":{"a":1},"set":["a"]}`, nil, `{"before":{"a":1}}`},
		{`no JSON`, []string{"a"}, `{"set":["a"]}`},
	} {
		got := withSet(c.detail, c.fields)
		if got != c.want {
			t.Errorf("%s with %v: %s, want %s", c.detail, c.fields, got, c.want)
		}
		s := &engine.Subject{Before: map[engine.StepID]checkpoint.Step{{Kind: checkpoint.StepUpdate}: {Detail: got}}}
		if set := fieldsSet(s, checkpoint.StepUpdate); len(c.fields) > 0 && len(set) != len(union(nil, c.fields)) ||
			fieldsSet(s, checkpoint.StepProperties) != nil {
			t.Errorf("%s: %v are set", got, set)
		}
	}
}

// Only what the source says and the tenant shows otherwise is sent, and what it replaces is told.
func TestProfileChange(t *testing.T) {
	shown := &kinde.User{FirstName: "Ana", LastName: "Lee", Picture: "p", ProvidedID: "7"}
	full := mapping.User{GivenName: "Eva", FamilyName: "Moe", Picture: "q", SourceID: "8"}
	same := mapping.User{GivenName: "Ana", FamilyName: "Lee", Picture: "p", SourceID: "7"}
	for name, c := range map[string]struct {
		user  mapping.User
		shown *kinde.User
		sent  string
		was   string
	}{
		"all of it": {full, shown, "family=Moe,given=Eva,id=8,picture=q",
			`{"before":{"family_name":"Lee","given_name":"Ana","picture":"p","provided_id":"7"}}`},
		"nothing": {same, shown, "", `{"before":{}}`},
		"nothing is known": {same, nil, "family=Lee,given=Ana,id=7,picture=p",
			`{"before":{"family_name":"","given_name":"","picture":"","provided_id":""}}`},
		"nothing is wanted": {mapping.User{}, nil, "", `{"before":{}}`},
		"one of them":       {mapping.User{GivenName: "Ana", FamilyName: "Moe"}, shown, "family=Moe", `{"before":{"family_name":"Lee"}}`},
	} {
		r, replaced := profileChange(&wanted{user: &c.user}, c.shown)
		x := &shelf{}
		_ = x.UpdateUser(t.Context(), "kp", r)
		want := "UpdateUser kp"
		if c.sent != "" {
			want += " " + c.sent
		}
		if x.calls[0] != want || beforeImage(replaced) != c.was {
			t.Errorf("%s: %s, %s", name, x.calls[0], beforeImage(replaced))
		}
	}
}

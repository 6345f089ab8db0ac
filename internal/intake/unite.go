package intake

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// contradictions lists what the other record says differently where a user has room for
// one value only: u's stands, v's is left out.
func contradictions(u, v *mapping.User, number int64) (out []mapping.Problem) {
	other := func(code mapping.Code, field, what string) {
		out = append(out, mapping.Problem{Severity: mapping.Warning, Code: code, Field: field,
			Message: fmt.Sprintf("Record %d is the same person with another %s. The first one is used.", number, what),
			Hint:    "If the other one is right, correct the first record."})
	}
	for _, t := range [...]struct{ field, have, more string }{
		{"given_name", u.GivenName, v.GivenName}, {"family_name", u.FamilyName, v.FamilyName}, {"picture", u.Picture, v.Picture},
	} {
		if t.have != "" && t.more != "" && t.have != t.more {
			other(mapping.FieldDropped, t.field, strings.ReplaceAll(t.field, "_", " "))
		}
	}
	for _, id := range v.Identities {
		if id.Type == mapping.Username && hasType(u, mapping.Username) && !hasIdentity(u, id) {
			other(mapping.FieldDropped, "username", "username")
		}
	}
	for _, kind := range [...]struct {
		name       string
		have, more []mapping.KeyValue
	}{{"property", u.Properties, v.Properties}, {"flag", u.Flags, v.Flags}} {
		for _, kv := range kind.more {
			if slices.ContainsFunc(kind.have, func(o mapping.KeyValue) bool { return o.Key == kv.Key && o.Value != kv.Value }) {
				other(mapping.FieldDropped, kv.Key, kind.name+" "+kv.Key)
			}
		}
	}
	if u.Password != nil && v.Password != nil && !reflect.DeepEqual(u.Password, v.Password) {
		other(mapping.PasswordUnread, "password", "password")
	}
	return out
}

func hasType(u *mapping.User, t mapping.IdentityType) bool {
	return slices.ContainsFunc(u.Identities, func(i mapping.Identity) bool { return i.Type == t })
}

func hasIdentity(u *mapping.User, id mapping.Identity) bool {
	return slices.ContainsFunc(u.Identities, func(o mapping.Identity) bool {
		kind := string(id.Type)
		return o.Type == id.Type && compare.Fold(kind, o.Value) == compare.Fold(kind, id.Value)
	})
}

func hasLink(u *mapping.User, l mapping.Link) bool {
	return slices.ContainsFunc(u.Links, func(o mapping.Link) bool {
		return o.Provider == l.Provider && o.Subject == l.Subject && o.Connection == l.Connection && o.Strategy == l.Strategy
	})
}

// addMissing adds the keys that have no value yet, and keeps the order.
func addMissing(have, more []mapping.KeyValue) []mapping.KeyValue {
	n := len(have)
	for _, kv := range more {
		if !slices.ContainsFunc(have[:n], func(o mapping.KeyValue) bool { return o.Key == kv.Key }) {
			have = append(have, kv)
		}
	}
	slices.SortStableFunc(have, func(a, b mapping.KeyValue) int { return strings.Compare(a.Key, b.Key) })
	return have
}

package intake

import (
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

func sameProblems(a, b []mapping.Problem) bool { return slices.Equal(a, b) }

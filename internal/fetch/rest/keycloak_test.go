package rest

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var keycloak = provider{
	Provider: providertest.Keycloak,
	denies: []denial{
		{path: "/acme/users", needs: "view-users"},
		{path: "/acme/roles", needs: "view-realm"},
		{path: "/acme/clients", needs: "view-clients"},
		{path: "/acme/organizations", needs: "manage-realm"},
	},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		if len(s.Gone) > 0 || len(s.People) == 0 {
			return
		}
		var roles, identities []string
		for _, m := range out.memberships {
			if m[1] == "" {
				roles = append(roles, m[0]+" "+m[3])
			}
		}
		for _, line := range out.identities {
			identities = append(identities, one([]byte(line), "user_id"))
		}
		var want []string
		for _, id := range s.People {
			want = append(want, id+" pilot", id+" shop:buyer")
		}
		sameIDs(t, "roles", roles, want)
		sameIDs(t, "identities", identities, s.People)
	},
}

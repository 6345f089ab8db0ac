package rest

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var supertokens = provider{
	Provider: providertest.SuperTokens,
	denies:   []denial{{path: "/public/users", needs: "API key"}, {path: "/recipe/roles", needs: "API key"}},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		if len(s.Gone) == 0 && len(out.memberships) != 2*len(s.People) {
			t.Errorf("%d roles of %d people in two tenants", len(out.memberships), len(s.People))
		}
		for _, m := range out.memberships {
			if m[3] != "pilot" || m[1] != "public" && m[1] != "acme" {
				t.Errorf("a role is %q", m)
			}
		}
	},
}

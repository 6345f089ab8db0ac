package rest

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var workos = provider{
	Provider: providertest.WorkOS,
	denies:   []denial{{path: "/user_management/users", needs: "secret key"}, {path: "/organizations", needs: "secret key"}},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		if len(s.Gone) == 0 && len(out.identities) != len(s.People) {
			t.Errorf("%d identities of %d people", len(out.identities), len(s.People))
		}
		for _, m := range out.memberships {
			if m[3] != "admin|member" {
				t.Errorf("the roles of %s are %q", m[0], m[3])
			}
		}
	},
}

package rest

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var supabase = provider{
	Provider: providertest.Supabase,
	denies:   []denial{{path: "/auth/v1/admin/users", needs: "service_role"}},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		if len(s.Gone) == 0 && len(out.identities) != len(s.People) {
			t.Errorf("%d identities of %d people", len(out.identities), len(s.People))
		}
	},
}

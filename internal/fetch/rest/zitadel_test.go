package rest

import (
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var zitadel = provider{
	Provider: providertest.Zitadel,
	denies: []denial{
		{path: "/v2/users", needs: "user.read"},
		{path: "/v2/organizations", needs: "org.read"},
		{path: "/grants", needs: "user.grant.read"},
	},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		if !slices.ContainsFunc(out.manifest.Unavailable, func(s fetch.Shortfall) bool { return strings.Contains(s.Why, "password hashes") }) {
			t.Errorf("it does not say that the API gives no hashes: %v", out.manifest.Unavailable)
		}
		for _, m := range out.memberships {
			if m[3] != "pilot" {
				t.Errorf("a grant is %q", m)
			}
		}
		if len(s.Gone) == 0 && len(out.identities) != len(s.People) {
			t.Errorf("%d links of %d people", len(out.identities), len(s.People))
		}
	},
}

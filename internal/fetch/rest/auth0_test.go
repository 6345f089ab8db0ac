package rest

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var auth0 = provider{
	Provider: providertest.Auth0,
	denies: []denial{{path: "/jobs/users-exports", needs: "read:users", unprobed: true}, {path: "/api/v2/users", needs: "read:users"}, {path: "/api/v2/roles", needs: "read:roles"},
		{path: "/members", needs: "read:organization_member_roles"}, {path: "/api/v2/organizations", needs: "read:organizations"}},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		for _, line := range out.lines {
			if strings.Contains(line, "access_token") || !strings.Contains(line, `"provider"`) {
				t.Errorf("a user is %s", line)
			}
		}
		roles := 0
		for _, m := range out.memberships {
			if m[1] == "" && m[3] == "pilot" {
				roles++
			} else if m[3] != "admin|member" {
				t.Errorf("a membership is %q", m)
			}
		}
		if len(s.Gone) == 0 && roles != len(s.People) {
			t.Errorf("%d have the role of the tenant, not %d", roles, len(s.People))
		}
	},
}

package rest

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var logto = provider{
	Provider: providertest.Logto,
	denies:   []denial{{path: "/api/users", needs: "Logto Management API access"}, {path: "/api/roles", needs: "Logto Management API access"}},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		for _, line := range out.lines {
			if !strings.Contains(line, "passwordDigest") {
				t.Errorf("a user is %s", line)
			}
		}
		var roles []string
		for _, m := range out.memberships {
			if m[1] == "" {
				roles = append(roles, m[3])
			}
		}
		if len(s.Gone) == 0 && (len(roles) != len(s.People) || len(roles) > 0 && roles[0] != "platform:pilot") {
			t.Errorf("the roles of the tenant are %q", roles)
		}
	},
}

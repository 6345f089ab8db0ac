package rest

import (
	"encoding/json"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var okta = provider{
	Provider: providertest.Okta,
	denies: []denial{
		{path: "/api/v1/users", needs: "okta.users.read"},
		{path: "/api/v1/groups", needs: "okta.groups.read"},
		{path: "/api/v1/idps", needs: "okta.idps.read"},
	},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		for _, line := range out.identities {
			var row struct {
				User, External, Type string
			}
			var raw map[string]any
			_ = json.Unmarshal([]byte(line), &raw)
			row.User, _ = raw["user_id"].(string)
			row.External, _ = raw["externalId"].(string)
			row.Type, _ = raw["type"].(string)
			if row.External != "google-"+row.User || row.Type != "GOOGLE" {
				t.Errorf("an identity is %s", line)
			}
		}
		if len(s.Gone) == 0 && len(out.identities) != len(s.People) {
			t.Errorf("%d identities of %d people", len(out.identities), len(s.People))
		}
	},
}

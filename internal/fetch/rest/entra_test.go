package rest

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var entra = provider{
	Provider: providertest.Entra,
	denies: []denial{
		{path: "/v1.0/users", needs: "User.Read.All"},
		{path: "/v1.0/groups", needs: "GroupMember.Read.All"},
		{path: "/v1.0/applications", needs: "Application.Read.All"},
	},
	check: func(t *testing.T, _ *providertest.Simulator, out outcome) {
		for _, line := range out.lines {
			if !strings.Contains(line, `"extension_0a_plan":"gold"`) || !strings.Contains(line, "identities") {
				t.Errorf("a user is %s", line)
			}
		}
	},
}

var azureB2C = provider{Provider: providertest.AzureB2C, denies: entra.denies, check: entra.check}

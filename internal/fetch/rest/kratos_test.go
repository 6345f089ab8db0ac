package rest

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var kratos = provider{
	Provider: providertest.Kratos,
	denies:   []denial{{path: "/admin/identities", needs: "API key"}},
	check: func(t *testing.T, _ *providertest.Simulator, out outcome) {
		for _, line := range out.lines {
			if strings.Contains(line, "initial_") || !strings.Contains(line, `"hashed_password":"$2a$`) || !strings.Contains(line, `"subject"`) {
				t.Errorf("a user is %s", line)
			}
		}
	},
}

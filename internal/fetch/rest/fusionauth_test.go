package rest

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var fusionauth = provider{
	Provider: providertest.FusionAuth,
	denies:   []denial{{path: "/api/user/search", needs: "/api/user/search"}, {path: "/api/group/search", needs: "/api/group/search"}},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		for _, line := range out.identities {
			if strings.Contains(line, "token") || !strings.Contains(line, `"user_id"`) {
				t.Errorf("a link is %s", line)
			}
		}
		if len(s.Gone) == 0 && len(out.identities) != len(s.People) {
			t.Errorf("%d links of %d people", len(out.identities), len(s.People))
		}
	},
}

// fusionauthDB has no cursor: without Elasticsearch the search counts rows.
var fusionauthDB = provider{Provider: providertest.FusionAuthDB, denies: fusionauth.denies, check: fusionauth.check}

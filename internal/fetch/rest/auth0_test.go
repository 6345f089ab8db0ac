package rest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var auth0 = provider{
	Provider: providertest.Auth0,
	denies: []denial{
		{path: "/jobs/users-exports", needs: "read:users", unprobed: true},
		{path: "/api/v2/users", needs: "read:users"},
		{path: "/api/v2/roles", needs: "read:roles"},
		{path: "/members", needs: "read:organization_member_roles"},
		{path: "/api/v2/organizations", needs: "read:organizations"},
	},
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

// TestAJobThatNeverEnds is not waited for without end.
func TestAJobThatNeverEnds(t *testing.T) {
	s := providertest.New(t, 3, 0, auth0.Serve)
	s.Serve = func(s *providertest.Simulator, w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v2/jobs/job_") {
			providertest.AnswerJSON(w, 200, map[string]any{"status": "processing"})
			return
		}
		auth0.Serve(s, w, r)
	}
	if _, err := fetchAll(t, s, auth0.options(t), 0); err == nil || !strings.Contains(err.Error(), "has not ended after 1h") {
		t.Errorf("it ended with %v", err)
	}
}

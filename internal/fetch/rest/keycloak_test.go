package rest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

var keycloak = provider{
	name: "keycloak", serve: serveKeycloak, secret: "keycloak-secret-0123", with: []string{"identities", "groups"},
	values: map[string]string{"base_url": "https://sso.example.com", "realm": "acme", "client_id": "fetch", "client_secret": "keycloak-secret-0123"},
	denies: []denial{{path: "/acme/users", needs: "view-users"}, {path: "/acme/roles", needs: "view-realm"}, {path: "/acme/clients", needs: "view-clients"}, {path: "/acme/organizations", needs: "manage-realm"}},
	forms:  map[string]func(http.ResponseWriter){"a proxy's": tooMany("Retry-After", "1")},
	check: func(t *testing.T, s *simulator, out outcome) {
		if len(s.gone) > 0 || len(s.people) == 0 {
			return
		}
		var roles, identities []string
		for _, m := range out.memberships {
			if m[1] == "" {
				roles = append(roles, m[0]+" "+m[3])
			}
		}
		for _, line := range out.identities {
			identities = append(identities, one([]byte(line), "user_id"))
		}
		var want []string
		for _, id := range s.people {
			want = append(want, id+" pilot", id+" shop:buyer")
		}
		sameIDs(t, "roles", roles, want)
		sameIDs(t, "identities", identities, s.people)
	},
}

func serveKeycloak(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/realms/acme/protocol/openid-connect/token" {
		_ = r.ParseForm()
		s.issue(w, r.PostForm.Get("client_id") == "fetch" && r.PostForm.Get("client_secret") == "keycloak-secret-0123" && r.PostForm.Get("grant_type") == "client_credentials")
		return
	}
	if !s.bears(w, r) {
		return
	}
	user := func(id string) any {
		return map[string]any{"id": id, "username": strings.ToLower(id), "email": email(id), "enabled": true, "emailVerified": true}
	}
	named := func(id string) any { return map[string]any{"id": id, "name": id, "clientId": id} }
	list := func(all []string, usual int, shape func(string) any) {
		answerJSON(w, 200, shaped(s.window(all, number(r, "first", 0), number(r, "max", usual)), shape))
	}
	path := strings.TrimPrefix(r.URL.Path, "/admin/realms/acme")
	if id, ok := within(path, "/organizations/", "/members"); ok {
		list(s.members[id], 10, user)
		return
	}
	if id, ok := within(path, "/organizations/", "/members/count"); ok {
		answerJSON(w, 200, len(s.members[id]))
		return
	}
	if id, ok := within(path, "/users/", "/federated-identity"); ok {
		s.user(w, id, func(id string) any {
			return []any{map[string]any{"identityProvider": "google", "userId": "google-" + id, "userName": id}}
		})
		return
	}
	switch id, one := within(path, "/users/", ""); {
	case path == "/users":
		list(s.people, 100, user)
	case path == "/users/count":
		answerJSON(w, 200, len(s.people))
	case one:
		s.user(w, id, user)
	case path == "/roles":
		list([]string{"default-roles-acme", "offline_access", "pilot"}, 100, named)
	case path == "/roles/pilot/users", path == "/clients/shop/roles/buyer/users":
		list(append([]string{"service-account-x"}, s.people...), 100, user)
	case path == "/clients":
		list([]string{"account", "shop"}, 100, named)
	case path == "/clients/shop/roles":
		list([]string{"buyer"}, 100, named)
	case path == "/organizations":
		list(s.orgs, 10, named)
	case path == "/groups":
		list([]string{"staff"}, 100, named)
	case path == "/groups/staff/children":
		list([]string{"night"}, 100, named)
	case path == "/groups/night/children", path == "/groups/staff/members":
		list(nil, 100, named)
	case path == "/groups/night/members":
		list(slices.Clone(s.people[:min(len(s.people), 1)]), 100, user)
	default:
		answerJSON(w, 404, map[string]any{"error": "HTTP 404 Not Found"})
	}
}

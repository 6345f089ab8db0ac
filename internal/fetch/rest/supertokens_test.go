package rest

import (
	"net/http"
	"testing"
)

var supertokens = provider{
	name: "supertokens", serve: serveSuperTokens, secret: "st-key-0123456789", cursors: true, empties: false, alone: true,
	values: map[string]string{"base_url": "https://core.example.com", "key": "st-key-0123456789"},
	denies: []denial{{path: "/public/users", needs: "API key"}, {path: "/recipe/roles", needs: "API key"}},
	forms:  map[string]func(http.ResponseWriter){"nothing": tooMany("", "")},
	check: func(t *testing.T, s *simulator, out outcome) {
		if len(s.gone) == 0 && len(out.memberships) != 2*len(s.people) {
			t.Errorf("%d roles of %d people in two tenants", len(out.memberships), len(s.people))
		}
		for _, m := range out.memberships {
			if m[3] != "pilot" || m[1] != "public" && m[1] != "acme" {
				t.Errorf("a role is %q", m)
			}
		}
	},
}

func serveSuperTokens(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Api-Key") != "st-key-0123456789" || r.Header.Get("Cdi-Version") != "5.2" {
		answerJSON(w, 401, map[string]any{"message": "Invalid API key"})
		return
	}
	q := r.URL.Query()
	switch r.URL.Path {
	case "/recipe/multitenancy/tenant/list/v2":
		answerJSON(w, 200, map[string]any{"status": "OK", "tenants": []any{map[string]any{"tenantId": "public"}, map[string]any{"tenantId": "acme"}}})
	case "/public/users", "/acme/users":
		// Everybody is in both tenants.
		limit := number(r, "limit", 100)
		part, next, err := s.page(s.people, q.Get("paginationToken"), limit)
		if err != nil || limit > 500 || q.Get("timeJoinedOrder") != "ASC" {
			http.Error(w, "invalid pagination token", 400)
			return
		}
		out := map[string]any{"status": "OK", "users": shaped(part, func(id string) any {
			return map[string]any{"id": id, "loginMethods": []any{map[string]any{"recipeId": "emailpassword", "email": email(id)}}}
		})}
		if next != "" {
			out["nextPaginationToken"] = next
		}
		answerJSON(w, 200, out)
	case "/public/users/count", "/acme/users/count":
		answerJSON(w, 200, map[string]any{"status": "OK", "count": len(s.people)})
	case "/recipe/roles":
		answerJSON(w, 200, map[string]any{"status": "OK", "roles": []string{"pilot"}})
	case "/public/recipe/role/users", "/acme/recipe/role/users":
		if q.Get("role") != "pilot" {
			answerJSON(w, 200, map[string]any{"status": "UNKNOWN_ROLE_ERROR"})
			return
		}
		answerJSON(w, 200, map[string]any{"status": "OK", "users": append([]string{}, s.people...)})
	default:
		http.Error(w, "Not Found", 404)
	}
}

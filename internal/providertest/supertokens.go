package providertest

import (
	"net/http"
	"slices"
)

var SuperTokens = Provider{
	Name: "supertokens", Serve: serveSuperTokens, Secret: "st-key-0123456789", Cursors: true, Empties: false, Alone: true,
	Values: map[string]string{"base_url": "https://core.example.com", "key": "st-key-0123456789"},
	Forms:  map[string]func(http.ResponseWriter){"nothing": TooMany("", "")},
}

func serveSuperTokens(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Api-Key") != "st-key-0123456789" || r.Header.Get("Cdi-Version") != "5.2" {
		AnswerJSON(w, 401, map[string]any{"message": "Invalid API key"})
		return
	}
	q := r.URL.Query()
	user := func(id string) any {
		return map[string]any{"id": id, "loginMethods": []any{map[string]any{"recipeId": "emailpassword", "email": Email(id)}}}
	}
	switch r.URL.Path {
	case "/recipe/multitenancy/tenant/list/v2":
		AnswerJSON(
			w,
			200,
			map[string]any{"status": "OK", "tenants": []any{map[string]any{"tenantId": "public"}, map[string]any{"tenantId": "acme"}}},
		)
	case "/public/users", "/acme/users":
		// Everybody is in both tenants.
		limit := number(r, "limit", 100)
		part, next, err := s.page(s.People, q.Get("paginationToken"), limit)
		if err != nil || limit > 500 || q.Get("timeJoinedOrder") != "ASC" {
			http.Error(w, "invalid pagination token", 400)
			return
		}
		out := map[string]any{"status": "OK", "users": shaped(part, user)}
		if next != "" {
			out["nextPaginationToken"] = next
		}
		AnswerJSON(w, 200, out)
	case "/public/users/count", "/acme/users/count":
		AnswerJSON(w, 200, map[string]any{"status": "OK", "count": len(s.People)})
	case "/user/id":
		if id := q.Get("userId"); slices.Contains(s.People, id) {
			AnswerJSON(w, 200, map[string]any{"status": "OK", "user": user(id)})
			return
		}
		AnswerJSON(w, 200, map[string]any{"status": "UNKNOWN_USER_ID_ERROR"})
	case "/recipe/roles":
		AnswerJSON(w, 200, map[string]any{"status": "OK", "roles": []string{"pilot"}})
	case "/public/recipe/role/users", "/acme/recipe/role/users":
		if q.Get("role") != "pilot" {
			AnswerJSON(w, 200, map[string]any{"status": "UNKNOWN_ROLE_ERROR"})
			return
		}
		AnswerJSON(w, 200, map[string]any{"status": "OK", "users": append([]string{}, s.People...)})
	default:
		http.Error(w, "Not Found", 404)
	}
}

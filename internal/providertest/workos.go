package providertest

import (
	"net/http"
	"slices"
)

var WorkOS = Provider{
	Name: "workos", Serve: serveWorkOS, Secret: "sk_test_abcdefghijkl", Cursors: true, Empties: true, With: []string{"identities"},
	Values: map[string]string{"key": "sk_test_abcdefghijkl"},
	Forms:  map[string]func(http.ResponseWriter){"seconds": TooMany("Retry-After", "5"), "nothing": TooMany("", "")},
}

func serveWorkOS(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer sk_test_abcdefghijkl" {
		AnswerJSON(w, 401, map[string]any{"message": "Unauthorized"})
		return
	}
	q := r.URL.Query()
	user := func(id string) any {
		return map[string]any{"object": "user", "id": id, "email": Email(id), "email_verified": true, "created_at": s.made(id)}
	}
	list := func(all []string, shape func(string) any) {
		limit := number(r, "limit", 10)
		if limit < 1 || limit > 100 || q.Get("order") != "asc" {
			AnswerJSON(w, 422, map[string]any{"code": "unprocessable_entity", "message": "Validation failed"})
			return
		}
		part, next, err := s.page(all, q.Get("after"), limit)
		if err != nil {
			AnswerJSON(w, 400, map[string]any{"code": "invalid_cursor"})
			return
		}
		var after any
		if next != "" {
			after = next
		}
		AnswerJSON(
			w,
			200,
			map[string]any{"object": "list", "data": shaped(part, shape), "list_metadata": map[string]any{"before": nil, "after": after}},
		)
	}
	path := r.URL.Path
	if id, ok := within(path, "/user_management/users/", "/identities"); ok {
		if !slices.Contains(s.People, id) {
			AnswerJSON(w, 404, map[string]any{"code": "entity_not_found"})
			return
		}
		AnswerJSON(w, 200, []any{map[string]any{"idp_id": "google-" + id, "type": "OAuth", "provider": "GoogleOAuth"}})
		return
	}
	switch id, one := within(path, "/user_management/users/", ""); {
	case one:
		s.user(w, id, user)
	case path == "/user_management/users":
		list(s.People, user)
	case path == "/organizations":
		list(s.Orgs, func(id string) any { return map[string]any{"object": "organization", "id": id, "name": "The " + id} })
	case path == "/user_management/organization_memberships":
		org := q.Get("organization_id")
		if org == "" {
			AnswerJSON(w, 422, map[string]any{"code": "missing_parameter"})
			return
		}
		list(s.Members[org], func(id string) any {
			return map[string]any{
				"id":              "om_" + id,
				"user_id":         id,
				"organization_id": org,
				"status":          "active",
				"role":            map[string]any{"slug": "admin"},
				"roles":           []any{map[string]any{"slug": "admin"}, map[string]any{"slug": "member"}},
			}
		})
	default:
		AnswerJSON(w, 404, map[string]any{"code": "entity_not_found"})
	}
}

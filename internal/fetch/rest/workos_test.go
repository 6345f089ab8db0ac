package rest

import (
	"net/http"
	"slices"
	"testing"
)

var workos = provider{
	name: "workos", serve: serveWorkOS, secret: "sk_test_abcdefghijkl", cursors: true, empties: true, with: []string{"identities"},
	values: map[string]string{"key": "sk_test_abcdefghijkl"},
	denies: []denial{{path: "/user_management/users", needs: "secret key"}, {path: "/organizations", needs: "secret key"}},
	forms:  map[string]func(http.ResponseWriter){"seconds": tooMany("Retry-After", "5"), "nothing": tooMany("", "")},
	check: func(t *testing.T, s *simulator, out outcome) {
		if len(s.gone) == 0 && len(out.identities) != len(s.people) {
			t.Errorf("%d identities of %d people", len(out.identities), len(s.people))
		}
		for _, m := range out.memberships {
			if m[3] != "admin|member" {
				t.Errorf("the roles of %s are %q", m[0], m[3])
			}
		}
	},
}

func serveWorkOS(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer sk_test_abcdefghijkl" {
		answerJSON(w, 401, map[string]any{"message": "Unauthorized"})
		return
	}
	q := r.URL.Query()
	user := func(id string) any {
		return map[string]any{"object": "user", "id": id, "email": email(id), "email_verified": true}
	}
	list := func(all []string, shape func(string) any) {
		limit := number(r, "limit", 10)
		if limit < 1 || limit > 100 || q.Get("order") != "asc" {
			answerJSON(w, 422, map[string]any{"code": "unprocessable_entity", "message": "Validation failed"})
			return
		}
		part, next, err := s.page(all, q.Get("after"), limit)
		if err != nil {
			answerJSON(w, 400, map[string]any{"code": "invalid_cursor"})
			return
		}
		var after any
		if next != "" {
			after = next
		}
		answerJSON(w, 200, map[string]any{"object": "list", "data": shaped(part, shape), "list_metadata": map[string]any{"before": nil, "after": after}})
	}
	path := r.URL.Path
	if id, ok := within(path, "/user_management/users/", "/identities"); ok {
		if !slices.Contains(s.people, id) {
			answerJSON(w, 404, map[string]any{"code": "entity_not_found"})
			return
		}
		answerJSON(w, 200, []any{map[string]any{"idp_id": "google-" + id, "type": "OAuth", "provider": "GoogleOAuth"}})
		return
	}
	switch id, one := within(path, "/user_management/users/", ""); {
	case one:
		s.user(w, id, user)
	case path == "/user_management/users":
		list(s.people, user)
	case path == "/organizations":
		list(s.orgs, func(id string) any { return map[string]any{"object": "organization", "id": id, "name": "The " + id} })
	case path == "/user_management/organization_memberships":
		org := q.Get("organization_id")
		if org == "" {
			answerJSON(w, 422, map[string]any{"code": "missing_parameter"})
			return
		}
		list(s.members[org], func(id string) any {
			return map[string]any{"id": "om_" + id, "user_id": id, "organization_id": org, "status": "active", "role": map[string]any{"slug": "admin"},
				"roles": []any{map[string]any{"slug": "admin"}, map[string]any{"slug": "member"}}}
		})
	default:
		answerJSON(w, 404, map[string]any{"code": "entity_not_found"})
	}
}

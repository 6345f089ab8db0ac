package providertest

import (
	"net/http"
	"slices"
	"strings"
)

var Clerk = Provider{
	Name: "clerk", Serve: serveClerk, Values: map[string]string{"secret_key": "sk_test_0123456789abcdef"}, Secret: "sk_test_0123456789abcdef",
	Cursors: false,
	Forms:   map[string]func(http.ResponseWriter){"seconds": TooMany("Retry-After", "10"), "nothing": TooMany("", "")},
}

func serveClerk(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer sk_test_0123456789abcdef" {
		AnswerJSON(w, 401, map[string]any{"errors": []any{map[string]any{"code": "authentication_invalid", "message": "Invalid authentication"}}})
		return
	}
	limit := number(r, "limit", 10)
	if limit < 1 || limit > 500 {
		AnswerJSON(w, 422, map[string]any{"errors": []any{map[string]any{"code": "form_param_value_invalid", "message": "limit"}}})
		return
	}
	list := func(all []string, shape func(string) any) []any {
		out := []any{}
		for _, id := range s.window(all, number(r, "offset", 0), limit) {
			out = append(out, shape(id))
		}
		return out
	}
	user := func(id string) any {
		return map[string]any{"id": id, "object": "user", "primary_email_address_id": "idn_" + id,
			"email_addresses": []any{
				map[string]any{"id": "idn_" + id, "email_address": Email(id), "verification": map[string]any{"status": "verified"}},
			}}
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/v1"); {
	case path == "/users/count":
		AnswerJSON(w, 200, map[string]any{"object": "total_count", "total_count": len(s.People)})
	case path == "/users":
		// Newest first.
		all := slices.Clone(s.People)
		slices.Sort(all)
		slices.Reverse(all)
		if after := r.URL.Query().Get("starting_after"); after != "" {
			all = slices.DeleteFunc(all, func(id string) bool { return id >= after })
		}
		AnswerJSON(w, 200, list(all, user))
	case strings.HasPrefix(path, "/users/"):
		id := strings.TrimPrefix(path, "/users/")
		if !slices.Contains(s.People, id) {
			AnswerJSON(w, 404, map[string]any{"errors": []any{map[string]any{"code": "resource_not_found"}}})
			return
		}
		AnswerJSON(w, 200, user(id))
	case path == "/organizations":
		AnswerJSON(w, 200, map[string]any{"total_count": len(s.Orgs), "data": list(s.Orgs, func(id string) any {
			return map[string]any{"object": "organization", "id": id, "name": "The " + id, "slug": id}
		})})
	case path == "/organization_memberships":
		var all []string
		for _, org := range s.Orgs {
			for _, id := range s.Members[org] {
				all = append(all, org+"/"+id)
			}
		}
		AnswerJSON(w, 200, map[string]any{"total_count": len(all), "data": list(all, func(pair string) any {
			org, id, _ := strings.Cut(pair, "/")
			return map[string]any{
				"id":               "orgmem_" + pair,
				"role":             "org:admin",
				"created_at":       s.made(id).UnixMilli(),
				"organization":     map[string]any{"id": org, "name": "The " + org},
				"public_user_data": map[string]any{"user_id": id},
			}
		})})
	default:
		AnswerJSON(w, 404, map[string]any{"errors": []any{map[string]any{"code": "resource_not_found"}}})
	}
}

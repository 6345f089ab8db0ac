package providertest

import (
	"net/http"
)

var Stytch = Provider{
	Name: "stytch", Serve: serveStytch, Secret: "secret-live-0123456789", Cursors: true, Empties: true, Alone: true,
	Values: map[string]string{"project": "project-live-1", "secret": "secret-live-0123456789"},
	Forms: map[string]func(http.ResponseWriter){"nothing": func(w http.ResponseWriter) {
		AnswerJSON(w, 429, map[string]any{"status_code": 429, "error_type": "too_many_requests"})
	}},
}

var StytchB2B = func() Provider {
	p := Stytch
	p.Name = "stytch-b2b"
	return p
}()

func serveStytch(s *Simulator, w http.ResponseWriter, r *http.Request) {
	user, secret, _ := r.BasicAuth()
	if user != "project-live-1" || secret != "secret-live-0123456789" {
		AnswerJSON(w, 401, map[string]any{"error_type": "unauthorized_credentials"})
		return
	}
	in := body(r)
	limit, _ := in["limit"].(float64)
	cursor, _ := in["cursor"].(string)
	list := func(member string, all []string, total int, shape func(string) any) {
		part, next, err := s.page(all, cursor, int(limit))
		if err != nil || limit < 1 || limit > 1000 {
			AnswerJSON(w, 400, map[string]any{"error_type": "invalid_cursor"})
			return
		}
		AnswerJSON(w, 200, map[string]any{member: shaped(part, shape), "results_metadata": map[string]any{"total": total, "next_cursor": next}})
	}
	switch r.URL.Path {
	case "/v1/users/search":
		// Totals are switched off.
		list("results", s.People, -1, func(id string) any {
			return map[string]any{"user_id": id, "status": "active", "created_at": s.made(id)}
		})
	case "/v1/b2b/organizations/search":
		list(
			"organizations",
			[]string{"even", "odd"},
			2,
			func(id string) any { return map[string]any{"organization_id": id, "organization_name": id} },
		)
	case "/v1/b2b/organizations/members/search":
		orgs, _ := in["organization_ids"].([]any)
		var all []string
		for _, id := range s.People {
			if odd := id[len(id)-1]%2 == 1; len(orgs) == 1 && (orgs[0] == "odd") == odd {
				all = append(all, id)
			}
		}
		list("members", all, len(all), func(id string) any {
			return map[string]any{"member_id": id, "organization_id": orgs[0], "email_address": Email(id), "created_at": s.made(id)}
		})
	default:
		AnswerJSON(w, 404, map[string]any{"error_type": "route_not_found"})
	}
}

package providertest

import (
	"fmt"
	"net/http"
)

var Okta = Provider{
	Name: "okta", Serve: serveOkta, Secret: "00token0123456789", Cursors: true, Empties: true,
	Values: map[string]string{"tenant": "acme.okta.com", "token": "00token0123456789"},
	Forms: map[string]func(http.ResponseWriter){
		"an epoch": func(w http.ResponseWriter) {
			w.Header().Set("X-Rate-Limit-Limit", "600")
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.Header().Set("X-Rate-Limit-Reset", inAMinute())
			AnswerJSON(w, 429, map[string]any{"errorCode": "E0000047"})
		},
		// Too many at once: everything is zero, and the reset is past.
		"at once": func(w http.ResponseWriter) {
			w.Header().Set("X-Rate-Limit-Limit", "0")
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.Header().Set("X-Rate-Limit-Reset", "1700000000")
			AnswerJSON(w, 429, map[string]any{"errorCode": "E0000047"})
		},
	},
}

func serveOkta(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "SSWS 00token0123456789" {
		AnswerJSON(w, 401, map[string]any{"errorCode": "E0000011", "errorSummary": "Invalid token provided"})
		return
	}
	user := func(id string) any {
		status := "ACTIVE"
		if id[len(id)-1] == '3' {
			status = "DEPROVISIONED"
		}
		return map[string]any{
			"id":          id,
			"status":      status,
			"created":     s.made(id),
			"profile":     map[string]any{"login": Email(id), "email": Email(id)},
			"credentials": map[string]any{"provider": map[string]any{"type": "OKTA"}},
		}
	}
	list := func(all []string, shape func(string) any) {
		part, next, err := s.page(all, r.URL.Query().Get("after"), number(r, "limit", 200))
		if err != nil {
			AnswerJSON(w, 400, map[string]any{"errorCode": "E0000001", "errorSummary": "Api validation failed: after"})
			return
		}
		w.Header().Add("Link", fmt.Sprintf(`<https://acme.okta.com%s>; rel="self"`, r.URL.Path))
		if next != "" {
			w.Header().Add("Link", fmt.Sprintf(`<https://acme.okta.com%s?after=%s&limit=200>; rel="next"`, r.URL.Path, next))
		}
		AnswerJSON(w, 200, shaped(part, shape))
	}
	path := r.URL.Path
	if id, ok := within(path, "/api/v1/groups/", "/users"); ok {
		list(s.Members[id], user)
		return
	}
	switch id, one := within(path, "/api/v1/users/", ""); {
	case one:
		s.user(w, id, user)
	case path == "/api/v1/users":
		var all []string
		for _, id := range s.People {
			// Without a filter those that were deactivated are left out.
			if r.URL.Query().Get("filter") != "" || id[len(id)-1] != '3' {
				all = append(all, id)
			}
		}
		list(all, user)
	case path == "/api/v1/groups":
		list(s.Orgs, func(id string) any {
			return map[string]any{"id": id, "type": "OKTA_GROUP", "profile": map[string]any{"name": "The " + id}}
		})
	case path == "/api/v1/idps":
		list([]string{"idp1"}, func(id string) any { return map[string]any{"id": id, "type": "GOOGLE", "name": "Google"} })
	case path == "/api/v1/idps/idp1/users":
		list(s.People, func(id string) any { return map[string]any{"id": id, "externalId": "google-" + id} })
	default:
		AnswerJSON(w, 404, map[string]any{"errorCode": "E0000007"})
	}
}

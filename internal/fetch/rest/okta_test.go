package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

var okta = provider{
	name: "okta", serve: serveOkta, secret: "00token0123456789", cursors: true, empties: true,
	values: map[string]string{"tenant": "acme.okta.com", "token": "00token0123456789"},
	denies: []denial{{path: "/api/v1/users", needs: "okta.users.read"}, {path: "/api/v1/groups", needs: "okta.groups.read"}, {path: "/api/v1/idps", needs: "okta.idps.read"}},
	forms: map[string]func(http.ResponseWriter){
		"an epoch": func(w http.ResponseWriter) {
			w.Header().Set("X-Rate-Limit-Limit", "600")
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.Header().Set("X-Rate-Limit-Reset", inAMinute())
			answerJSON(w, 429, map[string]any{"errorCode": "E0000047"})
		},
		// Too many at once: everything is zero, and the reset is past.
		"at once": func(w http.ResponseWriter) {
			w.Header().Set("X-Rate-Limit-Limit", "0")
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.Header().Set("X-Rate-Limit-Reset", "1700000000")
			answerJSON(w, 429, map[string]any{"errorCode": "E0000047"})
		},
	},
	check: func(t *testing.T, s *simulator, out outcome) {
		for _, line := range out.identities {
			var row struct {
				User, External, Type string
			}
			var raw map[string]any
			_ = json.Unmarshal([]byte(line), &raw)
			row.User, _ = raw["user_id"].(string)
			row.External, _ = raw["externalId"].(string)
			row.Type, _ = raw["type"].(string)
			if row.External != "google-"+row.User || row.Type != "GOOGLE" {
				t.Errorf("an identity is %s", line)
			}
		}
		if len(s.gone) == 0 && len(out.identities) != len(s.people) {
			t.Errorf("%d identities of %d people", len(out.identities), len(s.people))
		}
	},
}

func serveOkta(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "SSWS 00token0123456789" {
		answerJSON(w, 401, map[string]any{"errorCode": "E0000011", "errorSummary": "Invalid token provided"})
		return
	}
	user := func(id string) any {
		status := "ACTIVE"
		if id[len(id)-1] == '3' {
			status = "DEPROVISIONED"
		}
		return map[string]any{"id": id, "status": status, "profile": map[string]any{"login": email(id), "email": email(id)},
			"credentials": map[string]any{"provider": map[string]any{"type": "OKTA"}}}
	}
	list := func(all []string, shape func(string) any) {
		part, next, err := s.page(all, r.URL.Query().Get("after"), number(r, "limit", 200))
		if err != nil {
			answerJSON(w, 400, map[string]any{"errorCode": "E0000001", "errorSummary": "Api validation failed: after"})
			return
		}
		w.Header().Add("Link", fmt.Sprintf(`<https://acme.okta.com%s>; rel="self"`, r.URL.Path))
		if next != "" {
			w.Header().Add("Link", fmt.Sprintf(`<https://acme.okta.com%s?after=%s&limit=200>; rel="next"`, r.URL.Path, next))
		}
		answerJSON(w, 200, shaped(part, shape))
	}
	path := r.URL.Path
	if id, ok := within(path, "/api/v1/groups/", "/users"); ok {
		list(s.members[id], user)
		return
	}
	switch id, one := within(path, "/api/v1/users/", ""); {
	case one:
		s.user(w, id, user)
	case path == "/api/v1/users":
		var all []string
		for _, id := range s.people {
			// Without a filter those that were deactivated are left out.
			if r.URL.Query().Get("filter") != "" || id[len(id)-1] != '3' {
				all = append(all, id)
			}
		}
		list(all, user)
	case path == "/api/v1/groups":
		list(s.orgs, func(id string) any {
			return map[string]any{"id": id, "type": "OKTA_GROUP", "profile": map[string]any{"name": "The " + id}}
		})
	case path == "/api/v1/idps":
		list([]string{"idp1"}, func(id string) any { return map[string]any{"id": id, "type": "GOOGLE", "name": "Google"} })
	case path == "/api/v1/idps/idp1/users":
		list(s.people, func(id string) any { return map[string]any{"id": id, "externalId": "google-" + id} })
	default:
		answerJSON(w, 404, map[string]any{"errorCode": "E0000007"})
	}
}

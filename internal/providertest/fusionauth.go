package providertest

import (
	"net/http"
	"strings"
)

var FusionAuth = Provider{
	Name: "fusionauth", Serve: serveFusionAuth, Secret: "fa-key-0123456789", Cursors: true, With: []string{"links"},
	Values: map[string]string{"base_url": "https://auth.example.com", "key": "fa-key-0123456789", "tenant": "t1"},
	Forms:  map[string]func(http.ResponseWriter){"nothing": TooMany("", "")},
}

// fusionauthDB has no cursor: without Elasticsearch the search counts rows.
var FusionAuthDB = func() Provider {
	p := FusionAuth
	p.Name, p.Cursors = "fusionauth-database-search", false
	return p
}()

func serveFusionAuth(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "fa-key-0123456789" || r.Header.Get("X-FusionAuth-TenantId") != "t1" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	in, _ := body(r)["search"].(map[string]any)
	size, _ := in["numberOfResults"].(float64)
	row, counts := in["startRow"].(float64)
	if size == 0 {
		size = 25
	}
	user := func(id string) any {
		return map[string]any{"id": id, "email": Email(id), "active": true, "verified": true, "insertInstant": s.made(id).UnixMilli()}
	}
	rows := func(member string, all []string, shape func(string) any) {
		if int(row)+int(size) > 10000 {
			AnswerJSON(w, 400, map[string]any{"generalErrors": []any{map[string]any{"code": "[invalidSearch]"}}})
			return
		}
		out := map[string]any{"total": len(all)}
		if part := s.window(all, int(row), int(size)); len(part) > 0 {
			out[member] = shaped(part, shape)
		}
		AnswerJSON(w, 200, out)
	}
	switch path := r.URL.Path; {
	case path == "/api/user/search" && counts:
		rows("users", s.People, user)
	case path == "/api/user/search":
		after, _ := in["nextResults"].(string)
		part, next, err := s.page(s.People, after, int(size))
		if err != nil || in["accurateTotal"] != true {
			AnswerJSON(w, 400, map[string]any{"fieldErrors": map[string]any{}})
			return
		}
		out := map[string]any{"total": len(s.People)}
		if len(part) > 0 {
			out["users"] = shaped(part, user)
		}
		if next != "" {
			out["nextResults"] = next
		}
		AnswerJSON(w, 200, out)
	case path == "/api/group/search":
		rows("groups", s.Orgs, func(id string) any { return map[string]any{"id": id, "name": "The " + id} })
	case path == "/api/group/member/search":
		group, _ := in["groupId"].(string)
		rows("members", s.Members[group], func(id string) any {
			return map[string]any{"id": "m-" + id, "insertInstant": s.made(id).UnixMilli(), "groupId": group, "userId": id}
		})
	case path == "/api/identity-provider/link":
		id := r.URL.Query().Get("userId")
		AnswerJSON(w, 200, map[string]any{"identityProviderLinks": []any{map[string]any{"identityProviderType": "Google",
			"identityProviderUserId": "google-" + id, "userId": id, "token": "ya29"}}})
	case strings.HasPrefix(path, "/api/user/"):
		s.user(w, strings.TrimPrefix(path, "/api/user/"), func(id string) any { return map[string]any{"user": user(id)} })
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
